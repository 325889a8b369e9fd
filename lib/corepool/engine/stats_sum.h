// The statistics of pools that are made of pools.

#ifndef COREPOOL_ENGINE_STATS_SUM_H_
#define COREPOOL_ENGINE_STATS_SUM_H_

#include "corepool/stats.h"

namespace corepool::engine {

// Begins with all zero and `exact`. Sizes of blocks are the last one's.
inline void AddTo(PoolStats& sum, const PoolStats& one) {
  sum.capacity += one.capacity;
  sum.free += one.free;
  sum.used += one.used;
  sum.peak += one.peak;
  sum.block_size = one.block_size;
  sum.stride = one.stride;
  sum.cores = one.cores > sum.cores ? one.cores : sum.cores;
  sum.magazine_size =
      one.magazine_size > sum.magazine_size ? one.magazine_size : sum.magazine_size;
  sum.bookkeeping_bytes += one.bookkeeping_bytes;
  sum.allocations += one.allocations;
  sum.frees += one.frees;
  sum.failures += one.failures;
  sum.misuses += one.misuses;
  sum.steals += one.steals;
  sum.withheld += one.withheld;
  sum.quarantined += one.quarantined;
  sum.tag_bits =
      sum.tag_bits == 0 || one.tag_bits < sum.tag_bits ? one.tag_bits : sum.tag_bits;
  sum.exact = sum.exact && one.exact;
}

}  // namespace corepool::engine

#endif  // COREPOOL_ENGINE_STATS_SUM_H_
