#include "corepool/engine/size_histogram.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "tests/support/gang.h"

namespace corepool::engine {
namespace {

std::uint64_t Waste(const std::vector<SizeDemand>& demands,
                    const std::vector<std::size_t>& sizes, std::size_t alignment) {
  std::uint64_t wasted = 0;
  for (const SizeDemand& demand : demands) {
    const auto fit = std::lower_bound(sizes.begin(), sizes.end(), demand.size);
    EXPECT_NE(fit, sizes.end());
    if (fit == sizes.end()) return ~std::uint64_t{0};
    const std::size_t stride = (*fit + alignment - 1) / alignment * alignment;
    wasted += demand.requests * (stride - demand.size);
  }
  return wasted;
}

// Over all sets of classes whatever.
std::uint64_t LeastWaste(const std::vector<SizeDemand>& demands, std::size_t classes,
                         std::size_t alignment, std::size_t* fewest) {
  std::uint64_t least = ~std::uint64_t{0};
  const std::size_t count = demands.size();
  for (std::size_t set = 0; set < std::size_t{1} << count; ++set) {
    std::vector<std::size_t> sizes;
    for (std::size_t i = 0; i < count; ++i) {
      if ((set >> i & 1) != 0) sizes.push_back(demands[i].size);
    }
    if (sizes.empty() || sizes.size() > classes ||
        sizes.back() != demands.back().size) {
      continue;
    }
    const std::uint64_t wasted = Waste(demands, sizes, alignment);
    if (wasted < least || (wasted == least && sizes.size() < *fewest)) {
      least = wasted;
      *fewest = sizes.size();
    }
  }
  return least;
}

TEST(PlanSizes, WastesAsLittleAsAnyTableWithAsFewClassesAsThatTakes) {
  std::mt19937 random(3);
  for (int round = 0; round < 200; ++round) {
    std::vector<SizeDemand> demands;
    std::size_t size = 0;
    const std::size_t count = 1 + random() % 9;
    for (std::size_t i = 0; i < count; ++i) {
      size += 1 + random() % 40;
      demands.push_back({size, 1 + random() % 1000});
    }
    for (const std::size_t alignment : {1u, 16u}) {
      for (std::size_t classes = 1; classes <= 5; ++classes) {
        std::vector<std::size_t> sizes(classes);
        const SizePlan plan = PlanSizes(demands, alignment, sizes);
        sizes.resize(plan.classes);
        std::size_t fewest = 0;
        const std::uint64_t least = LeastWaste(demands, classes, alignment, &fewest);
        ASSERT_EQ(plan.wasted, least);
        ASSERT_EQ(plan.classes, fewest);
        ASSERT_TRUE(std::is_sorted(sizes.begin(), sizes.end()));
        ASSERT_EQ(Waste(demands, sizes, alignment), least);
      }
    }
  }
}

TEST(PlanSizes, HasNothingToSayOfNothing) {
  std::size_t sizes[4];
  EXPECT_EQ(PlanSizes({}, 16, sizes).classes, 0u);
  const SizeDemand demand{10, 1};
  EXPECT_EQ(PlanSizes({&demand, 1}, 16, {}).classes, 0u);
}

TEST(PlanSizes, GoesUpToItsLimits) {
  std::vector<SizeDemand> demands;
  for (std::size_t i = 1; i <= kMostDemands; ++i) demands.push_back({16 * i, i});
  std::vector<std::size_t> sizes(100);
  const SizePlan plan = PlanSizes(demands, 16, sizes);
  EXPECT_EQ(plan.classes, kMostPlanned);
  EXPECT_EQ(sizes[kMostPlanned - 1], 16 * kMostDemands);
}

TEST(SizeHistogram, CountsEveryRequestAndKnowsTheLargestOfEachStep) {
  constexpr std::size_t kCopies = 3;
  std::vector<SizeHistogram::Step> steps(kCopies * kMostDemands);
  const SizeHistogram histogram(steps.data(), kCopies, 1024);
  constexpr int kThreads = 4;
  testing::RunGang(kThreads, [&](int number) {
    for (std::size_t size = 1; size <= 1500; ++size) {
      histogram.Count(size, static_cast<std::size_t>(number));
    }
  });
  std::vector<SizeDemand> demands(kMostDemands);
  ASSERT_EQ(histogram.Collect(demands), kMostDemands);
  for (std::size_t i = 0; i + 1 < kMostDemands; ++i) {
    EXPECT_EQ(demands[i].size, 8 * (i + 1));
    EXPECT_EQ(demands[i].requests, 8u * kThreads);
  }
  EXPECT_EQ(demands.back().size, 1500u);
  EXPECT_EQ(demands.back().requests, (8u + 1500 - 1024) * kThreads);
  histogram.Reset();
  EXPECT_EQ(histogram.Collect(demands), 0u);
}

}  // namespace
}  // namespace corepool::engine
