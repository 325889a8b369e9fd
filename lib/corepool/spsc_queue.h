// Queues from one producer to one consumer, each of which may be an interrupt handler.

#ifndef COREPOOL_SPSC_QUEUE_H_
#define COREPOOL_SPSC_QUEUE_H_

#include <cstddef>
#include <span>
#include <type_traits>

#include "corepool/lockfree/spsc_ring.h"

namespace corepool {

// First in, first out, in memory of the caller's. Carries any trivially copyable value
// of at most a pointer's size: pointers to blocks, indices.
//
// The one producer calls Enqueue, the one consumer Dequeue; they may be threads or
// interrupt handlers, on the same core or not, and either may interrupt the other at
// any instruction. Several contexts that never run at the same time, nor interrupt each
// other, may share an end. All functions are wait-free and O(1), without an atomic
// read-modify-write.
//
// Everything the producer did before it enqueued a value happens before what the
// consumer does after dequeuing it.
template <class T>
class SpscQueue {
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= sizeof(void*),
                "a queue carries indices, pointers and other words");

 public:
  // A queue without slots is always full, and empty.
  constexpr SpscQueue() = default;
  // As many values fit as there are `slots`, which must outlive the queue.
  constexpr explicit SpscQueue(std::span<T> slots) : slots_(slots) {}

  SpscQueue(const SpscQueue&) = delete;
  SpscQueue& operator=(const SpscQueue&) = delete;

  // False, and nothing has happened, if the queue is full. The producer only.
  [[nodiscard]] bool Enqueue(T value) { return ring_.Enqueue(slots_, value); }

  // False, and `value` is as before, if the queue is empty. The consumer only.
  [[nodiscard]] bool Dequeue(T& value) { return ring_.Dequeue(slots_, value); }

  // How many values were in the queue at some instant during the call, if called by
  // the producer or the consumer; elsewhere a number from 0 to capacity().
  [[nodiscard]] std::size_t size() const { return ring_.Size(slots_.size()); }
  [[nodiscard]] bool empty() const { return size() == 0; }
  [[nodiscard]] constexpr std::size_t capacity() const { return slots_.size(); }

 private:
  std::span<T> slots_;
  lockfree::SpscRing ring_;
};

// The same with N slots of its own, which may be none. All-zero memory is an empty
// queue, so a constinit one lies in .bss and may be used before main().
template <class T, std::size_t N>
class StaticSpscQueue {
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= sizeof(void*),
                "a queue carries indices, pointers and other words");

 public:
  constexpr StaticSpscQueue() = default;
  StaticSpscQueue(const StaticSpscQueue&) = delete;
  StaticSpscQueue& operator=(const StaticSpscQueue&) = delete;

  // As SpscQueue's.
  [[nodiscard]] bool Enqueue(T value) {
    return ring_.Enqueue(std::span<T>(slots_, N), value);
  }
  [[nodiscard]] bool Dequeue(T& value) {
    return ring_.Dequeue(std::span<T>(slots_, N), value);
  }
  [[nodiscard]] std::size_t size() const { return ring_.Size(N); }
  [[nodiscard]] bool empty() const { return size() == 0; }
  [[nodiscard]] static constexpr std::size_t capacity() { return N; }

 private:
  lockfree::SpscRing ring_;
  T slots_[N == 0 ? 1 : N]{};
};

}  // namespace corepool

#endif  // COREPOOL_SPSC_QUEUE_H_
