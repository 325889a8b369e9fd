// How a pool gets more blocks while it is in use.

#ifndef COREPOOL_ENGINE_GROWTH_H_
#define COREPOOL_ENGINE_GROWTH_H_

#include <cstddef>

#include "corepool/engine/scatter.h"
#include "corepool/error.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/lockfree/carver.h"
#include "corepool/lockfree/counter.h"

namespace corepool::engine {

// What a pool that grows consists of, besides what every pool does.
//
// Its free list begins with the indices of all blocks that it may ever have. Most of
// them are unborn: no memory goes with them yet. They are in ascending order and always
// at the bottom, for nobody puts one back: blocks that are freed lie above them. So one
// look at the top tells whether a block is free, and if not, whether there is another
// to grow; and what is not on the list is allocated, or in the hands of a call that is
// just growing it. Growing pops an unborn index and then carves memory for it. If that
// fails, because somebody else has carved the last of it since, the index is burned: on
// no list, and never needed any more.
struct Growth {
  using Index = lockfree::Index;
  using Word = lockfree::Word;

  lockfree::Carver* carver = nullptr;  // where from
  Scatter scatter;                     // where the blocks are
  std::size_t stride = 1;
  std::size_t alignment = 1;
  Index count = 0;           // indices
  Index initial = 0;         // blocks that the pool began with, or had when cleared
  Index in_a_row = 0;        // blocks that Init took
  Index step = 1;            // blocks that are grown at once
  bool for_want_of = false;  // the count is no more than memory was left for

  lockfree::LastingMaximum popped;  // indices that have been popped as unborn, and
                                    // those that Init took
  lockfree::LastingCounter born;    // blocks that there are, but for those
  lockfree::Atomic<Word> burned{};  // indices for which there was no memory
  Word burned_before = 0;           // of these, how many had been when it began
  lockfree::Atomic<Word> over{};    // not 0: nothing can be born any more

  // Not concurrently with anything.
  void Reset() {
    initial = in_a_row;
    popped.Set(initial);
    born.Reset();
    burned.store(0, lockfree::kRelaxed);
    burned_before = 0;
    over.store(0, lockfree::kRelaxed);
  }

  // What there is now becomes what the pool begins with. Not concurrently with
  // anything.
  void Restart() {
    initial = static_cast<Index>(Born());
    born.Reset();
    burned_before = Burned();
  }
  // Whether there are others than those that Init took, which lie in a row.
  bool HasGrown() const { return popped.Get() != in_a_row; }

  // Blocks that there are.
  Word Born() const { return initial + born.Get(); }

  // E44. Pairs with: acquire in Burned: who sees it sees the indices popped.
  void Burn(Word indices) { burned.fetch_add(indices, lockfree::kRelease); }
  Word Burned() const {
    // Pairs with: E44 release in Burn.
    return burned.load(lockfree::kAcquire);
  }

  bool IsOver() const {
    // Pairs with: E43 release in SetOver.
    return over.load(lockfree::kAcquire) != 0;
  }
  // E43. Pairs with: acquire in IsOver.
  void SetOver() { over.store(1, lockfree::kRelease); }

  // Why a pool of which growth is over has no free block.
  Error Reason() const {
    return for_want_of || Burned() != 0 || popped.Get() < count
               ? Error::kSegmentExhausted
               : Error::kExhausted;
  }
};

}  // namespace corepool::engine

#endif  // COREPOOL_ENGINE_GROWTH_H_
