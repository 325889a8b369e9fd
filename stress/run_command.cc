#include "stress/run_command.h"

#include <time.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "stress/clock.h"
#include "stress/command.h"
#include "stress/exit_code.h"
#include "stress/interruption.h"
#include "stress/load_flags.h"
#include "stress/load_options.h"
#include "stress/run_flags.h"
#include "stress/run_record.h"
#include "stress/scenarios/scenario.h"
#include "stress/session.h"

ABSL_FLAG(std::optional<absl::Duration>, duration, std::nullopt,
          "how long; unset: the command's choice");
ABSL_FLAG(std::uint64_t, ops, 0, "most operations of each scenario; 0: no bound");

namespace corepool::stress {
namespace {

absl::StatusOr<Bounds> BoundsFromFlags() {
  Bounds bounds;
  bounds.most_operations = absl::GetFlag(FLAGS_ops);
  // As long as it takes, if only operations are bounded.
  const absl::Duration duration =
      absl::GetFlag(FLAGS_duration)
          .value_or(bounds.most_operations == 0 ? absl::Seconds(2)
                                                : absl::ZeroDuration());
  if (duration < absl::ZeroDuration() || duration > absl::Hours(24 * 365) ||
      (duration == absl::ZeroDuration() && bounds.most_operations == 0)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--duration=", absl::FormatDuration(duration),
                     " is not between a nanosecond and a year"));
  }
  bounds.duration_ns = absl::ToInt64Nanoseconds(duration);
  return bounds;
}

// RFC 3339, UTC.
std::string TimeOfDay() {
  const time_t now = time(nullptr);
  tm parts = {};
  gmtime_r(&now, &parts);
  char text[32];
  return {text, strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

void Print(const RunRecord& run) {
  for (const ScenarioRecord& scenario : run.scenarios) {
    RunRecord alone;
    alone.scenarios = {scenario};
    absl::PrintF("%-20s %-8s %12d operations\n", scenario.name,
                 !scenario.skipped.empty() ? "skipped"
                 : Verdict(alone) == kPass ? "pass"
                                           : "FAIL",
                 scenario.operations);
    if (!scenario.skipped.empty()) absl::PrintF("    %s\n", scenario.skipped);
    for (const Check& check : scenario.checks) {
      if (check.violations != 0) {
        absl::PrintF("    %s: %d: %s\n", check.name, check.violations, check.detail);
      }
    }
    for (const LatencyRecord& latency : scenario.latencies) {
      for (const LatencyHistogram* const histogram :
           {&latency.service, &latency.response}) {
        if (histogram->total() == 0) continue;
        absl::PrintF(
            "    %-10s %-8s n=%d p50=%d p99=%d p99.9=%d max=%d ns\n", latency.operation,
            histogram == &latency.service ? "service" : "response", histogram->total(),
            histogram->Percentile(50), histogram->Percentile(99),
            histogram->Percentile(99.9), histogram->max());
      }
    }
    for (const Figure& figure : scenario.figures) {
      absl::PrintF("    %s: %g %s\n", figure.name, figure.value, figure.unit);
    }
  }
}

}  // namespace

std::string_view RunHelp() {
  static const std::string help = [] {
    std::string text =
        R"(run [SCENARIO...]: makes the loads that `list` shows, all of them by default, and
  proves that nothing was lost, doubled or damaged. Ends a scenario at its first fault.

  --duration=2s        of each scenario
  --ops=0              most operations of each scenario; without --duration, then as
                       long as they take. Kept to some per cent
)";
    text += LoadHelp();
    return text;
  }();
  return help;
}

ExitCode RunRun(const std::vector<std::string>& names) {
  const absl::StatusOr<std::vector<Scenario>> scenarios = ScenariosNamed(names);
  if (!scenarios.ok()) return Fail(kUsage, scenarios.status().message());
  const absl::StatusOr<LoadOptions> load = LoadFromFlags();
  if (!load.ok()) return Fail(kUsage, load.status().message());
  const absl::StatusOr<Bounds> bounds = BoundsFromFlags();
  if (!bounds.ok()) return Fail(kUsage, bounds.status().message());
  const absl::Status prepared = PrepareMachine(*load);
  if (!prepared.ok()) return Fail(kResource, prepared.message());

  const Interruption interruption;
  const std::int64_t began = Now();
  RunRecord run;
  run.command = "run";
  run.config = LoadSettings(*load);
  run.started = TimeOfDay();
  const auto finish = [&] {
    run.elapsed_ns = Now() - began;
    run.interrupted = Interruption::happened();
    Print(run);
    return Verdict(run);
  };
  for (const Scenario& scenario : *scenarios) {
    if (Interruption::happened()) break;
    const std::int64_t began_ns = Now() - began;
    const auto add = [&](ScenarioRecord record) {
      record.began_ns = began_ns;
      run.scenarios.push_back(std::move(record));
    };
    absl::StatusOr<ScenarioRecord> record =
        RunScenario(scenario, *load, *bounds, {}, [&](const ScenarioRecord& stuck) {
          add(stuck);
          const ExitCode code = finish();
          std::fflush(nullptr);
          _exit(code);
        });
    if (record.ok()) {
      add(*std::move(record));
    } else if (names.empty()) {
      ScenarioRecord skipped;
      skipped.name = std::string(scenario.name);
      skipped.summary = std::string(scenario.summary);
      skipped.skipped = std::string(record.status().message());
      add(std::move(skipped));
    } else {
      return Fail(kUsage, absl::StrCat(std::string(scenario.name), ": ",
                                       record.status().message()));
    }
  }
  return finish();
}

}  // namespace corepool::stress
