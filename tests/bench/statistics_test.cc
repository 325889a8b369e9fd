#include "bench/peers/statistics.h"

#include <vector>

#include "gtest/gtest.h"

namespace corepool::bench {
namespace {

TEST(Quantile, InterpolatesBetweenTheNearestValues) {
  const std::vector<double> values = {1, 2, 4, 8};
  EXPECT_DOUBLE_EQ(Quantile(values, 0), 1);
  EXPECT_DOUBLE_EQ(Quantile(values, 0.25), 1.75);
  EXPECT_DOUBLE_EQ(Quantile(values, 0.5), 3);
  EXPECT_DOUBLE_EQ(Quantile(values, 1), 8);
}

TEST(Quantile, OfOneValueIsThatValue) {
  for (const double q : {0.0, 0.25, 1.0}) EXPECT_DOUBLE_EQ(Quantile({7}, q), 7);
}

TEST(Summarize, DoesNotMindTheOrder) {
  const Summary summary = Summarize({5, 1, 4, 2, 3});
  EXPECT_DOUBLE_EQ(summary.min, 1);
  EXPECT_DOUBLE_EQ(summary.p25, 2);
  EXPECT_DOUBLE_EQ(summary.median, 3);
  EXPECT_DOUBLE_EQ(summary.max, 5);
}

TEST(Summarize, SlowSlicesMoveThe25thPercentileLeast) {
  const Summary summary = Summarize({2, 2, 2, 2, 5, 5, 5, 5, 900});
  EXPECT_DOUBLE_EQ(summary.p25, 2);
  EXPECT_DOUBLE_EQ(summary.median, 5);
}

TEST(Summarize, OfNothingIsZero) {
  const Summary summary = Summarize({});
  EXPECT_DOUBLE_EQ(summary.p25, 0);
  EXPECT_DOUBLE_EQ(summary.max, 0);
}

}  // namespace
}  // namespace corepool::bench
