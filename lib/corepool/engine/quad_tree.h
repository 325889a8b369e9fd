// Blocks of many sizes out of one region: split and merged without locks, and without
// ever hiding memory from anybody meanwhile.

#ifndef COREPOOL_ENGINE_QUAD_TREE_H_
#define COREPOOL_ENGINE_QUAD_TREE_H_

#include <cstddef>
#include <limits>

#include "corepool/config.h"
#include "corepool/engine/hint_map.h"
#include "corepool/engine/quad_node.h"
#include "corepool/engine/quad_plan.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/lockfree/counter.h"
#include "corepool/port/port.h"
#include "corepool/quad_pool_options.h"

namespace corepool::engine {

// Fixed from Init to Deinit.
struct QuadTreeParts {
  QuadShape shape;
  MergePolicy policy;
  lockfree::Atomic<lockfree::Word>* nodes;  // shape.node_count()
  lockfree::Atomic<lockfree::Word>* maps;   // shape.parts * shape.map_words
};

// What changes besides. All zero at first.
struct QuadTreeState {
  using Word = lockfree::Word;

  // Read by every operation.
  alignas(port::Port::kInterferenceBytes) lockfree::Atomic<Word> provers{};

  // Of operations on nodes while there was a prover, by the order of the largest block
  // that the node had then.
  static constexpr int kEvents = QuadNode::kMostOrder + 1;
  alignas(port::Port::kInterferenceBytes) lockfree::Atomic<Word> events[kEvents]{};

  // How many provers are concerned with blocks of that order.
  alignas(port::Port::kInterferenceBytes) lockfree::Atomic<Word> wanted[kEvents]{};

  // For each part, how many more calls on its cores begin with it, because one of them
  // has met another core lately. Written by those cores only, more or less.
  struct alignas(port::Port::kInterferenceBytes) Spread {
    lockfree::Atomic<Word> calls{};
  };
  static constexpr Word kSpreadCalls = 1000;
  Spread spread[kMostQuadParts];

  lockfree::Counter splits;  // slots opened
  lockfree::Counter merges;  // nodes closed
  lockfree::Counter proofs;  // rounds of proving that there is no block
};

// A view of one tree. How it works and why: docs/quad_tree.md.
//
// Invariant, at every instant: what is not allocated is free in exactly one place. Of a
// node that is open those slots that its word says; of an idle parent's free slot all
// below it, and the child is dormant; of a closed node all of it, until the parent's
// word says so; of a slot that is being opened all but the block at its beginning,
// until the child's word says so.
//
// Source: the word of a node is the bunch of Marotta et al., "A Non-blocking Buddy
// System for Scalable Memory Allocation on Multi-core Machines" (2018), but moves
// between nodes are recorded in the parent, so that whoever needs the memory finishes
// them; nobody backs out.
class QuadTree {
 public:
  using Word = lockfree::Word;
  using Atomic = lockfree::Atomic<Word>;

  static constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

  // Both must outlive the view.
  QuadTree(const QuadTreeParts& parts, QuadTreeState& state)
      : parts_(parts), shape_(parts.shape), state_(state) {}

  // Makes everything free. Not concurrently with anything else. O(nodes).
  void LayOut() const;

  // The first leaf of a block of that order; or kNone if there was an instant during
  // the call at which there was none. Lock-free. Takes effect with the compare-and-swap
  // that takes the slots out of a node.
  std::size_t Take(int order) const;

  // Takes back what Take gave, and nobody has given back yet. One atomic addition, with
  // which it takes effect; wait-free, but for hints.
  void Give(std::size_t leaf, int order) const;

  // Merges what can be merged. Lock-free, O(nodes).
  void Merge() const;

  // What follows looks without changing anything: exact at rest.

  // The largest order of which there is a block, counting what could be merged; -1 if
  // there is none.
  int LargestFree() const;
  // How many blocks of this order there are at most.
  std::size_t CountFree(int order) const;
  // Free leaves in all. `moves` is then the sum of all versions: if it is the same
  // twice in a row, nothing was under way between nodes.
  std::size_t FreeLeaves(Word& moves) const;
  // Whether the block is allocated as far as nodes know.
  bool IsTaken(std::size_t leaf, int order) const;
  // Whether no node below a free slot has one of its own.
  bool IsSound() const;

 private:
  Atomic& NodeAt(int height, std::size_t node) const {
    return parts_.nodes[shape_.nodes[height] + node];
  }
  HintMap MapAt(std::size_t part, int height, int bits) const {
    return {parts_.maps + part * shape_.map_words + shape_.maps[height] +
                shape_.MapIndex(height, bits),
            shape_.overviews[height]};
  }
  std::size_t ChildOf(int height, std::size_t node, int slot) const {
    return (node << shape_.SlotBits(height)) + static_cast<std::size_t>(slot);
  }
  void Hint(int height, std::size_t node, int bits) const {
    const int shift = shape_.PartBits(height);
    const std::size_t part = node >> shift;
    MapAt(part, height, bits).Set(node - (part << shift));
  }
  // Pairs with: E70, every change of a node.
  static Word Read(const Atomic& node) { return node.load(lockfree::kAcquire); }
  // Changes a node if it is as expected; if not, that is then what it is. Pairs with:
  // E70, all of those; E71, Prove.
  COREPOOL_INLINE static bool Swap(Atomic& node, Word& expected, Word wanted) {
    return node.compare_exchange_strong(expected, wanted, lockfree::kSeqCst,
                                        lockfree::kAcquire);
  }
  // Groups that a block of that size is best taken from: no larger ones are split for
  // them. A node that is not idle may have them too.
  COREPOOL_INLINE Word Choices(int height, Word word, int bits) const {
    if (!QuadNode::IsOpen(word)) return 0;
    const Word free = QuadNode::FreeOf(word);
    if (bits == shape_.TopBits(height)) return QuadNode::Groups(free, bits);
    return QuadNode::LoneGroups(free, bits, bits + shape_.step);
  }

  // Parts `first` to `last` - 1.
  struct Range {
    std::size_t first;
    std::size_t last;
  };
  std::size_t TakeHinted(int order) const;
  std::size_t TakeIn(Range parts, int order) const;
  std::size_t TakeFrom(Range parts, int height, int bits, int order) const;
  std::size_t OpenFrom(Range parts, int height, int bits, int order) const;
  std::size_t Hinted(Range parts, int height, int bits) const;
  void Doubt(int height, std::size_t node, int bits) const;
  COREPOOL_COLD void NoteContention() const;

  void HintAround(int height, std::size_t node, Word free, int slot, int bits) const;
  void HintBuddies(int height, std::size_t node, int from, int to) const;

  Word Opened(Word word, int height, int order) const;
  void Finish(int height, std::size_t node) const;
  bool FinishTaking(Atomic& parent, Atomic& child, Word seen, Word record) const;
  bool Close(int height, std::size_t node) const;
  void HandUp(int height, std::size_t node) const;
  bool MergeFor(int order) const;

  struct Look {
    bool found;     // or that something has changed, and there may be
    Word versions;  // of the nodes that could have such a block by themselves
  };
  bool Prove(int order) const;
  Look LookFor(int order) const;
  Word See(int height, std::size_t node, Look& look) const;
  int MergeGroup(int height, std::size_t node, Word word, int bits, Look& look) const;
  bool MergeWhole(int height, std::size_t node, Look& look) const;
  void NoteMoves(int height, std::size_t node, Word word, Look& look) const;
  Word EventsFor(int order) const;

  // To be asked after every change of a node by an operation; what it had at most, or
  // has now, is then to be counted.
  COREPOOL_INLINE bool IsWatched() const {
    // Pairs with: E71, Prove.
    return state_.provers.load(lockfree::kSeqCst) != 0;
  }
  COREPOOL_COLD void CountEvent(int order) const;
  int LargestOf(int height, Word free) const;
  int LargestAround(int height, std::size_t node, Word word) const;

  bool Gather(int height, std::size_t node, Word& free) const;
  std::size_t CountIn(int height, std::size_t node, int order) const;

  const QuadTreeParts& parts_;
  const QuadShape& shape_;
  QuadTreeState& state_;
};

}  // namespace corepool::engine

#endif  // COREPOOL_ENGINE_QUAD_TREE_H_
