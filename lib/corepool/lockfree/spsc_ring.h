// The positions of a bounded queue with one producer and one consumer.

#ifndef COREPOOL_LOCKFREE_SPSC_RING_H_
#define COREPOOL_LOCKFREE_SPSC_RING_H_

#include <cstddef>
#include <span>

#include "corepool/config.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/port/port.h"

namespace corepool::lockfree {

// All-zero memory is an empty ring. The same slots must be passed to every call.
// Wait-free and O(1), bulks O(size); enqueuing is for one context, dequeuing for one
// other.
//
// Source: Lamport, "Specifying Concurrent Program Modules", 1983. The consumer
// remembers how far it knows the producer to be, and looks again only when it has got
// there (Lee, Bu and Chandranmenon, "A Lock-Free, Cache-Efficient Shared Ring Buffer",
// ANCS 2009).
class SpscRing {
 public:
  constexpr SpscRing() = default;
  // As if so many values had been through it, for tests.
  constexpr explicit SpscRing(std::size_t first_position)
      : tail_{first_position},
        head_{first_position},
        producer_{first_position},
        consumer_{first_position, 0, first_position} {}

  template <class T>
  COREPOOL_INLINE bool Enqueue(std::span<T> slots, T value) {
    const std::size_t capacity = slots.size();
    const std::size_t tail = producer_.next;
    if (Room(tail, capacity) == 0) [[unlikely]] {
      CountRefused(1);
      return false;
    }
    slots[SlotOf(producer_, capacity)] = value;
    Advance(producer_, 1, capacity);
    // E4. Pairs with: acquire in Fill, Size.
    tail_.position.store(producer_.next, kRelease);
    return true;
  }

  template <class T>
  COREPOOL_INLINE bool Dequeue(std::span<T> slots, T& value) {
    const std::size_t capacity = slots.size();
    const std::size_t head = consumer_.next;
    if (consumer_.tail == head && Fill(head, 1) == 0) [[unlikely]] {
      return false;
    }
    value = slots[SlotOf(consumer_, capacity)];
    Advance(consumer_, 1, capacity);
    // E5. Pairs with: acquire in Room, Size: the slot is read before it is reused.
    head_.position.store(consumer_.next, kRelease);
    return true;
  }

  // The front of `values`, as many as there is room for, or none if that is fewer than
  // `least`. Returns how many.
  template <class T>
  std::size_t EnqueueUpTo(std::span<T> slots, std::span<const T> values,
                          std::size_t least) {
    const std::size_t capacity = slots.size();
    const std::size_t tail = producer_.next;
    const std::size_t room = Room(tail, capacity);
    const std::size_t count = Share(room, values.size(), least);
    if (count < values.size()) CountRefused(values.size() - count);
    if (count == 0) return 0;
    const Runs runs(SlotOf(producer_, capacity), count, capacity);
    for (std::size_t i = 0; i < runs.first; ++i) slots[runs.begin + i] = values[i];
    for (std::size_t i = runs.first; i < count; ++i) slots[i - runs.first] = values[i];
    Advance(producer_, count, capacity);
    // E4. Pairs with: acquire in Fill, Size.
    tail_.position.store(producer_.next, kRelease);
    return count;
  }

  // As many as there are, into the front of `values`; the same otherwise.
  template <class T>
  std::size_t DequeueUpTo(std::span<T> slots, std::span<T> values, std::size_t least) {
    const std::size_t capacity = slots.size();
    const std::size_t head = consumer_.next;
    const std::size_t fill = Fill(head, values.size());
    const std::size_t count = Share(fill, values.size(), least);
    if (count == 0) return 0;
    const Runs runs(SlotOf(consumer_, capacity), count, capacity);
    for (std::size_t i = 0; i < runs.first; ++i) values[i] = slots[runs.begin + i];
    for (std::size_t i = runs.first; i < count; ++i) values[i] = slots[i - runs.first];
    Advance(consumer_, count, capacity);
    // E5. Pairs with: acquire in Room, Size: the slots are read before they are reused.
    head_.position.store(consumer_.next, kRelease);
    return count;
  }

  std::size_t Size(std::size_t capacity) const {
    // Pairs with: E5 release in Dequeue, DequeueUpTo.
    const std::size_t head = head_.position.load(kAcquire);
    // Pairs with: E4 release in Enqueue, EnqueueUpTo. Loaded last, it is at or beyond
    // the head.
    const std::size_t tail = tail_.position.load(kAcquire);
    const std::size_t distance = tail - head;
    return distance < capacity ? distance : capacity;
  }

  // Values that were not enqueued because there was no room; modulo 2^(bits of a Word).
  Word refused() const { return producer_.refused.load(kRelaxed); }

 private:
  // Positions count values, modulo 2^(bits of a size_t), so a full ring and an empty
  // one differ, whatever the capacity. Where the capacity is a power of two they tell
  // the slot too; else each side keeps for itself the slot that goes with its position,
  // which takes a fifth more time.
  static constexpr bool TellSlots(std::size_t capacity) {
    return (capacity & (capacity - 1)) == 0;
  }
  template <class Side>
  COREPOOL_INLINE static std::size_t SlotOf(const Side& side, std::size_t capacity) {
    return TellSlots(capacity) ? side.next & (capacity - 1) : side.slot;
  }
  template <class Side>
  COREPOOL_INLINE static void Advance(Side& side, std::size_t count,
                                      std::size_t capacity) {
    side.next += count;
    if (TellSlots(capacity)) return;
    const std::size_t left = capacity - side.slot;
    side.slot = count < left ? side.slot + count : count - left;
  }
  static std::size_t Share(std::size_t available, std::size_t asked,
                           std::size_t least) {
    if (available < least) return 0;
    return available < asked ? available : asked;
  }

  // `count` slots from `begin` on: so many up to the last slot, the others from the
  // first one.
  struct Runs {
    Runs(std::size_t slot, std::size_t count, std::size_t capacity)
        : begin(slot), first(count < capacity - slot ? count : capacity - slot) {}
    std::size_t begin;
    std::size_t first;
  };

  // Free slots. The producer looks each time: one that remembers is so much quicker
  // than its consumer that the queue is full all the time, and each then takes the line
  // of the slots from the other for every value (measured: more than twice as slow).
  COREPOOL_INLINE std::size_t Room(std::size_t tail, std::size_t capacity) const {
    // Pairs with: E5 release in Dequeue, DequeueUpTo.
    return capacity - (tail - head_.position.load(kAcquire));
  }
  // Values known to be there.
  COREPOOL_INLINE std::size_t Fill(std::size_t head, std::size_t wanted) {
    if (consumer_.tail - head < wanted) {
      // Pairs with: E4 release in Enqueue, EnqueueUpTo.
      consumer_.tail = tail_.position.load(kAcquire);
    }
    return consumer_.tail - head;
  }

  // Nobody else writes it.
  void CountRefused(std::size_t values) {
    producer_.refused.store(producer_.refused.load(kRelaxed) + values, kRelaxed);
  }

  // What one side writes and the other reads: alone in its line, where its writer
  // stores only. If he also loaded from there he would wait for the line each time that
  // the other side has looked.
  struct alignas(port::Port::kInterferenceBytes) Shared {
    Atomic<std::size_t> position{};
  };
  // What one side keeps for itself.
  struct alignas(port::Port::kInterferenceBytes) Consumer {
    std::size_t next = 0;  // the position
    std::size_t slot = 0;
    std::size_t tail = 0;  // the producer's position, or one that it was at
  };
  struct alignas(port::Port::kInterferenceBytes) Producer {
    std::size_t next = 0;
    std::size_t slot = 0;
    Atomic<Word> refused{};
  };

  Shared tail_;
  Shared head_;
  Producer producer_;
  Consumer consumer_;
};

}  // namespace corepool::lockfree

#endif  // COREPOOL_LOCKFREE_SPSC_RING_H_
