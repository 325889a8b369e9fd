// Counts latencies so finely that percentiles are right to three digits.

#ifndef COREPOOL_STRESS_LATENCY_HISTOGRAM_H_
#define COREPOOL_STRESS_LATENCY_HISTOGRAM_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace corepool::stress {

// A log-linear histogram of nanoseconds: exact below 2048, above that in buckets of
// at most 1/1024 of their value. All memory is taken at construction, so a signal
// handler may record; one recorder at a time, and nobody reads meanwhile.
// Source: Gil Tene's HdrHistogram, whose bucket arithmetic and percentile
// definition this is, with 2048 sub-buckets.
class LatencyHistogram {
 public:
  LatencyHistogram() : counts_(IndexOf(kLargest) + 1) {}

  // Negative latencies count as 0, those above kLargest as kLargest.
  void Record(std::int64_t nanoseconds) {
    const std::int64_t value =
        nanoseconds < 0 ? 0 : (nanoseconds > kLargest ? kLargest : nanoseconds);
    ++counts_[IndexOf(value)];
    ++total_;
    if (value > max_) max_ = value;
    if (value < min_) min_ = value;
  }

  void Merge(const LatencyHistogram& other);

  std::uint64_t total() const { return total_; }
  // 0 if nothing was recorded.
  std::int64_t min() const { return total_ == 0 ? 0 : min_; }
  std::int64_t max() const { return max_; }

  // The smallest value, to the bucket's upper end, that at least `percentile` per
  // cent of all recorded ones do not exceed; 0 if nothing was recorded.
  std::int64_t Percentile(double percentile) const;

  // How many recorded values lie in [from, to); both powers of two, or 0.
  std::uint64_t CountBetween(std::int64_t from, std::int64_t to) const;

 private:
  static constexpr int kSubBucketBits = 11;
  static constexpr std::int64_t kLargest = (std::int64_t{1} << 42) - 1;  // 73 min

  static constexpr std::size_t IndexOf(std::int64_t value) {
    const auto bits = static_cast<std::uint64_t>(value);
    const int width = static_cast<int>(std::bit_width(bits));
    const int shift = width > kSubBucketBits ? width - kSubBucketBits : 0;
    return (static_cast<std::size_t>(shift) << (kSubBucketBits - 1)) +
           static_cast<std::size_t>(bits >> shift);
  }
  // The largest value with this index.
  static std::int64_t UpperEnd(std::size_t index);

  std::vector<std::uint64_t> counts_;
  std::uint64_t total_ = 0;
  std::int64_t min_ = kLargest;
  std::int64_t max_ = 0;
};

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_LATENCY_HISTOGRAM_H_
