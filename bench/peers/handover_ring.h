// A plain queue from one thread to one other, the same for all peers.

#ifndef COREPOOL_BENCH_PEERS_HANDOVER_RING_H_
#define COREPOOL_BENCH_PEERS_HANDOVER_RING_H_

#include <atomic>
#include <cstddef>

#include "bench/peers/cpu.h"

namespace corepool::bench {

// Lamport's ring. Each side remembers where it last saw the other, and looks again
// only when it seems to have caught up. Not corepool's SpscQueue: what is measured
// should not measure itself.
class HandoverRing {
 public:
  void Push(void* block) {
    const std::size_t tail = tail_.load(std::memory_order_relaxed);
    Patience patience;
    while (tail - seen_head_ == kSlots) {
      seen_head_ = head_.load(std::memory_order_acquire);
      if (tail - seen_head_ == kSlots) patience.Wait();
    }
    slots_[tail % kSlots] = block;
    tail_.store(tail + 1, std::memory_order_release);
  }

  // nullptr if there is nothing.
  void* TryPop() {
    const std::size_t head = head_.load(std::memory_order_relaxed);
    if (head == seen_tail_) {
      seen_tail_ = tail_.load(std::memory_order_acquire);
      if (head == seen_tail_) return nullptr;
    }
    void* const block = slots_[head % kSlots];
    head_.store(head + 1, std::memory_order_release);
    return block;
  }

  // After the last Push.
  void Close() { closed_.store(true, std::memory_order_release); }
  bool closed() const { return closed_.load(std::memory_order_acquire); }

 private:
  static constexpr std::size_t kSlots = 1024;

  alignas(128) std::atomic<std::size_t> tail_{0};
  std::size_t seen_head_ = 0;
  alignas(128) std::atomic<std::size_t> head_{0};
  std::size_t seen_tail_ = 0;
  alignas(128) std::atomic<bool> closed_{false};
  void* slots_[kSlots];
};

}  // namespace corepool::bench

#endif  // COREPOOL_BENCH_PEERS_HANDOVER_RING_H_
