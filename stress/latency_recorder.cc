#include "stress/latency_recorder.h"

#include <algorithm>

#include "stress/run_record.h"

namespace corepool::stress {

void LatencyRecorder::AddTo(LatencyRecord& record, int thread, int cpu) const {
  if (service_.total() == 0) return;
  const std::int64_t slowest_before =
      std::max(record.service.max(), record.response.max());
  if (record.slowest_thread < 0 || slowest_ > slowest_before) {
    record.slowest_at_ns = slowest_at_;
    record.slowest_thread = thread;
  }
  record.service.Merge(service_);
  if (response_ != nullptr) record.response.Merge(*response_);
  record.heat.Merge(heat_);
  auto core = std::lower_bound(
      record.per_core.begin(), record.per_core.end(), cpu,
      [](const LatencyRecord::Core& one, int other) { return one.cpu < other; });
  if (core == record.per_core.end() || core->cpu != cpu) {
    core = record.per_core.insert(core, {cpu, {}});
  }
  core->service.Merge(service_);
}

}  // namespace corepool::stress
