#include "stress/run_record.h"

#include <algorithm>
#include <vector>

namespace corepool::stress {
namespace {

bool Broken(const std::vector<Check>& checks, Check::Kind kind) {
  return std::any_of(checks.begin(), checks.end(), [kind](const Check& check) {
    return check.kind == kind && check.violations != 0;
  });
}

}  // namespace

ExitCode Verdict(const RunRecord& run) {
  const auto broken = [&run](Check::Kind kind) {
    return Broken(run.gates, kind) ||
           std::any_of(run.scenarios.begin(), run.scenarios.end(),
                       [kind](const ScenarioRecord& scenario) {
                         return Broken(scenario.checks, kind);
                       });
  };
  if (broken(Check::Kind::kCorrectness)) return kIncorrect;
  if (broken(Check::Kind::kLeak)) return kLeak;
  if (broken(Check::Kind::kGate)) return kGateMissed;
  if (broken(Check::Kind::kResource)) return kResource;
  return run.interrupted ? kInterrupted : kPass;
}

}  // namespace corepool::stress
