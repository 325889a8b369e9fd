#include "stress/run_context.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "stress/gates.h"
#include "stress/host.h"
#include "stress/run_record.h"
#include "stress/timer.h"
#include "stress/warnings.h"

namespace corepool::stress {

RunRecord BeginRecord(const std::string& command) {
  RunRecord run;
  run.command = command;
  run.tool = DescribeTool();
  run.host = DescribeHost();
  run.started =
      absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", absl::Now(), absl::UTCTimeZone());
  const TimerFacts timer = MeasureTimer();
  run.timer_overhead_ns = timer.overhead_ns;
  run.timer_resolution_ns = timer.resolution_ns;
  return run;
}

void ConcludeRecord(const Gates& gates, RunRecord& run) {
  for (std::string& doubt : Doubts(run)) run.warnings.push_back(std::move(doubt));
  for (Check& check : gates.Judge(run)) run.gates.push_back(std::move(check));
}

}  // namespace corepool::stress
