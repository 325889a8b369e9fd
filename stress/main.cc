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
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "corepool/config.h"
#include "stress/advise_command.h"
#include "stress/command.h"
#include "stress/exit_code.h"
#include "stress/list_command.h"
#include "stress/nearest.h"
#include "stress/replay_command.h"
#include "stress/report_command.h"
#include "stress/run_command.h"
#include "stress/sabotage.h"
#include "stress/soak_command.h"

namespace corepool::stress {
namespace {

constexpr Command kCommands[] = {
    {"run", RunRun, RunHelp},          {"soak", RunSoak, SoakHelp},
    {"list", RunList, ListHelp},       {"replay", RunReplay, ReplayHelp},
    {"report", RunReport, ReportHelp}, {"compare", RunCompare, CompareHelp},
    {"advise", RunAdvise, AdviseHelp},
};

constexpr std::string_view kExitCodes =
    R"(
exit codes:
  0  pass
  1  usage, or an input file that is missing or malformed
  2  correctness violated: blocks or frames lost, doubled or damaged
  3  leak: blocks not given back
  4  gate missed: slower than --max_... or --min_... allow
  5  resource: memory, threads, CPUs, priorities or files were missing or refused
  130  interrupted by Ctrl-C, with a report of what there was until then
)";

std::vector<std::string> CommandNames() {
  std::vector<std::string> names;
  for (const Command& command : kCommands) names.emplace_back(command.name);
  return names;
}

const Command* Find(std::string_view name) {
  const auto* const found =
      std::find_if(std::begin(kCommands), std::end(kCommands),
                   [name](const Command& command) { return command.name == name; });
  return found == std::end(kCommands) ? nullptr : found;
}

// All commands' parts, or one's only.
std::string Help(const Command* only) {
  std::string text =
      "corepool-stress: shows on this machine that a pool keeps its promises.\n\n";
  absl::StrAppend(
      &text, "usage: corepool-stress ",
      only != nullptr ? std::string(only->name) : absl::StrJoin(CommandNames(), "|"),
      " [flags] [ARGUMENT...]\n");
  for (const Command& command : kCommands) {
    if (only != nullptr && only != &command) continue;
    text += '\n';
    text += command.help();
  }
  text += kExitCodes;
  return text;
}

bool Has(const std::vector<std::string>& words, std::string_view one,
         std::string_view other) {
  return std::any_of(words.begin(), words.end(), [&](const std::string& word) {
    return word == one || word == other;
  });
}

ExitCode Run(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (Has(words, "--help", "-h")) {
    const Command* const only = words.empty() ? nullptr : Find(words.front());
    absl::PrintF("%s", Help(only));
    return std::fflush(stdout) == 0 ? kPass : kResource;
  }
  if (Has(words, "--version", "-version")) {
    absl::PrintF("corepool-stress %s\n", COREPOOL_VERSION);
    if (!kSabotage.empty()) absl::PrintF("sabotage: %s\n", std::string(kSabotage));
    return kPass;
  }
  if (std::any_of(words.begin(), words.end(), [](const std::string& word) {
        return word.find("-flagfile") == 0 || word.find("--flagfile") == 0;
      })) {
    return Fail(kUsage, "--flagfile is not supported");
  }
  // Ends the program with 1 and a line for an unknown flag or a bad value.
  const std::vector<char*> rest = absl::ParseCommandLine(argc, argv);
  if (rest.size() < 2) {
    absl::FPrintF(stderr, "%s", Help(nullptr));
    return kUsage;
  }
  const Command* const command = Find(rest[1]);
  if (command == nullptr) {
    return Fail(kUsage,
                UnknownWord("command", rest[1], CommandNames()) + " (see --help)");
  }
  return command->run({rest.begin() + 2, rest.end()});
}

constexpr char kNotEnoughMemory[] = "not enough memory";

// main() catches what operator new throws on the first thread; on another nobody would.
void EndUnlessCaught() {
  if (gettid() == getpid()) throw std::bad_alloc();
  (void)Fail(kResource, kNotEnoughMemory);
  _exit(kResource);
}

}  // namespace
}  // namespace corepool::stress

int main(int argc, char** argv) {
  // Files that are opened later must not become standard output by being the first.
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
    if (fcntl(fd, F_GETFD) == -1) (void)open("/dev/null", O_RDWR);
  }
  std::set_new_handler(corepool::stress::EndUnlessCaught);
  try {
    return corepool::stress::Run(argc, argv);
  } catch (const std::bad_alloc&) {
    return corepool::stress::Fail(corepool::stress::kResource,
                                  corepool::stress::kNotEnoughMemory);
  }
}
