// Many sizes from pools of equal blocks, for peers that have only those.

#ifndef COREPOOL_BENCH_PEERS_SIZE_CLASSES_H_
#define COREPOOL_BENCH_PEERS_SIZE_CLASSES_H_

#include <bit>
#include <cstddef>

#include "bench/peers/workload.h"

namespace corepool::bench {

// Enough for kLiveBlocks of one class and what is cached besides.
inline constexpr std::size_t kBlocksPerClass = 4096;

// Classes of 64, 128, ... bytes.
struct LinearClasses {
  static constexpr std::size_t kCount = kLargestSize / 64;
  static constexpr std::size_t IndexOf(std::size_t size) { return (size - 1) / 64; }
  static constexpr std::size_t SizeOf(std::size_t index) { return (index + 1) * 64; }
};

// Classes of 16, 32, 64, ... bytes.
struct PowerOfTwoClasses {
  static constexpr std::size_t kCount = 7;
  static constexpr std::size_t IndexOf(std::size_t size) {
    return static_cast<std::size_t>(std::bit_width((size - 1) / kSmallestSize));
  }
  static constexpr std::size_t SizeOf(std::size_t index) {
    return kSmallestSize << index;
  }
};

static_assert(PowerOfTwoClasses::IndexOf(16) == 0 &&
              PowerOfTwoClasses::IndexOf(17) == 1);
static_assert(PowerOfTwoClasses::IndexOf(1024) == 6);
static_assert(LinearClasses::IndexOf(64) == 0 && LinearClasses::IndexOf(1024) == 15);

}  // namespace corepool::bench

#endif  // COREPOOL_BENCH_PEERS_SIZE_CLASSES_H_
