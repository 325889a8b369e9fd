// Proves that cores which have no cache in a pool lose nothing by it but time.

#include <cstddef>
#include <cstdint>
#include <set>
#include <thread>
#include <vector>

#include "corepool/error.h"
#include "corepool/options.h"
#include "gtest/gtest.h"
#include "tests/support/cachings.h"
#include "tests/support/disturbances.h"
#include "tests/support/gang.h"
#include "tests/support/test_pool.h"
#include "tests/support/token_traffic.h"

namespace corepool::testing {
namespace {

constexpr std::size_t kBlocks = 40;  // of which a core's cache can hold some

class BeyondCaches : public ::testing::TestWithParam<Caching> {
 protected:
  void SetUp() override {
    if (!Works(GetParam())) GTEST_SKIP() << "not to be had here";
  }
};

INSTANTIATE_TEST_SUITE_P(Kinds, BeyondCaches,
                         ::testing::Values(Caching::kRseq, Caching::kCas),
                         [](const auto& kind) { return NameOf(kind.param); });

TEST_P(BeyondCaches, EveryCoreFindsTheBlocksThatRestInTheOnlyCache) {
  TestPool pool(
      {.block_size = 32, .block_count = kBlocks, .caching = GetParam(), .cores = 1});
  EXPECT_EQ(pool->Stats().cores, 1u);
  std::set<void*> all;
  for (std::size_t i = 0; i < kBlocks; ++i) all.insert(pool->BlockAt(i));
  const std::vector<int> cores = UsableCores();
  for (int round = 0; round < 3; ++round) {
    for (const int core : {cores.front(), cores.back()}) {
      const Pinned here(core);
      EXPECT_EQ(pool.DrainAndRefill(), all) << "from core " << core;
      EXPECT_TRUE(pool.SoundAtRest(0));
    }
  }
}

TEST_P(BeyondCaches, DemandIsMetWhereOneCoreHasACacheAndTheOtherHasNot) {
  constexpr int kThreads = 4;
  const std::vector<int> cores = UsableCores();
  for (const std::size_t blocks : {std::size_t{kThreads}, kBlocks}) {
    TokenTraffic traffic(blocks, GetParam(), 1);
    RunGang(kThreads, [&](int number) {
      const Pinned here(number % 2 == 0 ? cores.front() : cores.back());
      Visitor visitor(traffic, static_cast<std::uint32_t>(number) + 1,
                      blocks / kThreads);
      for (int i = 0; i < 100'000 && !traffic.faulty(); ++i) {
        if (!visitor.Step()) std::this_thread::yield();
      }
    });
    const TrafficReport report = traffic.Report();
    EXPECT_TRUE(report.Clean()) << blocks << " blocks: " << report;
  }
}

// Such cores free to a list on which no block may be twice, and which Clear empties.
TEST_P(BeyondCaches, ClearForgetsWhichBlocksTheyHadListed) {
  const Pinned here(UsableCores().back());
  for (const Checking checking :
       {Checking::kOff, Checking::kBasic, Checking::kStrict, Checking::kFull}) {
    for (const State state : {State::kCookie, State::kSide}) {
      TestPool pool({.block_size = 32,
                     .block_count = kBlocks,
                     .checking = checking,
                     .caching = GetParam(),
                     .state = state,
                     .cores = 1});
      for (int round = 0; round < 3; ++round) {
        EXPECT_EQ(pool.DrainAndRefill().size(), kBlocks);
        EXPECT_EQ(pool.misuse.count, 0) << "freed once";
        EXPECT_TRUE(pool.SoundAtRest(0));
        ASSERT_EQ(pool->Clear(), Error::kOk);
      }
    }
  }
}

}  // namespace
}  // namespace corepool::testing
