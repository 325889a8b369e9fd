#include "stress/gates.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/flags/declare.h"
#include "absl/flags/flag.h"
#include "absl/flags/reflection.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "stress/run_record.h"

ABSL_DECLARE_FLAG(absl::Duration, max_p999);
ABSL_DECLARE_FLAG(std::string, min_throughput);

namespace corepool::stress {
namespace {

using ::testing::HasSubstr;

LatencyRecord Operation(const char* name, int slow_ns) {
  LatencyRecord latency;
  latency.operation = name;
  for (int i = 0; i < 999; ++i) latency.service.Record(100);
  latency.service.Record(slow_ns);
  return latency;
}

RunRecord RunOf(std::vector<LatencyRecord> latencies) {
  RunRecord run;
  ScenarioRecord& scenario = run.scenarios.emplace_back();
  scenario.name = "made_up";
  scenario.operations = 5000;
  scenario.elapsed_ns = 1'000'000'000;
  scenario.latencies = std::move(latencies);
  return run;
}

Check JudgeOne(double percentile, int most_ns, const RunRecord& run) {
  Gates gates;
  gates.Bound(percentile, absl::Nanoseconds(most_ns));
  return gates.Judge(run).at(0);
}

TEST(Gates, JudgeAllocateAndFreeEachForItself) {
  const RunRecord run = RunOf(
      {Operation("allocate", 900), Operation("free", 2000), Operation("wait", 9000)});
  EXPECT_EQ(JudgeOne(100, 2000, run).violations, 0u) << "of waiting nobody promised";
  const Check missed = JudgeOne(100, 1999, run);
  EXPECT_EQ(missed.violations, 1u);
  EXPECT_EQ(missed.kind, Check::Kind::kGate);
  EXPECT_EQ(missed.detail, "the worst of 2 was 2.00 us, made_up free");
  EXPECT_EQ(JudgeOne(100, 800, run).violations, 2u);
  EXPECT_EQ(JudgeOne(99, 100, run).violations, 0u);
  EXPECT_EQ(JudgeOne(99, 99, run).violations, 2u);
}

TEST(Gates, JudgeFromWhenItWasDueInAnOpenLoop) {
  RunRecord run = RunOf({Operation("allocate", 200)});
  run.scenarios[0].latencies[0].response.Record(5000);
  EXPECT_EQ(JudgeOne(100, 1000, run).violations, 1u);
}

TEST(Gates, JudgeThroughput) {
  Gates gates;
  gates.BoundThroughput(5000);
  EXPECT_EQ(gates.Judge(RunOf({})).at(0).violations, 0u);
  gates.BoundThroughput(5001);
  EXPECT_EQ(gates.Judge(RunOf({})).at(0).violations, 1u);
}

TEST(Gates, AreMissedIfNothingWasMeasuredUnlessInterrupted) {
  RunRecord run = RunOf({});
  EXPECT_EQ(JudgeOne(99, 100, run).violations, 1u);
  run.interrupted = true;
  EXPECT_EQ(JudgeOne(99, 100, run).violations, 0u);
  run = RunOf({Operation("allocate", 9000)});
  run.scenarios[0].skipped = "no CPU";
  EXPECT_EQ(JudgeOne(100, 100, run).violations, 1u);
}

TEST(Gates, ComeFromFlags) {
  absl::FlagSaver saver;
  EXPECT_TRUE(Gates::FromFlags()->empty());
  absl::SetFlag(&FLAGS_max_p999, absl::Microseconds(2));
  absl::SetFlag(&FLAGS_min_throughput, "1.5M");
  const std::vector<Check> checks = Gates::FromFlags()->Judge(RunOf({}));
  ASSERT_EQ(checks.size(), 2u);
  EXPECT_EQ(checks[0].name, "p99.9 at most 2us");
  EXPECT_EQ(checks[1].name, "throughput at least 1.50M ops/s");
  absl::SetFlag(&FLAGS_max_p999, absl::ZeroDuration());
  EXPECT_THAT(Gates::FromFlags().status().message(), HasSubstr("--max_p999=0"));
  absl::SetFlag(&FLAGS_max_p999, absl::InfiniteDuration());
  for (const char* const bad : {"fast", "-1", "", "nan", "inf", "1Q"}) {
    absl::SetFlag(&FLAGS_min_throughput, bad);
    EXPECT_THAT(Gates::FromFlags().status().message(), HasSubstr("--min_throughput="))
        << bad;
  }
}

}  // namespace
}  // namespace corepool::stress
