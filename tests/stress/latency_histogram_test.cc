#include "stress/latency_histogram.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

#include "gtest/gtest.h"

namespace corepool::stress {
namespace {

TEST(LatencyHistogram, IsExactForSmallValues) {
  LatencyHistogram histogram;
  for (int value = 0; value < 2000; ++value) histogram.Record(value);
  EXPECT_EQ(histogram.total(), 2000u);
  EXPECT_EQ(histogram.min(), 0);
  EXPECT_EQ(histogram.max(), 1999);
  EXPECT_EQ(histogram.Percentile(50), 999);
  EXPECT_EQ(histogram.Percentile(99.9), 1997);
  EXPECT_EQ(histogram.Percentile(0), 0);
  EXPECT_EQ(histogram.Percentile(100), 1999);
}

TEST(LatencyHistogram, KeepsThreeDigitsOfLargeValues) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 2000; ++i) {
    LatencyHistogram histogram;
    const auto value = static_cast<std::int64_t>(random() >> (22 + random() % 42));
    histogram.Record(value);
    histogram.Record(std::numeric_limits<std::int64_t>::max());
    const std::int64_t seen = histogram.Percentile(50);
    ASSERT_GE(seen, value);
    ASSERT_LE(static_cast<double>(seen - value), static_cast<double>(value) / 1000);
  }
}

TEST(LatencyHistogram, AgreesWithSortedValues) {
  std::mt19937_64 random(2);
  std::lognormal_distribution<double> latency(6, 2);
  LatencyHistogram histogram;
  std::vector<std::int64_t> values;
  for (int i = 0; i < 100'000; ++i) {
    values.push_back(static_cast<std::int64_t>(latency(random)));
    histogram.Record(values.back());
  }
  std::sort(values.begin(), values.end());
  for (const int per_myriad : {100, 1000, 5000, 9000, 9900, 9990, 9999, 10'000}) {
    const auto rank = static_cast<std::size_t>(per_myriad) * values.size() / 10'000;
    const auto exact = static_cast<double>(values[rank - 1]);
    EXPECT_NEAR(static_cast<double>(histogram.Percentile(per_myriad / 100.0)), exact,
                exact / 1000 + 1);
  }
}

TEST(LatencyHistogram, ClampsWhatIsOutOfRange) {
  LatencyHistogram histogram;
  histogram.Record(-5);
  EXPECT_EQ(histogram.max(), 0);
  histogram.Record(std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(histogram.total(), 2u);
  EXPECT_GT(histogram.max(), std::int64_t{3600} * 1'000'000'000);
}

TEST(LatencyHistogram, OfNothingIsZero) {
  const LatencyHistogram histogram;
  EXPECT_EQ(histogram.Percentile(50), 0);
  EXPECT_EQ(histogram.min(), 0);
  EXPECT_EQ(histogram.max(), 0);
}

TEST(LatencyHistogram, CountsBetweenPowersOfTwo) {
  LatencyHistogram histogram;
  for (const int value : {0, 1, 2, 3, 4, 5000, 8191, 8192}) histogram.Record(value);
  EXPECT_EQ(histogram.CountBetween(0, 1), 1u);
  EXPECT_EQ(histogram.CountBetween(2, 4), 2u);
  EXPECT_EQ(histogram.CountBetween(4096, 8192), 2u);
  EXPECT_EQ(histogram.CountBetween(8192, 16384), 1u);
  EXPECT_EQ(histogram.CountBetween(0, std::int64_t{1} << 42), 8u);
}

TEST(LatencyHistogram, MergesWhatOthersRecorded) {
  LatencyHistogram one;
  LatencyHistogram other;
  one.Record(10);
  other.Record(20);
  other.Record(5);
  one.Merge(other);
  EXPECT_EQ(one.total(), 3u);
  EXPECT_EQ(one.min(), 5);
  EXPECT_EQ(one.max(), 20);
  EXPECT_EQ(one.Percentile(50), 10);
}

}  // namespace
}  // namespace corepool::stress
