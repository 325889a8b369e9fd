// Percentiles at ever shorter steps towards 100 %.

#ifndef COREPOOL_STRESS_OUTPUT_SPECTRUM_H_
#define COREPOOL_STRESS_OUTPUT_SPECTRUM_H_

#include <cstdint>
#include <vector>

#include "stress/latency_histogram.h"

namespace corepool::stress {

struct SpectrumStep {
  std::int64_t value;   // nanoseconds
  double percentile;    // up to which values were asked for; the last is 100
  std::uint64_t count;  // of all values up to `value`
};

// So many steps until half of what is left to 100 % is done. Empty for an empty
// histogram.
// Source: HdrHistogram's PercentileIterator, whose steps these are.
std::vector<SpectrumStep> SpectrumOf(const LatencyHistogram& latencies,
                                     int steps_per_half_distance = 5);

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_OUTPUT_SPECTRUM_H_
