// Adds up runs of one scenario.

#ifndef COREPOOL_STRESS_MERGE_H_
#define COREPOOL_STRESS_MERGE_H_

#include <string>

#include "stress/run_record.h"

namespace corepool::stress {

// Adds a further run of the same scenario to what there was before, as if it had gone
// on; `sum` may be of none yet. Memory does not grow with the number of runs. `again`
// is how to do this one again, for people; put beside what it found wrong.
void MergeTurn(const ScenarioRecord& turn, const std::string& again,
               ScenarioRecord& sum);

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_MERGE_H_
