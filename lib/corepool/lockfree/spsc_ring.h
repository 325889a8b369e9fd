// The positions of a bounded queue with one producer and one consumer.

#ifndef COREPOOL_LOCKFREE_SPSC_RING_H_
#define COREPOOL_LOCKFREE_SPSC_RING_H_

#include <cstddef>
#include <span>

#include "corepool/lockfree/atomic.h"
#include "corepool/port/port.h"

namespace corepool::lockfree {

// All-zero memory is an empty ring. The same slots must be passed to every call.
// Wait-free and O(1); Enqueue is for one context, Dequeue for one other.
//
// Source: Lamport, "Specifying Concurrent Program Modules", 1983, with each side's
// copy of the other's position (Lee, Bu and Chandranmenon, "A Lock-Free,
// Cache-Efficient Shared Ring Buffer", ANCS 2009).
class SpscRing {
 public:
  template <class T>
  bool Enqueue(std::span<T> slots, T value) {
    const std::size_t capacity = slots.size();
    const std::size_t tail = producer_.position.load(kRelaxed);
    if (Distance(producer_.other, tail, capacity) == capacity) {
      // Pairs with: E5 release in Dequeue.
      producer_.other = consumer_.position.load(kAcquire);
      if (Distance(producer_.other, tail, capacity) == capacity) return false;
    }
    slots[SlotOf(tail, capacity)] = value;
    // E4. Pairs with: acquire in Dequeue, Size.
    producer_.position.store(Next(tail, capacity), kRelease);
    return true;
  }

  template <class T>
  bool Dequeue(std::span<T> slots, T& value) {
    const std::size_t capacity = slots.size();
    const std::size_t head = consumer_.position.load(kRelaxed);
    if (consumer_.other == head) {
      // Pairs with: E4 release in Enqueue.
      consumer_.other = producer_.position.load(kAcquire);
      if (consumer_.other == head) return false;
    }
    value = slots[SlotOf(head, capacity)];
    // E5. Pairs with: acquire in Enqueue, Size: the slot is read before it is reused.
    consumer_.position.store(Next(head, capacity), kRelease);
    return true;
  }

  std::size_t Size(std::size_t capacity) const {
    // Pairs with: E5 release in Dequeue.
    const std::size_t head = consumer_.position.load(kAcquire);
    // Pairs with: E4 release in Enqueue. Loaded last, it is at or beyond the head.
    const std::size_t tail = producer_.position.load(kAcquire);
    const std::size_t distance = Distance(head, tail, capacity);
    return distance < capacity ? distance : capacity;
  }

 private:
  // Positions run over two rounds of the slots, so that a full ring and an empty one
  // differ, whatever the capacity.
  static std::size_t Next(std::size_t position, std::size_t capacity) {
    return position + 1 == 2 * capacity ? 0 : position + 1;
  }
  static std::size_t SlotOf(std::size_t position, std::size_t capacity) {
    return position < capacity ? position : position - capacity;
  }
  static std::size_t Distance(std::size_t head, std::size_t tail,
                              std::size_t capacity) {
    return tail >= head ? tail - head : tail + 2 * capacity - head;
  }

  // What one side writes, and what it last saw of the other side.
  struct alignas(port::Port::kInterferenceBytes) Side {
    Atomic<std::size_t> position{};
    std::size_t other = 0;
  };

  Side producer_;
  Side consumer_;
};

}  // namespace corepool::lockfree

#endif  // COREPOOL_LOCKFREE_SPSC_RING_H_
