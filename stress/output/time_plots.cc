#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "stress/heat_map.h"
#include "stress/occupancy_track.h"
#include "stress/output/plots.h"
#include "stress/output/svg.h"
#include "stress/output/units.h"
#include "stress/run_record.h"

namespace corepool::stress {
namespace {

constexpr std::size_t kLevels = 7;  // classes h0 to h6 of the page
constexpr int kMostColumns = 128;

std::string SecondsLabel(double seconds) { return absl::StrFormat("%g", seconds); }
std::string PercentLabel(double percent) { return absl::StrFormat("%g%%", percent); }

// Where a latency lies among the rows of a heat map, in parts of a row.
double RowPlace(double latency) {
  if (latency < 4) return latency;
  const double octave = std::floor(std::log2(latency));
  return (octave - 1) * 4 + (latency / std::exp2(octave) - 1) * 4;
}

// A heat map's counts with as many columns as fit.
class Cells {
 public:
  Cells(const HeatMap& heat, std::int64_t elapsed_ns) {
    int used = 0;
    for (int column = 0; column < HeatMap::kColumns; ++column) {
      for (int row = 0; row < HeatMap::kRows; ++row) {
        if (heat.At(column, row) == 0) continue;
        used = column + 1;
        first_row_ = std::min(first_row_, row);
        last_row_ = std::max(last_row_, row);
      }
    }
    if (used == 0) return;
    const std::int64_t by_time = (elapsed_ns + heat.interval() - 1) / heat.interval();
    used = std::max(
        used, static_cast<int>(std::min<std::int64_t>(by_time, HeatMap::kColumns)));
    const int together = (used + kMostColumns - 1) / kMostColumns;
    columns_ = (used + together - 1) / together;
    seconds_ = Seconds(heat.interval()) * together * columns_;
    counts_.resize(static_cast<std::size_t>(columns_) * HeatMap::kRows);
    for (int column = 0; column < used; ++column) {
      for (int row = 0; row < HeatMap::kRows; ++row) {
        std::uint64_t& count = counts_[Index(column / together, row)];
        count += heat.At(column, row);
        most_ = std::max(most_, count);
      }
    }
  }

  bool empty() const { return columns_ == 0; }
  int columns() const { return columns_; }
  int first_row() const { return first_row_; }
  int rows() const { return last_row_ - first_row_ + 1; }
  double seconds() const { return seconds_; }

  // Of kLevels classes of counts on a logarithmic scale; -1: none was counted.
  int LevelOf(int column, int row) const {
    const std::uint64_t count = counts_[Index(column, row)];
    if (count == 0) return -1;
    const double part =
        std::log(static_cast<double>(count)) / std::log(static_cast<double>(most_) + 1);
    return static_cast<int>(part * kLevels);
  }
  // The smallest count of a level, about.
  double LevelBegin(std::size_t level) const {
    return std::max(1.0, std::ceil(std::pow(static_cast<double>(most_) + 1,
                                            static_cast<double>(level) / kLevels)));
  }

 private:
  static std::size_t Index(int column, int row) {
    return static_cast<std::size_t>(column) * HeatMap::kRows +
           static_cast<std::size_t>(row);
  }

  int columns_ = 0;
  int first_row_ = HeatMap::kRows;
  int last_row_ = 0;
  double seconds_ = 0;
  std::uint64_t most_ = 0;
  std::vector<std::uint64_t> counts_;
};

void DrawCells(const Cells& cells, double row_height, Drawing& drawing) {
  std::array<std::string, kLevels> paths;
  const double width = (Drawing::kRight - Drawing::kLeft) / cells.columns();
  const auto edge = [width](int column) {
    return std::lround(Drawing::kLeft + width * column);
  };
  for (int row = 0; row < cells.rows(); ++row) {
    const double y = Drawing::kBottom - row_height * (row + 0.5);
    for (int column = 0; column < cells.columns();) {
      const int level = cells.LevelOf(column, cells.first_row() + row);
      const int begin = column;
      while (column < cells.columns() &&
             cells.LevelOf(column, cells.first_row() + row) == level) {
        ++column;
      }
      if (level < 0) continue;
      absl::StrAppend(&paths[static_cast<std::size_t>(level)], "M", edge(begin), " ", y,
                      "h", edge(column) - edge(begin));
    }
  }
  for (std::size_t level = 0; level < kLevels; ++level) {
    drawing.Path(paths[level], absl::StrCat("heat h", level), row_height);
  }
}

void DrawLevels(const Cells& cells, Drawing& drawing) {
  const double y = Drawing::kBottom + 54;
  double x = Drawing::kLeft;
  drawing.Text(x - 6, y + 4, "end", "count");
  double before = 0;
  for (std::size_t level = 0; level < kLevels; ++level) {
    const double begin = cells.LevelBegin(level);
    if (begin == before) continue;
    before = begin;
    drawing.Path(absl::StrFormat("M%.0f %.0fh20", x, y), absl::StrCat("heat h", level),
                 12);
    drawing.Text(x + 24, y + 4, "key", CountText(begin) + "+");
    x += 76;
  }
}

double LastSecond(const std::vector<PoolRecord>& pools, std::int64_t elapsed_ns) {
  std::int64_t last = elapsed_ns;
  for (const PoolRecord& pool : pools) {
    if (pool.occupancy.spans().empty()) continue;
    last = std::max(last,
                    pool.occupancy.spans().back().from_ns + pool.occupancy.interval());
  }
  return Seconds(last);
}

void DrawBand(const PoolRecord& pool, const Scale& x, const Scale& y,
              Drawing& drawing) {
  const std::vector<OccupancyTrack::Span>& spans = pool.occupancy.spans();
  std::string top;
  std::string bottom;
  for (const OccupancyTrack::Span& span : spans) {
    const long at = std::lround(x.At(Seconds(span.from_ns)));
    absl::StrAppend(&top, top.empty() ? "M" : "L", at, " ",
                    std::lround(y.At(static_cast<double>(span.most))));
    bottom = absl::StrCat("L", at, " ",
                          std::lround(y.At(static_cast<double>(span.least))), bottom);
  }
  drawing.Path(absl::StrCat(top, bottom, "Z"), "band");
  drawing.Path(top + "h1", "line s0");
}

std::string SharePath(const PoolRecord& pool, const Scale& x, const Scale& y) {
  std::string path;
  const double capacity = std::max(1.0, static_cast<double>(pool.stats.capacity));
  for (const OccupancyTrack::Span& span : pool.occupancy.spans()) {
    absl::StrAppend(&path, path.empty() ? "M" : "L",
                    std::lround(x.At(Seconds(span.from_ns))), " ",
                    std::lround(y.At(100 * static_cast<double>(span.most) / capacity)));
  }
  return path;
}

}  // namespace

std::string HeatPlot(const LatencyRecord& latency, std::int64_t elapsed_ns) {
  Drawing drawing;
  const Cells cells(latency.heat, elapsed_ns);
  const std::string title = "latency over time of " + latency.operation;
  if (cells.empty()) {
    drawing.YAxis(Scale::Linear(0, 1, Drawing::kBottom, Drawing::kTop), {}, "latency");
    drawing.NoData();
    return drawing.Finish(title);
  }
  constexpr double kHeight = Drawing::kBottom - Drawing::kTop;
  // Whole pixels, or some rows would be wider than others.
  const double row_height = std::clamp(std::floor(kHeight / cells.rows()), 1.0, 24.0);
  const double top_row = cells.first_row() + kHeight / row_height;
  const Scale rows =
      Scale::Linear(cells.first_row(), top_row, Drawing::kBottom, Drawing::kTop);
  const Scale x = Scale::Linear(0, cells.seconds(), Drawing::kLeft, Drawing::kRight);
  drawing.XAxis(x, x.LinearTicks(SecondsLabel), "seconds since the scenario began");
  const bool few = cells.rows() < 16;
  std::vector<Tick> ticks;
  for (int decade = 0; decade < 10; ++decade) {
    for (const int digit : {1, 2, 5}) {
      const double value = digit * std::pow(10, decade);
      const double row = RowPlace(value);
      if (row < cells.first_row() || row > top_row || (digit != 1 && !few)) continue;
      ticks.push_back({row, TimeLabel(value)});
    }
  }
  drawing.YAxis(rows, ticks, "latency");
  DrawCells(cells, row_height, drawing);
  DrawLevels(cells, drawing);
  return drawing.Finish(title);
}

bool HasOccupancy(const std::vector<PoolRecord>& pools) {
  return std::any_of(pools.begin(), pools.end(), [](const PoolRecord& pool) {
    return !pool.occupancy.spans().empty();
  });
}

std::string OccupancyPlot(const std::vector<PoolRecord>& pools,
                          std::int64_t elapsed_ns) {
  Drawing drawing;
  const Scale x =
      Scale::Linear(0, LastSecond(pools, elapsed_ns), Drawing::kLeft, Drawing::kRight);
  drawing.XAxis(x, x.LinearTicks(SecondsLabel), "seconds since the scenario began");
  if (pools.size() == 1) {
    const PoolRecord& pool = pools.front();
    double most = 1;
    for (const OccupancyTrack::Span& span : pool.occupancy.spans()) {
      most = std::max(most, static_cast<double>(span.most));
    }
    const auto capacity = static_cast<double>(pool.stats.capacity);
    const bool shows_capacity = capacity < most * 5;
    if (shows_capacity) most = std::max(most, capacity);
    const Scale y = Scale::Linear(0, most * 1.12, Drawing::kBottom, Drawing::kTop);
    drawing.YAxis(y, y.LinearTicks(CountLabel), "blocks used");
    DrawBand(pool, x, y, drawing);
    if (shows_capacity) {
      drawing.Line(Drawing::kLeft, y.At(capacity), Drawing::kRight, y.At(capacity),
                   "knee");
      drawing.Text(Drawing::kRight - 4, y.At(capacity) - 5, "end", "capacity");
    }
    drawing.Legend({absl::StrCat(
        pool.name, ": most used at a time, and least; capacity ",
        Grouped(pool.stats.capacity), ", peak ", Grouped(pool.stats.peak))});
    return drawing.Finish("blocks used over time of " + pool.name);
  }
  const Scale y = Scale::Linear(0, 106, Drawing::kBottom, Drawing::kTop);
  drawing.YAxis(y, y.LinearTicks(PercentLabel), "blocks used, % of capacity");
  std::vector<std::string> names;
  for (const PoolRecord& pool : pools) {
    if (pool.occupancy.spans().empty()) continue;
    drawing.Path(SharePath(pool, x, y),
                 absl::StrCat("line s", names.size() % kLineStyles));
    names.push_back(absl::StrCat(pool.name, ", peak ", Grouped(pool.stats.peak), " of ",
                                 Grouped(pool.stats.capacity)));
  }
  drawing.Legend(names);
  return drawing.Finish("blocks used over time");
}

}  // namespace corepool::stress
