// What a scenario is, and all of them.

#ifndef COREPOOL_STRESS_SCENARIOS_SCENARIO_H_
#define COREPOOL_STRESS_SCENARIOS_SCENARIO_H_

#include <span>
#include <string_view>

#include "absl/status/statusor.h"
#include "stress/load_options.h"
#include "stress/run_control.h"
#include "stress/run_record.h"

namespace corepool::stress {

// A shape of load with its own proof that nothing was lost, doubled or damaged.
struct Scenario {
  std::string_view name;        // aba_storm
  std::string_view summary;     // one line
  std::string_view must_catch;  // the sabotages, as --version of such a build says them
  std::string_view ignores;     // flags of the load that it does not heed

  // Returns soon after `control` says so, everything freed and checked. Fails with
  // kInvalidArgument if the options make no sense for it, with kResourceExhausted if
  // threads or memory cannot be had; what goes wrong later is in the record's checks.
  absl::StatusOr<ScenarioRecord> (*run)(const LoadOptions& load, RunControl& control);
};

// In the order in which `run` takes them.
std::span<const Scenario> AllScenarios();

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_SCENARIOS_SCENARIO_H_
