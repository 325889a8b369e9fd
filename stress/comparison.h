// Two runs side by side.

#ifndef COREPOOL_STRESS_COMPARISON_H_
#define COREPOOL_STRESS_COMPARISON_H_

#include <string>
#include <vector>

#include "stress/run_record.h"

namespace corepool::stress {

struct Comparison {
  // What differs in machine, build and flags, then ratios (the second run's figure by
  // the first's) for each scenario and operation that both have; for 80 columns.
  std::string text;
  // Where the second run is worse by more than was allowed, a line for each.
  std::vector<std::string> regressions;
  // False if no scenario was measured in both.
  bool anything = false;
};

// `allowed`: the share by which throughput may be lower, or p50, p99 and p99.9 higher,
// before it is a regression; so is a scenario of the first run that the second lacks.
// The slowest operation is shown, but it is one sample only. Negative: whatever there
// is.
Comparison Compare(const RunRecord& first, const RunRecord& second, double allowed);

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_COMPARISON_H_
