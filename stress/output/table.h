// A run for people at a terminal of 80 columns.

#ifndef COREPOOL_STRESS_OUTPUT_TABLE_H_
#define COREPOOL_STRESS_OUTPUT_TABLE_H_

#include <string>

#include "stress/run_record.h"

namespace corepool::stress {

// A line of verdict for each scenario, then the details of each, then what holds for
// the whole run; the last line is its verdict.
std::string RecordAsTable(const RunRecord& run);

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_OUTPUT_TABLE_H_
