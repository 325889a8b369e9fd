// The sub-command `advise`.

#ifndef COREPOOL_STRESS_ADVISE_COMMAND_H_
#define COREPOOL_STRESS_ADVISE_COMMAND_H_

#include <string>
#include <string_view>
#include <vector>

#include "stress/exit_code.h"

namespace corepool::stress {

// The pools that the one trace in `files` needs, as the flags say. Flags have been
// parsed. Prints to standard output and error.
ExitCode RunAdvise(const std::vector<std::string>& files);

std::string_view AdviseHelp();

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_ADVISE_COMMAND_H_
