#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "stress/latency_histogram.h"
#include "stress/output/plots.h"
#include "stress/output/spectrum.h"
#include "stress/output/svg.h"
#include "stress/output/units.h"
#include "stress/run_record.h"

namespace corepool::stress {
namespace {

struct Series {
  std::string name;
  std::string mark;  // short, for a label beside the curve
  const LatencyHistogram* latencies;
};

// 0%, 90%, 99%, 99.9%, ... of 1, 10, 100, 1000, ...
std::string NinesLabel(double inverse) {
  const long nines = std::lround(std::log10(inverse));
  if (nines < 3) return absl::StrCat(nines == 0 ? "0" : nines == 1 ? "90" : "99", "%");
  return absl::StrCat("99.", std::string(static_cast<std::size_t>(nines - 2), '9'),
                      "%");
}

std::string SpectrumPath(const LatencyHistogram& latencies, const Scale& x,
                         const Scale& y) {
  std::string path;
  std::string last;
  for (const SpectrumStep& step : SpectrumOf(latencies)) {
    // The slowest stands where it would be the only one of as many.
    const double inverse = step.percentile < 100
                               ? 1 / (1 - step.percentile / 100)
                               : static_cast<double>(latencies.total());
    const std::string point =
        absl::StrCat(std::lround(x.At(inverse)), " ",
                     std::lround(y.At(static_cast<double>(step.value))));
    if (point == last) continue;
    absl::StrAppend(&path, path.empty() ? "M" : "L", point);
    last = point;
  }
  // A single point shows as a dot of the round line end.
  return path.empty() ? path : path + "h0";
}

// The axis of CorePlot: linear up to a knee, then linear again at another scale.
class BrokenScale {
 public:
  explicit BrokenScale(const LatencyHistogram& all) {
    constexpr double kWidth = Drawing::kRight - Drawing::kLeft;
    const std::int64_t bulk = all.Percentile(99.9) + all.Percentile(99.9) / 4 + 1;
    from_ = all.min() > bulk / 2 ? all.min() - (bulk - all.min()) / 4 : 0;
    from_ = std::max<std::int64_t>(from_, 0);
    broken_ = all.max() > from_ + (bulk - from_) * 3;
    const std::int64_t knee = broken_ ? bulk : all.max() + 1;
    const std::size_t most = broken_ ? 110 : 180;
    Lay(from_, knee, most, Drawing::kLeft,
        Drawing::kLeft + (broken_ ? 0.62 : 1) * kWidth);
    if (broken_)
      Lay(edges_.back().ns, all.max() + 1, 70, edges_.back().x, Drawing::kRight);
  }

  struct Edge {
    std::int64_t ns;
    double x;
  };
  // Of bins of whole nanoseconds, the first begins with edges()[0].
  const std::vector<Edge>& edges() const { return edges_; }
  std::size_t BinOf(std::int64_t value) const {
    const auto behind = std::upper_bound(
        edges_.begin(), edges_.end(), value,
        [](std::int64_t one, const Edge& edge) { return one < edge.ns; });
    const auto bin = std::max<std::ptrdiff_t>(behind - edges_.begin() - 1, 0);
    return std::min(static_cast<std::size_t>(bin), edges_.size() - 2);
  }
  double At(std::int64_t value) const { return edges_[BinOf(value)].x; }

  void Draw(Drawing& drawing) const {
    for (const auto& [first, last] : parts_) {
      const Scale part = Scale::Linear(static_cast<double>(edges_[first].ns),
                                       static_cast<double>(edges_[last].ns),
                                       edges_[first].x, edges_[last].x);
      std::vector<Tick> ticks = part.LinearTicks(TimeLabel);
      // Labels of both parts would meet at the knee.
      if (first != 0)
        std::erase_if(ticks, [&](const Tick& tick) {
          return part.At(tick.value) < edges_[first].x + 48;
        });
      if (broken_ && first == 0)
        std::erase_if(ticks, [&](const Tick& tick) {
          return part.At(tick.value) > edges_[last].x - 48;
        });
      drawing.XAxis(part, ticks, first == 0 ? "latency, linear" : "");
    }
    if (!broken_) return;
    const double knee = edges_[parts_[0].second].x;
    drawing.Line(knee, Drawing::kTop, knee, Drawing::kBottom + 6, "knee");
    drawing.Text(knee + 5, Drawing::kTop + 12, "key", "from here at another scale");
    drawing.Text(knee, Drawing::kBottom + 16, "mid",
                 TimeText(static_cast<double>(edges_[parts_[0].second].ns)));
  }

 private:
  void Lay(std::int64_t from, std::int64_t to, std::size_t most_bins, double begin,
           double end) {
    const auto most = static_cast<std::int64_t>(most_bins);
    const std::int64_t width = std::max<std::int64_t>((to - from + most - 1) / most, 1);
    const std::int64_t bins =
        std::max<std::int64_t>((to - from + width - 1) / width, 1);
    const std::size_t first = edges_.empty() ? 0 : edges_.size() - 1;
    for (std::int64_t i = edges_.empty() ? 0 : 1; i <= bins; ++i) {
      edges_.push_back(
          {from + i * width,
           begin + (end - begin) * static_cast<double>(i) / static_cast<double>(bins)});
    }
    parts_.emplace_back(first, edges_.size() - 1);
  }

  std::int64_t from_ = 0;
  bool broken_ = false;
  std::vector<Edge> edges_;
  std::vector<std::pair<std::size_t, std::size_t>> parts_;
};

std::vector<std::uint64_t> Binned(const LatencyHistogram& latencies,
                                  const BrokenScale& x) {
  std::vector<std::uint64_t> counts(x.edges().size() - 1);
  latencies.ForEachBucket([&](const LatencyHistogram::Bucket& bucket) {
    counts[x.BinOf(bucket.lowest)] += bucket.count;
  });
  return counts;
}

// Steps that return to the floor where nothing was counted.
std::string StepPath(const std::vector<std::uint64_t>& counts, const BrokenScale& x,
                     const Scale& y) {
  std::string path;
  const long floor = std::lround(Drawing::kBottom);
  long height = floor;
  for (std::size_t bin = 0; bin <= counts.size(); ++bin) {
    const bool some = bin < counts.size() && counts[bin] != 0;
    const long next =
        some ? std::lround(y.At(static_cast<double>(counts[bin]))) : floor;
    if (next == height) continue;
    const long at = std::lround(x.edges()[bin].x);
    absl::StrAppend(
        &path,
        height == floor ? absl::StrCat("M", at, " ", floor) : absl::StrCat("H", at),
        "V", next);
    height = next;
  }
  return path;
}

// A line for each core; of very many, the slowest and all others together, which are
// added up in `others`.
std::vector<Series> CoreSeries(const LatencyRecord& latency, LatencyHistogram& others) {
  std::vector<const LatencyRecord::Core*> cores;
  for (const LatencyRecord::Core& core : latency.per_core) {
    if (core.service.total() != 0) cores.push_back(&core);
  }
  if (cores.empty()) return {{"all cores", "", &latency.service}};
  std::size_t shown = cores.size();
  if (shown > kLineStyles) {
    shown = kLineStyles - 1;
    std::partial_sort(cores.begin(), cores.begin() + static_cast<std::ptrdiff_t>(shown),
                      cores.end(), [](const auto* one, const auto* other) {
                        return one->service.max() > other->service.max();
                      });
  }
  std::vector<Series> series;
  for (std::size_t i = 0; i < shown; ++i) {
    const int cpu = cores[i]->cpu;
    series.push_back({cpu < 0 ? "not pinned" : absl::StrCat("cpu ", cpu),
                      cpu < 0 ? "" : absl::StrCat(cpu), &cores[i]->service});
  }
  for (std::size_t i = shown; i < cores.size(); ++i) others.Merge(cores[i]->service);
  if (shown < cores.size()) {
    series.push_back({absl::StrCat(cores.size() - shown, " others"), "", &others});
  }
  return series;
}

}  // namespace

std::string SpectrumPlot(const ScenarioRecord& scenario) {
  std::vector<Series> series;
  double count = 10;
  double least = 1e18;
  double most = 1;
  const auto add = [&](const std::string& name, const LatencyHistogram& latencies) {
    if (latencies.total() == 0) return;
    series.push_back({name, "", &latencies});
    count = std::max(count, static_cast<double>(latencies.total()));
    least = std::min(least, static_cast<double>(latencies.min()));
    most = std::max(most, static_cast<double>(latencies.max()));
  };
  for (const LatencyRecord& latency : scenario.latencies) {
    add(latency.operation, latency.service);
    add(latency.operation + " since due", latency.response);
  }
  Drawing drawing;
  const Scale x = Scale::Log(1, count, Drawing::kLeft, Drawing::kRight - 14);
  const Scale y = Scale::Log(std::clamp(least * 0.9, 1.0, most), most * 1.1,
                             Drawing::kBottom, Drawing::kTop);
  std::vector<Tick> nines;
  for (double inverse = 1; inverse <= x.to() * 1.001; inverse *= 10) {
    nines.push_back({inverse, NinesLabel(inverse)});
  }
  drawing.XAxis(x, nines, "percentile");
  drawing.YAxis(y, y.LogTicks(TimeLabel), "latency");
  std::vector<std::string> names;
  for (std::size_t i = 0; i < series.size(); ++i) {
    drawing.Path(SpectrumPath(*series[i].latencies, x, y),
                 absl::StrCat("line s", i % kLineStyles));
    names.push_back(
        absl::StrCat(series[i].name, ", max ",
                     TimeText(static_cast<double>(series[i].latencies->max()))));
  }
  if (series.empty()) drawing.NoData();
  drawing.Legend(names);
  return drawing.Finish("latency by percentile of " + scenario.name);
}

std::string CorePlot(const LatencyRecord& latency) {
  Drawing drawing;
  if (latency.service.total() == 0) {
    drawing.YAxis(Scale::Linear(0, 1, Drawing::kBottom, Drawing::kTop), {},
                  "operations");
    drawing.NoData();
    return drawing.Finish("no latencies of " + latency.operation);
  }
  LatencyHistogram others;
  const std::vector<Series> series = CoreSeries(latency, others);
  const BrokenScale x(latency.service);
  std::vector<std::vector<std::uint64_t>> counts;
  std::uint64_t most = 1;
  for (const Series& one : series) {
    counts.push_back(Binned(*one.latencies, x));
    most =
        std::max(most, *std::max_element(counts.back().begin(), counts.back().end()));
  }
  const Scale y =
      Scale::Log(0.6, static_cast<double>(most) * 1.3, Drawing::kBottom, Drawing::kTop);
  x.Draw(drawing);
  drawing.YAxis(y, y.LogTicks(CountLabel), "operations");
  std::vector<std::string> names;
  std::vector<std::pair<double, std::string>> marks;
  for (std::size_t i = 0; i < series.size(); ++i) {
    drawing.Path(StepPath(counts[i], x, y), absl::StrCat("thin s", i % kLineStyles));
    const std::int64_t worst = series[i].latencies->max();
    if (!series[i].mark.empty()) marks.emplace_back(x.At(worst), series[i].mark);
    names.push_back(
        absl::StrCat(series[i].name, ", max ", TimeText(static_cast<double>(worst))));
  }
  drawing.Legend(names);
  return drawing.Finish(
      absl::StrCat("latency histogram per core of ", latency.operation));
}

}  // namespace corepool::stress
