// The sub-command `replay`.

#ifndef COREPOOL_STRESS_REPLAY_COMMAND_H_
#define COREPOOL_STRESS_REPLAY_COMMAND_H_

#include <string>
#include <string_view>
#include <vector>

#include "stress/exit_code.h"

namespace corepool::stress {

// Replays the files, or the built-in sample if there are none, as the flags say.
// Flags have been parsed. Prints to standard output and error.
ExitCode RunReplay(const std::vector<std::string>& files);

std::string_view ReplayHelp();

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_REPLAY_COMMAND_H_
