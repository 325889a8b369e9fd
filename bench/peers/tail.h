// The percentiles of single operations.

#ifndef COREPOOL_BENCH_PEERS_TAIL_H_
#define COREPOOL_BENCH_PEERS_TAIL_H_

#include <vector>

#include "bench/peers/fixed_loops.h"

namespace corepool::bench {

// Of Ticks(), as measured once.
double NanosecondsPerTick();

// kTailPercentiles of what two threads measured, in nanoseconds: of allocating, then of
// freeing.
std::vector<double> TailNanoseconds(const Tails& one, const Tails& other);

}  // namespace corepool::bench

#endif  // COREPOOL_BENCH_PEERS_TAIL_H_
