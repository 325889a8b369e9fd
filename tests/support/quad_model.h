// What a QuadPool must be able to do, worked out in the plainest way.

#ifndef COREPOOL_TESTS_SUPPORT_QUAD_MODEL_H_
#define COREPOOL_TESTS_SUPPORT_QUAD_MODEL_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "corepool/quad_pool_options.h"

namespace corepool::testing {

// Blocks of level 0 are leaves; one of level l is FactorOf(split) to the power of l
// leaves that begin at a multiple of that number. One context.
class QuadModel {
 public:
  static constexpr int kNone = -1;

  static std::size_t FactorOf(SplitFactor split) {
    return split == SplitFactor::kQuad ? 4 : 2;
  }

  // The options are valid.
  explicit QuadModel(const QuadPoolOptions& options)
      : QuadModel(FactorOf(options.split), LevelsOf(options), options.block_count) {}
  QuadModel(std::size_t factor, int levels, std::size_t count)
      : factor_(factor), levels_(levels) {
    live_.resize(count * LeavesOf(levels - 1), kNone);
    for (int level = 0; level < levels; ++level) {
      busy_.emplace_back(leaves() / LeavesOf(level));
      free_.push_back(leaves() / LeavesOf(level));
    }
  }

  static int LevelsOf(const QuadPoolOptions& options) {
    int levels = 1;
    for (std::size_t size = options.min_block_size; size < options.max_block_size;
         size *= FactorOf(options.split)) {
      ++levels;
    }
    return levels;
  }

  int levels() const { return levels_; }
  std::size_t leaves() const { return live_.size(); }
  std::size_t used() const { return used_; }  // leaves
  std::size_t LeavesOf(int level) const {
    std::size_t leaves = 1;
    while (level-- > 0) leaves *= factor_;
    return leaves;
  }

  // Blocks of that level that could be allocated one after the other.
  std::size_t FreeAt(int level) const { return free_[Index(level)]; }
  // The highest level of which there is one, or kNone.
  int LargestFree() const {
    int level = levels_ - 1;
    while (level >= 0 && FreeAt(level) == 0) --level;
    return level;
  }

  // The block of that level that begins there is allocated now. False, and nothing has
  // changed, if it is no block or not all free.
  bool Take(std::size_t leaf, int level) {
    const std::size_t size = LeavesOf(level);
    if (leaf % size != 0 || leaf >= leaves()) return false;
    if (busy_[Index(level)][leaf / size] != 0) return false;
    for (int each = 0; each < levels_; ++each) Change(leaf, level, each, true);
    live_[leaf] = level;
    used_ += size;
    return true;
  }
  // Its level; or kNone, and nothing has changed, if none is allocated there.
  int Give(std::size_t leaf) {
    const int level = LevelAt(leaf);
    if (level == kNone) return kNone;
    for (int each = 0; each < levels_; ++each) Change(leaf, level, each, false);
    live_[leaf] = kNone;
    used_ -= LeavesOf(level);
    return level;
  }

  // Of the allocated block that begins there, or kNone.
  int LevelAt(std::size_t leaf) const { return leaf < leaves() ? live_[leaf] : kNone; }
  bool IsFree(std::size_t leaf) const { return busy_[0][leaf] == 0; }
  // Allocated blocks of that level.
  std::size_t LiveAt(int level) const {
    std::size_t count = 0;
    for (const int each : live_) count += each == level;
    return count;
  }

  // As QuadPool::Map.
  std::string Map() const {
    std::string map;
    for (std::size_t leaf = 0; leaf < leaves(); ++leaf) {
      const int level = live_[leaf];
      map += level == kNone ? (IsFree(leaf) ? '.' : '-') : "0123456789abcdefg"[level];
    }
    return map;
  }

 private:
  static std::size_t Index(int level) { return static_cast<std::size_t>(level); }

  // Counts the block in or out in all groups of level `each` that share leaves with it.
  void Change(std::size_t leaf, int level, int each, bool in) {
    const std::size_t group = LeavesOf(each);
    const std::size_t size = LeavesOf(level);
    const std::size_t shared = group < size ? group : size;
    std::vector<std::size_t>& busy = busy_[Index(each)];
    std::size_t& free = free_[Index(each)];
    for (std::size_t at = leaf; at < leaf + size; at += shared) {
      std::size_t& count = busy[at / group];
      if (in && count == 0) --free;
      count = in ? count + shared : count - shared;
      if (!in && count == 0) ++free;
    }
  }

  std::size_t factor_;
  int levels_;
  std::size_t used_ = 0;
  std::vector<int> live_;                       // for each leaf
  std::vector<std::vector<std::size_t>> busy_;  // leaves in use, for each group
  std::vector<std::size_t> free_;               // groups without any
};

}  // namespace corepool::testing

#endif  // COREPOOL_TESTS_SUPPORT_QUAD_MODEL_H_
