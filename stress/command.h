// What a sub-command is.

#ifndef COREPOOL_STRESS_COMMAND_H_
#define COREPOOL_STRESS_COMMAND_H_

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
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

// The same for a problem, or several, each in a line of its own.
inline ExitCode FailLines(ExitCode code, const absl::Status& status) {
  std::string_view rest(status.message().data(), status.message().size());
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    Fail(code, absl::string_view(rest.data(), std::min(end, rest.size())));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  return code;
}

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_COMMAND_H_
