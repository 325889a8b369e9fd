// What commands that run scenarios have in common.

#ifndef COREPOOL_STRESS_SESSION_H_
#define COREPOOL_STRESS_SESSION_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "stress/load_options.h"
#include "stress/run_record.h"
#include "stress/scenarios/scenario.h"

namespace corepool::stress {

// The scenarios of these names, all if there are none; kInvalidArgument for a name
// that there is not.
absl::StatusOr<std::vector<Scenario>> ScenariosNamed(
    const std::vector<std::string>& names);

// Whether the load's CPUs, priority and locked memory can be had, before anything
// runs; locks the memory.
absl::Status PrepareMachine(const LoadOptions& load);

struct Bounds {
  std::int64_t duration_ns = 0;       // 0: none
  std::uint64_t most_operations = 0;  // 0: none
};

// Runs one scenario to its bounds, to its first fault, or until Ctrl-C. What it cannot
// have is in the record as a check; kInvalidArgument if the load makes no sense for it.
// `stuck` gets the record of a scenario whose threads do not come back; the program
// must end then.
absl::StatusOr<ScenarioRecord> RunScenario(
    const Scenario& scenario, const LoadOptions& load, const Bounds& bounds,
    const std::function<void(std::int64_t elapsed_ns, std::uint64_t operations)>&
        progress,
    const std::function<void(const ScenarioRecord&)>& stuck);

// The command that does a scenario's run again, for people to copy.
std::string Reproducer(const Scenario& scenario, const LoadOptions& load,
                       const Bounds& bounds);

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_SESSION_H_
