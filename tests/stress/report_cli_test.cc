// Runs `report` and `compare` as a user would.

#include <fstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "stress/output/json.h"
#include "tests/stress/made_up_record.h"
#include "tests/support/program.h"

namespace corepool::stress {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

using Outcome = testing::ShellOutcome;
using testing::TempFile;
using testing::TextOf;

Outcome RunProgram(const std::string& arguments) {
  return testing::RunShell("stress/corepool-stress " + arguments);
}

std::string Recorded(const std::string& name, const RunRecord& run) {
  return TempFile(name, RecordAsJson(run));
}

void ExpectLine(const std::string& arguments, int code, const std::string& line) {
  const Outcome outcome = RunProgram(arguments);
  EXPECT_EQ(outcome.code, code) << arguments;
  EXPECT_EQ(outcome.out, "corepool-stress: " + line + "\n");
}

TEST(ReportCli, WritesWhatTheRunWouldHaveWritten) {
  const RunRecord run = MadeUpRun(2, 1000, 2, 1);
  const std::string input = Recorded("run.json", run);
  const std::string html = TempFile("run.html", "");
  const Outcome outcome = RunProgram("report " + input + " --html=" + html);
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.out, StartsWith("corepool-stress run: began"));
  EXPECT_THAT(TextOf(html), HasSubstr("Percentile spectrum"));
  EXPECT_EQ(RunProgram("report - --json=- < " + input).out, TextOf(input));
  EXPECT_THAT(RunProgram("report " + input + " --csv=-").out, StartsWith("scenario,"));
  EXPECT_THAT(RunProgram("report " + input + " --hgrm=-").out, StartsWith("# all\n"));
  EXPECT_THAT(RunProgram("report " + input + " --prometheus=-").out,
              StartsWith("# HELP corepool_stress_info"));
}

TEST(ReportCli, PassesThoughTheRunFailedAndJudgesGatesAnew) {
  RunRecord run = MadeUpRun(1, 1000, 2, 1);
  run.scenarios[0].checks[0].violations = 1;
  const std::string input = Recorded("failed.json", run);
  EXPECT_EQ(RunProgram("report " + input).code, 0);
  EXPECT_EQ(RunProgram("report --max_p99=1ns " + input).code, 4);
  EXPECT_EQ(RunProgram("report --max_p99=1s " + input).code, 0);
}

TEST(ReportCli, SaysWhatItCannotRead) {
  const std::string bad = TempFile("bad.json", "{");
  const std::string newer = TempFile("newer.json", R"({"schema_version": 99})");
  ExpectLine("report " + bad, 1, bad + ": not JSON");
  ExpectLine("report " + newer, 1,
             newer +
                 ": schema_version 99 is newer than 2, the newest that this "
                 "corepool-stress knows");
  ExpectLine("report /no/such.json", 1, "/no/such.json: No such file or directory");
  ExpectLine("report /", 1, "/: a folder");
  ExpectLine("report", 1,
             "report takes one file that --json wrote, not 0 (see --help)");
}

TEST(ReportCli, SaysWhatItCannotWrite) {
  const std::string input = Recorded("input.json", MadeUpRun(1, 10, 1, 1));
  ExpectLine("report --html=/no/x " + input, 1,
             "--html=/no/x cannot be written: No such file or directory");
  ExpectLine("report --csv=" + input + " " + input, 1,
             "--csv=" + input + " is an input file");
  const Outcome full = RunProgram("report --html=/dev/full --csv=- " + input);
  EXPECT_EQ(full.code, 5);
  EXPECT_THAT(full.out,
              HasSubstr("corepool-stress: --html=/dev/full cannot be written: "
                        "No space left on device\n"));
  EXPECT_EQ(RunProgram("report " + input + " >/dev/full").code, 5);
}

TEST(CompareCli, ComparesAndHeedsTheGate) {
  RunRecord run = MadeUpRun(1, 1000, 2, 1);
  const std::string first = Recorded("first.json", run);
  run.scenarios[0].operations /= 2;
  const std::string second = Recorded("second.json", run);
  const Outcome outcome = RunProgram("compare " + first + " " + second);
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.out, HasSubstr("x0.50"));
  const std::string both = first + " " + second;
  EXPECT_EQ(RunProgram("compare --max_regression=60% " + both).code, 0);
  const Outcome missed = RunProgram("compare --max_regression=10% " + both);
  EXPECT_EQ(missed.code, 4);
  EXPECT_THAT(missed.out, HasSubstr("corepool-stress: aba_storm: throughput 2.00k -> "
                                    "1.00k ops/s\n"));
}

TEST(CompareCli, SaysWhatMakesNoSense) {
  const std::string file = Recorded("one.json", MadeUpRun(1, 10, 1, 1));
  const std::string none = Recorded("none.json", {});
  ExpectLine("compare " + file, 1,
             "compare takes two files that --json wrote, not 1 (see --help)");
  ExpectLine("compare - -", 1, "standard input can only be one of the two");
  ExpectLine("compare --max_regression=much " + file + " " + file, 1,
             "--max_regression=much is not a share such as 10% or 0.1");
  const Outcome outcome = RunProgram("compare " + file + " " + none);
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.out, HasSubstr("the two runs have no scenario in common\n"));
}

}  // namespace
}  // namespace corepool::stress
