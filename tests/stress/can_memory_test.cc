// That logs are replayed, and read for advice, in memory that does not depend on their
// length.

#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/support/program.h"

namespace corepool::stress {
namespace {

using testing::ExitCodeOf;
using testing::TempPath;
using testing::TextOf;

struct Outcome {
  int code = -1;
  long peak_kib = 0;  // resident at once
};

Outcome RunProgram(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "stress/corepool-stress");
  std::vector<char*> words;
  for (std::string& argument : arguments) words.push_back(argument.data());
  words.push_back(nullptr);
  posix_spawn_file_actions_t quiet;
  posix_spawn_file_actions_init(&quiet);
  posix_spawn_file_actions_addopen(&quiet, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t child = -1;
  const int error =
      posix_spawn(&child, words[0], &quiet, nullptr, words.data(), environ);
  posix_spawn_file_actions_destroy(&quiet);
  Outcome outcome;
  EXPECT_EQ(error, 0);
  if (error != 0) return outcome;
  int status = 0;
  rusage usage = {};
  EXPECT_EQ(wait4(child, &status, 0, &usage), child);
  outcome.code = ExitCodeOf(status);
  outcome.peak_kib = usage.ru_maxrss;
  return outcome;
}

// Of frames on two buses, a millisecond apart, packed.
std::string LogOf(const std::string& name, int frames) {
  const std::string path = TempPath(name);
  const gzFile file = gzopen(path.c_str(), "wb1");
  std::string text;
  char line[80];
  for (int i = 0; i < frames; ++i) {
    std::snprintf(line, sizeof line, "(%d.%03d000) can%d 123#%016X\n",
                  1'600'000'000 + i / 1000, i % 1000, i % 2, static_cast<unsigned>(i));
    text += line;
    if (text.size() < 100'000 && i + 1 < frames) continue;
    gzwrite(file, text.data(), static_cast<unsigned>(text.size()));
    text.clear();
  }
  gzclose(file);
  return path;
}

nlohmann::json ResultsIn(const std::string& path) {
  return nlohmann::json::parse(TextOf(path), nullptr, false);
}

// As many as fit into what is read ahead, and very many more, of which nothing may
// stay: numbers, times and payloads alone would be 24 bytes each. COREPOOL_EFFORT
// multiplies these.
constexpr int kFew = 40'000;
int VeryMany() {
  const char* const effort = std::getenv("COREPOOL_EFFORT");
  return 700'000 * (effort == nullptr ? 1 : std::atoi(effort));
}
constexpr long kMoreKib = 8 * 1024;

class CanMemory : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    few_ = LogOf("few.log.gz", kFew);
    very_many_ = LogOf("very_many.log.gz", VeryMany());
  }
  static std::string few_;
  static std::string very_many_;
};

std::string CanMemory::few_;
std::string CanMemory::very_many_;

TEST_F(CanMemory, OfAReplayDoesNotDependOnTheLengthOfTheLog) {
  const std::string json = TempPath("run.json");
  const Outcome few = RunProgram({"replay", few_, "--json=" + json});
  ASSERT_EQ(few.code, 0);
  EXPECT_EQ(ResultsIn(json)["results"]["frames_out"], kFew);
  const Outcome very_many =
      RunProgram({"replay", very_many_, "--duration=2s", "--json=" + json});
  ASSERT_EQ(very_many.code, 0);
  const nlohmann::json results = ResultsIn(json)["results"];
  EXPECT_GT(results["frames_out"], 0);
  EXPECT_EQ(results["frames_in"], results["frames_out"]);
  EXPECT_EQ(results["recommended_blocks"], 11);
  EXPECT_LT(very_many.peak_kib, few.peak_kib + kMoreKib);
}

TEST_F(CanMemory, OfAdviceDoesNotDependOnTheLengthOfTheLog) {
  const std::string json = TempPath("advice.json");
  const Outcome few = RunProgram({"advise", few_});
  ASSERT_EQ(few.code, 0);
  for (const std::string stall : {"10ms", "1h"}) {
    const Outcome very_many =
        RunProgram({"advise", very_many_, "--stall=" + stall, "--json=" + json});
    ASSERT_EQ(very_many.code, 0);
    const nlohmann::json advice = ResultsIn(json)["advice"];
    EXPECT_EQ(advice["frames"], VeryMany());
    EXPECT_EQ(advice["recommended_blocks"], stall == "10ms" ? 11 : VeryMany());
    EXPECT_LT(very_many.peak_kib, few.peak_kib + kMoreKib) << stall;
  }
}

}  // namespace
}  // namespace corepool::stress
