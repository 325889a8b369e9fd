// The tree of a QuadPool: which nodes there are, and where everything lies.

#ifndef COREPOOL_ENGINE_QUAD_PLAN_H_
#define COREPOOL_ENGINE_QUAD_PLAN_H_

#include <bit>
#include <cstddef>
#include <cstdint>

#include "corepool/base/align.h"
#include "corepool/engine/hint_map.h"
#include "corepool/engine/quad_node.h"
#include "corepool/error.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/options.h"
#include "corepool/quad_pool_options.h"

namespace corepool::engine {

// A leaf is a place for one of the smallest blocks. A block of order k is 2^k leaves,
// the first of which has a number that 2^k divides. Nodes of height 0 have leaves for
// slots, those of height h the nodes of height h - 1; so a slot at height h is
// kSlotBits * h orders large. Node i's children are i * kSlots and those that follow.
//
// The roots, side by side, are of the lowest height at which one node can hold a
// largest block. Where it can hold several, it does.
struct QuadShape {
  static constexpr int kMostHeights = 7;
  static constexpr int kMaps = QuadNode::kSlotBits + 1;

  int step;       // orders from one level to the next: 2, or 1 if split in two
  int max_order;  // of the largest blocks
  int root;       // the roots' height
  std::size_t leaves;
  std::size_t counts[kMostHeights];  // nodes of each height
  std::size_t nodes[kMostHeights];   // the first of them among all
  std::size_t maps[kMostHeights];    // the first word of their maps among all maps'

  constexpr int HeightOf(int order) const {
    const int height = order / QuadNode::kSlotBits;
    return height < root ? height : root;
  }
  static constexpr int SlotOrder(int height) { return height * QuadNode::kSlotBits; }
  // log2 of the slots of the largest blocks that a node of this height can hold; if
  // that is all of them it need not be a root: its parent's slot is then such a block.
  constexpr int TopBits(int height) const {
    return height < root ? QuadNode::kSlotBits : max_order - SlotOrder(height);
  }
  constexpr std::size_t node_count() const { return nodes[root] + counts[root]; }
  // There is one map for groups of each size that a block can have in such a node.
  constexpr std::size_t MapWords(int height) const {
    return HintMap::WordsFor(counts[height]);
  }
  constexpr std::size_t map_words() const {
    return maps[root] + MapsAt(root) * MapWords(root);
  }
  constexpr std::size_t MapsAt(int height) const {
    return static_cast<std::size_t>(TopBits(height) / step) + 1;
  }
};

// The mark of a leaf: {allocations, level:5}, the level in the low bits: 0 if no block
// begins here, else one more than the block's level.
using LeafUnit =
    std::conditional_t<lockfree::Atomic<std::uint16_t>::is_always_lock_free,
                       std::uint16_t, std::uint32_t>;

struct QuadPlan {
  Error error;  // if not kOk, all sizes are 0
  QuadShape shape;
  int levels;
  std::size_t alignment;  // of blocks
  std::size_t maps_offset;
  std::size_t leaves_offset;
  std::size_t bookkeeping_bytes;
  std::size_t blocks_offset;  // in one region with the bookkeeping
  std::size_t block_bytes;
  std::size_t total_bytes;
  std::size_t total_alignment;  // of one region
};

inline constexpr std::size_t kQuadBookkeepingAlignment =
    alignof(lockfree::Atomic<lockfree::Word>);

// Of the quotient of two sizes: the exponent n if it is the step's power, 2^(step * n);
// else -1.
constexpr int QuadExponent(std::size_t min, std::size_t max, int step) {
  if (min == 0 || max % min != 0 || !base::IsPowerOfTwo(max / min)) return -1;
  const int order = std::countr_zero(max / min);
  return order % step == 0 ? order / step : -1;
}

constexpr int StepOf(SplitFactor split) { return split == SplitFactor::kQuad ? 2 : 1; }

// What is legal next to these; 0 where nothing is.
template <class Sizes>
constexpr Sizes NearestQuads(std::size_t min, std::size_t max, int step) {
  Sizes sizes{};
  if (min == 0 || max == 0) return sizes;
  // From `min` up to the first that is above `max`.
  std::size_t size = min;
  while (size <= max) {
    sizes.max_below = size;
    if (size > std::size_t{PTRDIFF_MAX} >> step) break;
    size <<= step;
  }
  if (size > sizes.max_below) sizes.max_above = size;
  // From `max` down to the first that is not above `min`.
  for (size = max; size > min; size >>= step) {
    sizes.min_above = size;
    if (size % (std::size_t{1} << step) != 0) return sizes;
  }
  sizes.min_below = size;
  return sizes;
}

// The shape of `leaves` leaves in blocks of at most max_order.
constexpr QuadShape ShapeOf(std::size_t leaves, int max_order, int step) {
  QuadShape shape{};
  shape.step = step;
  shape.max_order = max_order;
  shape.leaves = leaves;
  while (QuadShape::SlotOrder(shape.root + 1) < max_order) ++shape.root;
  std::size_t nodes = 0;
  std::size_t maps = 0;
  std::size_t slots = leaves;
  for (int height = 0; height <= shape.root; ++height) {
    slots = (slots + QuadNode::kSlots - 1) / QuadNode::kSlots;
    shape.counts[height] = slots;
    shape.nodes[height] = nodes;
    shape.maps[height] = maps;
    nodes += slots;
    maps += shape.MapsAt(height) * shape.MapWords(height);
  }
  return shape;
}

constexpr Error CheckQuad(const QuadPoolOptions& options) {
  if (options.split > SplitFactor::kBinary || options.merge > MergePolicy::kSplitOnly ||
      options.checking >= Checking::kFull) {
    return Error::kUnsupported;
  }
  if (options.min_block_size == 0 || options.max_block_size == 0) {
    return Error::kInvalidSize;
  }
  if (options.alignment != 0 && (!base::IsPowerOfTwo(options.alignment) ||
                                 options.min_block_size % options.alignment != 0)) {
    return Error::kInvalidAlignment;
  }
  const int step = StepOf(options.split);
  const int exponent =
      QuadExponent(options.min_block_size, options.max_block_size, step);
  if (exponent < 0) return Error::kInvalidGeometry;
  const int order = exponent * step;
  if (order > QuadNode::kMostOrder ||
      order > QuadShape::SlotOrder(QuadShape::kMostHeights)) {
    return Error::kTooLarge;
  }
  if (options.block_count > std::size_t{lockfree::kMostIndices} >> order) {
    return Error::kInvalidCount;
  }
  return Error::kOk;
}

constexpr QuadPlan PlanQuad(const QuadPoolOptions& options) {
  QuadPlan plan{};
  plan.error = CheckQuad(options);
  if (plan.error != Error::kOk) return plan;

  plan.alignment = options.alignment;
  if (plan.alignment == 0) {
    plan.alignment = std::size_t{1} << std::countr_zero(options.min_block_size);
    if (plan.alignment > kDefaultAlignment) plan.alignment = kDefaultAlignment;
  }
  const int order = std::countr_zero(options.max_block_size / options.min_block_size);
  const std::size_t leaves = options.block_count << order;
  plan.shape = ShapeOf(leaves, order, StepOf(options.split));
  plan.levels = order / plan.shape.step + 1;

  const base::CheckedSize blocks =
      base::CheckedSize{options.block_count} * options.max_block_size;
  const base::CheckedSize maps_offset =
      base::CheckedSize{plan.shape.node_count()} * sizeof(lockfree::Word);
  const base::CheckedSize leaves_offset =
      maps_offset + base::CheckedSize{plan.shape.map_words()} * sizeof(lockfree::Word);
  const base::CheckedSize bookkeeping =
      leaves_offset + base::CheckedSize{leaves} * sizeof(lockfree::Atomic<LeafUnit>);
  const base::CheckedSize blocks_offset = bookkeeping.AlignedUp(plan.alignment);
  const base::CheckedSize total = blocks_offset + blocks;
  if (total.overflowed() || total.value() > std::size_t{PTRDIFF_MAX}) {
    plan = {};
    plan.error = Error::kTooLarge;
    return plan;
  }
  plan.maps_offset = maps_offset.value();
  plan.leaves_offset = leaves_offset.value();
  plan.bookkeeping_bytes = bookkeeping.value();
  plan.blocks_offset = blocks_offset.value();
  plan.block_bytes = blocks.value();
  plan.total_bytes = total.value();
  plan.total_alignment = plan.alignment > kQuadBookkeepingAlignment
                             ? plan.alignment
                             : kQuadBookkeepingAlignment;
  return plan;
}

}  // namespace corepool::engine

#endif  // COREPOOL_ENGINE_QUAD_PLAN_H_
