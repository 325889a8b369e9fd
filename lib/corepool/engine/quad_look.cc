// What there is in a tree, without changing it.

#include <bit>
#include <cstddef>

#include "corepool/engine/quad_node.h"
#include "corepool/engine/quad_plan.h"
#include "corepool/engine/quad_tree.h"
#include "corepool/lockfree/atomic.h"

namespace corepool::engine {

using Node = QuadNode;

// The slots of a node that are free as a whole, those that could be merged too. Returns
// whether all are. O(nodes below).
bool QuadTree::Gather(int height, std::size_t node, Word& free) const {
  const Word word = Read(NodeAt(height, node));
  free = Node::FreeOf(word);
  if (Node::KindOf(word) == Node::kDormant) return false;
  if (height > 0) {
    for (int slot = 0; slot < 1 << shape_.SlotBits(height); ++slot) {
      const std::size_t child = ChildOf(height, node, slot);
      if (child >= shape_.counts[height - 1]) break;
      Word below = 0;
      if ((free >> slot & 1) == 0 && Gather(height - 1, child, below)) {
        free |= Word{1} << slot;
      }
    }
  }
  return free == Node::kAll;
}

std::size_t QuadTree::CountIn(int height, std::size_t node, int order) const {
  const Word word = Read(NodeAt(height, node));
  if (Node::KindOf(word) == Node::kDormant) return 0;
  const int bits = order - QuadShape::SlotOrder(height);
  if (bits >= 0) {
    Word free = 0;
    Gather(height, node, free);
    return static_cast<std::size_t>(std::popcount(Node::Groups(free, bits)));
  }
  const Word own = Node::FreeOf(word);
  std::size_t count = static_cast<std::size_t>(std::popcount(own)) << -bits;
  for (int slot = 0; slot < 1 << shape_.SlotBits(height); ++slot) {
    const std::size_t child = ChildOf(height, node, slot);
    if (child >= shape_.counts[height - 1]) break;
    if ((own >> slot & 1) == 0) count += CountIn(height - 1, child, order);
  }
  return count;
}

std::size_t QuadTree::CountFree(int order) const {
  std::size_t count = 0;
  for (std::size_t i = 0; i < shape_.counts[shape_.root]; ++i) {
    count += CountIn(shape_.root, i, order);
  }
  return count;
}

int QuadTree::LargestFree() const {
  int order = shape_.max_order;
  while (order >= 0 && CountFree(order) == 0) order -= shape_.step;
  return order;
}

std::size_t QuadTree::FreeLeaves(Word& moves) const {
  std::size_t free = 0;
  moves = 0;
  for (int height = 0; height <= shape_.root; ++height) {
    for (std::size_t i = 0; i < shape_.counts[height]; ++i) {
      const Word word = Read(NodeAt(height, i));
      moves += Node::VersionOf(word);
      free += static_cast<std::size_t>(std::popcount(Node::FreeOf(word)))
              << QuadShape::SlotOrder(height);
    }
  }
  return free < shape_.leaves ? free : shape_.leaves;
}

bool QuadTree::IsTaken(std::size_t leaf, int order) const {
  const int own = shape_.HeightOf(order);
  Word slots = Node::GroupMask(order - QuadShape::SlotOrder(own));
  for (int height = own; height <= shape_.root; ++height, slots = 1) {
    const std::size_t slot = leaf >> QuadShape::SlotOrder(height);
    const std::size_t node = slot >> shape_.SlotBits(height);
    const Word word = Read(NodeAt(height, node));
    if (!Node::IsOpen(word)) return false;
    if ((Node::FreeOf(word) & slots << (slot - ChildOf(height, node, 0))) != 0) {
      return false;
    }
  }
  return true;
}

bool QuadTree::IsSound() const {
  for (int height = 0; height <= shape_.root; ++height) {
    for (std::size_t i = 0; i < shape_.counts[height]; ++i) {
      const Word word = Read(NodeAt(height, i));
      if (Node::KindOf(word) == Node::kDormant && Node::FreeOf(word) != 0) return false;
      for (int slot = 0; height > 0 && slot < Node::kSlots; ++slot) {
        if ((Node::FreeOf(word) >> slot & 1) == 0) continue;
        const Word child = Read(NodeAt(height - 1, ChildOf(height, i, slot)));
        if (Node::KindOf(child) != Node::kDormant) return false;
      }
    }
  }
  return true;
}

}  // namespace corepool::engine
