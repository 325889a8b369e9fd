// What commands that run scenarios have in common.

#ifndef COREPOOL_STRESS_SESSION_H_
#define COREPOOL_STRESS_SESSION_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "stress/exit_code.h"
#include "stress/gates.h"
#include "stress/interruption.h"
#include "stress/load_options.h"
#include "stress/outputs.h"
#include "stress/progress.h"
#include "stress/run_record.h"
#include "stress/scenarios/scenario.h"

namespace corepool::stress {

// The scenarios of these names, all if there are none; kInvalidArgument for a name
// that there is not.
absl::StatusOr<std::vector<Scenario>> ScenariosNamed(
    const std::vector<std::string>& names);

// When one scenario ends, if nothing is found before.
struct Bounds {
  std::int64_t duration_ns = 0;       // 0: none
  std::uint64_t most_operations = 0;  // 0: none
};

// The command that does a scenario's run again, for people to copy.
std::string Reproducer(const Scenario& scenario, const LoadOptions& load,
                       const Bounds& bounds);

// How a command ends that cannot begin.
ExitCode ExitCodeOf(const absl::Status& status);

// One command's work, from its flags to its results. Ctrl-C is noted from its
// beginning.
class Session {
 public:
  // What the flags ask for, after everything that can be known was tried: flags, files
  // for results, CPUs, priority and locked memory. Fails with one line on what cannot
  // be.
  // `inputs` are files that are read, and so must not be written to.
  static absl::StatusOr<std::unique_ptr<Session>> Begin(
      const std::string& command, const std::vector<std::string>& inputs = {});

  const LoadOptions& load() const { return load_; }
  RunRecord& record() { return record_; }
  std::int64_t elapsed_ns() const;
  bool interrupted() const { return Interruption::happened(); }

  // For the line of progress: what the whole is going to be.
  void Expect(int scenarios, std::int64_t planned_ns) {
    expected_ = scenarios;
    planned_ns_ = planned_ns;
  }

  // Runs one scenario to its bounds, to its first fault, or until Ctrl-C. What it
  // cannot have is in the record as a check; kInvalidArgument if the load makes no
  // sense for it, kUnimplemented if this build or machine cannot do it. If its threads
  // stand still or do not come back, `keep` gets what is known of it, and the program
  // ends with the results that there are.
  absl::StatusOr<ScenarioRecord> Run(
      const Scenario& scenario, const LoadOptions& load, const Bounds& bounds,
      const std::function<void(const ScenarioRecord&)>& keep);

  // The same for what is no scenario of the list. Fails as `work` does.
  struct Task {
    std::string name;
    std::string summary;
    std::function<absl::StatusOr<ScenarioRecord>(RunControl&)> work;
    bool keeps_busy = false;  // see Supervisor::Options
  };
  absl::StatusOr<ScenarioRecord> Run(
      const Task& task, const LoadOptions& load, const Bounds& bounds,
      const std::function<void(const ScenarioRecord&)>& keep);

  // Judges, writes all results and says how the program ends.
  ExitCode Finish();

 private:
  Session(Gates gates, Outputs outputs, Progress::Mode mode)
      : gates_(std::move(gates)), outputs_(std::move(outputs)), progress_(mode) {}

  const Interruption interruption_;
  LoadOptions load_;
  const Gates gates_;
  const Outputs outputs_;
  Progress progress_;
  RunRecord record_;
  std::int64_t began_ = 0;
  int expected_ = 1;
  int number_ = 0;  // of scenarios begun
  std::int64_t planned_ns_ = 0;
};

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_SESSION_H_
