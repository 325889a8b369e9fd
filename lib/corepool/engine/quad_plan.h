// The tree of a QuadPool: which nodes there are, and where everything lies.

#ifndef COREPOOL_ENGINE_QUAD_PLAN_H_
#define COREPOOL_ENGINE_QUAD_PLAN_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "corepool/base/align.h"
#include "corepool/engine/hint_map.h"
#include "corepool/engine/quad_node.h"
#include "corepool/error.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/options.h"
#include "corepool/port/cores.h"
#include "corepool/port/port.h"
#include "corepool/quad_pool_options.h"

namespace corepool::engine {

// A leaf is a place for one of the smallest blocks. A block of order k is 2^k leaves,
// the first of which has a number that 2^k divides. Nodes of height 0 have leaves for
// slots, those of height h the nodes of height h - 1; so a slot at height h is
// kSlotBits * h orders large. Node i's children are i * kSlots and those that follow;
// roots have 2^root_bits of them.
//
// The roots, side by side, are of the lowest height at which one node can hold a
// largest block. Where it can hold several, it does, unless there were too few roots
// then for the parts: as many equal shares of the roots, that cores which get into each
// other's way look at in different order.
struct QuadShape {
  static constexpr int kMostHeights = 7;

  int step;       // orders from one level to the next: 2, or 1 if split in two
  int max_order;  // of the largest blocks
  int root;       // the roots' height
  int root_bits;
  int part_bits;  // log2 of the roots of one part
  std::size_t parts;
  std::size_t leaves;
  std::size_t counts[kMostHeights];  // nodes of each height
  std::size_t nodes[kMostHeights];   // the first of them among all
  // Of the words of one part's maps: one map for groups of each size that a block can
  // have in a node of that height, and so for each height.
  std::size_t maps[kMostHeights];
  std::size_t overviews[kMostHeights];  // words of overview in such a map
  std::size_t map_words;                // of one part, whole cache lines

  constexpr int HeightOf(int order) const {
    const int height = order / QuadNode::kSlotBits;
    return height < root ? height : root;
  }
  static constexpr int SlotOrder(int height) { return height * QuadNode::kSlotBits; }
  // log2 of a node's slots.
  constexpr int SlotBits(int height) const {
    return height < root ? QuadNode::kSlotBits : root_bits;
  }
  // log2 of the slots of the largest blocks that a node of this height can hold; if
  // that is all of them it need not be a root: its parent's slot is then such a block.
  constexpr int TopBits(int height) const {
    return height < root ? QuadNode::kSlotBits : max_order - SlotOrder(height);
  }
  // log2 of the nodes of this height in one part.
  constexpr int PartBits(int height) const {
    if (height == root) return part_bits;
    return part_bits + root_bits + SlotOrder(root - 1 - height);
  }
  constexpr std::size_t node_count() const { return nodes[root] + counts[root]; }
  constexpr std::size_t PartSize(int height) const {
    return std::size_t{1} << PartBits(height);
  }
  constexpr std::size_t MapWords(int height) const {
    return HintMap::WordsFor(PartSize(height));
  }
  // The first word, after those of lower heights, of the map of groups of 2^bits slots.
  constexpr std::size_t MapIndex(int height, int bits) const {
    return static_cast<std::size_t>(bits >> (step - 1)) * MapWords(height);
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
  std::size_t alignment;    // of blocks
  std::size_t maps_offset;  // or, to be aligned, up to kQuadMapsSlack more
  std::size_t leaves_offset;
  std::size_t bookkeeping_bytes;
  std::size_t blocks_offset;  // in one region with the bookkeeping
  std::size_t block_bytes;
  std::size_t total_bytes;
  std::size_t total_alignment;  // of one region
};

inline constexpr std::size_t kQuadBookkeepingAlignment =
    alignof(lockfree::Atomic<lockfree::Word>);
inline constexpr std::size_t kQuadMapsSlack =
    port::Port::kInterferenceBytes - kQuadBookkeepingAlignment;

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

// Cores that look in different places, where there are several.
inline constexpr std::size_t kMostQuadParts =
    port::Cores::kUsualCores < 4 ? port::Cores::kUsualCores : 4;
inline constexpr std::size_t kFewestLeavesPerPart = 64;

// The shape of `leaves` leaves in blocks of at most max_order.
constexpr QuadShape ShapeOf(std::size_t leaves, int max_order, int step) {
  QuadShape shape{};
  shape.step = step;
  shape.max_order = max_order;
  shape.leaves = leaves;
  while (QuadShape::SlotOrder(shape.root + 1) < max_order) ++shape.root;

  std::size_t wanted = leaves / kFewestLeavesPerPart;
  if (wanted > kMostQuadParts) wanted = kMostQuadParts;
  std::size_t slots = leaves >> QuadShape::SlotOrder(shape.root);
  shape.root_bits = QuadNode::kSlotBits;
  while (shape.root_bits > shape.TopBits(shape.root) &&
         slots >> shape.root_bits < wanted) {
    --shape.root_bits;
  }
  const auto ceiling = [](std::size_t value, int bits) {
    return (value + (std::size_t{1} << bits) - 1) >> bits;
  };
  const std::size_t roots = ceiling(slots, shape.root_bits);
  while (ceiling(roots, shape.part_bits) > (wanted > 1 ? wanted : 1)) ++shape.part_bits;
  shape.parts = ceiling(roots, shape.part_bits);

  std::size_t nodes = 0;
  std::size_t maps = 0;
  slots = leaves;
  for (int height = 0; height <= shape.root; ++height) {
    slots = ceiling(slots, shape.SlotBits(height));
    shape.counts[height] = slots;
    shape.nodes[height] = nodes;
    shape.maps[height] = maps;
    nodes += slots;
    shape.overviews[height] = HintMap::OverviewsFor(shape.PartSize(height));
    maps += shape.MapIndex(height, shape.TopBits(height)) + shape.MapWords(height);
  }
  constexpr std::size_t kLine = port::Port::kInterferenceBytes / sizeof(lockfree::Word);
  shape.map_words = shape.parts == 1 ? maps : (maps + kLine - 1) / kLine * kLine;
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
  // Memory need not be aligned for the parts' maps; they align themselves.
  const std::size_t slack = plan.shape.parts > 1 ? kQuadMapsSlack : 0;
  const base::CheckedSize leaves_offset =
      maps_offset +
      base::CheckedSize{plan.shape.parts * plan.shape.map_words} *
          sizeof(lockfree::Word) +
      slack;
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
