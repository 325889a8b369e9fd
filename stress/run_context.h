// What every command puts around what it measured.

#ifndef COREPOOL_STRESS_RUN_CONTEXT_H_
#define COREPOOL_STRESS_RUN_CONTEXT_H_

#include <string>

#include "stress/gates.h"
#include "stress/run_record.h"

namespace corepool::stress {

// A record with tool, host, timer and the time; takes some milliseconds.
RunRecord BeginRecord(const std::string& command);

// Adds what depends on all that was measured: the judgement of the gates, and warnings
// after those that are there already.
void ConcludeRecord(const Gates& gates, RunRecord& run);

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_RUN_CONTEXT_H_
