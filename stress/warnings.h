// Why a run's figures may not be trustworthy.

#ifndef COREPOOL_STRESS_WARNINGS_H_
#define COREPOOL_STRESS_WARNINGS_H_

#include <string>
#include <vector>

#include "stress/run_record.h"

namespace corepool::stress {

// From what the record tells of its host, its tool, its timer, and of threads, pin and
// rt_prio in its configurations. Nothing that is found here makes a run fail.
std::vector<std::string> Doubts(const RunRecord& run);

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_WARNINGS_H_
