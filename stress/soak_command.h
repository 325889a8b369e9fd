// The sub-command `soak`.

#ifndef COREPOOL_STRESS_SOAK_COMMAND_H_
#define COREPOOL_STRESS_SOAK_COMMAND_H_

#include <string>
#include <string_view>
#include <vector>

#include "stress/exit_code.h"

namespace corepool::stress {

// Runs the scenarios of these names, or all if there are none, in turn for hours, each
// time with another seed.
ExitCode RunSoak(const std::vector<std::string>& names);

std::string_view SoakHelp();

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_SOAK_COMMAND_H_
