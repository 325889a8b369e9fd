// That there is no block: shown, not guessed. Why it is right: docs/quad_tree.md.

#include <bit>
#include <cstddef>

#include "corepool/config.h"
#include "corepool/engine/quad_node.h"
#include "corepool/engine/quad_plan.h"
#include "corepool/engine/quad_tree.h"
#include "corepool/lockfree/atomic.h"

namespace corepool::engine {

using lockfree::kSeqCst;
using Node = QuadNode;

// Whether there was an instant during the call at which there was no block of that
// order; if not, there is or was something to take.
bool QuadTree::Prove(int order) const {
  // Pairs with: E71, IsWatched: either an operation sees this, or the looks below see
  // the operation. So do all sequentially consistent accesses here.
  state_.wanted[order].fetch_add(1, kSeqCst);
  state_.provers.fetch_add(1, kSeqCst);
  bool proved = false;
  Word events = EventsFor(order);
  Look look = LookFor(order);
  while (!look.found && !proved) {
    state_.proofs.Add(1);
    if constexpr (COREPOOL_SABOTAGE_COLLECT != 0) break;
    const Word earlier = EventsFor(order);
    const Look again = LookFor(order);
    // Both looked at the same nodes; equal sums of what only grows: equal all over. No
    // node changed hands between the looks, and whatever made such a block since has
    // not returned yet.
    proved =
        !again.found && look.versions == again.versions && events == EventsFor(order);
    events = earlier;
    look = again;
  }
  if constexpr (COREPOOL_SABOTAGE_COLLECT != 0) proved = !look.found;
  state_.provers.fetch_add(~Word{0}, kSeqCst);
  state_.wanted[order].fetch_add(~Word{0}, kSeqCst);
  return proved;
}

// Goes through all nodes that could have such a block by themselves, and below them as
// far as it takes to see that there is none; merges what turns out to be free as a
// whole, and finishes what is under way.
QuadTree::Look QuadTree::LookFor(int order) const {
  Look look{};
  const int own = shape_.HeightOf(order);
  for (int height = own; height <= shape_.root; ++height) {
    const int bits = height == own ? order - QuadShape::SlotOrder(own) : 0;
    for (std::size_t i = 0; i < shape_.counts[height]; ++i) {
      const Word word = See(height, i, look);
      look.versions += Node::VersionOf(word);
      if (!Node::IsOpen(word)) continue;
      int slot = -1;
      if (const Word groups = Node::Groups(Node::FreeOf(word), bits); groups != 0) {
        slot = std::countr_zero(groups);
      } else if (height == own && height > 0) {
        slot = MergeGroup(height, i, word, bits, look);
      }
      if (slot < 0) continue;
      HintAround(height, i, Node::FreeOf(Read(NodeAt(height, i))), slot, bits);
      look.found = true;
      return look;
    }
  }
  return look;
}

// A node's word; what it says is under way is then finished, which may have made
// something to find.
QuadTree::Word QuadTree::See(int height, std::size_t node, Look& look) const {
  const Word word = NodeAt(height, node).load(kSeqCst);
  if (Node::KindOf(word) == Node::kClosed) {
    HandUp(height, node);
    look.found = true;
  } else if (Node::KindOf(word) >= Node::kTaking) {
    Finish(height, node);
    look.found = true;
  }
  return word;
}

// The first slot of a group that is free once what is below it is merged; -1 if there
// is none.
int QuadTree::MergeGroup(int height, std::size_t node, Word word, int bits,
                         Look& look) const {
  const int slots = 1 << shape_.SlotBits(height);
  for (int first = 0; first + (1 << bits) <= slots; first += 1 << bits) {
    int slot = first;
    while (slot < first + (1 << bits) &&
           ((word >> slot & 1) != 0 ||
            MergeWhole(height - 1, ChildOf(height, node, slot), look))) {
      ++slot;
    }
    if (slot == first + (1 << bits)) return first;
  }
  NoteMoves(height, node, word, look);
  return -1;
}

// A child that is dormant shows that its slot is allocated, unless something was moved
// after the parent was looked at, which said that the slot is not free.
void QuadTree::NoteMoves(int height, std::size_t node, Word word, Look& look) const {
  const Word now = NodeAt(height, node).load(kSeqCst);
  if (Node::VersionOf(now) != Node::VersionOf(word)) look.found = true;
}

// Makes the node a slot of its parent if all of it is free; false if it is not.
bool QuadTree::MergeWhole(int height, std::size_t node, Look& look) const {
  if (node >= shape_.counts[height]) return false;
  const Word word = See(height, node, look);
  if (!Node::IsOpen(word)) return Node::KindOf(word) == Node::kClosed;
  for (int slot = 0; slot < Node::kSlots; ++slot) {
    if ((word >> slot & 1) != 0) continue;
    if (height == 0) return false;
    if (MergeWhole(height - 1, ChildOf(height, node, slot), look)) continue;
    NoteMoves(height, node, word, look);
    return false;
  }
  if (Close(height, node)) return true;
  look.found = true;  // it has changed
  return false;
}

// Of operations that had, or made, blocks at least as large.
QuadTree::Word QuadTree::EventsFor(int order) const {
  Word sum = 0;
  for (int i = order; i <= shape_.max_order; ++i) {
    sum += state_.events[i].load(kSeqCst);
  }
  return sum;
}

// If it is of anybody's concern.
void QuadTree::CountEvent(int order) const {
  const int largest = order < shape_.max_order ? order : shape_.max_order;
  for (int wanted = largest; wanted >= 0; --wanted) {
    if (state_.wanted[wanted].load(kSeqCst) == 0) continue;
    state_.events[largest].fetch_add(1, kSeqCst);
    return;
  }
}

// The largest block among these slots; all slots of a node may belong to any.
int QuadTree::LargestOf(int height, Word free) const {
  if (free == Node::kAll) return shape_.max_order;
  int bits = Node::kSlotBits - 1;
  while (bits > 0 && Node::Groups(free, bits) == 0) --bits;
  return QuadShape::SlotOrder(height) + bits;
}

// The same of the slots that `word` says, with those that could be merged.
int QuadTree::LargestAround(int height, std::size_t node, Word word) const {
  Word free = Node::FreeOf(word);
  if (height == 0) return LargestOf(height, free);
  for (int slot = 0; slot < 1 << shape_.SlotBits(height); ++slot) {
    const std::size_t child = ChildOf(height, node, slot);
    if ((free >> slot & 1) != 0 || child >= shape_.counts[height - 1]) continue;
    const Word below = NodeAt(height - 1, child).load(kSeqCst);
    const int kind = Node::KindOf(below);
    // Further down it may be free by what is below.
    const bool maybe =
        kind != Node::kDormant && (height > 1 || Node::FreeOf(below) == Node::kAll);
    if (maybe) free |= Word{1} << slot;
  }
  // If something was moved meanwhile, this may have missed it.
  const Word now = NodeAt(height, node).load(kSeqCst);
  if (Node::VersionOf(now) != Node::VersionOf(word) ||
      Node::KindOf(now) != Node::kIdle) {
    return shape_.max_order;
  }
  return LargestOf(height, free);
}

}  // namespace corepool::engine
