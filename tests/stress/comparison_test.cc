#include "stress/comparison.h"

#include <cstdint>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "stress/run_record.h"
#include "tests/stress/made_up_record.h"

namespace corepool::stress {
namespace {

using ::testing::ContainsRegex;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// A run with one scenario, all of whose latencies are `latency_ns`.
RunRecord RunOf(int latency_ns, std::uint64_t operations) {
  RunRecord run = MadeUpRun(1, 0, 1, 1);
  ScenarioRecord& scenario = run.scenarios[0];
  scenario.operations = operations;
  scenario.latencies.pop_back();
  for (int i = 0; i < 100; ++i) scenario.latencies[0].service.Record(latency_ns);
  return run;
}

TEST(Compare, GivesTheSecondsFiguresByTheFirsts) {
  const Comparison comparison = Compare(RunOf(100, 1000), RunOf(150, 500), -1);
  EXPECT_TRUE(comparison.anything);
  EXPECT_THAT(comparison.text, ContainsRegex("aba_storm +x0.50\n"));
  EXPECT_THAT(comparison.text, ContainsRegex("allocate +x1.50 +x1.50 +x1.50 +x1.50\n"));
  EXPECT_THAT(comparison.regressions, IsEmpty()) << "nobody asked";
}

TEST(Compare, NamesWhatIsWorseByMoreThanAllowed) {
  EXPECT_THAT(Compare(RunOf(100, 1000), RunOf(110, 900), 0.1).regressions, IsEmpty());
  EXPECT_THAT(Compare(RunOf(100, 1000), RunOf(111, 899), 0.1).regressions,
              ElementsAre("aba_storm: throughput 1.00k -> 899 ops/s",
                          "aba_storm: allocate p50 100 -> 111 ns",
                          "aba_storm: allocate p99 100 -> 111 ns",
                          "aba_storm: allocate p99.9 100 -> 111 ns"));
  RunRecord slowest = RunOf(100, 1000);
  for (int i = 0; i < 5000; ++i) slowest.scenarios[0].latencies[0].service.Record(100);
  slowest.scenarios[0].latencies[0].service.Record(90'000);
  EXPECT_THAT(Compare(RunOf(100, 1000), slowest, 0.1).regressions, IsEmpty())
      << "the slowest is one sample only";
}

TEST(Compare, TellsWhatOnlyOneOfThemHas) {
  RunRecord first = MadeUpRun(3, 10, 1, 1);
  RunRecord second = MadeUpRun(4, 10, 1, 1);
  second.scenarios[1].skipped = "no CPU";
  first.scenarios[2].name = "gone";
  const Comparison comparison = Compare(first, second, 5);
  EXPECT_THAT(comparison.text, ContainsRegex("far_free +skipped in the second"));
  EXPECT_THAT(comparison.text, ContainsRegex("gone +in the first only"));
  EXPECT_THAT(comparison.text, ContainsRegex("churn_threads +in the second only"));
  EXPECT_THAT(comparison.regressions, ElementsAre("far_free: the second run lacks it",
                                                  "gone: the second run lacks it"));
  EXPECT_FALSE(Compare(first, {}, -1).anything);
}

TEST(Compare, TellsWhatDiffersInMachineBuildAndFlags) {
  const RunRecord first = MadeUpRun(1, 10, 1, 1);
  RunRecord second = first;
  second.host[0].second = "another";
  second.config.emplace_back("rate", "100");
  second.scenarios[0].config[0].second = "9";
  second.scenarios[0].checks[0].violations = 1;
  const std::string text = Compare(first, second, -1).text;
  EXPECT_THAT(text, HasSubstr("differs: host cpu: An <Imaginary> CPU & \"friends\" -> "
                              "another\n"));
  EXPECT_THAT(text, HasSubstr("differs: flag rate: (none) -> 100\n"));
  EXPECT_THAT(text, HasSubstr("differs: aba_storm threads: 1 -> 9\n"));
  EXPECT_THAT(text, HasSubstr("note: the second run ended with FAIL"));
  EXPECT_THAT(Compare(first, first, -1).text, Not(HasSubstr("differs")));
}

}  // namespace
}  // namespace corepool::stress
