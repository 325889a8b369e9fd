#include "stress/session.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <functional>
#include <memory>
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
#include "stress/command.h"
#include "stress/exit_code.h"
#include "stress/gang.h"
#include "stress/gates.h"
#include "stress/load_flags.h"
#include "stress/load_options.h"
#include "stress/nearest.h"
#include "stress/outputs.h"
#include "stress/progress.h"
#include "stress/run_context.h"
#include "stress/run_control.h"
#include "stress/run_record.h"
#include "stress/scenarios/scenario.h"
#include "stress/supervisor.h"

namespace corepool::stress {
namespace {

// Whether the load's CPUs, priority and locked memory can be had; locks the memory.
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

}  // namespace

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

ExitCode ExitCodeOf(const absl::Status& status) {
  return absl::IsInvalidArgument(status) ? kUsage : kResource;
}

absl::StatusOr<std::unique_ptr<Session>> Session::Begin(
    const std::string& command, const std::vector<std::string>& inputs) {
  absl::StatusOr<LoadOptions> load = LoadFromFlags();
  if (!load.ok()) return load.status();
  absl::StatusOr<Gates> gates = Gates::FromFlags();
  if (!gates.ok()) return gates.status();
  const absl::StatusOr<Progress::Mode> mode = Progress::ModeFromFlag();
  if (!mode.ok()) return mode.status();
  absl::StatusOr<Outputs> outputs = Outputs::FromFlags(inputs);
  if (!outputs.ok()) return outputs.status();
  const absl::Status prepared = PrepareMachine(*load);
  if (!prepared.ok()) return prepared;
  std::unique_ptr<Session> session(
      new Session(*std::move(gates), *std::move(outputs), *mode));
  session->load_ = *std::move(load);
  session->record_ = BeginRecord(command);
  session->record_.config = LoadSettings(session->load_);
  session->began_ = Now();
  return session;
}

std::int64_t Session::elapsed_ns() const { return Now() - began_; }

absl::StatusOr<ScenarioRecord> Session::Run(
    const Scenario& scenario, const LoadOptions& load, const Bounds& bounds,
    const std::function<void(const ScenarioRecord&)>& keep) {
  const Task task = {
      .name = std::string(scenario.name),
      .summary = std::string(scenario.summary),
      .work = [&](RunControl& control) { return scenario.run(load, control); },
      .keeps_busy = load.rate == 0};
  absl::StatusOr<ScenarioRecord> record = Run(task, load, bounds, keep);
  if (record.ok() || absl::IsInvalidArgument(record.status()) ||
      absl::IsUnimplemented(record.status())) {
    return record;
  }
  (void)Fail(kResource, absl::StrCat(task.name, ": ", record.status().message()));
  ScenarioRecord blank;
  blank.name = task.name;
  blank.summary = task.summary;
  blank.config = LoadSettings(load);
  blank.began_ns = elapsed_ns();
  blank.checks.push_back({Check::Kind::kResource, "resources that were missing", 1,
                          std::string(record.status().message())});
  return blank;
}

absl::StatusOr<ScenarioRecord> Session::Run(
    const Task& task, const LoadOptions& load, const Bounds& bounds,
    const std::function<void(const ScenarioRecord&)>& keep) {
  ScenarioRecord blank;
  blank.name = task.name;
  blank.summary = task.summary;
  blank.config = LoadSettings(load);
  blank.began_ns = elapsed_ns();
  ++number_;
  RunControl control(bounds.most_operations);
  const auto show = [&](std::int64_t, std::uint64_t operations) {
    progress_.Show({.scenario = task.name,
                    .number = number_,
                    .of = std::max(expected_, number_),
                    .elapsed_ns = elapsed_ns(),
                    .planned_ns = planned_ns_,
                    .operations = operations,
                    .most_operations = bounds.most_operations});
  };
  const auto give_up = [&] {
    blank.elapsed_ns = elapsed_ns() - blank.began_ns;
    blank.operations = control.operations();
    blank.checks.push_back({Check::Kind::kCorrectness, "threads that do not come back",
                            1, "an operation does not end"});
    keep(blank);
    const ExitCode code = Finish();
    std::fflush(nullptr);
    _exit(code);
  };
  absl::StatusOr<ScenarioRecord> record = [&] {
    const Supervisor supervisor(control, {.duration_ns = bounds.duration_ns,
                                          .rt_priority = load.rt_priority,
                                          .progress = show,
                                          .keeps_busy = task.keeps_busy,
                                          .on_stuck = give_up});
    return task.work(control);
  }();
  progress_.Clear();
  if (record.ok()) {
    record->name = blank.name;
    record->summary = blank.summary;
    record->began_ns = blank.began_ns;
  }
  return record;
}

ExitCode Session::Finish() {
  progress_.Clear();
  const std::vector<ScenarioRecord>& scenarios = record_.scenarios;
  const bool all_skipped = std::all_of(
      scenarios.begin(), scenarios.end(),
      [](const ScenarioRecord& scenario) { return !scenario.skipped.empty(); });
  // It would pass, and prove nothing.
  if (!scenarios.empty() && all_skipped) {
    return Fail(kResource,
                absl::StrCat("no scenario can be run: ", scenarios.front().skipped));
  }
  record_.elapsed_ns = elapsed_ns();
  record_.interrupted = interrupted();
  ConcludeRecord(gates_, record_);
  return outputs_.Finish(record_);
}

}  // namespace corepool::stress
