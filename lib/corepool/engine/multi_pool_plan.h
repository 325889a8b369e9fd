// Where everything lies in a MultiPool's memory.

#ifndef COREPOOL_ENGINE_MULTI_POOL_PLAN_H_
#define COREPOOL_ENGINE_MULTI_POOL_PLAN_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "corepool/base/align.h"
#include "corepool/engine/geometry.h"
#include "corepool/engine/size_directory.h"
#include "corepool/engine/size_histogram.h"
#include "corepool/error.h"
#include "corepool/multi_pool_options.h"
#include "corepool/options.h"
#include "corepool/port/cores.h"

namespace corepool::engine {

inline constexpr std::size_t kMostExtensions = 128;
static_assert(kMostSizeClasses + kMostExtensions <= kMostBanks);

constexpr PoolOptions OptionsOf(const SizeClassOptions& size_class,
                                const MultiPoolOptions& options) {
  PoolOptions pool = options.pools;
  pool.block_size = size_class.block_size;
  pool.block_count = size_class.block_count;
  pool.waiters = nullptr;  // of all pools together
  return pool;
}

//   | directory | states | pools | histogram | bookkeeping | blocks |
//   0           states_offset    histogram_offset          blocks_offset
// The last two one pool after the other, each aligned.
struct MultiPoolPlan {
  Error error;  // if not kOk, all sizes are 0, and `alignment` is 1
  std::size_t states_offset;
  std::size_t pools_offset;
  std::size_t histogram_offset;
  std::size_t bookkeeping_offset;
  std::size_t blocks_offset;
  std::size_t total_bytes;
  std::size_t alignment;
};

constexpr std::size_t HistogramCopies(const MultiPoolOptions& options) {
  return options.pools.cores != 0 ? options.pools.cores : port::Cores::kUsualCores;
}

// For Init, or for one more class in a directory of at most `banks` in all, without a
// histogram. Pool is FixedPool.
template <class Pool>
constexpr MultiPoolPlan PlanBanks(std::span<const SizeClassOptions> classes,
                                  const MultiPoolOptions& options, std::size_t banks,
                                  bool histogram) {
  const auto refused = [](Error error) {
    MultiPoolPlan plan{};
    plan.error = error;
    plan.alignment = 1;
    return plan;
  };
  if (classes.size() > kMostSizeClasses || options.most_extensions > kMostExtensions) {
    return refused(Error::kInvalidCount);
  }
  // With no class at all this still looks at the common options.
  const Geometry common = PlanGeometry(OptionsOf({1, 0}, options));
  if (common.error != Error::kOk) return refused(common.error);

  MultiPoolPlan plan{};
  plan.alignment = alignof(Pool);
  if (plan.alignment < options.pools.alignment) {
    plan.alignment = options.pools.alignment;
  }
  base::CheckedSize at = SizeDirectory::BytesFor(banks);
  const auto place = [&at](base::CheckedSize bytes, std::size_t alignment) {
    const base::CheckedSize offset = at.AlignedUp(alignment);
    at = offset + bytes;
    return offset.value();
  };
  const base::CheckedSize count = classes.size();
  plan.states_offset = place(count * sizeof(SizeClassState), alignof(SizeClassState));
  plan.pools_offset = place(count * sizeof(Pool), alignof(Pool));
  if (histogram && options.count_sizes_up_to != 0) {
    plan.histogram_offset = place(base::CheckedSize(HistogramCopies(options)) *
                                      (kMostDemands * sizeof(SizeHistogram::Step)),
                                  alignof(Pool));
  }
  plan.bookkeeping_offset = place(0, kBookkeepingAlignment);
  base::CheckedSize blocks = 0;
  for (const SizeClassOptions& size_class : classes) {
    const Geometry geometry = PlanGeometry(OptionsOf(size_class, options));
    if (geometry.error != Error::kOk) return refused(geometry.error);
    if (size_class.block_size > kLargestSize) return refused(Error::kTooLarge);
    place(geometry.bookkeeping_bytes, kBookkeepingAlignment);
    // A multiple of the alignment already.
    blocks = blocks + geometry.block_bytes;
  }
  plan.blocks_offset = place(blocks, options.pools.alignment);
  if (at.overflowed() || at.value() > std::size_t{PTRDIFF_MAX}) {
    return refused(Error::kTooLarge);
  }
  plan.total_bytes = at.value();
  return plan;
}

template <class Pool>
constexpr MultiPoolPlan PlanMultiPool(std::span<const SizeClassOptions> classes,
                                      const MultiPoolOptions& options) {
  return PlanBanks<Pool>(classes, options, classes.size(), true);
}

}  // namespace corepool::engine

#endif  // COREPOOL_ENGINE_MULTI_POOL_PLAN_H_
