// A count of rare events.

#ifndef COREPOOL_LOCKFREE_COUNTER_H_
#define COREPOOL_LOCKFREE_COUNTER_H_

#include "corepool/lockfree/atomic.h"

namespace corepool::lockfree {

// For reports only: orders nothing, so never decide by it. Modulo 2^64 on 64-bit
// targets and 2^32 on 32-bit ones. Zero-initialised. Wait-free where the CPU adds
// atomically by itself, lock-free elsewhere.
class Counter {
 public:
  void Add(Word amount) { value_.fetch_add(amount, kRelaxed); }
  Word Get() const { return value_.load(kRelaxed); }
  // Not concurrently with Add.
  void Reset() { value_.store(0, kRelaxed); }

 private:
  Atomic<Word> value_{};
};

}  // namespace corepool::lockfree

#endif  // COREPOOL_LOCKFREE_COUNTER_H_
