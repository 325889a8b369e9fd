// `replay` and `advise` of CAN logs.

#ifndef COREPOOL_STRESS_CAN_COMMAND_H_
#define COREPOOL_STRESS_CAN_COMMAND_H_

#include <string>
#include <vector>

#include "stress/exit_code.h"
#include "stress/trace_input.h"

namespace corepool::stress {

// Replays the logs, one behind the other, as the flags say. `files` are their names as
// the user gave them.
ExitCode ReplayCanLogs(std::vector<OpenedTrace> logs, const TraceFlags& flags,
                       const std::vector<std::string>& files);

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_CAN_COMMAND_H_
