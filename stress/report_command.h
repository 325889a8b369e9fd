// The sub-commands `report` and `compare`, which read what --json wrote.

#ifndef COREPOOL_STRESS_REPORT_COMMAND_H_
#define COREPOOL_STRESS_REPORT_COMMAND_H_

#include <string>
#include <string_view>
#include <vector>

#include "stress/exit_code.h"

namespace corepool::stress {

// One file: writes it anew as the flags of outputs.h say; gates are judged anew if any
// is given. Passes whatever the run's verdict was, which it shows.
ExitCode RunReport(const std::vector<std::string>& files);
std::string_view ReportHelp();

// Two files: see comparison.h.
ExitCode RunCompare(const std::vector<std::string>& files);
std::string_view CompareHelp();

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_REPORT_COMMAND_H_
