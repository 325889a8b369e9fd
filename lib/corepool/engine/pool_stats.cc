// BlockPool: statistics.

#include <cstddef>
#include <cstdint>

#include "corepool/config.h"
#include "corepool/engine/block_pool.h"
#include "corepool/engine/cache_parts.h"
#include "corepool/engine/core_cache.h"
#include "corepool/engine/growth.h"
#include "corepool/engine/pool_parts.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/stats.h"

namespace corepool::engine {

PoolStats BlockPool::Stats() const {
  const std::uint64_t indices = parts_.space.count;
  const Growth* const growth = parts_.growth;
  const std::uint64_t burned = Burned();
  const std::uint64_t born_before = growth == nullptr ? indices : growth->Born();
  const std::uint64_t put_back = state_.put_back.Get();
  const std::uint64_t withheld = state_.withheld.Get();
  const std::uint64_t released = state_.released.Get();
  std::uint64_t free = 0;
  std::uint64_t operations = 0;
  std::uint64_t peak = 0;
  PoolStats stats{};
  if (cached()) {
    const auto seen = caches().Look();
    // Of different instants they may even be more than there are.
    free = seen.free < indices ? seen.free : indices;
    operations = seen.operations;
    stats.exact = seen.exact;
    const CacheParts& cache = parts_.cache;
    peak = cache.state->peak.Get();
    peak = peak < indices ? peak : indices;
    stats.steals = cache.state->steals.Get();
    stats.cores = cache.cores;
    stats.magazine_size = cache.limit;
  } else {
    const auto seen = state_.free_blocks.Look(parts_.space);
    free = seen.depth;
    operations = seen.operations;
    stats.exact = seen.exact;
    peak = state_.peak.Get();
  }
  const std::uint64_t used = UsedAt(free, static_cast<lockfree::Word>(burned));
  const std::uint64_t born = growth == nullptr ? indices : growth->Born();
  // What a call is just growing is used already.
  const std::uint64_t capacity = born > used ? born : used;
  const auto minus = [](std::uint64_t from, std::uint64_t what) {
    return from > what ? from - what : 0;
  };
  // Since LayOut pops + pushes == operations, and pops - pushes == gone.
  const std::uint64_t lost = growth == nullptr ? 0 : burned - growth->burned_before;
  const std::uint64_t gone = used + lost;
  stats.capacity = static_cast<std::size_t>(capacity);
  stats.free = static_cast<std::size_t>(capacity - used);
  stats.used = static_cast<std::size_t>(used);
  // A context that stands between its pop and noting the peak has not yet told.
  stats.peak = static_cast<std::size_t>(peak > used ? peak : used);
  stats.block_size = parts_.block_size;
  stats.stride = parts_.layout.stride();
  stats.bookkeeping_bytes = parts_.bookkeeping_bytes;
  if constexpr (COREPOOL_STATISTICS != 0) {
    stats.allocations =
        minus((operations + gone) / 2 + released, put_back + withheld + lost);
    stats.frees = minus(minus(operations, gone) / 2 + released, put_back);
  }
  stats.failures = state_.failures.Get();
  stats.misuses = state_.misuses.Get();
  stats.withheld = withheld;
  stats.quarantined = parts_.quarantine.Count();
  stats.tag_bits = parts_.space.tagged.tag_bits();
  stats.exact = stats.exact && state_.put_back.Get() == put_back &&
                state_.withheld.Get() == withheld &&
                state_.released.Get() == released && born == born_before &&
                (growth == nullptr || growth->popped.Get() == born + burned);
  return stats;
}

void BlockPool::ResetPeak() const {
  if (cached()) {
    parts_.cache.state->ResetPeak();
    return;
  }
  for (;;) {
    const lockfree::Word head = state_.free_blocks.Head(parts_.space);
    const Index depth = state_.free_blocks.DepthOf(parts_.space, head);
    state_.peak.Set(UsedAt(depth, Burned()));
    // If the head stood still, every later allocation pops after us, synchronizes with
    // us, and compares with the new peak.
    if (state_.free_blocks.StandsStill(parts_.space, head)) return;
  }
}

}  // namespace corepool::engine
