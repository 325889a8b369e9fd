// A run as Prometheus scrapes it, by node_exporter's textfile collector.

#ifndef COREPOOL_STRESS_OUTPUT_PROMETHEUS_H_
#define COREPOOL_STRESS_OUTPUT_PROMETHEUS_H_

#include <string>

#include "stress/run_record.h"

namespace corepool::stress {

// The text format, version 0.0.4. All names begin with corepool_stress_; times are in
// seconds; there are no time stamps, which the collector would refuse.
std::string RecordAsPrometheus(const RunRecord& run);

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_OUTPUT_PROMETHEUS_H_
