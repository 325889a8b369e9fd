#include "stress/gates.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "stress/latency_histogram.h"
#include "stress/output/units.h"
#include "stress/quantity.h"
#include "stress/run_record.h"

ABSL_FLAG(absl::Duration, max_p99, absl::InfiniteDuration(), "gate; inf: none");
ABSL_FLAG(absl::Duration, max_p999, absl::InfiniteDuration(), "gate; inf: none");
ABSL_FLAG(absl::Duration, max_p9999, absl::InfiniteDuration(), "gate; inf: none");
ABSL_FLAG(absl::Duration, max_latency, absl::InfiniteDuration(), "gate; inf: none");
ABSL_FLAG(std::string, min_throughput, "0",
          "gate: operations a second, such as 1.5M; 0: none");

namespace corepool::stress {
namespace {

// The worst of what a gate looked at.
class Findings {
 public:
  explicit Findings(std::string name) {
    check_.kind = Check::Kind::kGate;
    check_.name = std::move(name);
  }

  // `badness`: larger is worse.
  void Add(bool missed, double badness, std::string what) {
    ++judged_;
    check_.violations += missed ? 1 : 0;
    if (judged_ > 1 && badness <= worst_) return;
    worst_ = badness;
    check_.detail = std::move(what);
  }
  Check Take(bool interrupted) {
    if (judged_ == 0) {
      check_.detail = "nothing was measured that it could be held against";
      check_.violations = interrupted ? 0 : 1;
    } else {
      check_.detail = absl::StrCat("the worst of ", judged_, " was ", check_.detail);
    }
    return std::move(check_);
  }

 private:
  Check check_;
  std::uint64_t judged_ = 0;
  double worst_ = 0;
};

std::string BoundName(double percentile) {
  return percentile == 100 ? "latency" : absl::StrCat("p", percentile);
}

}  // namespace

absl::StatusOr<Gates> Gates::FromFlags() {
  Gates gates;
  const std::pair<const char*, std::pair<double, absl::Duration>> bounds[] = {
      {"max_p99", {99, absl::GetFlag(FLAGS_max_p99)}},
      {"max_p999", {99.9, absl::GetFlag(FLAGS_max_p999)}},
      {"max_p9999", {99.99, absl::GetFlag(FLAGS_max_p9999)}},
      {"max_latency", {100, absl::GetFlag(FLAGS_max_latency)}}};
  for (const auto& [flag, bound] : bounds) {
    const auto& [percentile, most] = bound;
    if (most == absl::InfiniteDuration()) continue;
    if (most < absl::Nanoseconds(1)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "--", flag, "=", absl::FormatDuration(most), " is less than a nanosecond"));
    }
    gates.Bound(percentile, most);
  }
  const std::string least = absl::GetFlag(FLAGS_min_throughput);
  if (!ParseQuantity(least, gates.min_throughput_)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--min_throughput=", least, " is not a number of operations a second"));
  }
  return gates;
}

void Gates::Bound(double percentile, absl::Duration most) {
  latencies_.push_back({percentile, most});
}

std::vector<Check> Gates::Judge(const RunRecord& run) const {
  std::vector<Check> checks;
  for (const Bounded& bound : latencies_) checks.push_back(JudgeLatency(bound, run));
  if (min_throughput_ > 0) checks.push_back(JudgeThroughput(run));
  return checks;
}

Check Gates::JudgeLatency(const Bounded& bound, const RunRecord& run) const {
  const std::int64_t most = absl::ToInt64Nanoseconds(bound.most);
  Findings findings(absl::StrCat(BoundName(bound.percentile), " at most ",
                                 absl::FormatDuration(bound.most)));
  for (const ScenarioRecord& scenario : run.scenarios) {
    if (!scenario.skipped.empty()) continue;
    for (const LatencyRecord& latency : scenario.latencies) {
      if (latency.operation != "allocate" && latency.operation != "free") continue;
      const LatencyHistogram& judged =
          latency.response.total() != 0 ? latency.response : latency.service;
      if (judged.total() == 0) continue;
      const std::int64_t value = judged.Percentile(bound.percentile);
      findings.Add(value > most, static_cast<double>(value),
                   absl::StrCat(TimeText(static_cast<double>(value)), ", ",
                                scenario.name, " ", latency.operation));
    }
  }
  return findings.Take(run.interrupted);
}

Check Gates::JudgeThroughput(const RunRecord& run) const {
  Findings findings(
      absl::StrCat("throughput at least ", CountText(min_throughput_), " ops/s"));
  for (const ScenarioRecord& scenario : run.scenarios) {
    if (!scenario.skipped.empty()) continue;
    const double rate = PerSecond(scenario.operations, scenario.elapsed_ns);
    findings.Add(rate < min_throughput_, -rate,
                 absl::StrCat(CountText(rate), " ops/s, ", scenario.name));
  }
  return findings.Take(run.interrupted);
}

std::string_view GatesHelp() {
  return R"(  --max_p99, --max_p999, --max_p9999, --max_latency
                       most that a scenario's allocate or free may take, such as
                       2us; with --rate from when it was due
  --min_throughput     fewest operations a second of a scenario, such as 1.5M
)";
}

}  // namespace corepool::stress
