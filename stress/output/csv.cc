#include "stress/output/csv.h"

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "stress/latency_histogram.h"
#include "stress/output/ladder.h"
#include "stress/output/units.h"
#include "stress/run_record.h"

namespace corepool::stress {
namespace {

std::string Quoted(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  return absl::StrCat("\"", absl::StrReplaceAll(text, {{"\"", "\"\""}}), "\"");
}

class Rows {
 public:
  explicit Rows(std::string& text) : text_(text) {
    std::vector<std::string> names = {
        "scenario", "verdict",   "operations", "elapsed_ns", "operations_per_second",
        "failures", "operation", "clock",      "cpu",        "count",
        "min_ns",   "mean_ns"};
    for (const Rung& rung : kLadder) names.push_back(absl::StrCat(rung.key, "_ns"));
    names.emplace_back("max_ns");
    width_ = names.size();
    Add(names);
  }

  void Add(std::vector<std::string> cells) {
    cells.resize(width_);
    for (std::string& cell : cells) cell = Quoted(cell);
    absl::StrAppend(&text_, absl::StrJoin(cells, ","), "\n");
  }

 private:
  std::string& text_;
  std::size_t width_ = 0;
};

std::string VerdictCell(const ScenarioRecord& scenario) {
  return scenario.skipped.empty() ? VerdictWord(VerdictOf(scenario)) : "skipped";
}

void AddLatencies(std::vector<std::string> cells, const char* clock,
                  const std::string& cpu, const LatencyHistogram& latencies,
                  Rows& rows) {
  cells.insert(cells.end(), {clock, cpu, absl::StrCat(latencies.total()),
                             absl::StrCat(latencies.min()),
                             absl::StrFormat("%.3f", latencies.Mean())});
  for (const Rung& rung : kLadder) {
    cells.push_back(absl::StrCat(latencies.Percentile(rung.percentile)));
  }
  cells.push_back(absl::StrCat(latencies.max()));
  rows.Add(cells);
}

}  // namespace

std::string RecordAsCsv(const RunRecord& run) {
  std::string text;
  Rows rows(text);
  const std::vector<std::string> names = UniqueNames(run);
  for (std::size_t i = 0; i < run.scenarios.size(); ++i) {
    const ScenarioRecord& scenario = run.scenarios[i];
    const std::vector<std::string> begin = {
        names[i],
        VerdictCell(scenario),
        absl::StrCat(scenario.operations),
        absl::StrCat(scenario.elapsed_ns),
        absl::StrFormat("%.1f", PerSecond(scenario.operations, scenario.elapsed_ns)),
        absl::StrCat(scenario.failures)};
    if (scenario.latencies.empty()) rows.Add(begin);
    for (const LatencyRecord& latency : scenario.latencies) {
      std::vector<std::string> cells = begin;
      cells.push_back(latency.operation);
      AddLatencies(cells, "service", "", latency.service, rows);
      if (latency.response.total() != 0) {
        AddLatencies(cells, "response", "", latency.response, rows);
      }
      for (const LatencyRecord::Core& core : latency.per_core) {
        AddLatencies(cells, "service", absl::StrCat(core.cpu), core.service, rows);
      }
    }
  }
  return text;
}

}  // namespace corepool::stress
