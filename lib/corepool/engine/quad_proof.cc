// That there is no block: shown, not guessed.

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
// order; if not, there is or was something to take. Source: the announced scanners of
// the model-checked correction to the word buddy; here events are counted by size, and
// moves between nodes are seen by their versions.
bool QuadTree::Prove(int order) const {
  // Pairs with: E71, NoteEvent: either an operation sees this, or the looks below see
  // the operation. So do all sequentially consistent accesses here.
  state_.provers.fetch_add(1, kSeqCst);
  bool proved = false;
  for (;;) {
    state_.proofs.Add(1);
    const Word events = EventsFor(order);
    const Look first = LookFor(order);
    if (first.found) break;
    if constexpr (COREPOOL_SABOTAGE_COLLECT == 0) {
      const Look second = LookFor(order);
      if (second.found) break;
      // Equal sums of what only grows: equal all over. No node changed hands between
      // the looks, and whatever happened to a node that had such a block, after the
      // second look at it, has not returned yet: it may as well come after this call.
      if (first.versions != second.versions || EventsFor(order) != events) continue;
    }
    proved = true;
    break;
  }
  state_.provers.fetch_add(~Word{0}, kSeqCst);
  return proved;
}

// Goes through all nodes, from the smallest on, merges what can be merged and finishes
// what is under way.
QuadTree::Look QuadTree::LookFor(int order) const {
  Look look{};
  const int own = shape_.HeightOf(order);
  const int bits = order - QuadShape::SlotOrder(own);
  for (int height = 0; height <= shape_.root; ++height) {
    for (std::size_t i = 0; i < shape_.counts[height]; ++i) {
      const Word word = NodeAt(height, i).load(kSeqCst);
      look.versions += Node::VersionOf(word);
      const int kind = Node::KindOf(word);
      const Word free = Node::FreeOf(word);
      if (kind == Node::kClosed) {
        HandUp(height, i);
        look.found = true;
      } else if (kind >= Node::kTaking) {
        Finish(height, i);
        look.found = true;
      }
      if (free == 0 || !Node::IsOpen(word)) continue;
      if (height < own) {
        if (free != Node::kAll) continue;
        Close(height, i, word);
        look.found = true;
      } else if (const Word groups = Node::Groups(free, height == own ? bits : 0);
                 groups != 0) {
        HintAround(height, i, free, std::countr_zero(groups), height == own ? bits : 0);
        look.found = true;
        return look;
      }
    }
  }
  return look;
}

// Of nodes that had such a block.
QuadTree::Word QuadTree::EventsFor(int order) const {
  int i = order < QuadTreeState::kEvents - 1 ? order : QuadTreeState::kEvents - 1;
  Word sum = 0;
  while (i < QuadTreeState::kEvents) {
    sum += state_.events[i].load(kSeqCst);
    ++i;
  }
  return sum;
}

void QuadTree::CountEvent(int height, Word most) const {
  int largest = QuadTreeState::kEvents - 1;
  // What is free of a node above may be more than its slots say, by its children.
  if (height == 0) {
    const Word free = Node::FreeOf(most);
    while (largest > 0 && Node::Groups(free, largest) == 0) --largest;
  }
  state_.events[largest].fetch_add(1, kSeqCst);
}

}  // namespace corepool::engine
