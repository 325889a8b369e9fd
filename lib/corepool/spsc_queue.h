// Queues from one producer to one consumer, each of which may be an interrupt handler.

#ifndef COREPOOL_SPSC_QUEUE_H_
#define COREPOOL_SPSC_QUEUE_H_

#include <cstddef>
#include <span>
#include <type_traits>

#include "corepool/config.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/lockfree/spsc_ring.h"

namespace corepool {

namespace internal {

// What both kinds of queue have in common: their operations.
//
// First in, first out. Carries any trivially copyable value of at most a pointer's
// size: pointers to blocks, indices.
//
// The one producer calls Enqueue..., the one consumer Dequeue...; they may be threads
// or interrupt handlers, on the same core or not, and either may interrupt the other at
// any instruction. Several contexts that never run at the same time, nor interrupt each
// other, may share an end, if each hands it over to the next. All functions are
// wait-free and O(1), bulks O(size), without an atomic read-modify-write.
//
// Everything the producer did before it enqueued a value happens before what the
// consumer does after dequeuing it. [default: any; wait-free; O(1), 0 RMW]
template <class Queue, class T>
class SpscFace {
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= sizeof(void*),
                "a queue carries indices, pointers and other words");

 public:
  using Value = T;

  // False, and nothing has happened but that refused() has grown, if the queue is full.
  // [producer]
  [[nodiscard]] COREPOOL_INLINE bool Enqueue(T value) {
    return queue().ring_.Enqueue(queue().slots(), value);
  }

  // False, and `value` is as before, if the queue is empty. [consumer]
  [[nodiscard]] COREPOOL_INLINE bool Dequeue(T& value) {
    return queue().ring_.Dequeue(queue().slots(), value);
  }

  // All of `values` at once, which the consumer sees in one instant; false, and none,
  // if there is not room for all. [producer; O(size), 0 RMW]
  [[nodiscard]] bool EnqueueBulk(std::span<const T> values) {
    return queue().ring_.EnqueueUpTo(queue().slots(), values, values.size()) ==
           values.size();
  }
  // The front of `values`, as many as there is room for, in one instant; returns how
  // many. [producer; O(size), 0 RMW]
  [[nodiscard]] std::size_t EnqueueUpTo(std::span<const T> values) {
    return queue().ring_.EnqueueUpTo(queue().slots(), values, 0);
  }

  // Fills all of `values`; false, and `values` are as before, if there are fewer.
  // [consumer; O(size), 0 RMW]
  [[nodiscard]] bool DequeueBulk(std::span<T> values) {
    return queue().ring_.DequeueUpTo(queue().slots(), values, values.size()) ==
           values.size();
  }
  // Fills the front of `values` with as many as there are, and returns how many.
  // [consumer; O(size), 0 RMW]
  [[nodiscard]] std::size_t DequeueUpTo(std::span<T> values) {
    return queue().ring_.DequeueUpTo(queue().slots(), values, 0);
  }

  // Values that were to be enqueued and were not, for want of room: what was lost, if
  // the producer does not try again. Modulo 2^64 on 64-bit targets and 2^32 on 32-bit
  // ones.
  [[nodiscard]] lockfree::Word refused() const { return queue().ring_.refused(); }

  // How many values were in the queue at some instant during the call, if called by
  // the producer or the consumer; elsewhere a number from 0 to capacity().
  [[nodiscard]] std::size_t size() const {
    return queue().ring_.Size(queue().capacity());
  }
  [[nodiscard]] bool empty() const { return size() == 0; }

 protected:
  constexpr SpscFace() = default;
  ~SpscFace() = default;
  SpscFace(const SpscFace&) = delete;
  SpscFace& operator=(const SpscFace&) = delete;

 private:
  Queue& queue() { return static_cast<Queue&>(*this); }
  const Queue& queue() const { return static_cast<const Queue&>(*this); }
};

}  // namespace internal

// In memory of the caller's. Operations: see internal::SpscFace.
// [default: any; wait-free; O(1)]
template <class T>
class SpscQueue : public internal::SpscFace<SpscQueue<T>, T> {
 public:
  // A queue without slots is always full, and empty.
  constexpr SpscQueue() = default;
  // As many values fit as there are `slots`, which must outlive the queue.
  // `first_position` is for tests: how many values it pretends to have passed on.
  // [alone; O(1)]
  constexpr explicit SpscQueue(std::span<T> slots, std::size_t first_position = 0)
      : slots_(slots), ring_(first_position) {}

  [[nodiscard]] constexpr std::size_t capacity() const { return slots_.size(); }

 private:
  friend class internal::SpscFace<SpscQueue, T>;
  std::span<T> slots() const { return slots_; }

  std::span<T> slots_;
  lockfree::SpscRing ring_;
};

// The same with N slots of its own, which may be none. All-zero memory is an empty
// queue, so a constinit one lies in .bss and may be used before main().
// [default: any; wait-free; O(1)]
template <class T, std::size_t N>
class StaticSpscQueue : public internal::SpscFace<StaticSpscQueue<T, N>, T> {
 public:
  constexpr StaticSpscQueue() = default;

  [[nodiscard]] static constexpr std::size_t capacity() { return N; }

 private:
  friend class internal::SpscFace<StaticSpscQueue, T>;
  std::span<T> slots() { return {slots_, N}; }

  lockfree::SpscRing ring_;
  T slots_[N == 0 ? 1 : N]{};
};

}  // namespace corepool

#endif  // COREPOOL_SPSC_QUEUE_H_
