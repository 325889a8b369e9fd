// What a sub-command is.

#ifndef COREPOOL_STRESS_COMMAND_H_
#define COREPOOL_STRESS_COMMAND_H_

#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "stress/exit_code.h"

namespace corepool::stress {

struct Command {
  std::string_view name;
  // Words that are no flags, after the command's name. Flags have been parsed. Prints
  // to standard output and error, and says how the program ends.
  ExitCode (*run)(const std::vector<std::string>& arguments);
  // Its part of --help: "NAME: what it does", its flags; ends a line.
  std::string_view (*help)();
};

// For the end of a command that cannot go on: one line on standard error.
inline ExitCode Fail(ExitCode code, absl::string_view message) {
  absl::FPrintF(stderr, "corepool-stress: %s\n", message);
  return code;
}

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_COMMAND_H_
