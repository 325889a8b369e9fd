// Bounds that a user sets for a run to pass: --max_p99, --max_p999, --max_p9999,
// --max_latency, --min_throughput.

#ifndef COREPOOL_STRESS_GATES_H_
#define COREPOOL_STRESS_GATES_H_

#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "stress/run_record.h"

namespace corepool::stress {

// Latencies are of each scenario's allocate and free, each for itself: from when they
// were due in an open loop, else from their calls. Throughput is each scenario's
// operations a second. What was skipped is not judged.
class Gates {
 public:
  // No bounds at all.
  Gates() = default;

  // Fails with kInvalidArgument and one line if a bound makes no sense.
  static absl::StatusOr<Gates> FromFlags();

  void Bound(double percentile, absl::Duration most);  // 100: of the slowest
  bool empty() const { return latencies_.empty() && min_throughput_ == 0; }
  void BoundThroughput(double least) { min_throughput_ = least; }

  // A check for each bound. One that nothing was measured for is missed, unless the run
  // was interrupted.
  std::vector<Check> Judge(const RunRecord& run) const;

 private:
  struct Bounded {
    double percentile;
    absl::Duration most;
  };

  Check JudgeLatency(const Bounded& bound, const RunRecord& run) const;
  Check JudgeThroughput(const RunRecord& run) const;

  std::vector<Bounded> latencies_;
  double min_throughput_ = 0;
};

// For --help.
std::string_view GatesHelp();

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_GATES_H_
