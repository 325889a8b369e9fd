#include "corepool/engine/quad_tree.h"

#include <bit>
#include <cstddef>

#include "corepool/config.h"
#include "corepool/engine/hint_map.h"
#include "corepool/engine/quad_node.h"
#include "corepool/engine/quad_plan.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/port/cores.h"
#include "corepool/quad_pool_options.h"

namespace corepool::engine {

using lockfree::kRelaxed;
using lockfree::kSeqCst;
using Node = QuadNode;

namespace {

int LowestSlot(lockfree::Word groups) { return std::countr_zero(groups); }

}  // namespace

void QuadTree::LayOut() const {
  for (std::size_t i = 0; i < shape_.parts * shape_.map_words; ++i) {
    parts_.maps[i].store(0, kRelaxed);
  }
  for (int height = 0; height < shape_.root; ++height) {
    for (std::size_t i = 0; i < shape_.counts[height]; ++i) {
      NodeAt(height, i).store(Node::First(false, 0), kRelaxed);
    }
  }
  const int root = shape_.root;
  const std::size_t in_root = std::size_t{1} << shape_.root_bits;
  std::size_t slots = shape_.leaves >> QuadShape::SlotOrder(root);
  for (std::size_t i = 0; i < shape_.counts[root]; ++i, slots -= in_root) {
    const Word free = (Word{1} << (slots < in_root ? slots : in_root)) - 1;
    NodeAt(root, i).store(Node::First(true, free), kRelaxed);
    Hint(root, i, shape_.TopBits(root));
  }
  state_.provers.store(0, kRelaxed);
  for (Atomic& event : state_.events) event.store(0, kRelaxed);
  for (Atomic& wanted : state_.wanted) wanted.store(0, kRelaxed);
  for (QuadTreeState::Spread& spread : state_.spread) spread.calls.store(0, kRelaxed);
  state_.splits.Reset();
  state_.merges.Reset();
  state_.proofs.Reset();
}

std::size_t QuadTree::Take(int order) const {
  for (;;) {
    const std::size_t leaf = TakeHinted(order);
    if (leaf != kNone) [[likely]]
      return leaf;
    if (Prove(order)) return kNone;
  }
}

std::size_t QuadTree::TakeHinted(int order) const {
  const Range all = {0, shape_.parts};
  if constexpr (kMostQuadParts > 1) {
    const std::size_t part = port::Cores::Index() % kMostQuadParts;
    Atomic& spread = state_.spread[part].calls;
    if (const Word calls = spread.load(kRelaxed); calls != 0 && part < shape_.parts) {
      spread.store(calls - 1, kRelaxed);
      const std::size_t leaf = TakeIn({part, part + 1}, order);
      if (leaf != kNone) return leaf;
    }
  }
  for (;;) {
    const std::size_t leaf = TakeIn(all, order);
    if (leaf != kNone) [[likely]]
      return leaf;
    if (parts_.policy != MergePolicy::kSplitFirst || !MergeFor(order)) return kNone;
  }
}

// From the smallest groups that will do to the largest, wherever hints say.
std::size_t QuadTree::TakeIn(Range parts, int order) const {
  const int height = shape_.HeightOf(order);
  const int bits = order - QuadShape::SlotOrder(height);
  std::size_t leaf = TakeFrom(parts, height, bits, order);
  if (leaf == kNone && parts_.policy == MergePolicy::kMergeFirst && MergeFor(order)) {
    leaf = TakeFrom(parts, height, bits, order);
  }
  for (int larger = bits + shape_.step;
       leaf == kNone && larger <= shape_.TopBits(height); larger += shape_.step) {
    leaf = TakeFrom(parts, height, larger, order);
  }
  for (int above = height + 1; leaf == kNone && above <= shape_.root; ++above) {
    for (int larger = 0; leaf == kNone && larger <= shape_.TopBits(above);
         larger += shape_.step) {
      leaf = OpenFrom(parts, above, larger, order);
    }
  }
  return leaf;
}

// The first node that might have such a group.
std::size_t QuadTree::Hinted(Range parts, int height, int bits) const {
  for (std::size_t part = parts.first; part < parts.last; ++part) {
    const std::size_t node = MapAt(part, height, bits).First(kNone);
    if (node != kNone) return node + (part << shape_.PartBits(height));
  }
  return kNone;
}

// A hint has led to a node that had no such group: it goes, unless there is one now.
void QuadTree::Doubt(int height, std::size_t node, int bits) const {
  const int shift = shape_.PartBits(height);
  const std::size_t part = node >> shift;
  MapAt(part, height, bits).Clear(node - (part << shift));
  // Pairs with: E72, Hint.
  if (Choices(height, NodeAt(height, node).load(kSeqCst), bits) != 0) {
    Hint(height, node, bits);
  }
}

void QuadTree::NoteContention() const {
  if constexpr (kMostQuadParts > 1) {
    state_.spread[port::Cores::Index() % kMostQuadParts].calls.store(
        QuadTreeState::kSpreadCalls, kRelaxed);
  }
}

std::size_t QuadTree::TakeFrom(Range parts, int height, int bits, int order) const {
  const int own = order - QuadShape::SlotOrder(height);
  for (;;) {
    const std::size_t node = Hinted(parts, height, bits);
    if (node == kNone) return kNone;
    Atomic& at = NodeAt(height, node);
    Word word = Read(at);
    while (const Word groups = Choices(height, word, bits)) {
      const int slot = LowestSlot(groups);
      const bool stays = COREPOOL_SABOTAGE_DOUBLE != 0 && slot == 12;
      const Word taken = stays ? Word{0} : Node::GroupMask(own) << slot;
      if (Swap(at, word, word & ~taken)) [[likely]] {
        if (IsWatched()) [[unlikely]]
          CountEvent(LargestOf(height, Node::FreeOf(word)));
        HintBuddies(height, node, own, bits);
        return ChildOf(height, node, slot) << QuadShape::SlotOrder(height);
      }
      NoteContention();
    }
    Doubt(height, node, bits);
  }
}

// The same from a node above: one of its slots becomes a node, less the block, which is
// the caller's from then on. What remains to be done anybody can do.
std::size_t QuadTree::OpenFrom(Range parts, int height, int bits, int order) const {
  for (;;) {
    const std::size_t node = Hinted(parts, height, bits);
    if (node == kNone) return kNone;
    Atomic& at = NodeAt(height, node);
    Word word = Read(at);
    while (const Word groups = Choices(height, word, bits)) {
      if (Node::KindOf(word) != Node::kIdle) {
        Finish(height, node);
        word = Read(at);
        continue;
      }
      const int slot = LowestSlot(groups);
      const Word free = Node::FreeOf(word) & ~(Word{1} << slot);
      if (!Swap(at, word, Node::Next(word, Node::kOpening + order, slot, free))) {
        NoteContention();
        continue;
      }
      if (IsWatched()) [[unlikely]]
        CountEvent(shape_.max_order);
      state_.splits.Add(1);
      HintBuddies(height, node, 0, bits);
      std::size_t open = node;
      for (int above = height, in = slot; above > shape_.HeightOf(order); --above) {
        Finish(above, open);
        open = ChildOf(above, open, in);
        in = 0;
      }
      return ChildOf(height, node, slot) << QuadShape::SlotOrder(height);
    }
    Doubt(height, node, bits);
  }
}

void QuadTree::Give(std::size_t leaf, int order) const {
  const int height = shape_.HeightOf(order);
  const std::size_t slots = leaf >> QuadShape::SlotOrder(height);
  const std::size_t node = slots >> shape_.SlotBits(height);
  const int slot = static_cast<int>(slots - (node << shape_.SlotBits(height)));
  const int bits = order - QuadShape::SlotOrder(height);
  // The block's slots are not free, so adding sets them and touches nothing else. Pairs
  // with: E70, who takes them; E71, Prove.
  const Word given = Node::GroupMask(bits) << slot;
  const Word word = NodeAt(height, node).fetch_add(given, kSeqCst) + given;
  if (IsWatched()) [[unlikely]]
    CountEvent(LargestAround(height, node, word));
  HintAround(height, node, Node::FreeOf(word), slot, bits);
}

// Hints at the largest free group around slots that have just become free.
void QuadTree::HintAround(int height, std::size_t node, Word free, int slot,
                          int bits) const {
  const int top = shape_.TopBits(height);
  while (bits < top) {
    const int larger = bits + shape_.step;
    const Word group = Node::GroupMask(larger) << (slot & -(1 << larger));
    if ((free & group) != group) break;
    bits = larger;
  }
  Hint(height, node, bits);
}

// And at what a group of 2^to slots leaves when 2^from of them are taken.
void QuadTree::HintBuddies(int height, std::size_t node, int from, int to) const {
  for (int bits = from; bits < to; bits += shape_.step) Hint(height, node, bits);
}

// What becomes of a dormant node that is opened for a block at its beginning.
QuadTree::Word QuadTree::Opened(Word word, int height, int order) const {
  const int bits = order - QuadShape::SlotOrder(height);
  return bits >= 0
             ? Node::Next(word, Node::kIdle, 0, Node::kAll & ~Node::GroupMask(bits))
             : Node::Next(word, Node::kOpening + order, 0, Node::kAll & ~Word{1});
}

// Finishes what the node's word says is under way.
//
// Several may do so at once, and late: each step is a compare-and-swap that nobody can
// do twice. A child's step: the child is read first and the parent then; if the parent
// still says so, that word of the child is the one that it was said of. A parent's
// step: the parent is read first and the child then, which has done its step unless it
// is as it was before. In both cases the swap fails if the word has changed since.
void QuadTree::Finish(int height, std::size_t node) const {
  Atomic& parent = NodeAt(height, node);
  const Word first = Read(parent);
  const int kind = Node::KindOf(first);
  if (kind < Node::kTaking) return;
  const int slot = Node::ChildOf(first);
  const std::size_t child_node = ChildOf(height, node, slot);
  Atomic& child = NodeAt(height - 1, child_node);
  const bool taking = kind == Node::kTaking;
  const int unready = taking ? Node::kClosed : Node::kDormant;
  for (;;) {
    Word below = Read(child);
    Word above = Read(parent);
    if (Node::RecordOf(above) != Node::RecordOf(first)) return;
    if (Node::KindOf(below) == unready) {
      const Word ready = taking ? Node::Next(below, Node::kDormant, 0, 0)
                                : Opened(below, height - 1, kind - Node::kOpening);
      // Who opened the slot may stand still; what he left in it must not be anybody's
      // before that is counted.
      if (!taking && IsWatched()) CountEvent(shape_.max_order);
      if (Swap(child, below, ready) && !taking) {
        const int bits = kind - Node::kOpening - QuadShape::SlotOrder(height - 1);
        HintBuddies(height - 1, child_node, bits > 0 ? bits : 0, Node::kSlotBits);
      }
      continue;
    }
    if (Node::KindOf(Read(child)) == unready) continue;
    const Word free = Node::FreeOf(above) | (taking ? Word{1} << slot : Word{0});
    if (Swap(parent, above, Node::Next(above, Node::kIdle, 0, free))) {
      if (taking) HintAround(height, node, free, slot, 0);
      return;
    }
  }
}

// Makes a node a slot of its parent if all of it is free; false if it is not.
bool QuadTree::Close(int height, std::size_t node) const {
  Atomic& at = NodeAt(height, node);
  Word word = Read(at);
  if (Node::KindOf(word) != Node::kIdle || Node::FreeOf(word) != Node::kAll) {
    return false;
  }
  if (!Swap(at, word, Node::Next(word, Node::kClosed, 0, Node::kAll))) return false;
  state_.merges.Add(1);
  HandUp(height, node);
  return true;
}

// The rest of it, for a node that is closed.
void QuadTree::HandUp(int height, std::size_t node) const {
  Atomic& at = NodeAt(height, node);
  const std::size_t parent_node = node >> shape_.SlotBits(height + 1);
  Atomic& parent = NodeAt(height + 1, parent_node);
  const int slot = static_cast<int>(node - ChildOf(height + 1, parent_node, 0));
  for (;;) {
    // The parent first: while it does not change, nobody else begins with this node.
    Word above = Read(parent);
    if (Node::KindOf(Read(at)) != Node::kClosed) return;
    if (Node::KindOf(above) == Node::kIdle) {
      Swap(parent, above, Node::Next(above, Node::kTaking, slot, Node::FreeOf(above)));
    } else {
      Finish(height + 1, parent_node);
    }
  }
}

// Merges, from the smallest on, what hints say is free as a whole, until the nodes that
// have blocks of this order have got one. Returns whether they have.
bool QuadTree::MergeFor(int order) const {
  const int height = shape_.HeightOf(order);
  const int bits = order - QuadShape::SlotOrder(height);
  for (int below = 0; below < height; ++below) {
    for (;;) {
      const std::size_t node = Hinted({0, shape_.parts}, below, Node::kSlotBits);
      if (node == kNone) break;
      if (!Close(below, node)) {
        Doubt(below, node, Node::kSlotBits);
        continue;
      }
      const Word above = Read(NodeAt(below + 1, node >> shape_.SlotBits(below + 1)));
      if (below + 1 == height && Node::IsOpen(above) &&
          Node::Groups(Node::FreeOf(above), bits) != 0) {
        return true;
      }
    }
  }
  return false;
}

void QuadTree::Merge() const {
  for (int height = 0; height <= shape_.root; ++height) {
    for (std::size_t i = 0; i < shape_.counts[height]; ++i) {
      const Word word = Read(NodeAt(height, i));
      const int kind = Node::KindOf(word);
      if (kind == Node::kClosed) {
        HandUp(height, i);
      } else if (kind >= Node::kTaking) {
        Finish(height, i);
      } else if (height < shape_.root) {
        Close(height, i);
      }
    }
  }
}

}  // namespace corepool::engine
