#include "stress/run_command.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "stress/command.h"
#include "stress/exit_code.h"
#include "stress/gates.h"
#include "stress/load_flags.h"
#include "stress/outputs.h"
#include "stress/progress.h"
#include "stress/run_flags.h"
#include "stress/run_record.h"
#include "stress/scenarios/scenario.h"
#include "stress/session.h"

ABSL_FLAG(std::optional<absl::Duration>, duration, std::nullopt,
          "how long; unset: the command's choice");
ABSL_FLAG(std::uint64_t, ops, 0, "most operations; 0: no bound");

namespace corepool::stress {

absl::StatusOr<Bounds> BoundsFromFlags(absl::Duration usual) {
  Bounds bounds;
  bounds.most_operations = absl::GetFlag(FLAGS_ops);
  // As long as it takes, if only operations are bounded.
  const bool bounded = bounds.most_operations != 0;
  const absl::Duration duration =
      absl::GetFlag(FLAGS_duration).value_or(bounded ? absl::ZeroDuration() : usual);
  constexpr int kMostHours = 24 * 366;
  if (duration < absl::ZeroDuration() || duration > absl::Hours(kMostHours) ||
      (duration < absl::Nanoseconds(1) && !bounded)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--duration=", absl::FormatDuration(duration),
                     " is not between a nanosecond and a year"));
  }
  bounds.duration_ns = absl::ToInt64Nanoseconds(duration);
  return bounds;
}

void AddBounds(const Bounds& bounds, RunRecord& record) {
  record.config.emplace_back("duration_ns", absl::StrCat(bounds.duration_ns));
  record.config.emplace_back("ops", absl::StrCat(bounds.most_operations));
}

std::string SharedHelp() {
  std::string help(LoadHelp());
  help += GatesHelp();
  help += OutputsHelp();
  help += ProgressHelp();
  return help;
}

std::string_view RunHelp() {
  static const std::string help =
      R"(run [SCENARIO...]: makes the loads that `list` shows, all of them by default, and
  proves that nothing was lost, doubled or damaged. Ends a scenario at its first fault.
  Ctrl-C ends the run with a full report; once more, at once.

  --duration=2s        of each scenario
  --ops=0              most operations of each scenario, kept to some per cent; without
                       --duration they may take as long as they do
)" + SharedHelp();
  return help;
}

ExitCode RunRun(const std::vector<std::string>& names) {
  const absl::StatusOr<std::vector<Scenario>> scenarios = ScenariosNamed(names);
  if (!scenarios.ok()) return Fail(kUsage, scenarios.status().message());
  const absl::StatusOr<Bounds> bounds = BoundsFromFlags(absl::Seconds(2));
  if (!bounds.ok()) return Fail(kUsage, bounds.status().message());
  const auto begun = Session::Begin("run");
  if (!begun.ok()) return Fail(ExitCodeOf(begun.status()), begun.status().message());
  Session& session = **begun;

  const auto count = static_cast<int>(scenarios->size());
  session.Expect(count, count * bounds->duration_ns);
  AddBounds(*bounds, session.record());
  std::vector<ScenarioRecord>& records = session.record().scenarios;
  for (const Scenario& scenario : *scenarios) {
    if (session.interrupted()) break;
    absl::StatusOr<ScenarioRecord> record =
        session.Run(scenario, session.load(), *bounds,
                    [&](const ScenarioRecord& stuck) { records.push_back(stuck); });
    if (record.ok()) {
      records.push_back(*std::move(record));
      continue;
    }
    // Who asked for it by name, wants to know.
    if (!names.empty()) {
      return Fail(kUsage, absl::StrCat(std::string(scenario.name), ": ",
                                       record.status().message()));
    }
    ScenarioRecord& skipped = records.emplace_back();
    skipped.name = std::string(scenario.name);
    skipped.summary = std::string(scenario.summary);
    skipped.skipped = std::string(record.status().message());
  }
  return session.Finish();
}

}  // namespace corepool::stress
