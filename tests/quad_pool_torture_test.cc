// Proves that threads cannot make a QuadPool lose memory or hand out the same twice.
// A campaign of 10^7 operations under ThreadSanitizer:
//
//   COREPOOL_EFFORT=5 ./bazelw test --config=tsan --test_env=COREPOOL_EFFORT
//       //tests:quad_pool_torture_test

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <ostream>
#include <random>
#include <vector>

#include "corepool/options.h"
#include "corepool/quad_pool_options.h"
#include "gtest/gtest.h"
#include "tests/support/disturbed_traffic.h"
#include "tests/support/gang.h"
#include "tests/support/quad_traffic.h"
#include "tests/support/test_quad_pool.h"

namespace corepool::testing {
namespace {

struct Setting {
  SplitFactor split;
  int levels;
  std::size_t blocks;
  MergePolicy merge = MergePolicy::kSplitFirst;
  Checking checking = Checking::kBasic;
  bool measure_peak = false;
  int threads = 8;
};

void PrintTo(const Setting& setting, std::ostream* out) {
  constexpr const char* kPolicies[] = {"SplitFirst", "MergeFirst", "SplitOnly"};
  *out << setting.threads << "Threads"
       << (setting.split == SplitFactor::kQuad ? "Quad" : "Binary") << setting.levels
       << "Levels" << setting.blocks << "Blocks"
       << kPolicies[static_cast<int>(setting.merge)]
       << (setting.checking == Checking::kOff ? "Unchecked" : "")
       << (setting.measure_peak ? "Peak" : "");
}

class QuadPoolTorture : public ::testing::TestWithParam<Setting> {};

TEST_P(QuadPoolTorture, LosesAndDoublesNothing) {
  const Setting& setting = GetParam();
  QuadPoolOptions options =
      QuadOptions(4, setting.levels, setting.blocks, setting.split);
  options.merge = setting.merge;
  options.checking = setting.checking;
  options.measure_peak = setting.measure_peak;
  QuadTraffic traffic(options, setting.levels - 1, false);
  const auto share = static_cast<std::uint64_t>(25'000 * Effort());
  std::atomic<std::uint64_t> operations{0};
  RunGang(setting.threads, [&](int number) {
    std::mt19937_64 random(static_cast<std::uint64_t>(number + 1));
    QuadTraffic::Held held{.owner = static_cast<std::uint32_t>(number + 1),
                           .limit = QuadTraffic::kMostHeld};
    for (std::uint64_t attempts = 0;
         held.operations < share && attempts < 20 * share && !traffic.faulty();
         ++attempts) {
      traffic.Operate(held, random);
    }
    traffic.FreeAll(held);
    operations.fetch_add(held.operations, std::memory_order_relaxed);
  });
  const auto report = traffic.Report(operations.load(std::memory_order_relaxed));
  EXPECT_TRUE(report.Clean()) << report;
  std::cout << report.operations << " operations\n";
}

std::vector<Setting> Settings() {
  std::vector<Setting> settings;
  for (const auto split : {SplitFactor::kQuad, SplitFactor::kBinary}) {
    const bool quad = split == SplitFactor::kQuad;
    for (const std::size_t blocks : {1u, 4u, 20u}) {
      for (const auto merge : {MergePolicy::kSplitFirst, MergePolicy::kMergeFirst,
                               MergePolicy::kSplitOnly}) {
        settings.push_back({split, quad ? 4 : 7, blocks, merge});
      }
    }
    settings.push_back({split, 1, 5});
    settings.push_back({split, quad ? 6 : 11, 2});
    settings.push_back(
        {split, quad ? 3 : 5, 2, MergePolicy::kSplitFirst, Checking::kOff});
    settings.push_back(
        {split, quad ? 3 : 5, 2, MergePolicy::kMergeFirst, Checking::kStrict, true});
    settings.push_back(
        {split, quad ? 3 : 5, 1, MergePolicy::kSplitFirst, Checking::kBasic, false, 2});
  }
  return settings;
}

INSTANTIATE_TEST_SUITE_P(Settings, QuadPoolTorture, ::testing::ValuesIn(Settings()),
                         ::testing::PrintToStringParamName());

}  // namespace
}  // namespace corepool::testing
