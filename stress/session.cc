#include "stress/session.h"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "stress/clock.h"
#include "stress/gang.h"
#include "stress/load_flags.h"
#include "stress/load_options.h"
#include "stress/nearest.h"
#include "stress/run_control.h"
#include "stress/run_record.h"
#include "stress/scenarios/scenario.h"
#include "stress/supervisor.h"

namespace corepool::stress {

absl::StatusOr<std::vector<Scenario>> ScenariosNamed(
    const std::vector<std::string>& names) {
  const auto all = AllScenarios();
  if (names.empty()) return std::vector<Scenario>(all.begin(), all.end());
  std::vector<Scenario> chosen;
  for (const std::string& name : names) {
    const auto found =
        std::find_if(all.begin(), all.end(),
                     [&name](const Scenario& one) { return one.name == name; });
    if (found == all.end()) {
      std::vector<std::string> known;
      for (const Scenario& one : all) known.emplace_back(one.name);
      return absl::InvalidArgumentError(UnknownWord("scenario", name, known));
    }
    chosen.push_back(*found);
  }
  return chosen;
}

absl::Status PrepareMachine(const LoadOptions& load) {
  absl::Status status = PlanCpus(load.pin, 1).status();
  if (load.rt_priority != 0) {
    std::thread([&status, &load] {
      status.Update(SetPriority(load.rt_priority));
    }).join();
  }
  if (load.lock_memory && mlockall(MCL_CURRENT | MCL_FUTURE) != 0) {
    status.Update(absl::ResourceExhaustedError(
        absl::StrCat("--mlock: the system refuses: ", std::strerror(errno))));
  }
  return status;
}

absl::StatusOr<ScenarioRecord> RunScenario(
    const Scenario& scenario, const LoadOptions& load, const Bounds& bounds,
    const std::function<void(std::int64_t elapsed_ns, std::uint64_t operations)>&
        progress,
    const std::function<void(const ScenarioRecord&)>& stuck) {
  ScenarioRecord blank;
  blank.name = std::string(scenario.name);
  blank.summary = std::string(scenario.summary);
  blank.config = LoadSettings(load);
  RunControl control(bounds.most_operations);
  const std::int64_t began = Now();
  absl::StatusOr<ScenarioRecord> record = [&] {
    const Supervisor supervisor(
        control, {.duration_ns = bounds.duration_ns,
                  .rt_priority = load.rt_priority,
                  .progress = progress,
                  .on_stuck = [&] {
                    ScenarioRecord halted = blank;
                    halted.elapsed_ns = Now() - began;
                    halted.operations = control.operations();
                    halted.checks.push_back(
                        {Check::Kind::kCorrectness, "threads that do not come back", 1,
                         "an operation does not end, or waits for what never comes"});
                    stuck(halted);
                  }});
    return scenario.run(load, control);
  }();
  if (record.ok()) {
    record->name = blank.name;
    record->summary = blank.summary;
    return record;
  }
  if (absl::IsInvalidArgument(record.status())) return record;
  blank.checks.push_back({Check::Kind::kResource, "resources that were missing", 1,
                          std::string(record.status().message())});
  return blank;
}

std::string Reproducer(const Scenario& scenario, const LoadOptions& load,
                       const Bounds& bounds) {
  std::string command = "corepool-stress run ";
  command += scenario.name;
  command += ' ';
  command += LoadArguments(load);
  if (bounds.duration_ns != 0) {
    absl::StrAppend(&command, "--duration=",
                    absl::FormatDuration(absl::Nanoseconds(bounds.duration_ns)), " ");
  }
  if (bounds.most_operations != 0) {
    absl::StrAppend(&command, "--ops=", bounds.most_operations, " ");
  }
  command.pop_back();
  return command;
}

}  // namespace corepool::stress
