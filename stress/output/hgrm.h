// Percentile distributions as HdrHistogram's plotter reads them.

#ifndef COREPOOL_STRESS_OUTPUT_HGRM_H_
#define COREPOOL_STRESS_OUTPUT_HGRM_H_

#include <string>
#include <vector>

#include "stress/latency_histogram.h"
#include "stress/run_record.h"

namespace corepool::stress {

// As Histogram.outputPercentileDistribution(out, 5, 1.0) prints it, in nanoseconds;
// values are never above the largest that was recorded.
std::string HistogramAsHgrm(const LatencyHistogram& latencies);

struct Hgrm {
  std::string name;  // "burst.free", "burst.free.response"; fit for a file's name
  std::string text;
};

// One for each operation that was measured, those of open loops twice. The first, with
// the name "", is of all service times together.
std::vector<Hgrm> RecordAsHgrm(const RunRecord& run);

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_OUTPUT_HGRM_H_
