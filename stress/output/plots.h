// The plots of one scenario, each an inline SVG.

#ifndef COREPOOL_STRESS_OUTPUT_PLOTS_H_
#define COREPOOL_STRESS_OUTPUT_PLOTS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "stress/run_record.h"

namespace corepool::stress {

// All operations, from 0 % to the slowest on a logarithmic axis of nines.
std::string SpectrumPlot(const ScenarioRecord& scenario);

// Of one operation, a line for each core: counts on a logarithmic axis over time on a
// linear one, as OSADL and cyclictest's users know it. Where a few operations were many
// times slower than all others, the axis goes on at another scale behind a mark.
std::string CorePlot(const LatencyRecord& latency);

// Latencies over the run's time; the darker (in dark mode: brighter), the more of them.
std::string HeatPlot(const LatencyRecord& latency, std::int64_t elapsed_ns);

// Of one pool between the fewest and the most blocks used at a time, of several the
// most, in per cent of each one's capacity.
std::string OccupancyPlot(const std::vector<PoolRecord>& pools,
                          std::int64_t elapsed_ns);

// Whether any of the pools was sampled.
bool HasOccupancy(const std::vector<PoolRecord>& pools);

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_OUTPUT_PLOTS_H_
