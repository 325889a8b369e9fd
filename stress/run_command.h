// The sub-command `run`.

#ifndef COREPOOL_STRESS_RUN_COMMAND_H_
#define COREPOOL_STRESS_RUN_COMMAND_H_

#include <string>
#include <string_view>
#include <vector>

#include "stress/exit_code.h"

namespace corepool::stress {

// Runs the scenarios of these names, or all if there are none, as the flags say.
ExitCode RunRun(const std::vector<std::string>& names);

std::string_view RunHelp();

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_RUN_COMMAND_H_
