// What block begins at each leaf of a QuadTree, and how many have.

#ifndef COREPOOL_ENGINE_LEAF_MARKS_H_
#define COREPOOL_ENGINE_LEAF_MARKS_H_

#include <cstddef>
#include <cstdint>

#include "corepool/config.h"
#include "corepool/engine/quad_plan.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/lockfree/counter.h"

namespace corepool::engine {

// A view of one unit a leaf. Accesses are relaxed: a leaf passes from owner to owner
// through the tree, which orders them. Wait-free, O(1) unless said otherwise.
class LeafMarks {
 public:
  using Atomic = lockfree::Atomic<LeafUnit>;

  static constexpr int kNoBlock = -1;

  constexpr explicit LeafMarks(Atomic* units = nullptr) : units_(units) {}

  // Called by who has just taken a block of this level. Its count goes to `rest`
  // before it runs over.
  COREPOOL_INLINE void Begin(std::size_t leaf, int level,
                             lockfree::Counter& rest) const {
    const auto seen = units_[leaf].load(lockfree::kRelaxed);
    const auto count = static_cast<LeafUnit>((seen & ~kLevelMask) + kOne);
    if (count == 0) [[unlikely]]
      rest.Add(kCounts);
    units_[leaf].store(static_cast<LeafUnit>(count + static_cast<LeafUnit>(level + 1)),
                       lockfree::kRelaxed);
  }

  // Called by who frees a block. Returns its level; kNoBlock if none begins here. Of
  // several at once, one gets it, if `exact`.
  COREPOOL_INLINE int End(std::size_t leaf, bool exact) const {
    return EndSeen(leaf, units_[leaf].load(lockfree::kRelaxed), exact);
  }
  // The same of the block whose mark was seen, and of no other, unless 2^11 blocks have
  // begun here since.
  COREPOOL_INLINE int EndSeen(std::size_t leaf, LeafUnit seen, bool exact) const {
    const int level = LevelOf(seen);
    if (level == kNoBlock) [[unlikely]]
      return kNoBlock;
    const auto ended = static_cast<LeafUnit>(seen & ~kLevelMask);
    if (!exact) {
      units_[leaf].store(ended, lockfree::kRelaxed);
    } else if (!units_[leaf].compare_exchange_strong(seen, ended, lockfree::kRelaxed,
                                                     lockfree::kRelaxed)) {
      return kNoBlock;
    }
    return level;
  }

  // All that tells a block from those that began here before it.
  LeafUnit MarkAt(std::size_t leaf) const {
    return units_[leaf].load(lockfree::kRelaxed);
  }
  // Of the block that begins here.
  int LevelAt(std::size_t leaf) const { return LevelOf(MarkAt(leaf)); }
  // Blocks that ever began here, modulo what has gone to the rest.
  std::size_t CountAt(std::size_t leaf) const { return CountOf(MarkAt(leaf)); }

  static int LevelOf(LeafUnit mark) { return static_cast<int>(mark & kLevelMask) - 1; }
  static std::size_t CountOf(LeafUnit mark) {
    return static_cast<std::size_t>(mark) / kOne;
  }

  // Not concurrently with anything.
  void Clear(std::size_t leaf) const { units_[leaf].store(0, lockfree::kRelaxed); }

 private:
  static constexpr LeafUnit kOne = 1 << 5;
  static constexpr LeafUnit kLevelMask = kOne - 1;
  static constexpr lockfree::Word kCounts =
      (lockfree::Word{1} << (sizeof(LeafUnit) * 8 - 1)) / (kOne / 2);

  Atomic* units_;
};

}  // namespace corepool::engine

#endif  // COREPOOL_ENGINE_LEAF_MARKS_H_
