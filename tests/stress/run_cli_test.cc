// Runs `run`, `soak` and `list` as a user would.

#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/support/program.h"

namespace corepool::stress {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::TempPath;
using testing::TextOf;

constexpr const char* kProgram = "stress/corepool-stress";

nlohmann::json JsonOf(const std::string& path) {
  return nlohmann::json::parse(TextOf(path), nullptr, false);
}

// The program while it runs.
class Running {
 public:
  explicit Running(std::vector<std::string> arguments)
      : errors_(TempPath("errors.txt")), out_(TempPath("out.txt")) {
    arguments.insert(arguments.begin(), kProgram);
    pid_ = fork();
    if (pid_ == 0) {
      if (std::freopen(out_.c_str(), "w", stdout) == nullptr ||
          std::freopen(errors_.c_str(), "w", stderr) == nullptr) {
        _exit(98);
      }
      std::vector<char*> words;
      for (std::string& argument : arguments) words.push_back(argument.data());
      words.push_back(nullptr);
      execv(kProgram, words.data());
      _exit(99);
    }
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  // Until the program has made up its mind about Ctrl-C, or has ended.
  void AwaitHandler() const {
    constexpr std::uint64_t kInterrupt = std::uint64_t{1} << (SIGINT - 1);
    for (;;) {
      std::istringstream status(TextOf("/proc/" + std::to_string(pid_) + "/status"));
      std::string word;
      bool alive = false;
      while (status >> word) {
        if (word == "State:") {
          status >> word;
          alive = word != "Z";
        }
        if (word == "SigCgt:") {
          status >> word;
          if ((std::stoull(word, nullptr, 16) & kInterrupt) != 0) return;
        }
      }
      if (!alive) return;
    }
  }
  void Interrupt() const { kill(pid_, SIGINT); }

  // The exit code, or 1000 and the signal that ended it.
  int Wait() const {
    int status = 0;
    while (waitpid(pid_, &status, 0) == -1) {
    }
    return testing::ExitCodeOf(status);
  }
  std::string errors() const { return TextOf(errors_); }
  std::string out() const { return TextOf(out_); }

 private:
  std::string errors_;
  std::string out_;
  pid_t pid_;
};

struct Outcome {
  int code;
  std::string out;
  std::string errors;
};

Outcome RunProgram(std::vector<std::string> arguments) {
  const Running running(std::move(arguments));
  const int code = running.Wait();
  return {code, running.out(), running.errors()};
}

// One line that has `why` in it, and nothing else anywhere.
void ExpectComplaint(const std::vector<std::string>& arguments, int code,
                     const std::string& why) {
  const Outcome outcome = RunProgram(arguments);
  EXPECT_EQ(outcome.code, code) << outcome.errors;
  EXPECT_THAT(outcome.errors, HasSubstr(why));
  EXPECT_THAT(outcome.errors, Not(HasSubstr("WARNING")));
  EXPECT_EQ(outcome.errors.find('\n'), outcome.errors.size() - 1) << outcome.errors;
  EXPECT_EQ(outcome.out, "");
}

TEST(RunCli, RunsWhatItIsAskedToAndReports) {
  const std::string path = TempPath("run.json");
  const Outcome outcome = RunProgram(
      {"run", "burst", "aba_storm", "--ops=5000", "--seed=9", "--json=" + path});
  EXPECT_EQ(outcome.code, 0) << outcome.out << outcome.errors;
  EXPECT_THAT(outcome.out, HasSubstr("burst"));
  EXPECT_THAT(outcome.out, HasSubstr("PASS"));
  const nlohmann::json json = JsonOf(path);
  ASSERT_TRUE(json.is_object());
  ASSERT_EQ(json["scenarios"].size(), 2u);
  EXPECT_EQ(json["scenarios"][0]["name"], "burst");
  EXPECT_EQ(json["scenarios"][1]["name"], "aba_storm");
  EXPECT_EQ(json["config"]["seed"], 9);
}

TEST(RunCli, RunsAllScenariosByDefault) {
  const std::string path = TempPath("all.json");
  const std::string list = TempPath("list.json");
  EXPECT_EQ(RunProgram({"run", "--ops=500", "--json=" + path}).code, 0);
  ASSERT_EQ(RunProgram({"list", "--json=" + list}).code, 0);
  const nlohmann::json run = JsonOf(path)["scenarios"];
  const nlohmann::json all = JsonOf(list)["scenarios"];
  ASSERT_EQ(run.size(), all.size());
  for (std::size_t i = 0; i < all.size(); ++i)
    EXPECT_EQ(run[i]["name"], all[i]["name"]);
}

TEST(RunCli, ListsScenariosWithWhatTheyMustCatch) {
  const Outcome outcome = RunProgram({"list"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.out, HasSubstr("aba_storm"));
  EXPECT_THAT(outcome.out, HasSubstr("must catch: two_tag_bits"));
  const Outcome one = RunProgram({"list", "burst"});
  EXPECT_THAT(one.out, Not(HasSubstr("aba_storm")));
}

TEST(RunCli, NamesTheNearestScenario) {
  ExpectComplaint({"run", "brust"}, 1, "unknown scenario 'brust'; did you mean burst?");
  ExpectComplaint({"soak", "xyz"}, 1, "unknown scenario 'xyz'; there is: aba_storm");
  ExpectComplaint({"list", "grwth"}, 1, "did you mean growth?");
}

TEST(RunCli, RefusesFlagsThatMakeNoSense) {
  for (const auto& [flag, why] : std::vector<std::pair<std::string, std::string>>{
           {"--threads=-1", "--threads=-1 is not between 0 and 1024"},
           {"--consumers=5000", "--consumers=5000 is not"},
           {"--rt_prio=100", "--rt_prio=100 is not between 0 and 99"},
           {"--bulk=0", "--bulk=0 is not between 1 and 1024"},
           {"--pin=0-", "--pin=0- is neither"},
           {"--pin=", "--pin= is neither"},
           {"--pin=3-1", "--pin=3-1 is neither"},
           {"--pin=x", "--pin=x is neither"},
           {"--caching=lots", "--caching=lots is none of: automatic, rseq, cas, none"},
           {"--checking=lots", "--checking=lots is none of: off, basic, strict, full"},
           {"--arrival=lots", "--arrival=lots is none of: fixed, poisson"},
           {"--rate=-1", "--rate=-1 is not a number"},
           {"--rate=10x", "--rate=10x is not a number"},
           {"--rate=k", "--rate=k is not a number"},
           {"--rate=nan", "--rate=nan is not a number"},
           {"--rate=2000M", "--rate=2000M is not a number"},
           {"--duration=0s", "--duration=0 is not between"},
           {"--duration=-5s", "--duration=-5s is not between"},
           {"--duration=inf", "--duration=inf is not between"},
           {"--pool_blocks=99999999999", "burst: "},
           {"--pool_blocks=3 --threads=4", "is less than --bulk=1 for each of 4"}}) {
    std::vector<std::string> arguments = {"run", "burst"};
    std::istringstream flags(flag);
    for (std::string one; flags >> one;) arguments.push_back(one);
    ExpectComplaint(arguments, 1, why);
  }
  ExpectComplaint({"soak", "--turn=0s"}, 1, "--turn=0 is not between");
  ExpectComplaint({"run", "--json=/does/not/exist/x"}, 1, "/does/not/exist/x");
}

TEST(RunCli, SaysWhichCpusItMayUse) {
  ExpectComplaint({"run", "--pin=0,999"}, 5, "--pin: this process may not use CPU 999");
}

TEST(RunCli, SaysWhenMemoryIsShort) {
  const Outcome outcome =
      RunProgram({"run", "burst", "--threads=4", "--block_size=99999999999999"});
  EXPECT_EQ(outcome.code, 5);
  // A sanitizer has something to say before.
  EXPECT_THAT(outcome.errors,
              EndsWith("corepool-stress: burst: there is no memory for 256 blocks of "
                       "99999999999999 bytes\n"));
}

TEST(RunCli, SkipsOfAllScenariosThoseThatCannotBe) {
  const std::string path = TempPath("skipped.json");
  EXPECT_EQ(RunProgram({"run", "--ops=200", "--threads=4", "--pool_blocks=3",
                        "--json=" + path})
                .code,
            0);
  int skipped = 0;
  const nlohmann::json scenarios = JsonOf(path)["scenarios"];
  for (const nlohmann::json& scenario : scenarios) skipped += scenario["skipped"] != "";
  EXPECT_GE(skipped, 1);
  EXPECT_LT(skipped, 4);
}

TEST(RunCli, DoesNotPassIfNothingCouldBeRun) {
  ExpectComplaint({"soak", "burst", "--turn=10ms", "--threads=4", "--pool_blocks=3"}, 5,
                  "no scenario can be run: --pool_blocks=3 is less than");
}

TEST(RunCli, StopsAtTheBoundOnTime) {
  const std::string path = TempPath("time.json");
  EXPECT_EQ(RunProgram({"run", "far_free", "--duration=200ms", "--json=" + path}).code,
            0);
  const nlohmann::json elapsed = JsonOf(path)["scenarios"][0]["elapsed_ns"];
  EXPECT_GE(elapsed, 200'000'000);
}

TEST(RunCli, SoaksAllScenariosInTurnWithNewSeedsAndAddsUp) {
  const std::string path = TempPath("soak.json");
  const Outcome outcome = RunProgram(
      {"soak", "burst", "growth", "--turn=10ms", "--duration=3s", "--json=" + path});
  EXPECT_EQ(outcome.code, 0) << outcome.errors;
  const nlohmann::json scenarios = JsonOf(path)["scenarios"];
  ASSERT_EQ(scenarios.size(), 2u);
  for (const nlohmann::json& scenario : scenarios) {
    // Setting up takes far longer than a turn where the machine has other work.
    EXPECT_GT(scenario["elapsed_ns"], 20'000'000) << "one turn or two only";
  }
}

TEST(RunCli, SoaksToABoundOnOperationsOfTheWhole) {
  const std::string path = TempPath("soak_ops.json");
  EXPECT_EQ(RunProgram({"soak", "--turn=20ms", "--ops=20000", "--json=" + path}).code,
            0);
  std::uint64_t operations = 0;
  const nlohmann::json scenarios = JsonOf(path)["scenarios"];
  for (const nlohmann::json& scenario : scenarios) {
    operations += scenario["operations"].get<std::uint64_t>();
    operations += scenario["failures"].get<std::uint64_t>();
  }
  EXPECT_GE(operations, 20'000u);
}

TEST(RunCli, EndsOnCtrlCInAnyPhaseWithAFullReport) {
  const std::string path = TempPath("interrupted.json");
  for (const char* const command : {"run", "soak"}) {
    for (int pause = 0; pause < 20; ++pause) {
      std::remove(path.c_str());
      const Running running(
          {command, "--duration=100s", "--turn=10ms", "--threads=3", "--json=" + path});
      running.AwaitHandler();
      // Wherever it is by then.
      const timespec wait = {.tv_sec = 0, .tv_nsec = pause * pause * 200'000};
      nanosleep(&wait, nullptr);
      running.Interrupt();
      EXPECT_EQ(running.Wait(), 130) << running.errors();
      const nlohmann::json json = JsonOf(path);
      ASSERT_TRUE(json.is_object()) << command << pause;
      EXPECT_EQ(json["interrupted"], true);
      EXPECT_THAT(running.out(), HasSubstr("STOP"));
    }
  }
}

TEST(RunCli, TakesTwoInterruptionsAtOnceForOne) {
  const Running running({"run", "--duration=100s"});
  running.AwaitHandler();
  running.Interrupt();
  running.Interrupt();
  EXPECT_EQ(running.Wait(), 130) << running.errors();
  EXPECT_THAT(running.out(), HasSubstr("STOP"));
}

TEST(RunCli, TellsAboutItselfForEachCommand) {
  for (const char* const command : {"run", "soak", "list", "replay"}) {
    const Outcome help = RunProgram({command, "--help"});
    EXPECT_EQ(help.code, 0);
    EXPECT_THAT(help.out, HasSubstr(std::string("\n") + command + " ["));
    EXPECT_THAT(help.out, HasSubstr("130  interrupted"));
  }
  const std::string all = RunProgram({"--help"}).out;
  for (const char* const part : {"\nrun [", "\nsoak [", "\nlist [", "\nreplay ["}) {
    EXPECT_THAT(all, HasSubstr(part));
  }
}

}  // namespace
}  // namespace corepool::stress
