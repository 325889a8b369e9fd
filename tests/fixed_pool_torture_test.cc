// Proves that threads cannot make a pool lose a block or hand one out twice.

#include <cstdint>
#include <ostream>

#include "corepool/options.h"
#include "gtest/gtest.h"
#include "tests/support/torture.h"

namespace corepool::testing {

void PrintTo(const TortureReport& report, std::ostream* out) {
  *out << report.operations << " operations, " << report.doubled << " doubled, "
       << report.damaged << " damaged, " << report.refused << " refused, "
       << report.false_failures << " false failures, " << report.missing << " missing, "
       << (report.sound ? "sound" : "not sound");
}

namespace {

TEST(FixedPoolTorture, EightThreadsTenMillionOperations) {
  const TortureReport report = Torture({.operations = 10'000'000});
  EXPECT_TRUE(report.Clean()) << ::testing::PrintToString(report);
  EXPECT_GE(report.operations, 10'000'000u - 8 * 32);
}

TEST(FixedPoolTorture, NeverFalselyExhaustedWhenDemandEqualsThePool) {
  const TortureReport report = Torture(
      {.threads = 4, .blocks = 8, .held_per_thread = 2, .bulk = false, .seed = 2});
  EXPECT_TRUE(report.Clean()) << ::testing::PrintToString(report);
}

TEST(FixedPoolTorture, OneBlockForAll) {
  const TortureReport report =
      Torture({.blocks = 1, .held_per_thread = 1, .bulk = false, .seed = 3});
  EXPECT_TRUE(report.Clean()) << ::testing::PrintToString(report);
}

TEST(FixedPoolTorture, StateBesideTheBlocks) {
  const TortureReport report = Torture({.state = State::kSide, .seed = 4});
  EXPECT_TRUE(report.Clean()) << ::testing::PrintToString(report);
}

TEST(FixedPoolTorture, WithoutChecks) {
  const TortureReport report = Torture({.checking = Checking::kOff, .seed = 5});
  EXPECT_TRUE(report.Clean()) << ::testing::PrintToString(report);
}

TEST(FixedPoolTorture, WithAllChecks) {
  const TortureReport report = Torture({.checking = Checking::kFull, .seed = 6});
  EXPECT_TRUE(report.Clean()) << ::testing::PrintToString(report);
}

TEST(FixedPoolTorture, ManyBlocks) {
  const TortureReport report =
      Torture({.blocks = 4096, .held_per_thread = 16, .seed = 7});
  EXPECT_TRUE(report.Clean()) << ::testing::PrintToString(report);
}

}  // namespace
}  // namespace corepool::testing
