// Runs programs as a shell would, and what tests leave in files for them.

#ifndef COREPOOL_TESTS_SUPPORT_PROGRAM_H_
#define COREPOOL_TESTS_SUPPORT_PROGRAM_H_

#include <sys/wait.h>

#include <array>
#include <cstddef>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

#include "gtest/gtest.h"

namespace corepool::testing {

// 1000 and the signal, for a program that a signal has ended.
inline int ExitCodeOf(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

struct ShellOutcome {
  int code = -1;    // as ExitCodeOf
  std::string out;  // standard output and error together
};

inline ShellOutcome RunShell(const std::string& command) {
  std::FILE* const pipe = popen((command + " 2>&1").c_str(), "r");
  ShellOutcome outcome;
  std::array<char, 4096> buffer;
  std::size_t length = 0;
  while ((length = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0) {
    outcome.out.append(buffer.data(), length);
  }
  outcome.code = ExitCodeOf(pclose(pipe));
  return outcome;
}

inline std::string TempPath(const std::string& name) {
  return ::testing::TempDir() + "/" + name;
}

// Returns its path.
inline std::string TempFile(const std::string& name, const std::string& text) {
  std::ofstream(TempPath(name), std::ios::binary) << text;
  return TempPath(name);
}

inline std::string TextOf(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace corepool::testing

#endif  // COREPOOL_TESTS_SUPPORT_PROGRAM_H_
