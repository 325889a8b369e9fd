// How full a pool was over a run's time, in constant memory.

#ifndef COREPOOL_STRESS_OCCUPANCY_TRACK_H_
#define COREPOOL_STRESS_OCCUPANCY_TRACK_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace corepool::stress {

// The fewest and most blocks used in each interval of time. When all intervals are
// full, neighbours are joined and the interval doubles. For one thread.
class OccupancyTrack {
 public:
  static constexpr std::size_t kMostIntervals = 512;
  struct Span {
    std::int64_t from_ns;  // since the run began
    std::uint64_t least;
    std::uint64_t most;
    bool operator==(const Span&) const = default;
  };

  // `at`: nanoseconds since the run began, not before the last sample's.
  void Sample(std::int64_t at, std::uint64_t used) {
    const std::int64_t from = at - at % interval_;
    if (!spans_.empty() && spans_.back().from_ns == from) {
      Widen(spans_.back(), used, used);
      return;
    }
    if (spans_.size() == kMostIntervals) {
      Halve();
      Sample(at, used);
      return;
    }
    spans_.push_back({from, used, used});
  }

  const std::vector<Span>& spans() const { return spans_; }
  std::int64_t interval() const { return interval_; }  // nanoseconds
  void Restore(std::int64_t interval, std::vector<Span> spans) {
    interval_ = interval;
    spans_ = std::move(spans);
  }

 private:
  static void Widen(Span& span, std::uint64_t least, std::uint64_t most) {
    span.least = std::min(span.least, least);
    span.most = std::max(span.most, most);
  }
  void Halve() {
    interval_ *= 2;
    std::vector<Span> joined;
    joined.reserve(kMostIntervals);
    for (const Span& span : spans_) {
      const std::int64_t from = span.from_ns - span.from_ns % interval_;
      if (!joined.empty() && joined.back().from_ns == from) {
        Widen(joined.back(), span.least, span.most);
      } else {
        joined.push_back({from, span.least, span.most});
      }
    }
    spans_ = std::move(joined);
  }

  std::int64_t interval_ = 1'000'000;
  std::vector<Span> spans_;
};

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_OCCUPANCY_TRACK_H_
