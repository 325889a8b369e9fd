// What a MultiPool is asked to be.

#ifndef COREPOOL_MULTI_POOL_OPTIONS_H_
#define COREPOOL_MULTI_POOL_OPTIONS_H_

#include <cstddef>

#include "corepool/options.h"

namespace corepool {

struct SizeClassOptions {
  std::size_t block_size = 0;   // bytes, 1 to 2^31
  std::size_t block_count = 0;  // 0 makes a class that is always exhausted
};

// Most classes that Init can be given.
inline constexpr std::size_t kMostSizeClasses = 64;

// For MultiPoolOptions::most_spills: any larger class will do.
inline constexpr std::size_t kSpillToAny = static_cast<std::size_t>(-1);

struct MultiPoolOptions {
  PoolOptions pools;  // of every class, but for block_size and block_count; but who may
                      // wait, may wait for blocks of all of them
  // How many classes beyond the best fit may serve a request when the best is
  // exhausted. 0: strict, none.
  std::size_t most_spills = kSpillToAny;
  // How often Extend can succeed; at most 128.
  std::size_t most_extensions = 16;
  // Counts requests by size, up to this many bytes in 128 steps, for Advise. 0: does
  // not, which saves 2 KiB for each core, and time.
  std::size_t count_sizes_up_to = 0;
};

}  // namespace corepool

#endif  // COREPOOL_MULTI_POOL_OPTIONS_H_
