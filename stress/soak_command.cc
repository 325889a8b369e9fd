#include "stress/soak_command.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "stress/command.h"
#include "stress/exit_code.h"
#include "stress/load_options.h"
#include "stress/merge.h"
#include "stress/run_flags.h"
#include "stress/run_record.h"
#include "stress/scenarios/scenario.h"
#include "stress/session.h"

ABSL_FLAG(absl::Duration, turn, absl::Seconds(10), "soak: of each scenario at a time");

namespace corepool::stress {
namespace {

// What one command line tells to do again.
constexpr std::uint64_t kMostComplaints = 20;

bool IsBroken(const ScenarioRecord& record) {
  return std::any_of(record.checks.begin(), record.checks.end(),
                     [](const Check& check) { return check.violations != 0; });
}

class Soak {
 public:
  Soak(Session& session, std::vector<Scenario> scenarios, Bounds whole,
       std::int64_t turn_ns)
      : session_(session),
        scenarios_(std::move(scenarios)),
        whole_(whole),
        turn_ns_(turn_ns) {
    session_.record().scenarios.resize(scenarios_.size());
  }

  void Run() {
    for (std::uint64_t round = 0;; ++round) {
      bool any = false;
      for (std::size_t i = 0; i < scenarios_.size(); ++i) {
        LoadOptions load = session_.load();
        load.seed += round;
        if (!Turn(i, load)) return;
        any = any || session_.record().scenarios[i].skipped.empty();
      }
      // Otherwise it would go round without doing anything.
      if (!any) return;
    }
  }

 private:
  // False: it is over.
  bool Turn(std::size_t number, const LoadOptions& load) {
    if (session_.interrupted()) return false;
    Bounds bounds{.duration_ns = turn_ns_, .most_operations = 0};
    if (whole_.duration_ns != 0) {
      const std::int64_t left = whole_.duration_ns - session_.elapsed_ns();
      if (left <= 0) return false;
      bounds.duration_ns = std::min(bounds.duration_ns, left);
    }
    if (whole_.most_operations != 0) {
      if (operations_ >= whole_.most_operations) return false;
      bounds.most_operations = whole_.most_operations - operations_;
    }
    const Scenario& scenario = scenarios_[number];
    ScenarioRecord& sum = session_.record().scenarios[number];
    const Bounds again{.duration_ns = turn_ns_, .most_operations = 0};
    const std::string command = Reproducer(scenario, load, again);
    const auto keep = [&](const ScenarioRecord& turn) {
      MergeTurn(turn, command, sum);
      if (IsBroken(turn) && ++complaints_ <= kMostComplaints) {
        absl::FPrintF(stderr, "corepool-stress: %s failed; again: %s\n",
                      std::string(scenario.name), command);
      }
    };
    absl::StatusOr<ScenarioRecord> turn = session_.Run(scenario, load, bounds, keep);
    if (turn.ok()) {
      operations_ += turn->operations + turn->failures;
      keep(*turn);
      return true;
    }
    ScenarioRecord skipped;
    skipped.name = std::string(scenario.name);
    skipped.summary = std::string(scenario.summary);
    skipped.skipped = std::string(turn.status().message());
    keep(skipped);
    return true;
  }

  Session& session_;
  const std::vector<Scenario> scenarios_;
  const Bounds whole_;
  const std::int64_t turn_ns_;
  std::uint64_t operations_ = 0;
  std::uint64_t complaints_ = 0;
};

}  // namespace

std::string_view SoakHelp() {
  static const std::string help =
      R"(soak [SCENARIO...]: runs scenarios in turn, all of them by default, for hours, each
  round with the next seed, and adds up what they find. Goes on after a fault, and says
  how to do that turn again. Memory does not grow.

  --duration=8h        of the whole
  --ops=0              most operations of the whole
  --turn=10s           of each scenario at a time
)" + SharedHelp();
  return help;
}

ExitCode RunSoak(const std::vector<std::string>& names) {
  const absl::StatusOr<std::vector<Scenario>> scenarios = ScenariosNamed(names);
  if (!scenarios.ok()) return Fail(kUsage, scenarios.status().message());
  const absl::StatusOr<Bounds> bounds = BoundsFromFlags(absl::Hours(8));
  if (!bounds.ok()) return Fail(kUsage, bounds.status().message());
  const absl::Duration turn = absl::GetFlag(FLAGS_turn);
  if (turn < absl::Milliseconds(1) || turn > absl::Hours(24)) {
    return Fail(kUsage, absl::StrCat("--turn=", absl::FormatDuration(turn),
                                     " is not between a millisecond and a day"));
  }
  const auto begun = Session::Begin("soak");
  if (!begun.ok()) return Fail(ExitCodeOf(begun.status()), begun.status().message());
  Session& session = **begun;
  session.Expect(static_cast<int>(scenarios->size()), bounds->duration_ns);
  AddBounds(*bounds, session.record());
  Soak(session, *scenarios, *bounds, absl::ToInt64Nanoseconds(turn)).Run();
  // Those that it never came to.
  std::vector<ScenarioRecord>& records = session.record().scenarios;
  records.erase(
      std::remove_if(records.begin(), records.end(),
                     [](const ScenarioRecord& record) { return record.name.empty(); }),
      records.end());
  return session.Finish();
}

}  // namespace corepool::stress
