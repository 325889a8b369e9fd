// Every scenario, a few thousand operations of it, with all sorts of loads.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "corepool/options.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "stress/load_options.h"
#include "stress/run_control.h"
#include "stress/run_record.h"
#include "stress/scenarios/scenario.h"

namespace corepool::stress {
namespace {

using ::testing::IsEmpty;
using ::testing::Not;

constexpr std::uint64_t kOperations = 2000;

class EveryScenario : public ::testing::TestWithParam<Scenario> {
 protected:
  static absl::StatusOr<ScenarioRecord> Run(const LoadOptions& load,
                                            std::uint64_t operations = kOperations) {
    RunControl control(operations);
    return GetParam().run(load, control);
  }

  // A load that makes no sense for a scenario is not wrong either.
  static void ExpectClean(const LoadOptions& load) {
    const absl::StatusOr<ScenarioRecord> record = Run(load);
    if (absl::IsInvalidArgument(record.status()) ||
        absl::IsUnimplemented(record.status())) {
      return;
    }
    ASSERT_TRUE(record.ok()) << record.status();
    if (!record->skipped.empty()) return;
    EXPECT_GE(record->operations + record->failures, kOperations);
    EXPECT_THAT(record->checks, Not(IsEmpty()));
    for (const Check& check : record->checks) {
      EXPECT_EQ(check.violations, 0u) << check.name << ": " << check.detail;
    }
    EXPECT_THAT(record->leaks, IsEmpty());
    EXPECT_GT(record->elapsed_ns, 0);
    EXPECT_THAT(record->config, Not(IsEmpty()));
  }
};

TEST_P(EveryScenario, PassesWithItsOwnChoices) {
  const absl::StatusOr<ScenarioRecord> record = Run({});
  ASSERT_TRUE(record.ok()) << record.status();
  ExpectClean({});
}

TEST_P(EveryScenario, PassesWithOneThread) {
  LoadOptions load;
  load.threads = 1;
  load.producers = 1;
  load.consumers = 1;
  ExpectClean(load);
}

TEST_P(EveryScenario, PassesWithManyThreads) {
  LoadOptions load;
  load.threads = 7;
  load.producers = 3;
  load.consumers = 2;
  load.pin.kind = Pinning::Kind::kNone;
  ExpectClean(load);
}

TEST_P(EveryScenario, PassesWithBulks) {
  LoadOptions load;
  load.bulk = 5;
  ExpectClean(load);
}

TEST_P(EveryScenario, PassesWithAnyCachingAndChecking) {
  for (const Caching caching :
       {Caching::kAutomatic, Caching::kRseq, Caching::kCas, Caching::kNone}) {
    for (const Checking checking :
         {Checking::kOff, Checking::kBasic, Checking::kStrict, Checking::kFull}) {
      SCOPED_TRACE(::testing::Message()
                   << static_cast<int>(caching) << ' ' << static_cast<int>(checking));
      LoadOptions load;
      load.caching = caching;
      load.checking = checking;
      ExpectClean(load);
    }
  }
}

TEST_P(EveryScenario, PassesWithPoolsOfAnySize) {
  for (const std::size_t blocks : {1u, 2u, 3u, 17u, 100u, 1000u}) {
    SCOPED_TRACE(blocks);
    LoadOptions load;
    load.pool_blocks = blocks;
    ExpectClean(load);
  }
}

TEST_P(EveryScenario, PassesWithBlocksOfAnySize) {
  for (const std::size_t size : {1u, 7u, 8u, 17u, 4096u}) {
    SCOPED_TRACE(size);
    LoadOptions load;
    load.block_size = size;
    load.prefault = true;
    ExpectClean(load);
  }
}

TEST_P(EveryScenario, PassesAtARate) {
  for (const Arrival arrival : {Arrival::kFixed, Arrival::kPoisson}) {
    LoadOptions load;
    load.rate = 50'000;
    load.arrival = arrival;
    ExpectClean(load);
  }
}

TEST_P(EveryScenario, EndsWhenItIsToldToBeforeItBegins) {
  RunControl control;
  control.Stop();
  const absl::StatusOr<ScenarioRecord> record = GetParam().run({}, control);
  ASSERT_TRUE(record.ok()) << record.status();
  for (const Check& check : record->checks) {
    EXPECT_EQ(check.violations, 0u) << check.name << ": " << check.detail;
  }
}

TEST_P(EveryScenario, SaysWhatItIs) {
  EXPECT_FALSE(GetParam().summary.empty());
  EXPECT_FALSE(GetParam().must_catch.empty());
}

INSTANTIATE_TEST_SUITE_P(All, EveryScenario,
                         ::testing::ValuesIn(AllScenarios().begin(),
                                             AllScenarios().end()),
                         [](const ::testing::TestParamInfo<Scenario>& scenario) {
                           return std::string(scenario.param.name);
                         });

}  // namespace
}  // namespace corepool::stress
