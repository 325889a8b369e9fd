// Proves that threads cannot make a pool lose a block or hand one out twice.

#include <cstddef>
#include <cstdint>
#include <ostream>

#include "corepool/options.h"
#include "gtest/gtest.h"
#include "tests/support/cachings.h"
#include "tests/support/test_pool.h"
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

// With caches, in small pools of which a magazine holds about everything, and in larger
// ones where magazines travel.
class CachedTorture : public ::testing::TestWithParam<Caching> {
 protected:
  void SetUp() override {
    if (!Works(GetParam())) GTEST_SKIP() << "not to be had here";
  }

  static void ExpectClean(TortureOptions options) {
    options.caching = GetParam();
    const TortureReport report = Torture(options);
    EXPECT_TRUE(report.Clean())
        << options.blocks << " blocks: " << ::testing::PrintToString(report);
    EXPECT_GT(report.operations, 0u);
  }

  // Blocks in one magazine of the smallest pools.
  static std::size_t MagazineSize() {
    TestPool pool({.block_size = 64, .block_count = 1, .caching = GetParam()});
    return pool->Stats().magazine_size;
  }
};

INSTANTIATE_TEST_SUITE_P(Kinds, CachedTorture,
                         ::testing::Values(Caching::kRseq, Caching::kCas),
                         [](const auto& kind) { return NameOf(kind.param); });

TEST_P(CachedTorture, PoolsAboutAsLargeAsAMagazineLoseNothing) {
  const std::size_t magazine = MagazineSize();
  for (const std::size_t blocks : {std::size_t{1}, magazine - 1, magazine, magazine + 1,
                                   2 * magazine, 2 * magazine + 1}) {
    ExpectClean({.operations = 100'000, .blocks = blocks, .seed = 10 + blocks});
  }
}

TEST_P(CachedTorture, NeverFalselyExhaustedWhenDemandEqualsThePool) {
  const std::size_t magazine = MagazineSize();
  for (const int threads : {2, 3, 8}) {
    for (const std::size_t each : {std::size_t{1}, std::size_t{2}, magazine + 1}) {
      for (const bool bulk : {false, true}) {
        ExpectClean({.threads = threads,
                     .operations = 100'000,
                     .blocks = static_cast<std::size_t>(threads) * each,
                     .held_per_thread = each,
                     .bulk = bulk,
                     .seed = 20 + each});
      }
    }
  }
}

TEST_P(CachedTorture, EveryWayOfCheckingLosesNothing) {
  for (const Checking checking :
       {Checking::kOff, Checking::kBasic, Checking::kStrict, Checking::kFull}) {
    for (const State state : {State::kCookie, State::kSide}) {
      ExpectClean({.operations = 200'000,
                   .blocks = 24,
                   .checking = checking,
                   .state = state,
                   .seed = 30});
    }
  }
}

TEST_P(CachedTorture, MagazinesThatTravelLoseNothing) {
  for (const std::size_t blocks : {std::size_t{96}, std::size_t{128}}) {
    ExpectClean(
        {.operations = 300'000, .blocks = blocks, .held_per_thread = 16, .seed = 40});
  }
}

TEST_P(CachedTorture, CoresWithoutACacheOfTheirOwnFindAllBlocks) {
  ExpectClean({.operations = 300'000,
               .blocks = 24,
               .held_per_thread = 3,
               .cores = 1,
               .seed = 50});
}

TEST(FixedPoolTorture, ManyBlocks) {
  const TortureReport report =
      Torture({.blocks = 4096, .held_per_thread = 16, .seed = 7});
  EXPECT_TRUE(report.Clean()) << ::testing::PrintToString(report);
}

}  // namespace
}  // namespace corepool::testing
