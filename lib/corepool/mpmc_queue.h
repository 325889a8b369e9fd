// Queues from any number of producers to any number of consumers: threads, interrupt
// handlers, cores.
//
//   static constinit corepool::StaticMpmcQueue<std::uint32_t, 64> received;
//   (void)received.Enqueue(frames.IndexOf(frame));  // anywhere

#ifndef COREPOOL_MPMC_QUEUE_H_
#define COREPOOL_MPMC_QUEUE_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

#include "corepool/base/align.h"
#include "corepool/config.h"
#include "corepool/error.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/lockfree/mpmc_ring.h"
#include "corepool/lockfree/value_word.h"

namespace corepool {

// Most values in one queue, spare cells included: 2^31 - 1 where the CPU swaps 64 bits
// by itself, 2^15 - 1 elsewhere.
inline constexpr std::size_t kMaxQueueCapacity = lockfree::kMostIndices;

// What an MpmcQueue is to be like.
struct MpmcOptions {
  std::size_t capacity = 0;  // values; 0 is legal: full and empty for ever
  // For values wider than half a word only; 16 bytes each on 64-bit targets. The queue
  // takes `capacity` values whatever happens as long as no more than so many contexts,
  // the caller's not counted, are in the middle of Enqueue at once (stalled, or
  // interrupted by the caller).
  std::size_t spares = 8;
  std::uint64_t first_round = 0;  // for tests: how many rounds it pretends to have made
};

namespace internal {

template <class T>
inline constexpr lockfree::Carry kCarryOf =
    sizeof(T) <= sizeof(lockfree::Word) / 2 ? lockfree::Carry::kInSlots
                                            : lockfree::Carry::kInCells;

// How the words of a queue of T are laid out.
template <class T>
constexpr lockfree::RingSpace<kCarryOf<T>> QueueSpace(
    lockfree::Atomic<lockfree::Word>* words, std::size_t capacity, std::size_t spares) {
  using Space = lockfree::RingSpace<kCarryOf<T>>;
  const auto slot_count = static_cast<lockfree::Index>(capacity);
  const auto cell_count = static_cast<lockfree::Index>(capacity + spares);
  int low_bits = static_cast<int>(std::bit_width(cell_count));
  if constexpr (!Space::kCells) {
    constexpr int kValueBits = static_cast<int>(sizeof(lockfree::BitsOf<T>) * 8);
    low_bits = static_cast<int>(std::bit_width(slot_count));
    if (low_bits < kValueBits) low_bits = kValueBits;
  }
  return {words, Space::UnitFor(low_bits), slot_count, cell_count};
}

// What both kinds of queue have in common: their operations.
//
// First in, first out. Every function may be called by any thread, interrupt handler
// and signal handler, on any core, at any instruction of any other call on the same
// queue; takes no lock, calls no system and allocates no memory; and is lock-free: an
// attempt fails only because of another call's success. A context that stands still in
// the middle of a call, for ever if it likes, keeps nobody from anything.
//
// Everything a producer did before it enqueued a value happens before what the consumer
// of that value does after dequeuing it. Calls on several queues are linearizable
// together.
//
// Carries any trivially copyable value of at most a word (64 bits; 32 where the CPU
// swaps no more): indices of blocks, pointers. Values of at most half a word lie in
// the slots and cost one atomic read-modify-write each way; wider ones cost a producer
// two.
//
// Source: see lockfree::MpmcRing. [default: any; lock-free]
template <class Queue, class T>
class MpmcFace {
  static_assert(lockfree::Carried<T>,
                "a queue carries indices, pointers and other words");

 public:
  using Value = T;

  // False, and nothing has happened, if the queue is full: there was an instant during
  // the call at which it held `capacity` values. Values on the way in or out by other
  // calls, under way at that instant, do not count, with one exception: of values wider
  // than half a word, if more calls of Enqueue than there are `spares` were in the
  // middle at once, there was an instant at which values and calls of Enqueue under way
  // were capacity + spares, together. So a queue of pointers that is as large as the
  // pool of what they point to is never full.
  //
  // [O(1), 1-2 RMW; O(log capacity) after a context stood still for long, O(capacity)
  // if the spares were used up]
  [[nodiscard]] COREPOOL_INLINE bool Enqueue(T value) {
    return queue().ring_.Enqueue(queue().space(), lockfree::WordOf(value));
  }

  // False, and `value` is as before, if the queue is empty: there was an instant during
  // the call at which every value whose Enqueue had taken effect had been dequeued.
  // [O(1), 1 RMW; O(log capacity) after a context stood still for long]
  [[nodiscard]] COREPOOL_INLINE bool Dequeue(T& value) {
    lockfree::Word word;
    if (!queue().ring_.Dequeue(queue().space(), word)) return false;
    lockfree::SetFromWord(value, word);
    return true;
  }

  // Enqueues the front of `values` until the queue is full, and returns how many; fewer
  // than `values` only if the queue was full at some instant. Each takes effect by
  // itself, in order; other producers' values may come between. (All or nothing would
  // need an instant at which all of them take effect, or room that is kept for somebody
  // who may stand still.) One by one they would cost a little more.
  // [O(size); each as Enqueue]
  std::size_t EnqueueUpTo(std::span<const T> values) {
    return queue().ring_.EnqueueEach(
        queue().space(), values.size(),
        [&](std::size_t i) { return lockfree::WordOf(values[i]); });
  }

  // Fills the front of `values` until the queue is empty, and returns how many; fewer
  // than `values` only if the queue was empty at some instant. Each is taken by itself,
  // in order; other consumers may take some between. [O(size); each as Dequeue]
  std::size_t DequeueUpTo(std::span<T> values) {
    return queue().ring_.DequeueEach(queue().space(), values.size(),
                                     [&](std::size_t i, lockfree::Word word) {
                                       lockfree::SetFromWord(values[i], word);
                                     });
  }

  // Whether it was empty at some instant during the call.
  // [O(1), 0 RMW; O(log capacity) after a context stood still for long]
  [[nodiscard]] bool empty() const { return queue().ring_.IsEmpty(queue().space()); }
  // 0 to capacity(); exact if nobody enqueues or dequeues meanwhile. As empty().
  // [O(1), 0 RMW; O(log capacity) after a context stood still for long]
  [[nodiscard]] std::size_t size() const { return queue().ring_.Size(queue().space()); }

  // Bits of the number that tells rounds apart. A context that stands still in the
  // middle of a call is deceived if, before it goes on, a multiple of
  // capacity * 2^round_bits values pass through the queue. [wait-free; O(1)]
  [[nodiscard]] int round_bits() const { return queue().space().round_bits(); }

 protected:
  constexpr MpmcFace() = default;
  ~MpmcFace() = default;
  MpmcFace(const MpmcFace&) = delete;
  MpmcFace& operator=(const MpmcFace&) = delete;

 private:
  const Queue& queue() const { return static_cast<const Queue&>(*this); }
  Queue& queue() { return static_cast<Queue&>(*this); }
};

}  // namespace internal

// In memory of the caller's. Default-constructed, also as constinit, it is a queue of
// capacity 0. Operations: see internal::MpmcFace. [default: any; wait-free; O(1)]
template <class T>
class MpmcQueue : public internal::MpmcFace<MpmcQueue<T>, T> {
 public:
  constexpr MpmcQueue() = default;

  // Bytes of memory that Init needs; 0 if there cannot be such a queue.
  static constexpr std::size_t RequiredBytes(const MpmcOptions& options) {
    if (options.capacity > kMaxQueueCapacity ||
        options.spares > kMaxQueueCapacity - options.capacity) {
      return 0;
    }
    // Cannot overflow: counts are indices.
    const base::CheckedSize words(Space::WordCount(options.capacity, options.spares));
    const base::CheckedSize bytes = words * sizeof(Slot);
    return bytes.overflowed() ? 0 : bytes.value();
  }
  // What that memory must be aligned to, in bytes.
  static constexpr std::size_t kAlignment = alignof(lockfree::Atomic<lockfree::Word>);

  // Makes it an empty queue in `memory`, which must stay valid until Deinit; bytes
  // beyond RequiredBytes are left alone. Errors, all of which leave everything as it
  // was: kInvalidCount (see kMaxQueueCapacity), kNullMemory, kMisalignedMemory,
  // kMemoryTooSmall, kAlreadyInitialized. [alone; O(capacity)]
  [[nodiscard]] Error Init(const MpmcOptions& options, std::span<std::byte> memory) {
    if (initialized_) return Error::kAlreadyInitialized;
    const std::size_t bytes = RequiredBytes(options);
    if (bytes == 0 && options.capacity != 0) return Error::kInvalidCount;
    if (options.spares > kMaxQueueCapacity) return Error::kInvalidCount;
    initialized_ = true;
    if (options.capacity == 0) return Error::kOk;
    const Error error = Check(memory, bytes);
    if (error != Error::kOk) {
      initialized_ = false;
      return error;
    }
    space_ = internal::QueueSpace<T>(reinterpret_cast<Slot*>(memory.data()),
                                     options.capacity, options.spares);
    ring_.Reset(space_, static_cast<lockfree::Word>(options.first_round));
    return Error::kOk;
  }

  // Gives the memory back, and is a queue of capacity 0 again. Values still in it are
  // forgotten. kNotInitialized. [alone; O(1)]
  [[nodiscard]] Error Deinit() {
    if (!initialized_) return Error::kNotInitialized;
    initialized_ = false;
    space_ = internal::QueueSpace<T>(&none_, 0, 0);
    ring_.Close(space_);
    return Error::kOk;
  }

  [[nodiscard]] bool is_initialized() const { return initialized_; }
  [[nodiscard]] std::size_t capacity() const { return space_.capacity; }

 private:
  friend class internal::MpmcFace<MpmcQueue, T>;
  using Space = lockfree::RingSpace<internal::kCarryOf<T>>;
  using Slot = lockfree::Atomic<lockfree::Word>;

  static Error Check(std::span<std::byte> memory, std::size_t bytes) {
    if (memory.data() == nullptr) return Error::kNullMemory;
    if (!base::IsAligned(memory.data(), kAlignment)) return Error::kMisalignedMemory;
    return memory.size() < bytes ? Error::kMemoryTooSmall : Error::kOk;
  }
  const Space& space() const { return space_; }

  Slot none_{};  // the one slot of no slots
  Space space_ = internal::QueueSpace<T>(&none_, 0, 0);
  bool initialized_ = false;
  lockfree::MpmcRing<internal::kCarryOf<T>> ring_{
      typename lockfree::MpmcRing<internal::kCarryOf<T>>::Closed{}, space_};
};

// The same with memory of its own for N values, which may be none. All-zero memory is
// an empty queue, so a constinit one lies in .bss and may be used before main().
// `kSpares` as MpmcOptions::spares. [default: any; wait-free; O(1)]
template <class T, std::size_t N, std::size_t kSpares = 8>
class StaticMpmcQueue : public internal::MpmcFace<StaticMpmcQueue<T, N, kSpares>, T> {
  static_assert(N <= kMaxQueueCapacity && kSpares <= kMaxQueueCapacity - N,
                "see kMaxQueueCapacity");

 public:
  constexpr StaticMpmcQueue() = default;

  [[nodiscard]] static constexpr std::size_t capacity() { return N; }

 private:
  friend class internal::MpmcFace<StaticMpmcQueue, T>;
  using Space = lockfree::RingSpace<internal::kCarryOf<T>>;
  using Ring = lockfree::MpmcRing<internal::kCarryOf<T>>;

  static constexpr Space NoSpace() { return internal::QueueSpace<T>(nullptr, 0, 0); }
  COREPOOL_INLINE Space space() const {
    return internal::QueueSpace<T>(words_, N, N == 0 ? 0 : kSpares);
  }

  // A queue without slots is no all-zero memory.
  Ring ring_ = N == 0 ? Ring(typename Ring::Closed{}, NoSpace()) : Ring();
  mutable lockfree::Atomic<lockfree::Word>
      words_[N == 0 ? 1 : Space::WordCount(N, kSpares)]{};
};

}  // namespace corepool

#endif  // COREPOOL_MPMC_QUEUE_H_
