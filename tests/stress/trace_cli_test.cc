// Runs `replay` and `advise` on traces of allocations, as a user would.

#include <zlib.h>

#include <fstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/support/program.h"

namespace corepool::stress {
namespace {

using ::testing::HasSubstr;

using Outcome = testing::ShellOutcome;
using testing::TempFile;
using testing::TempPath;
using testing::TextOf;

Outcome RunProgram(const std::string& arguments) {
  return testing::RunShell("stress/corepool-stress " + arguments);
}

nlohmann::json JsonOf(const std::string& path) {
  return nlohmann::json::parse(TextOf(path), nullptr, false);
}

double FigureOf(const nlohmann::json& scenario, const std::string& name) {
  for (const auto& figure : scenario["figures"]) {
    if (figure["name"] == name) return figure["value"];
  }
  return 0;
}

const std::string kSamples = "stress/samples/";

TEST(TraceCli, ReplaysEverySampleWithWhatWasAdvised) {
  for (const std::string name :
       {"malloc_lab.rep", "memory_replay.txt", "mallocs.csv", "sizes.csv"}) {
    const std::string trace = kSamples + name + " --ops=20000";
    const std::string advice = TempPath("advice.json");
    ASSERT_EQ(
        RunProgram("advise " + trace + " --json=" + advice + " > " + TempPath("pools"))
            .code,
        0);
    const nlohmann::json advised = JsonOf(advice)["advice"];
    for (const std::string& pools :
         {TempPath("pools"), advised["pools"].get<std::string>()}) {
      const Outcome replayed = RunProgram("replay --pools=" + pools + " " + trace +
                                          " --json=" + TempPath("run.json"));
      ASSERT_EQ(replayed.code, 0) << replayed.out;
      const nlohmann::json scenario = JsonOf(TempPath("run.json"))["scenarios"][0];
      EXPECT_EQ(scenario["failures"], 0);
      EXPECT_EQ(FigureOf(scenario, "allocations of the trace"),
                advised["trace"]["allocations"]);
      EXPECT_EQ(FigureOf(scenario, "frees of the trace"), advised["trace"]["frees"]);
      EXPECT_EQ(FigureOf(scenario, "blocks freed by the trace"),
                advised["trace"]["blocks_freed"]);
    }
  }
}

TEST(TraceCli, KnowsTracesByWhatIsInThem) {
  const std::string text = TextOf(kSamples + "memory_replay.txt");
  const std::string misnamed = TempFile("frames.candump.log", text);
  EXPECT_THAT(RunProgram("advise " + misnamed).out, HasSubstr("a memory_replay trace"));
  EXPECT_EQ(RunProgram("replay - < " + misnamed).code, 0);
  EXPECT_EQ(RunProgram("replay - --pools=4096x9 < " + misnamed).code, 0);
  const std::string packed = TempPath("packed.rep");
  const gzFile file = gzopen(packed.c_str(), "wb");
  gzwrite(file, text.data(), static_cast<unsigned>(text.size()));
  gzclose(file);
  EXPECT_EQ(RunProgram("replay " + packed).code, 0);
  // A pipe can be read once only.
  const std::string pipe = "cat " + packed + " | stress/corepool-stress replay - >&2";
  EXPECT_EQ(std::system(pipe.c_str()), 0);
  const std::string bytes = TextOf(packed);
  const std::string cut = TempFile("cut", bytes.substr(0, bytes.size() - 9));
  const Outcome outcome = RunProgram("replay " + cut);
  EXPECT_EQ(outcome.code, 1) << outcome.out;
  EXPECT_THAT(outcome.out,
              HasSubstr(cut + ": cannot be read: the gzip file is cut off"));
}

TEST(TraceCli, SaysWhatIsWrong) {
  const std::string good = kSamples + "mallocs.csv ";
  const auto expect = [](const std::string& arguments, int code,
                         const std::string& message) {
    const Outcome outcome = RunProgram(arguments);
    EXPECT_EQ(outcome.code, code) << arguments << "\n" << outcome.out;
    EXPECT_THAT(outcome.out, HasSubstr(message)) << arguments;
  };
  const std::string bad = TempFile("bad", "2\n4\na 0 8\r\nf zero\n");
  expect("replay " + bad, 1, bad + ":4: the block's number 'zero'");
  expect("advise " + bad, 1, bad + ":4: ");
  EXPECT_EQ(RunProgram("replay --skip_bad_lines " + bad).code, 0);
  expect("replay " + TempFile("what", "what is this\n"), 1, "neither a CAN log nor");
  expect("replay --pools=64 " + good, 1, "--pools=64 is neither classes");
  expect("replay --pools=64x,128x2 " + good, 1, "--pools=64x,128x2 is neither");
  expect("replay --pools=64x2,128 " + good, 1, "'128' is not a class");
  expect("replay --pools=64x1 " + good, 5, "requests that found no block: 3");
  expect("replay --speed=fast " + good, 1, "--speed=fast");
  expect("replay --speed=0x " + good, 1, "--speed=0x");
  expect("replay --speed=2x " + kSamples + "malloc_lab.rep", 1, "has no times");
  expect("replay " + good + kSamples + "malloc_lab.rep /no/such", 1, "/no/such: ");
  expect("advise --classes=0 " + good, 1, "--classes=0");
  expect("advise --headroom=-1 " + good, 1, "--headroom=-1");
  expect("advise", 1, "takes one trace");
  expect("advise --json=/no/such/file " + good, 1, "/no/such/file");
  expect("advise --json=/dev/full " + good, 5, "/dev/full");
  expect("replay --rate=5 " + good, 1, "--rate");
  expect("replay --pools=2147483648x1000000 " + good, 5, "not available");
  const std::string can = TempFile("can", "(1.0) can0 123#11\n");
  expect("replay " + good + can, 1, "one by one");
}

TEST(TraceCli, ReplaysSeveralTracesEachForItself) {
  const Outcome outcome = RunProgram("replay " + kSamples + "mallocs.csv " + kSamples +
                                     "malloc_lab.rep --json=" + TempPath("two.json"));
  EXPECT_EQ(outcome.code, 0) << outcome.out;
  EXPECT_EQ(JsonOf(TempPath("two.json"))["scenarios"].size(), 2u);
}

TEST(TraceCli, EndsWithAReportOnCtrlC) {
  const std::string trace =
      kSamples + "sizes.csv --duration=1h --json=" + TempPath("cut.json");
  const std::string command = "timeout --signal=INT 2 stress/corepool-stress replay " +
                              trace + " >/dev/null 2>&1; test $? = 124";
  EXPECT_EQ(std::system(command.c_str()), 0);
  const nlohmann::json run = JsonOf(TempPath("cut.json"));
  EXPECT_EQ(run["interrupted"], true);
  EXPECT_EQ(run["verdict"]["exit_code"], 130);
}

TEST(TraceCli, EndsWithAReportOnCtrlCWhileACanLogIsChecked) {
  // A log without end.
  const std::string json = TempPath("unchecked.json");
  const std::string command =
      "yes '(1.0) can0 123#11' | timeout --signal=INT 2 stress/corepool-stress replay "
      "- --json=" +
      json + " >/dev/null 2>&1; test $? = 124";
  EXPECT_EQ(std::system(command.c_str()), 0);
  const nlohmann::json run = JsonOf(json);
  EXPECT_EQ(run["interrupted"], true);
  EXPECT_EQ(run["verdict"]["exit_code"], 130);
}

TEST(TraceCli, ReplaysCanTextAtAnySpeed) {
  const std::string text = TempFile("can.txt",
                                    "(000.000000)  can0  123   [2]  11 22\n"
                                    "(000.100000)  can0  12345678  [08]  1 2\n");
  EXPECT_THAT(RunProgram("replay " + text).out, HasSubstr(":2: the data has '1'"));
  const std::string good =
      TempFile("can.txt",
               "(000.000000)  can0  123   [2]  11 22\n"
               "(000.100000)  can1  12345678   [0]  remote request\n");
  const Outcome outcome =
      RunProgram("replay --speed=2x " + good + " --json=" + TempPath("can.json"));
  EXPECT_EQ(outcome.code, 0) << outcome.out;
  const nlohmann::json run = JsonOf(TempPath("can.json"));
  EXPECT_EQ(run["results"]["frames_out"], 2);
  EXPECT_EQ(run["config"]["speed"], "2x");
  EXPECT_GE(run["results"]["elapsed_ns"], 50'000'000);
  EXPECT_THAT(RunProgram("advise " + good).out, HasSubstr("FIXED can_frames 64 1"));
}

}  // namespace
}  // namespace corepool::stress
