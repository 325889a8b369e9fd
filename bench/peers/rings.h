// Two rings that others are measured by.

#ifndef COREPOOL_BENCH_PEERS_RINGS_H_
#define COREPOOL_BENCH_PEERS_RINGS_H_

#include <atomic>
#include <cstddef>

#include "bench/peers/queue_runner.h"

namespace corepool::bench {

// One producer, one consumer; a slot is empty if it is nullptr, and there are no shared
// positions (Giacomoni, Moseley and Vachharajani, "FastForward for Efficient Pipeline
// Parallelism", PPoPP 2008).
class FastForwardRing {
 public:
  [[gnu::always_inline]] bool Enqueue(void* value) {
    std::atomic<void*>& slot = slots_[tail_ % kQueueSlots];
    if (slot.load(std::memory_order_acquire) != nullptr) return false;
    slot.store(value, std::memory_order_release);
    ++tail_;
    return true;
  }
  [[gnu::always_inline]] bool Dequeue(void*& value) {
    std::atomic<void*>& slot = slots_[head_ % kQueueSlots];
    void* const found = slot.load(std::memory_order_acquire);
    if (found == nullptr) return false;
    value = found;
    slot.store(nullptr, std::memory_order_release);
    ++head_;
    return true;
  }

 private:
  alignas(128) std::size_t tail_ = 0;
  alignas(128) std::size_t head_ = 0;
  alignas(128) std::atomic<void*> slots_[kQueueSlots]{};
};

// Any number of both (Vyukov, "Bounded MPMC queue", 1024cores.net). Not lock-free: who
// stands still between position and sequence makes it look full or empty.
class VyukovRing {
 public:
  VyukovRing() {
    for (std::size_t i = 0; i < kQueueSlots; ++i) slots_[i].sequence = i;
  }
  [[gnu::always_inline]] bool Enqueue(void* value) {
    Slot* slot;
    std::size_t position;
    if (!Take(tail_, 0, slot, position)) return false;
    slot->value = value;
    slot->sequence.store(position + 1, std::memory_order_release);
    return true;
  }
  [[gnu::always_inline]] bool Dequeue(void*& value) {
    Slot* slot;
    std::size_t position;
    if (!Take(head_, 1, slot, position)) return false;
    value = slot->value;
    slot->sequence.store(position + kQueueSlots, std::memory_order_release);
    return true;
  }

 private:
  struct Slot {
    std::atomic<std::size_t> sequence;
    void* value;
  };

  // The slot at `end`, if its sequence is `ahead` of the position.
  [[gnu::always_inline]] bool Take(std::atomic<std::size_t>& end, std::size_t ahead,
                                   Slot*& slot, std::size_t& position) {
    position = end.load(std::memory_order_relaxed);
    for (;;) {
      slot = &slots_[position % kQueueSlots];
      const std::size_t sequence = slot->sequence.load(std::memory_order_acquire);
      const auto lead = static_cast<std::ptrdiff_t>(sequence - position - ahead);
      if (lead < 0) return false;
      if (lead > 0) {
        position = end.load(std::memory_order_relaxed);
      } else if (end.compare_exchange_weak(position, position + 1,
                                           std::memory_order_relaxed)) {
        return true;
      }
    }
  }

  alignas(128) std::atomic<std::size_t> tail_{0};
  alignas(128) std::atomic<std::size_t> head_{0};
  alignas(128) Slot slots_[kQueueSlots];
};

}  // namespace corepool::bench

#endif  // COREPOOL_BENCH_PEERS_RINGS_H_
