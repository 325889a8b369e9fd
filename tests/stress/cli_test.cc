// Runs the program as a user would.

#include <signal.h>
#include <sys/resource.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/support/program.h"

namespace corepool::stress {
namespace {

using ::testing::ContainsRegex;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

using Outcome = testing::ShellOutcome;
using testing::TempFile;

Outcome RunProgram(const std::string& arguments) {
  return testing::RunShell("stress/corepool-stress " + arguments);
}

nlohmann::json ReadJson(const std::string& path) {
  std::ifstream file(path);
  return nlohmann::json::parse(file, nullptr, false);
}

// `count` frames, all at the same instant.
std::string Burst(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) {
    text += "(1.000000) can0 123#" + std::to_string(10000000 + i) + "\n";
  }
  return text;
}

TEST(Cli, ReplaysTheBuiltInLog) {
  const Outcome outcome = RunProgram("replay");
  EXPECT_EQ(outcome.code, 0) << outcome.out;
  EXPECT_THAT(outcome.out, HasSubstr("1194 in, 1194 out, 0 dropped"));
  EXPECT_THAT(outcome.out,
              HasSubstr("0 lost, 0 duplicated, 0 out of order, 0 damaged"));
  EXPECT_THAT(outcome.out, ContainsRegex("hand-over +[0-9]+ +[0-9]+"));
  EXPECT_THAT(outcome.out, HasSubstr("|####"));
  EXPECT_THAT(outcome.out,
              EndsWith("PASS: every frame arrived once, whole and in order\n"));
}

TEST(Cli, WritesResultsForPrograms) {
  const std::string path = TempFile("results.json", "");
  ASSERT_EQ(RunProgram("replay --seed=7 --json=" + path).code, 0);
  const nlohmann::json json = ReadJson(path);
  ASSERT_TRUE(json.is_object());
  EXPECT_EQ(json["schema_version"], 2);
  EXPECT_EQ(json["config"]["seed"], 7);
  const nlohmann::json& results = json["results"];
  EXPECT_EQ(results["frames_in"], 1194);
  EXPECT_EQ(results["frames_out"], 1194);
  for (const char* const zero : {"lost", "duplicated", "misordered", "damaged",
                                 "exhausted", "leaked", "misuses"}) {
    EXPECT_EQ(results[zero], 0) << zero;
  }
  EXPECT_GT(results["peak_used"], 0);
  EXPECT_EQ(results["recommended_blocks"], 40);
  for (const char* const operation : {"allocate", "free", "handover"}) {
    const nlohmann::json& latency = results["latency_ns"][operation];
    EXPECT_EQ(latency["count"], 1194);
    EXPECT_LE(latency["min"], latency["p50"]);
    EXPECT_LE(latency["p50"], latency["p90"]);
    EXPECT_LE(latency["p9999"], latency["max"]);
  }
  EXPECT_EQ(results["buses"].size(), 2u);
  EXPECT_EQ(json["verdict"]["pass"], true);
}

TEST(Cli, PrintsNothingButJsonWhereJsonGoesToStandardOutput) {
  const Outcome outcome = RunProgram("replay --json=-");
  EXPECT_TRUE(nlohmann::json::accept(outcome.out)) << outcome.out;
}

TEST(Cli, DropsNothingHoweverSmallThePoolAndTheWindow) {
  const std::string path = TempFile("tight.json", "");
  for (const char* const flags :
       {"--pool_blocks=1", "--pool_blocks=2", "--pool_blocks=3 --window=1000",
        "--window=1", "--pool_blocks=5 --block_size=88"}) {
    const Outcome outcome =
        RunProgram(std::string("replay --json=") + path + " " + flags);
    EXPECT_EQ(outcome.code, 0) << flags << outcome.out;
    EXPECT_EQ(ReadJson(path)["results"]["frames_out"], 1194) << flags;
  }
}

TEST(Cli, CountsWhatFindsNoBlockInAnOpenLoop) {
  const std::string log = TempFile("burst.log", Burst(3000));
  const std::string path = TempFile("burst.json", "");
  for (const int blocks : {0, 1, 4}) {
    const Outcome outcome = RunProgram("replay --speed=1x " + log + " --json=" + path +
                                       " --pool_blocks=" + std::to_string(blocks));
    EXPECT_EQ(outcome.code, 5) << outcome.out;
    const nlohmann::json results = ReadJson(path)["results"];
    EXPECT_GT(results["exhausted"], 0);
    EXPECT_EQ(results["frames_in"], 3000);
    EXPECT_EQ(results["frames_out"].get<int>() + results["exhausted"].get<int>(), 3000);
    EXPECT_EQ(results["recommended_blocks"], 3000);
    for (const char* const zero :
         {"lost", "duplicated", "misordered", "damaged", "leaked"}) {
      EXPECT_EQ(results[zero], 0) << zero;
    }
  }
}

TEST(Cli, DropsNothingInAnOpenLoopWithTheRecommendedPool) {
  const Outcome outcome = RunProgram("replay --speed=1x --pool_blocks=3000 " +
                                     TempFile("fits.log", Burst(3000)));
  EXPECT_EQ(outcome.code, 0) << outcome.out;
  EXPECT_THAT(outcome.out, HasSubstr("3000 in, 3000 out, 0 dropped"));
}

TEST(Cli, IsNotStalledByClockJumps) {
  const std::string log = TempFile("jumps.log",
                                   "(1669809629.0) can0 123#11\n(5.0) can0 123#12\n"
                                   "(1999999999.0) can0 123#13\n(2.0) can1 123#14\n");
  const Outcome outcome = RunProgram("replay --speed=1x " + log);
  EXPECT_EQ(outcome.code, 0) << outcome.out;
  EXPECT_THAT(outcome.out, HasSubstr("clock jumped 3 times"));
}

TEST(Cli, ReplaysEveryKindOfFrame) {
  const std::string log =
      TempFile("kinds.log",
               "# all kinds\n(1.0) can0 123#R\n(1.0) can0 123#R8\n(1.0) can1 "
               "12345678##1" +
                   std::string(128, 'e') +
                   "\n(1.0) vcan0 123#\n(1.0) can0 20000004#0000000000000000\n");
  const Outcome outcome = RunProgram("replay " + log);
  EXPECT_EQ(outcome.code, 0) << outcome.out;
  EXPECT_THAT(outcome.out, HasSubstr("5 in, 5 out"));
}

TEST(Cli, LetsInterruptsInThoughWhoeverStartedItHasBlockedAllSignals) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  const Outcome outcome = RunProgram("replay");
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  EXPECT_EQ(outcome.code, 0) << outcome.out;
}

TEST(Cli, SeesFilesFromWhereTheUserStands) {
  TempFile("here.log", Burst(5));
  setenv("BUILD_WORKING_DIRECTORY", ::testing::TempDir().c_str(), 1);
  const Outcome outcome = RunProgram("replay here.log --json=there.json");
  unsetenv("BUILD_WORKING_DIRECTORY");
  EXPECT_EQ(outcome.code, 0) << outcome.out;
  EXPECT_TRUE(ReadJson(::testing::TempDir() + "/there.json").is_object());
}

TEST(Cli, ReadsStandardInput) {
  const Outcome outcome = RunProgram("replay - < " + TempFile("in.log", Burst(9)));
  EXPECT_EQ(outcome.code, 0) << outcome.out;
  EXPECT_THAT(outcome.out, HasSubstr("9 in, 9 out"));
}

// One clear line and exit code 1, before anything is replayed.
void ExpectUsageError(const std::string& arguments, const std::string& message) {
  const Outcome outcome = RunProgram(arguments);
  EXPECT_EQ(outcome.code, 1) << arguments << "\n" << outcome.out;
  EXPECT_THAT(outcome.out, HasSubstr(message)) << arguments;
  EXPECT_THAT(outcome.out, Not(HasSubstr("frames      ")));
}

TEST(Cli, NamesWhatIsWrongWithAFile) {
  ExpectUsageError("replay /does/not/exist",
                   "/does/not/exist: cannot be opened: No such");
  ExpectUsageError("replay /", "/: cannot be read: Is a directory");
  const std::string empty = TempFile("empty.log", "");
  ExpectUsageError("replay " + empty, empty + ": no CAN frames");
  const std::string bad = TempFile("bad.log", Burst(2) + "(1.0) can0 12#11\n");
  ExpectUsageError("replay " + bad, bad + ":3: the identifier '12' has 2 digits");
  const std::string binary = TempFile("binary.log", std::string("\x7f"
                                                                "ELF\0\1\0",
                                                                7));
  ExpectUsageError("replay " + binary, binary + ":1: ");
  const std::string huge = TempFile("huge.log", std::string(3'000'000, 'x'));
  ExpectUsageError("replay " + huge, huge + ":1: longer than 4096 bytes");
  ExpectUsageError("replay --skip_bad_lines " + huge, "no CAN frames");
  const Outcome skipped = RunProgram("replay --skip_bad_lines " + bad);
  EXPECT_EQ(skipped.code, 0) << skipped.out;
  EXPECT_THAT(skipped.out, HasSubstr("1 malformed lines were skipped"));
}

TEST(Cli, NamesWhatIsWrongWithAFlag) {
  ExpectUsageError("replay --speed=2", "--speed=2 ");
  ExpectUsageError("replay --pool_blocks=0", "--pool_blocks=0");
  ExpectUsageError("replay --pool_blocks=-1", "pool_blocks");
  ExpectUsageError("replay --pool_blocks=many", "pool_blocks");
  ExpectUsageError("replay --pool_blocks=18446744073709551615",
                   "--pool_blocks=18446744073709551615");
  ExpectUsageError("replay --window=0", "--window=0");
  ExpectUsageError("replay --block_size=1", "--block_size=1 is too small");
  ExpectUsageError("replay --stall=-1s", "--stall=-1s is negative");
  ExpectUsageError("replay --stall=soon", "stall");
  ExpectUsageError("replay --flagfile=x", "--flagfile is not supported");
  ExpectUsageError("replay --no_such_flag", "no_such_flag");
  ExpectUsageError("replay --json=/does/not/exist/x.json", "/does/not/exist/x.json");
}

TEST(Cli, SaysWhenMemoryIsShort) {
  const Outcome outcome =
      RunProgram("replay --pool_blocks=2000000 --block_size=99999999999");
  EXPECT_EQ(outcome.code, 5) << outcome.out;
  EXPECT_THAT(outcome.out, HasSubstr("not available"));
}

TEST(Cli, RefusesInputWithoutEnd) {
  ExpectUsageError("replay /dev/zero", "/dev/zero: a device, not a log");
  ExpectUsageError("replay --skip_bad_lines /dev/urandom", "a device");
  ExpectUsageError("replay - < /dev/zero", "-:1: longer than 4096 bytes");
}

TEST(Cli, NeverReplacesItsInput) {
  const std::string log = TempFile("self.log", Burst(3));
  ExpectUsageError("replay --json=" + log + " " + log, "is an input file");
  EXPECT_EQ(RunProgram("replay " + log).code, 0);
}

TEST(Cli, SaysWhenResultsCannotBeWritten) {
  EXPECT_EQ(RunProgram("replay --json=/dev/full").code, 5);
  EXPECT_EQ(RunProgram("replay >/dev/full").code, 5);
  const std::string path = TempFile("closed.json", "");
  const std::string closed =
      "stress/corepool-stress replay --json=" + path + " >&- 2>/dev/null";
  EXPECT_EQ(std::system(closed.c_str()), 0);
  EXPECT_TRUE(ReadJson(path).is_object()) << "and nothing else is in it";
}

TEST(Cli, RunsWhereNoSignalsCanBeQueued) {
  rlimit before = {};
  ASSERT_EQ(getrlimit(RLIMIT_SIGPENDING, &before), 0);
  rlimit none = before;
  none.rlim_cur = 0;
  ASSERT_EQ(setrlimit(RLIMIT_SIGPENDING, &none), 0);
  const Outcome outcome = RunProgram("replay");
  setrlimit(RLIMIT_SIGPENDING, &before);
  EXPECT_EQ(outcome.code, 0) << outcome.out;
}

TEST(Cli, ReplaysManyBusesThroughOneBlock) {
  std::string text;
  for (int i = 0; i < 640; ++i) {
    text += "(1.0) can" + std::to_string(i % 64) + " 123#00\n";
  }
  const Outcome outcome =
      RunProgram("replay --pool_blocks=1 " + TempFile("many.log", text));
  EXPECT_EQ(outcome.code, 0) << outcome.out;
  EXPECT_THAT(outcome.out, HasSubstr("640 in, 640 out"));
}

TEST(Cli, ExplainsItself) {
  const Outcome help = RunProgram("--help");
  EXPECT_EQ(help.code, 0);
  EXPECT_THAT(help.out, HasSubstr("exit codes:"));
  EXPECT_EQ(RunProgram("replay --help").code, 0);
  EXPECT_THAT(RunProgram("--version").out, StartsWith("corepool-stress 0."));
  EXPECT_EQ(RunProgram("").code, 1);
  ExpectUsageError("relpay", "unknown command 'relpay'");
}

}  // namespace
}  // namespace corepool::stress
