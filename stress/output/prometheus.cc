#include "stress/output/prometheus.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "stress/exit_code.h"
#include "stress/latency_histogram.h"
#include "stress/output/ladder.h"
#include "stress/output/units.h"
#include "stress/run_record.h"

namespace corepool::stress {
namespace {

using Labels = std::vector<std::pair<std::string, std::string>>;

constexpr char kPrefix[] = "corepool_stress_";

std::string LabelText(const Labels& labels) {
  std::string text;
  for (const auto& [name, value] : labels) {
    absl::StrAppend(
        &text, text.empty() ? "{" : ",", name, "=\"",
        absl::StrReplaceAll(value, {{"\\", "\\\\"}, {"\"", "\\\""}, {"\n", "\\n"}}),
        "\"");
  }
  return text.empty() ? text : text + "}";
}

// One metric: its head, then all its samples, as the format wants them together.
class Metric {
 public:
  Metric(const char* name, const char* type, const char* help, std::string& text)
      : name_(absl::StrCat(kPrefix, name)), text_(text) {
    absl::StrAppend(&text_, "# HELP ", name_, " ", help, "\n# TYPE ", name_, " ", type,
                    "\n");
  }

  void Add(const Labels& labels, const std::string& value, const char* suffix = "") {
    absl::StrAppend(&text_, name_, suffix, LabelText(labels), " ", value, "\n");
  }

 private:
  std::string name_;
  std::string& text_;
};

std::string SecondsText(double nanoseconds) {
  return absl::StrFormat("%.9g", nanoseconds / 1e9);
}
std::string SecondsText(std::int64_t nanoseconds) {
  return SecondsText(static_cast<double>(nanoseconds));
}

// Calls visit(labels, histogram) for all that was measured.
template <typename Visit>
void ForEachLatency(const RunRecord& run, const std::vector<std::string>& names,
                    Visit visit) {
  for (std::size_t i = 0; i < run.scenarios.size(); ++i) {
    const std::vector<std::string> operations = UniqueOperations(run.scenarios[i]);
    for (std::size_t j = 0; j < operations.size(); ++j) {
      const LatencyRecord& latency = run.scenarios[i].latencies[j];
      Labels labels = {
          {"scenario", names[i]}, {"operation", operations[j]}, {"clock", "service"}};
      if (latency.service.total() != 0) visit(labels, latency.service);
      labels.back().second = "response";
      if (latency.response.total() != 0) visit(labels, latency.response);
    }
  }
}

void Latencies(const RunRecord& run, const std::vector<std::string>& names,
               std::string& text) {
  {
    Metric metric("latency_seconds", "summary",
                  "Duration of an operation: of the call (service) or since it was due "
                  "(response).",
                  text);
    ForEachLatency(run, names, [&](Labels labels, const LatencyHistogram& latencies) {
      const double total = static_cast<double>(latencies.total());
      labels.emplace_back("quantile", "");
      for (const Rung& rung : kLadder) {
        labels.back().second = rung.quantile;
        metric.Add(labels, SecondsText(latencies.Percentile(rung.percentile)));
      }
      labels.pop_back();
      metric.Add(labels, SecondsText(latencies.Mean() * total), "_sum");
      metric.Add(labels, absl::StrCat(latencies.total()), "_count");
    });
  }
  Metric metric("latency_max_seconds", "gauge", "Duration of the slowest operation.",
                text);
  ForEachLatency(run, names,
                 [&](const Labels& labels, const LatencyHistogram& latencies) {
                   metric.Add(labels, SecondsText(latencies.max()));
                 });
}

void Scenarios(const RunRecord& run, const std::vector<std::string>& names,
               std::string& text) {
  const auto each = [&](const char* name, const char* type, const char* help,
                        auto value_of) {
    Metric metric(name, type, help, text);
    for (std::size_t i = 0; i < run.scenarios.size(); ++i) {
      metric.Add({{"scenario", names[i]}}, value_of(run.scenarios[i]));
    }
  };
  each("scenario_pass", "gauge", "1 if every promise was kept.",
       [](const ScenarioRecord& scenario) {
         return absl::StrCat(VerdictOf(scenario) == kPass ? 1 : 0);
       });
  each("scenario_skipped", "gauge", "1 if it could not be had on this machine.",
       [](const ScenarioRecord& scenario) {
         return absl::StrCat(scenario.skipped.empty() ? 0 : 1);
       });
  each(
      "operations_total", "counter", "Operations done.",
      [](const ScenarioRecord& scenario) { return absl::StrCat(scenario.operations); });
  each("failures_total", "counter", "Requests that found no block, rightly.",
       [](const ScenarioRecord& scenario) { return absl::StrCat(scenario.failures); });
  each("operations_per_second", "gauge", "Operations done a second.",
       [](const ScenarioRecord& scenario) {
         return absl::StrFormat("%.9g",
                                PerSecond(scenario.operations, scenario.elapsed_ns));
       });
  each("scenario_duration_seconds", "gauge", "How long it ran.",
       [](const ScenarioRecord& scenario) { return SecondsText(scenario.elapsed_ns); });
}

void Checks(const RunRecord& run, const std::vector<std::string>& names,
            std::string& text) {
  Metric metric("check_violations", "gauge", "How often a promise was found broken.",
                text);
  // Labels must differ, and checks of one name may be of several pools.
  const auto add = [&metric](const std::string& scenario,
                             const std::vector<Check>& checks) {
    for (std::size_t i = 0; i < checks.size(); ++i) {
      metric.Add({{"scenario", scenario},
                  {"kind", KindName(checks[i].kind)},
                  {"check", checks[i].name},
                  {"number", absl::StrCat(i)}},
                 absl::StrCat(checks[i].violations));
    }
  };
  for (std::size_t i = 0; i < run.scenarios.size(); ++i) {
    add(names[i], run.scenarios[i].checks);
  }
  add("", run.gates);
}

void Pools(const RunRecord& run, const std::vector<std::string>& names,
           std::string& text) {
  const auto each = [&](const char* name, const char* help, auto value_of) {
    Metric metric(name, "gauge", help, text);
    for (std::size_t i = 0; i < run.scenarios.size(); ++i) {
      const std::vector<PoolRecord>& pools = run.scenarios[i].pools;
      for (std::size_t j = 0; j < pools.size(); ++j) {
        metric.Add({{"scenario", names[i]},
                    {"pool", pools[j].name},
                    {"number", absl::StrCat(j)}},
                   absl::StrCat(value_of(pools[j].stats)));
      }
    }
  };
  each("pool_capacity_blocks", "Blocks in the pool.",
       [](const PoolStats& stats) { return stats.capacity; });
  each("pool_peak_blocks", "Most blocks used at once.",
       [](const PoolStats& stats) { return stats.peak; });
  each("pool_used_blocks", "Blocks used at the end.",
       [](const PoolStats& stats) { return stats.used; });
}

}  // namespace

std::string RecordAsPrometheus(const RunRecord& run) {
  std::string text;
  const std::vector<std::string> names = UniqueNames(run);
  Metric("info", "gauge", "What was run; always 1.", text)
      .Add({{"command", run.command},
            {"version", SettingOf(run.tool, "version")},
            {"build", SettingOf(run.tool, "build")},
            {"cpu", SettingOf(run.host, "cpu")},
            {"kernel", SettingOf(run.host, "kernel")},
            {"started", run.started}},
           "1");
  Metric("exit_code", "gauge", "How the program ended; 0 is a pass.", text)
      .Add({}, absl::StrCat(static_cast<int>(Verdict(run))));
  Metric("duration_seconds", "gauge", "How long the run took.", text)
      .Add({}, SecondsText(run.elapsed_ns));
  Metric("timer_overhead_seconds", "gauge", "Part of every latency.", text)
      .Add({}, SecondsText(run.timer_overhead_ns));
  Scenarios(run, names, text);
  Latencies(run, names, text);
  Checks(run, names, text);
  Pools(run, names, text);
  return text;
}

}  // namespace corepool::stress
