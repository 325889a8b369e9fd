#include "stress/output/table.h"

#include <string>

#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "stress/run_record.h"
#include "tests/stress/made_up_record.h"

namespace corepool::stress {
namespace {

using ::testing::ContainsRegex;
using ::testing::EndsWith;
using ::testing::HasSubstr;

void ExpectNarrow(const std::string& table) {
  for (const auto line : absl::StrSplit(table, '\n')) {
    EXPECT_LE(line.size(), 80u) << line;
  }
}

TEST(Table, TellsVerdictsFirstAndTheWholeVerdictLast) {
  RunRecord run = MadeUpRun(2, 3000, 2, 1);
  run.scenarios[1].skipped = "there is one CPU only";
  const std::string table = RecordAsTable(run);
  ExpectNarrow(table);
  EXPECT_THAT(table, ContainsRegex("\naba_storm +PASS +6.00k ops +6.00k ops/s  max "));
  EXPECT_THAT(table, ContainsRegex("\nfar_free +skip +there is one CPU only"));
  EXPECT_THAT(table, ContainsRegex("allocate +3.00k +[0-9]+ +[0-9]+"));
  EXPECT_THAT(table,
              EndsWith("\nPASS: nothing lost, nothing doubled, every gate kept\n"));
}

TEST(Table, StaysWithin80ColumnsWhateverItTells) {
  RunRecord run = MadeUpRun(13, 500, 12, 3600, true);
  for (ScenarioRecord& scenario : run.scenarios) {
    scenario.operations = 123'456'789'012'345;
    scenario.latencies[0].service.Record(4'000'000'000'000);
    scenario.checks[0].violations = 3;
    scenario.checks[0].detail =
        "block 17 of 64 was given to thread 3 and to thread 9 "
        "at the same time, at 1.234567 s of the scenario";
  }
  run.warnings = {
      "there were up to 12 threads for 2 cores (13 scenarios): a thread "
      "that waits for its turn counts the wait"};
  run.gates.push_back({Check::Kind::kGate, "p99.9 at most 2us", 1,
                       "the worst of 26 was 13.5 us, priority_inversion allocate"});
  const std::string table = RecordAsTable(run);
  ExpectNarrow(table);
  EXPECT_THAT(table, HasSubstr("VIOLATED"));
  EXPECT_THAT(table, HasSubstr("MISSED"));
  EXPECT_THAT(table, HasSubstr("WARNING"));
  EXPECT_THAT(table, EndsWith("\nFAIL: correctness was violated\n"));
}

TEST(Table, OfNothingHasAVerdictToo) {
  EXPECT_THAT(RecordAsTable({}), HasSubstr("PASS"));
  RunRecord empty = MadeUpRun(1, 0, 1, 0);
  ExpectNarrow(RecordAsTable(empty));
}

}  // namespace
}  // namespace corepool::stress
