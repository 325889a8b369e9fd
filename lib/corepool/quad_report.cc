// What a QuadPool tells about itself.

#include <cstddef>
#include <cstdint>
#include <span>

#include "corepool/base/text.h"
#include "corepool/engine/leaf_marks.h"
#include "corepool/engine/quad_node.h"
#include "corepool/engine/quad_tree.h"
#include "corepool/error.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/lockfree/counter.h"
#include "corepool/misuse.h"
#include "corepool/quad_pool.h"
#include "corepool/stats.h"

namespace corepool {

using engine::LeafMarks;
using engine::QuadTree;
using lockfree::Word;

bool QuadPool::Owns(const void* address) const {
  const std::uintptr_t offset = reinterpret_cast<std::uintptr_t>(address) -
                                reinterpret_cast<std::uintptr_t>(parts_.blocks);
  return offset < parts_.tree.shape.leaves * parts_.min_block_size;
}

std::size_t QuadPool::IndexOf(const void* address) const {
  const std::size_t leaf = LeafOf(address);
  return leaf < parts_.tree.shape.leaves ? leaf : kNoIndex;
}

void* QuadPool::BlockAt(std::size_t index) const {
  if (index >= parts_.tree.shape.leaves) return nullptr;
  return parts_.blocks + index * parts_.min_block_size;
}

std::size_t QuadPool::SizeOf(const void* address) const {
  const std::size_t leaf = IndexOf(address);
  return leaf == kNoIndex ? 0 : BlockSizeAt(parts_.marks.LevelAt(leaf));
}

std::size_t QuadPool::LargestFree() const {
  if (!initialized_) return 0;
  const int order = Tree().LargestFree();
  return order < 0 ? 0 : parts_.min_block_size << order;
}

QuadLevelStats QuadPool::LevelStatsAt(int level) const {
  QuadLevelStats stats{};
  stats.block_size = BlockSizeAt(level);
  if (stats.block_size == 0) return stats;
  stats.capacity = parts_.tree.shape.leaves >> OrderOf(level);
  ForEachBlock([&](std::size_t, int of) { stats.used += of == level ? 1 : 0; });
  stats.free = Tree().CountFree(OrderOf(level));
  stats.failures = state_.failures[level].Get();
  return stats;
}

PoolStats QuadPool::Stats() const {
  PoolStats stats{};
  if (!initialized_) return stats;
  Word before = 0;
  Word after = 0;
  const std::size_t leaves = parts_.tree.shape.leaves;
  const std::size_t first = Tree().FreeLeaves(before);
  std::uint64_t allocations = state_.allocations.Get();
  std::uint64_t live = 0;
  // One reading of each: a block that is seen to live has been counted too.
  for (std::size_t leaf = 0; leaf < leaves; ++leaf) {
    const engine::LeafUnit mark = parts_.marks.MarkAt(leaf);
    allocations += LeafMarks::CountOf(mark);
    live += LeafMarks::LevelOf(mark) == LeafMarks::kNoBlock ? 0 : 1;
  }
  stats.capacity = leaves;
  stats.free = Tree().FreeLeaves(after);
  stats.used = leaves - stats.free;
  stats.exact = before == after && first == stats.free;
  stats.peak = static_cast<std::size_t>(state_.peak.Get());
  if (stats.peak < stats.used) stats.peak = stats.used;
  stats.block_size = parts_.min_block_size;
  stats.stride = parts_.min_block_size;
  stats.bookkeeping_bytes = parts_.bookkeeping_bytes;
  stats.allocations = allocations;
  // Unless its count has just gone to the rest.
  stats.frees = allocations > live ? allocations - live : 0;
  for (const lockfree::Counter& failures : state_.failures) {
    stats.failures += failures.Get();
  }
  stats.misuses = state_.misuses.Get();
  stats.tag_bits = engine::QuadNode::kVersionBits;
  return stats;
}

bool QuadPool::StatsAt(std::size_t row, PoolRow& info) const {
  if (row >= static_cast<std::size_t>(parts_.levels)) return false;
  const int level = static_cast<int>(row);
  const QuadLevelStats own = LevelStatsAt(level);
  info.stats = Stats();
  info.stats.capacity = own.capacity;
  info.stats.free = own.free;
  info.stats.used = own.capacity - own.free;
  info.stats.peak =
      (info.stats.peak + (std::size_t{1} << OrderOf(level)) - 1) >> OrderOf(level);
  if (info.stats.peak < info.stats.used) info.stats.peak = info.stats.used;
  info.stats.block_size = own.block_size;
  info.stats.stride = own.block_size;
  info.stats.failures = own.failures;
  // The pool's are told once.
  if (level != 0) {
    info.stats.allocations = 0;
    info.stats.frees = 0;
    info.stats.misuses = 0;
    info.stats.bookkeeping_bytes = 0;
  }
  base::CopyNumber(own.block_size, info.label);
  return true;
}

void QuadPool::ResetPeak() {
  Word peak = state_.used.load(lockfree::kRelaxed);
  if (!parts_.measure_peak) {
    ForEachBlock([&](std::size_t leaf, int level) {
      peak = leaf + (Word{1} << OrderOf(level));
    });
  }
  state_.peak.Set(peak);
}

std::size_t QuadPool::Map(std::span<char> text) const {
  const std::size_t leaves = parts_.tree.shape.leaves;
  for (std::size_t i = 0; i < leaves && i < text.size(); ++i) text[i] = '.';
  ForEachBlock([&](std::size_t leaf, int level) {
    const std::size_t end = leaf + (std::size_t{1} << OrderOf(level));
    for (std::size_t i = leaf; i < end && i < text.size(); ++i) text[i] = '-';
    if (leaf < text.size()) text[leaf] = "0123456789abcdefghijklmnopqr"[level];
  });
  return leaves;
}

AuditReport QuadPool::Audit(AuditMode mode) const {
  AuditReport report{Error::kOk, kNoIndex, 0, 0, false};
  if (!initialized_) {
    report.error = Error::kNotInitialized;
    return report;
  }
  Word before = 0;
  Word after = 0;
  const std::size_t first = Tree().FreeLeaves(before);
  const std::uint64_t marks = MarksNow();
  const std::size_t leaves = parts_.tree.shape.leaves;
  std::size_t end = 0;  // of the last block seen
  for (std::size_t leaf = 0; leaf < leaves; ++leaf) {
    const int level = parts_.marks.LevelAt(leaf);
    if (level == LeafMarks::kNoBlock) continue;
    const std::size_t size = std::size_t{1} << OrderOf(level);
    const bool sound = level < parts_.levels && leaf >= end && leaf % size == 0 &&
                       Tree().IsTaken(leaf, OrderOf(level));
    if (!sound && report.error == Error::kOk) {
      report.error = Error::kCorrupted;
      report.index = leaf;
    }
    report.used += size;
    end = leaf + size;
  }
  if (!Tree().IsSound()) report.error = Error::kCorrupted;
  report.free = Tree().FreeLeaves(after);
  if (report.free + report.used > leaves) report.error = Error::kCorrupted;
  if (mode == AuditMode::kAtRest) {
    if (report.free + report.used < leaves) report.error = Error::kCorrupted;
    return report;
  }
  // What traffic changed meanwhile proves nothing. What did not change does: a block is
  // marked only while the tree knows that it is taken, and contexts that stand still
  // with one hide it from both counts. (Whatever takes a block and gives it back leaves
  // another mark.)
  const bool moved = before != after || marks != MarksNow();
  report.inconclusive = moved || first != report.free;
  if (moved) {
    report.error = Error::kOk;
    report.index = kNoIndex;
  } else if (report.error != Error::kOk) {
    report.inconclusive = false;
  }
  return report;
}

// Of all marks: the same twice in a row if none has changed.
std::uint64_t QuadPool::MarksNow() const {
  std::uint64_t sum = 0;
  for (std::size_t leaf = 0; leaf < parts_.tree.shape.leaves; ++leaf) {
    sum = sum * 0x9E37'79B9'7F4A'7C15u + parts_.marks.MarkAt(leaf);
  }
  return sum;
}

}  // namespace corepool
