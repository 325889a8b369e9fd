#include "stress/output/spectrum.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "stress/latency_histogram.h"

namespace corepool::stress {

std::vector<SpectrumStep> SpectrumOf(const LatencyHistogram& latencies,
                                     int steps_per_half_distance) {
  std::vector<SpectrumStep> steps;
  if (latencies.total() == 0) return steps;
  const auto total = static_cast<double>(latencies.total());
  double level = 0;
  std::uint64_t seen = 0;
  latencies.ForEachBucket([&](const LatencyHistogram::Bucket& bucket) {
    // The last bucket is reached once, then comes the step to 100.
    if (seen == latencies.total()) return;
    seen += bucket.count;
    const std::int64_t value = std::min(bucket.highest, latencies.max());
    while (100.0 * static_cast<double>(seen) / total >= level) {
      steps.push_back({value, level, seen});
      if (seen == latencies.total()) break;
      const double halvings =
          std::floor(std::log(100.0 / (100.0 - level)) / std::log(2.0));
      level += 100.0 / (steps_per_half_distance * std::exp2(halvings + 1));
    }
  });
  steps.push_back({latencies.max(), 100, latencies.total()});
  return steps;
}

}  // namespace corepool::stress
