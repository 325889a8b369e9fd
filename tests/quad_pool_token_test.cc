// Proves that a QuadPool is never exhausted while memory is free: there are as many
// tokens as there are largest blocks, and one is taken for each block of any size; so
// one of the largest is always free as a whole, and who has a token must be given what
// he asks for. Threads step aside at many atomic accesses
// (//tests/support:virtual_core). A campaign of 10^8 operations:
//
//   COREPOOL_EFFORT=200 ./bazelw run -c opt //tests:quad_pool_token_test
//
// Compiled with COREPOOL_SABOTAGE_COLLECT, which takes one look at all memory for a
// proof that there is none, the same must be noticed.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <ostream>
#include <string>
#include <thread>
#include <vector>

#include "corepool/config.h"
#include "corepool/quad_pool_options.h"
#include "gtest/gtest.h"
#include "tests/support/disturbed_traffic.h"
#include "tests/support/gang.h"
#include "tests/support/quad_traffic.h"
#include "tests/support/test_quad_pool.h"
#include "tests/support/virtual_disturbance.h"

namespace corepool::testing {
namespace {

struct Setting {
  int threads;
  SplitFactor split;
  int levels;
  std::size_t blocks;  // of the largest
  int most_level;      // that is asked for
  MergePolicy merge = MergePolicy::kSplitFirst;
  std::uint64_t operations = 10'000;  // of all threads together
  std::uint64_t seed = 1;
};

QuadTrafficReport Play(const Setting& setting) {
  QuadPoolOptions options =
      QuadOptions(8, setting.levels, setting.blocks, setting.split);
  options.merge = setting.merge;
  QuadTraffic traffic(options, setting.most_level, true);
  std::atomic<std::uint64_t> operations{0};
  RunGang(setting.threads, [&](int number) {
    const auto mine = static_cast<std::uint64_t>(number);
    Disturbance disturbance(setting.seed * 100 + mine, 2);
    const auto random = [&disturbance] { return disturbance.Random(); };
    QuadTraffic::Held held{.owner = static_cast<std::uint32_t>(number + 1),
                           .limit = 1 + disturbance.Random() % QuadTraffic::kMostHeld};
    const std::uint64_t share =
        setting.operations / static_cast<std::uint64_t>(setting.threads);
    // Attempts are bounded too: others may hold all tokens.
    for (std::uint64_t attempts = 0;
         held.operations < share && attempts < 50 * share && !traffic.faulty();
         ++attempts) {
      const std::uint64_t before = held.operations;
      traffic.Operate(held, random);
      if (held.operations == before) std::this_thread::yield();
    }
    traffic.FreeAll(held);
    operations.fetch_add(held.operations, std::memory_order_relaxed);
  });
  return traffic.Report(operations.load(std::memory_order_relaxed));
}

#if COREPOOL_SABOTAGE_COLLECT != 0

TEST(SabotagedQuadPool, OneLookAtAllMemoryIsNoProofThatThereIsNone) {
  for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
    const QuadTrafficReport report = Play({.threads = 4,
                                           .split = SplitFactor::kBinary,
                                           .levels = 6,
                                           .blocks = 1,
                                           .most_level = 4,
                                           .merge = static_cast<MergePolicy>(seed % 3),
                                           .seed = seed});
    if (!report.Clean()) {
      std::cout << "seed " << seed << ": " << report << "\n";
      return;
    }
  }
  FAIL() << "not noticed";
}

#else

void PrintTo(const Setting& setting, std::ostream* out) {
  constexpr const char* kPolicies[] = {"SplitFirst", "MergeFirst", "SplitOnly"};
  *out << setting.threads << "Threads"
       << (setting.split == SplitFactor::kQuad ? "Quad" : "Binary") << setting.levels
       << "Levels" << setting.blocks << "Blocks" << setting.most_level << "Most"
       << kPolicies[static_cast<int>(setting.merge)];
}

class QuadPoolToken : public ::testing::TestWithParam<Setting> {};

TEST_P(QuadPoolToken, IsAlwaysGoodForABlockOfAnySize) {
  std::uint64_t operations = 0;
  for (int round = 0; round < Effort(); ++round) {
    Setting setting = GetParam();
    setting.seed += static_cast<std::uint64_t>(round) * 1000;
    const QuadTrafficReport report = Play(setting);
    ASSERT_TRUE(report.Clean()) << "seed " << setting.seed << ": " << report;
    operations += report.operations;
  }
  std::cout << operations << " operations\n";
  EXPECT_GT(operations, 0u);
}

std::vector<Setting> Settings() {
  std::vector<Setting> settings;
  const auto add = [&settings](Setting setting) {
    setting.seed = settings.size() + 1;
    setting.merge = static_cast<MergePolicy>(settings.size() % 3);
    settings.push_back(setting);
  };
  for (const int threads : {2, 3, 4, 6, 8, 12}) {
    for (const auto split : {SplitFactor::kQuad, SplitFactor::kBinary}) {
      // Token for token one of the largest; fewer than threads, and some more.
      const bool quad = split == SplitFactor::kQuad;
      add({threads, split, quad ? 4 : 7, 1, quad ? 3 : 6});
      add({threads, split, quad ? 4 : 7, 4, quad ? 3 : 6});
      add({threads, split, quad ? 5 : 10, 9, quad ? 4 : 9});
      // Only smaller ones, so that all of the memory is in use: leaf by leaf, and four
      // or five levels deep.
      add({threads, split, quad ? 3 : 5, 1, 0});
      add({threads, split, quad ? 5 : 9, 1, quad ? 3 : 5});
    }
  }
  return settings;
}

INSTANTIATE_TEST_SUITE_P(Settings, QuadPoolToken, ::testing::ValuesIn(Settings()),
                         ::testing::PrintToStringParamName());

#endif  // COREPOOL_SABOTAGE_COLLECT != 0

}  // namespace
}  // namespace corepool::testing
