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
  // As HdrHistogram calls them: 3 significant digits from 1 ns to 73 minutes.
  static constexpr int kSubBuckets = 2048;
  static constexpr int kBuckets = 32;
  static constexpr std::int64_t kLargest = (std::int64_t{1} << 42) - 1;

  // Values that are counted as one.
  struct Bucket {
    std::int64_t lowest;
    std::int64_t highest;
    std::uint64_t count;

    // What HdrHistogram takes a value of it for in sums.
    std::int64_t middle() const { return lowest + (highest - lowest + 1) / 2; }
  };

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

  // Puts back what ForEachBucket, min() and max() told of another one, into an empty
  // one. False, and then good for nothing, if that cannot have been.
  bool RestoreBucket(std::int64_t highest, std::uint64_t count);
  bool RestoreEnds(std::int64_t min, std::int64_t max);

  std::uint64_t total() const { return total_; }
  // 0 if nothing was recorded.
  std::int64_t min() const { return total_ == 0 ? 0 : min_; }
  std::int64_t max() const { return max_; }

  // The smallest value, to the bucket's upper end, that at least `percentile` per
  // cent of all recorded ones do not exceed; 0 if nothing was recorded.
  std::int64_t Percentile(double percentile) const;

  // Of the buckets' middles, as HdrHistogram has it; 0 if nothing was recorded.
  double Mean() const;
  double StandardDeviation() const;

  // Calls visit(Bucket) for each that is not empty, ascending.
  template <typename Visit>
  void ForEachBucket(Visit visit) const {
    for (std::size_t index = total_ == 0 ? counts_.size() : IndexOf(min_);
         index < counts_.size(); ++index) {
      if (counts_[index] != 0) {
        visit(Bucket{LowerEnd(index), UpperEnd(index), counts_[index]});
      }
    }
  }

  // The ends of the bucket of a value in [0, kLargest].
  static std::int64_t LowestEquivalent(std::int64_t value) {
    return LowerEnd(IndexOf(value));
  }
  static std::int64_t HighestEquivalent(std::int64_t value) {
    return UpperEnd(IndexOf(value));
  }

  // How many recorded values lie in [from, to); both powers of two, or 0.
  std::uint64_t CountBetween(std::int64_t from, std::int64_t to) const;

 private:
  static constexpr int kSubBucketBits = 11;

  static constexpr std::size_t IndexOf(std::int64_t value) {
    const auto bits = static_cast<std::uint64_t>(value);
    const int width = static_cast<int>(std::bit_width(bits));
    const int shift = width > kSubBucketBits ? width - kSubBucketBits : 0;
    return (static_cast<std::size_t>(shift) << (kSubBucketBits - 1)) +
           static_cast<std::size_t>(bits >> shift);
  }
  // The smallest and the largest value with this index.
  static std::int64_t LowerEnd(std::size_t index) {
    return index == 0 ? 0 : UpperEnd(index - 1) + 1;
  }
  static std::int64_t UpperEnd(std::size_t index);

  std::vector<std::uint64_t> counts_;
  std::uint64_t total_ = 0;
  std::int64_t min_ = kLargest;
  std::int64_t max_ = 0;
};

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_LATENCY_HISTOGRAM_H_
