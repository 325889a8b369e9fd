#include "stress/latency_histogram.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace corepool::stress {

void LatencyHistogram::Merge(const LatencyHistogram& other) {
  for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
  total_ += other.total_;
  min_ = std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
}

bool LatencyHistogram::RestoreBucket(std::int64_t highest, std::uint64_t count) {
  if (highest < 0 || highest > kLargest || count == 0) return false;
  const std::size_t index = IndexOf(highest);
  if (UpperEnd(index) != highest || counts_[index] != 0) return false;
  if (total_ + count < total_) return false;
  counts_[index] = count;
  total_ += count;
  min_ = std::min(min_, LowerEnd(index));
  max_ = std::max(max_, highest);
  return true;
}

bool LatencyHistogram::RestoreEnds(std::int64_t min, std::int64_t max) {
  if (total_ == 0) return min == 0 && max == 0;
  if (min < 0 || min > max || max > kLargest) return false;
  if (IndexOf(min) != IndexOf(min_) || IndexOf(max) != IndexOf(max_)) return false;
  min_ = min;
  max_ = max;
  return true;
}

double LatencyHistogram::Mean() const {
  if (total_ == 0) return 0;
  double sum = 0;
  ForEachBucket([&sum](const Bucket& bucket) {
    sum += static_cast<double>(bucket.middle()) * static_cast<double>(bucket.count);
  });
  return sum / static_cast<double>(total_);
}

double LatencyHistogram::StandardDeviation() const {
  if (total_ == 0) return 0;
  const double mean = Mean();
  double sum = 0;
  ForEachBucket([&](const Bucket& bucket) {
    const double off = static_cast<double>(bucket.middle()) - mean;
    sum += off * off * static_cast<double>(bucket.count);
  });
  return std::sqrt(sum / static_cast<double>(total_));
}

std::int64_t LatencyHistogram::Percentile(double percentile) const {
  if (total_ == 0) return 0;
  // The next number below, so that 99.9 % of 2000, which is a little more than 1998
  // in binary, is not rounded up to 1999.
  const double below = std::nextafter(std::clamp(percentile, 0.0, 100.0), 0.0);
  const double wanted = std::ceil(below * static_cast<double>(total_) / 100);
  const std::uint64_t rank =
      std::max<std::uint64_t>(1, static_cast<std::uint64_t>(wanted));
  std::uint64_t seen = 0;
  for (std::size_t index = 0; index < counts_.size(); ++index) {
    seen += counts_[index];
    if (seen >= rank) return std::min(UpperEnd(index), max_);
  }
  return max_;
}

std::uint64_t LatencyHistogram::CountBetween(std::int64_t from, std::int64_t to) const {
  std::uint64_t count = 0;
  const std::size_t end = std::min(IndexOf(std::min(to, kLargest + 1)), counts_.size());
  for (std::size_t index = IndexOf(from); index < end; ++index) count += counts_[index];
  return count;
}

std::int64_t LatencyHistogram::UpperEnd(std::size_t index) {
  constexpr std::size_t kHalf = std::size_t{1} << (kSubBucketBits - 1);
  if (index < 2 * kHalf) return static_cast<std::int64_t>(index);
  const std::size_t shift = index / kHalf - 1;
  const std::size_t sub_bucket = index - shift * kHalf;
  return static_cast<std::int64_t>(((sub_bucket + 1) << shift) - 1);
}

}  // namespace corepool::stress
