// How latencies were spread over a run's time, in constant memory.

#ifndef COREPOOL_STRESS_HEAT_MAP_H_
#define COREPOOL_STRESS_HEAT_MAP_H_

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace corepool::stress {

// Columns are intervals of time, rows are classes of latency, four to an octave. When
// the last column is full, neighbours are added up and the interval doubles. A signal
// handler may record; one recorder at a time, and nobody reads meanwhile.
class HeatMap {
 public:
  static constexpr int kColumns = 256;
  static constexpr int kRows = 128;  // up to 2^32 ns

  HeatMap() : counts_(static_cast<std::size_t>(kColumns) * kRows) {}

  // `at`: nanoseconds since the run began, not negative.
  void Record(std::int64_t at, std::int64_t latency) {
    // One division an interval, not one a record.
    if (at < column_from_ || at - column_from_ >= interval_) MoveTo(at);
    ++counts_[Index(column_, RowOf(latency))];
  }

  // Adds another map's counts; the interval is then the longer one, or longer still.
  // `later`: how long after this one began the other one did, to an interval.
  void Merge(const HeatMap& other, std::int64_t later = 0) {
    HeatMap finer = other;
    while (interval_ < finer.interval_) Halve();
    while (later + finer.End() > interval_ * kColumns) Halve();
    while (finer.interval_ < interval_) finer.Halve();
    const auto shift = static_cast<std::size_t>(later / interval_) * kRows;
    for (std::size_t i = shift; i < counts_.size(); ++i) {
      counts_[i] += finer.counts_[i - shift];
    }
  }

  // Puts back what interval() and At told of another one, into an empty one. False,
  // and then good for nothing, if that cannot have been.
  bool RestoreInterval(std::int64_t interval) {
    const std::int64_t times = interval / kFirstInterval;
    if (interval % kFirstInterval != 0 || times < 1) return false;
    interval_ = interval;  // column 0 is still the one from 0
    return std::has_single_bit(static_cast<std::uint64_t>(times));
  }
  bool RestoreCell(int column, std::int64_t lower_end, std::uint64_t count) {
    if (column < 0 || column >= kColumns || lower_end < 0) return false;
    const int row = RowOf(lower_end);
    if (LowerEnd(row) != lower_end) return false;
    counts_[Index(column, row)] = count;
    return true;
  }

  std::int64_t interval() const { return interval_; }  // nanoseconds in a column
  std::uint64_t At(int column, int row) const { return counts_[Index(column, row)]; }

  // The smallest latency in a row, in nanoseconds.
  static std::int64_t LowerEnd(int row) {
    if (row < 4) return row;
    const int octave = row / 4 + 1;
    return (std::int64_t{4} + row % 4) << (octave - 2);
  }
  static int RowOf(std::int64_t latency) {
    if (latency < 4) return static_cast<int>(std::max<std::int64_t>(latency, 0));
    const auto bits = static_cast<std::uint64_t>(latency);
    const int octave = static_cast<int>(std::bit_width(bits)) - 1;
    const int quarter = static_cast<int>((bits >> (octave - 2)) & 3);
    return std::min((octave - 1) * 4 + quarter, kRows - 1);
  }

 private:
  static constexpr std::size_t Index(int column, int row) {
    return static_cast<std::size_t>(column) * kRows + static_cast<std::size_t>(row);
  }

  // Where the last column that has counts ends, and one more for rounding.
  std::int64_t End() const {
    std::size_t last = counts_.size();
    while (last > 0 && counts_[last - 1] == 0) --last;
    return last == 0 ? 0
                     : static_cast<std::int64_t>((last - 1) / kRows + 2) * interval_;
  }

  void MoveTo(std::int64_t at) {
    while (at >= interval_ * kColumns) Halve();
    column_ = static_cast<int>(at / interval_);
    column_from_ = column_ * interval_;
  }

  void Halve() {
    for (int column = 0; column < kColumns; ++column) {
      for (int row = 0; row < kRows; ++row) {
        const int first = column * 2;
        counts_[Index(column, row)] =
            first < kColumns
                ? counts_[Index(first, row)] + counts_[Index(first + 1, row)]
                : 0;
      }
    }
    interval_ *= 2;
    column_ = 0;
    column_from_ = 0;
  }

  static constexpr std::int64_t kFirstInterval = 1'000'000;

  std::int64_t interval_ = kFirstInterval;
  int column_ = 0;  // that was recorded to last
  std::int64_t column_from_ = 0;
  std::vector<std::uint64_t> counts_;
};

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_HEAT_MAP_H_
