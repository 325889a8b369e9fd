// A count of rare events.

#ifndef COREPOOL_LOCKFREE_COUNTER_H_
#define COREPOOL_LOCKFREE_COUNTER_H_

#include <cstddef>

#include "corepool/config.h"
#include "corepool/lockfree/atomic.h"

namespace corepool::lockfree {

// Orders nothing. Modulo 2^64 on 64-bit
// targets and 2^32 on 32-bit ones. Zero-initialised. Wait-free where the CPU adds
// atomically by itself, lock-free elsewhere.
// Unless `kCounts`, does nothing and stays 0.
template <bool kCounts>
class BasicCounter {
 public:
  void Add(Word amount) {
    if constexpr (COREPOOL_SABOTAGE_STATISTICS != 0) {
      value_.store(Get() + amount, kRelaxed);
      return;
    }
    if constexpr (kCounts) value_.fetch_add(amount, kRelaxed);
  }
  Word Get() const { return value_.load(kRelaxed); }
  // Not concurrently with Add.
  void Reset() { value_.store(0, kRelaxed); }

 private:
  Atomic<Word> value_{};
};

// For reports only: never decide by it.
using Counter = BasicCounter<COREPOOL_STATISTICS != 0>;
using LastingCounter = BasicCounter<true>;

// The largest number noted so far. Orders nothing. Zero-initialised; lock-free.
// Unless `kNotes`, does nothing and stays as it was set.
template <bool kNotes>
class BasicMaximum {
 public:
  void Raise(Word value) {
    if constexpr (!kNotes) return;
    Word seen = Get();
    while (value > seen &&
           !value_.compare_exchange_weak(seen, value, kRelaxed, kRelaxed)) {
    }
  }
  // With that many attempts at most; gives up if others, raising it too, make all of
  // them fail.
  void RaiseWithin(Word value, std::size_t attempts) {
    if constexpr (!kNotes) return;
    Word seen = Get();
    while (value > seen && attempts-- > 0 &&
           !value_.compare_exchange_weak(seen, value, kRelaxed, kRelaxed)) {
    }
  }
  Word Get() const { return value_.load(kRelaxed); }
  void Set(Word value) { value_.store(value, kRelaxed); }

 private:
  Atomic<Word> value_{};
};

// As Counter and LastingCounter.
using Maximum = BasicMaximum<COREPOOL_STATISTICS != 0>;
using LastingMaximum = BasicMaximum<true>;

}  // namespace corepool::lockfree

#endif  // COREPOOL_LOCKFREE_COUNTER_H_
