// What a QuadPool is asked to be.

#ifndef COREPOOL_QUAD_POOL_OPTIONS_H_
#define COREPOOL_QUAD_POOL_OPTIONS_H_

#include <cstddef>
#include <cstdint>

#include "corepool/misuse.h"
#include "corepool/options.h"

namespace corepool {

// Into how many a block is split, and how many are merged into one.
enum class SplitFactor : std::uint8_t {
  kQuad,    // four: Zephyr's memory pools
  kBinary,  // two: the classical buddy system
};

// What is looked for first when no free block of the wanted size is left over from a
// split. All of them find every free block before a request fails: of the originals'
// choices, the one that fails while blocks could be merged is a defect. Blocks that lie
// in one node of the tree (sixteen of the smallest, sixteen times sixteen, and so on)
// are merged by being free, whatever the policy.
enum class MergePolicy : std::uint8_t {
  kSplitFirst,  // a larger block to split; Zephyr's default
  kMergeFirst,  // smaller blocks to merge: keeps large blocks whole, costs time
  kSplitOnly,   // a larger block to split, and smaller ones are merged by Defragment
                // and where a request would fail otherwise
};

struct QuadPoolOptions {
  std::size_t min_block_size = 0;  // bytes of the smallest blocks; at least 1
  std::size_t max_block_size = 0;  // min_block_size * 4^n, or * 2^n with kBinary
  std::size_t block_count = 0;     // of the largest; 0 makes a pool always exhausted
  // Of every block; a power of two that divides min_block_size. 0: the largest such up
  // to kDefaultAlignment. Larger blocks are as much more aligned as their sizes are if
  // memory is.
  std::size_t alignment = 0;
  SplitFactor split = SplitFactor::kQuad;
  MergePolicy merge = MergePolicy::kSplitFirst;
  // kBasic finds every double free, of contexts that race too, as kStrict does. kOff
  // misses those that race. kFull is not supported.
  Checking checking = Checking::kBasic;
  // Counts how much is used at every call, for PoolStats::peak; costs each call one
  // atomic step on a word that all cores share. Without, peak is how far the pool was
  // ever used, from its beginning to the highest end of a block.
  bool measure_peak = false;
  const char* name = "";                   // for reports; must outlive the pool
  MisuseHandler misuse_handler = nullptr;  // nullptr: see SetMisuseHandler
  void* misuse_context = nullptr;          // handed to the misuse handler
  Waiters* waiters = nullptr;              // as PoolOptions::waiters
};

}  // namespace corepool

#endif  // COREPOOL_QUAD_POOL_OPTIONS_H_
