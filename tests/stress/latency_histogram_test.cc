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

// Lowest and highest equivalent value and the middle, as HdrHistogram 2.1.11 tells them
// of new Histogram(1, (1L << 42) - 1, 3).
TEST(LatencyHistogram, HasThePublishedBuckets) {
  constexpr std::int64_t kPublished[][4] = {
      {0, 0, 0, 0},
      {1, 1, 1, 1},
      {2, 2, 2, 2},
      {1023, 1023, 1023, 1023},
      {1024, 1024, 1024, 1024},
      {2047, 2047, 2047, 2047},
      {2048, 2048, 2049, 2049},
      {2049, 2048, 2049, 2049},
      {4095, 4094, 4095, 4095},
      {4096, 4096, 4099, 4098},
      {4097, 4096, 4099, 4098},
      {65535, 65504, 65535, 65520},
      {65536, 65536, 65599, 65568},
      {1000000, 999936, 1000447, 1000192},
      {123456789, 123404288, 123469823, 123437056},
      {2199023255551, 2197949513728, 2199023255551, 2198486384640},
      {2199023255552, 2199023255552, 2201170739199, 2200096997376},
      {4398046511103, 4395899027456, 4398046511103, 4396972769280}};
  for (const auto& [value, lowest, highest, middle] : kPublished) {
    EXPECT_EQ(LatencyHistogram::LowestEquivalent(value), lowest);
    EXPECT_EQ(LatencyHistogram::HighestEquivalent(value), highest);
    LatencyHistogram histogram;
    histogram.Record(value);
    histogram.ForEachBucket([&](const LatencyHistogram::Bucket& bucket) {
      EXPECT_EQ(bucket.lowest, lowest);
      EXPECT_EQ(bucket.highest, highest);
      EXPECT_EQ(bucket.middle(), middle);
      EXPECT_EQ(bucket.count, 1u);
    });
  }
}

// Gil Tene's definition: sub-buckets of the smallest unit that still gives three
// digits; as many buckets of twice the unit before as the largest value needs.
TEST(LatencyHistogram, HasThePublishedNumberOfBuckets) {
  int buckets = 1;
  for (std::int64_t untrackable = LatencyHistogram::kSubBuckets;
       untrackable <= LatencyHistogram::kLargest; untrackable *= 2) {
    ++buckets;
  }
  EXPECT_EQ(LatencyHistogram::kBuckets, buckets);
  EXPECT_GE(LatencyHistogram::kSubBuckets, 2 * 1000);
  EXPECT_LT(LatencyHistogram::kSubBuckets / 2, 2 * 1000);
}

TEST(LatencyHistogram, CutsAllNumbersIntoBucketsWithoutGapsOrOverlaps) {
  std::int64_t next = 0;
  while (next <= LatencyHistogram::kLargest) {
    const std::int64_t highest = LatencyHistogram::HighestEquivalent(next);
    ASSERT_EQ(LatencyHistogram::LowestEquivalent(next), next);
    ASSERT_EQ(LatencyHistogram::LowestEquivalent(highest), next);
    ASSERT_LE((highest - next) * 1000, next);
    next = highest + 1;
  }
  EXPECT_EQ(next, LatencyHistogram::kLargest + 1);
}

TEST(LatencyHistogram, IsRestoredFromWhatItTells) {
  LatencyHistogram histogram;
  for (const int value : {3, 3, 70'001, 5'000'000}) histogram.Record(value);
  LatencyHistogram other;
  histogram.ForEachBucket([&](const LatencyHistogram::Bucket& bucket) {
    EXPECT_TRUE(other.RestoreBucket(bucket.highest, bucket.count));
  });
  EXPECT_FALSE(other.RestoreEnds(3, 4'000'000)) << "another bucket";
  EXPECT_FALSE(other.RestoreEnds(4, 5'000'000));
  EXPECT_TRUE(other.RestoreEnds(3, 5'000'000));
  EXPECT_EQ(other.total(), 4u);
  EXPECT_EQ(other.max(), 5'000'000);
  EXPECT_EQ(other.Percentile(75), histogram.Percentile(75));
  EXPECT_FALSE(other.RestoreBucket(3, 1)) << "twice";
  EXPECT_FALSE(other.RestoreBucket(4096, 1)) << "not the end of a bucket";
  EXPECT_FALSE(other.RestoreBucket(-1, 1));
  EXPECT_FALSE(other.RestoreBucket(LatencyHistogram::kLargest + 1, 1));
  EXPECT_FALSE(other.RestoreBucket(7, 0));
  EXPECT_FALSE(other.RestoreBucket(7, ~std::uint64_t{0})) << "too many in all";
  EXPECT_TRUE(LatencyHistogram().RestoreEnds(0, 0));
  EXPECT_FALSE(LatencyHistogram().RestoreEnds(0, 1));
}

}  // namespace
}  // namespace corepool::stress
