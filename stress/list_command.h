// The sub-command `list`.

#ifndef COREPOOL_STRESS_LIST_COMMAND_H_
#define COREPOOL_STRESS_LIST_COMMAND_H_

#include <string>
#include <string_view>
#include <vector>

#include "stress/exit_code.h"

namespace corepool::stress {

// Says what scenarios there are, all or those of these names.
ExitCode RunList(const std::vector<std::string>& names);

std::string_view ListHelp();

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_LIST_COMMAND_H_
