// corepool-stress: shows on this machine that a pool keeps its promises.

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include "absl/flags/parse.h"
#include "absl/strings/str_format.h"
#include "corepool/config.h"
#include "stress/exit_code.h"
#include "stress/replay_command.h"

namespace {

constexpr std::string_view kHelp =
    R"(corepool-stress: shows on this machine that a pool keeps its promises.

usage: corepool-stress replay [flags] [FILE...]

replay: CAN frames of `candump -L` logs arrive in interrupt handlers (signals that
  interrupt threads which use the same pool). Each handler allocates a block, fills
  it and hands it to a task on another core, which checks and frees it. Without FILE
  a built-in log is replayed; - is standard input.

  --speed=asap|1x      asap (default): as fast as the tasks keep up, nothing is
                       dropped; 1x: by the log's clock, frames that find no block
                       are dropped and counted
  --pool_blocks=256    blocks in the pool
  --block_size=0       bytes in a block; 0: what the log's longest frame needs
  --window=64          asap: most frames under way on a bus
  --stall=10ms         how long tasks may stand still, for the recommended size
  --max_gap=10s        longer gaps are jumps of the log's clock and take no time
  --skip_bad_lines     count malformed lines and go on
  --seed=1             of what the interrupted threads do
  --json=FILE          results for programs; - for standard output

exit codes:
  0  pass
  1  usage, or an input file that is missing or malformed
  2  correctness violated: frames or blocks lost, doubled or damaged
  3  leak: blocks not given back
  5  resource: memory, threads, or blocks for every frame were missing
)";

bool Has(const std::vector<std::string>& words, std::string_view one,
         std::string_view other) {
  return std::any_of(words.begin(), words.end(), [&](const std::string& word) {
    return word == one || word == other;
  });
}

int Run(int argc, char** argv) {
  using namespace corepool::stress;  // NOLINT: ExitCode's enumerators
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (Has(words, "--help", "-h")) {
    absl::PrintF("%s", std::string(kHelp));
    return std::fflush(stdout) == 0 ? kPass : kResource;
  }
  if (Has(words, "--version", "-version")) {
    absl::PrintF("corepool-stress %s\n", COREPOOL_VERSION);
    return kPass;
  }
  if (std::any_of(words.begin(), words.end(), [](const std::string& word) {
        return word.find("-flagfile") == 0 || word.find("--flagfile") == 0;
      })) {
    absl::FPrintF(stderr, "corepool-stress: --flagfile is not supported\n");
    return kUsage;
  }
  // Ends the program with 1 and a line for an unknown flag or a bad value.
  const std::vector<char*> rest = absl::ParseCommandLine(argc, argv);
  if (rest.size() < 2) {
    absl::FPrintF(stderr, "%s", std::string(kHelp));
    return kUsage;
  }
  const std::string command = rest[1];
  if (command != "replay") {
    absl::FPrintF(stderr,
                  "corepool-stress: unknown command '%s'; there is: replay "
                  "(see --help)\n",
                  command);
    return kUsage;
  }
  return RunReplay({rest.begin() + 2, rest.end()});
}

}  // namespace

int main(int argc, char** argv) {
  // Files that are opened later must not become standard output by being the first.
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
    if (fcntl(fd, F_GETFD) == -1) (void)open("/dev/null", O_RDWR);
  }
  try {
    return Run(argc, argv);
  } catch (const std::bad_alloc&) {
    absl::FPrintF(stderr, "corepool-stress: not enough memory\n");
    return corepool::stress::kResource;
  }
}
