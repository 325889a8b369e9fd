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
    while (at >= interval_ * kColumns) Halve();
    ++counts_[Index(static_cast<int>(at / interval_), RowOf(latency))];
  }

  // Adds another map's counts; the interval is then the longer one.
  void Merge(const HeatMap& other) {
    HeatMap finer = other;
    while (interval_ < finer.interval_) Halve();
    while (finer.interval_ < interval_) finer.Halve();
    for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += finer.counts_[i];
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
  }

  std::int64_t interval_ = 1'000'000;
  std::vector<std::uint64_t> counts_;
};

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_HEAT_MAP_H_
