// `replay` of traces of allocations.

#ifndef COREPOOL_STRESS_MALLOC_COMMAND_H_
#define COREPOOL_STRESS_MALLOC_COMMAND_H_

#include <string>
#include <string_view>
#include <vector>

#include "stress/exit_code.h"
#include "stress/trace_input.h"

namespace corepool::stress {

// Replays each of the traces for itself, as the flags say. `files` are their names as
// the user gave them.
ExitCode ReplayMallocTraces(std::vector<OpenedTrace> traces, const TraceFlags& flags,
                            const std::vector<std::string>& files);

// For --help.
std::string_view MallocFlagsHelp();

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_MALLOC_COMMAND_H_
