// An index and a tag in one machine word: the head of every lock-free list here,
// and the only code that knows where the tag's bits are.

#ifndef COREPOOL_LOCKFREE_TAGGED_INDEX_H_
#define COREPOOL_LOCKFREE_TAGGED_INDEX_H_

#include <bit>

#include "corepool/config.h"
#include "corepool/lockfree/atomic.h"

namespace corepool::lockfree {

// The word of a list over indices 0..count-1: {tag, index}, index in the low
// bit_width(count) bits, the tag in all others. Index `count` means "none".
//
// Why a tag, and why it moves at every change of the word (the ABA hazard):
//
//   head    thread 1, in Pop                   thread 2
//   A->B    reads head = A, A's next = B
//   B->C                                       pops A
//   C                                          pops B, keeps it
//   A->C                                       pushes A
//           CAS head from A to B succeeds:
//   B       B is in use, and C is lost
//
//   With the tag (written A5: index A, tag 5):
//   A5      reads head = A5, A's next = B
//   B6                                         pops A
//   C7                                         pops B, keeps it
//   A8                                         pushes A
//           CAS from A5 fails: head is A8
//
// A tag of t bits lets this through only if exactly a multiple of 2^t blocks are
// pushed and popped while thread 1 stands between its load and its CAS; see
// PoolStats::tag_bits for how long that takes.
class TaggedIndex {
 public:
  // `count` at most the largest Index.
  constexpr explicit TaggedIndex(Index count)
      : index_mask_((Word{1} << std::bit_width(count)) - 1) {}

  constexpr Index IndexOf(Word word) const {
    return static_cast<Index>(word & index_mask_);
  }

  constexpr Word TagOf(Word word) const { return word >> index_bits(); }

  // The word with another index: the only way to make one. The tag moves on by
  // `steps`, at least 1, from `expected`, the very value that the caller's
  // compare-and-swap expects; a tag kept from an earlier round of a retry loop
  // would not be unique. Callers count one step for each block that the change
  // pushes or pops, so the tag is also the number of operations so far.
  COREPOOL_INLINE constexpr Word With(Word expected, Index index,
                                      Word steps = 1) const {
    return Sabotaged((expected | index_mask_) + 1 + (steps - 1) * (index_mask_ + 1) +
                     index);
  }

  // With(expected, IndexOf(expected) + distance), for callers that hold the distance:
  // nothing has to be cut out of the word first, which is on a pop's critical path.
  COREPOOL_INLINE constexpr Word Moved(Word expected, Word distance) const {
    return Sabotaged(expected + (index_mask_ + 1) + distance);
  }

  constexpr int index_bits() const {
    return static_cast<int>(std::bit_width(index_mask_));
  }
  constexpr int tag_bits() const {
    return static_cast<int>(sizeof(Word) * 8) - index_bits();
  }

 private:
  constexpr Word Sabotaged(Word word) const {
    if constexpr (COREPOOL_SABOTAGE_TAG_BITS > 0) {
      word &= ((index_mask_ + 1) << COREPOOL_SABOTAGE_TAG_BITS) - 1;
    }
    return word;
  }

  Word index_mask_;
};

}  // namespace corepool::lockfree

#endif  // COREPOOL_LOCKFREE_TAGGED_INDEX_H_
