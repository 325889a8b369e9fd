// A queue from one producer to one consumer, each of which may be an interrupt
// handler.

#ifndef COREPOOL_SPSC_QUEUE_H_
#define COREPOOL_SPSC_QUEUE_H_

#include <cstddef>
#include <span>
#include <type_traits>

#include "corepool/config.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/port/port.h"

namespace corepool {

// First in, first out. The one producer calls Enqueue, the one consumer Dequeue;
// they may be threads or interrupt handlers, on the same core or not, and either
// may interrupt the other at any instruction. Several handlers that cannot
// interrupt each other count as one. All functions are wait-free and O(1), take no
// lock and call no system.
//
// Everything the producer did before it enqueued a value happens before what the
// consumer does after dequeuing it.
//
// The slots are memory of the caller's, who says how many: all of them are used.
// Source: Lamport, "Specifying Concurrent Program Modules", 1983, with each side's
// copy of the other's position (Lee, Bu and Chandranmenon, "A Lock-Free,
// Cache-Efficient Shared Ring Buffer", ANCS 2009).
template <class T>
class SpscQueue {
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= sizeof(void*),
                "a queue carries indices, pointers and other words");

 public:
  constexpr SpscQueue() = default;
  // `slots` must outlive the queue. An empty span makes a queue that is always
  // full.
  constexpr explicit SpscQueue(std::span<T> slots) : slots_(slots) {}

  SpscQueue(const SpscQueue&) = delete;
  SpscQueue& operator=(const SpscQueue&) = delete;

  // False, and nothing has happened, if the queue is full. The producer only.
  [[nodiscard]] bool Enqueue(T value) {
    const std::size_t tail = producer_.position.load(lockfree::kRelaxed);
    if (Distance(producer_.other, tail) == slots_.size()) {
      // Pairs with: E5 release in Dequeue.
      producer_.other = consumer_.position.load(lockfree::kAcquire);
      if (Distance(producer_.other, tail) == slots_.size()) return false;
    }
    slots_[SlotOf(tail)] = value;
    // E4. Pairs with: acquire in Dequeue, size.
    producer_.position.store(Next(tail), lockfree::kRelease);
    return true;
  }

  // False, and `value` is as before, if the queue is empty. The consumer only.
  [[nodiscard]] bool Dequeue(T& value) {
    const std::size_t head = consumer_.position.load(lockfree::kRelaxed);
    if (consumer_.other == head) {
      // Pairs with: E4 release in Enqueue.
      consumer_.other = producer_.position.load(lockfree::kAcquire);
      if (consumer_.other == head) return false;
    }
    value = slots_[SlotOf(head)];
    // E5. Pairs with: acquire in Enqueue: the slot is read before it is reused.
    consumer_.position.store(Next(head), lockfree::kRelease);
    return true;
  }

  // How many values were in the queue at some instant during the call, if called
  // by the producer or the consumer; elsewhere a number from 0 to capacity().
  [[nodiscard]] std::size_t size() const {
    // Pairs with: E5 release in Dequeue.
    const std::size_t head = consumer_.position.load(lockfree::kAcquire);
    // Pairs with: E4 release in Enqueue.
    const std::size_t tail = producer_.position.load(lockfree::kAcquire);
    const std::size_t distance = Distance(head, tail);
    return distance < slots_.size() ? distance : slots_.size();
  }
  [[nodiscard]] bool empty() const { return size() == 0; }
  [[nodiscard]] constexpr std::size_t capacity() const { return slots_.size(); }

 private:
  // Positions run over two rounds of the slots, so that a full queue and an empty
  // one differ, whatever the capacity.
  std::size_t Next(std::size_t position) const {
    return position + 1 == 2 * slots_.size() ? 0 : position + 1;
  }
  std::size_t SlotOf(std::size_t position) const {
    return position < slots_.size() ? position : position - slots_.size();
  }
  std::size_t Distance(std::size_t head, std::size_t tail) const {
    return tail >= head ? tail - head : tail + 2 * slots_.size() - head;
  }

  // What one side writes, and what it last saw of the other side.
  struct alignas(port::Port::kInterferenceBytes) Side {
    lockfree::Atomic<std::size_t> position{};
    std::size_t other = 0;
  };

  std::span<T> slots_;
  Side producer_;
  Side consumer_;
};

}  // namespace corepool

#endif  // COREPOOL_SPSC_QUEUE_H_
