#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "stress/exit_code.h"
#include "stress/heat_map.h"
#include "stress/latency_histogram.h"
#include "stress/output/json.h"
#include "stress/output/ladder.h"
#include "stress/output/units.h"
#include "stress/run_record.h"

namespace corepool::stress {
namespace {

using Json = nlohmann::ordered_json;

// A number where the text is one exactly, so that programs need not convert it.
Json ValueOf(const std::string& text) {
  if (text == "true") return true;
  if (text == "false") return false;
  std::int64_t number = 0;
  if (absl::SimpleAtoi(text, &number) && absl::StrCat(number) == text) return number;
  std::uint64_t large = 0;
  if (absl::SimpleAtoi(text, &large) && absl::StrCat(large) == text) return large;
  return text;
}

Json Object(const Settings& settings) {
  Json json = Json::object();
  for (const auto& [name, value] : settings) json[name] = ValueOf(value);
  return json;
}

Json Object(const LatencyHistogram& latencies) {
  Json json;
  json["count"] = latencies.total();
  json["min"] = latencies.min();
  json["mean"] = latencies.Mean();
  json["stddev"] = latencies.StandardDeviation();
  for (const Rung& rung : kLadder) {
    json[rung.key] = latencies.Percentile(rung.percentile);
  }
  json["max"] = latencies.max();
  Json& buckets = json["buckets"] = Json::array();
  latencies.ForEachBucket([&buckets](const LatencyHistogram::Bucket& bucket) {
    buckets.push_back({bucket.highest, bucket.count});
  });
  return json;
}

Json Object(const HeatMap& heat) {
  Json cells = Json::array();
  for (int column = 0; column < HeatMap::kColumns; ++column) {
    for (int row = 0; row < HeatMap::kRows; ++row) {
      const std::uint64_t count = heat.At(column, row);
      if (count != 0) cells.push_back({column, HeatMap::LowerEnd(row), count});
    }
  }
  return {{"interval_ns", heat.interval()}, {"cells", std::move(cells)}};
}

Json Object(const LatencyRecord& latency) {
  Json json;
  json["operation"] = latency.operation;
  json["unit"] = "ns";
  json["slowest_at_ns"] = latency.slowest_at_ns;
  json["slowest_thread"] = latency.slowest_thread;
  json["service"] = Object(latency.service);
  if (latency.response.total() != 0) json["response"] = Object(latency.response);
  Json& cores = json["per_core"] = Json::array();
  for (const LatencyRecord::Core& core : latency.per_core) {
    cores.push_back({{"cpu", core.cpu}, {"service", Object(core.service)}});
  }
  json["heat"] = Object(latency.heat);
  return json;
}

Json Object(const PoolRecord& pool) {
  const PoolStats& stats = pool.stats;
  Json spans = Json::array();
  for (const OccupancyTrack::Span& span : pool.occupancy.spans()) {
    spans.push_back({span.from_ns, span.least, span.most});
  }
  return {{"name", pool.name},
          {"stats",
           {{"capacity", stats.capacity},
            {"free", stats.free},
            {"used", stats.used},
            {"peak", stats.peak},
            {"block_size", stats.block_size},
            {"stride", stats.stride},
            {"cores", stats.cores},
            {"magazine_size", stats.magazine_size},
            {"bookkeeping_bytes", stats.bookkeeping_bytes},
            {"allocations", stats.allocations},
            {"frees", stats.frees},
            {"failures", stats.failures},
            {"misuses", stats.misuses},
            {"steals", stats.steals},
            {"withheld", stats.withheld},
            {"tag_bits", stats.tag_bits},
            {"quarantined", stats.quarantined},
            {"exact", stats.exact}}},
          {"occupancy",
           {{"interval_ns", pool.occupancy.interval()}, {"spans", std::move(spans)}}}};
}

Json Object(const Check& check) {
  return {{"kind", KindName(check.kind)},
          {"name", check.name},
          {"violations", check.violations},
          {"detail", check.detail}};
}

Json Object(const Figure& figure) {
  return {{"name", figure.name}, {"value", figure.value}, {"unit", figure.unit}};
}

Json VerdictObject(ExitCode code) {
  return {{"pass", code == kPass}, {"exit_code", static_cast<int>(code)}};
}

template <typename List>
Json Array(const List& list) {
  Json json = Json::array();
  for (const auto& one : list) json.push_back(Object(one));
  return json;
}

Json Object(const ScenarioRecord& scenario) {
  Json json;
  json["name"] = scenario.name;
  json["summary"] = scenario.summary;
  json["skipped"] = scenario.skipped;
  json["verdict"] = VerdictObject(VerdictOf(scenario));
  json["config"] = Object(scenario.config);
  json["began_ns"] = scenario.began_ns;
  json["elapsed_ns"] = scenario.elapsed_ns;
  json["operations"] = scenario.operations;
  json["operations_per_second"] = PerSecond(scenario.operations, scenario.elapsed_ns);
  json["failures"] = scenario.failures;
  json["latencies"] = Array(scenario.latencies);
  json["pools"] = Array(scenario.pools);
  json["checks"] = Array(scenario.checks);
  json["leaks"] = scenario.leaks;
  json["figures"] = Array(scenario.figures);
  return json;
}

bool IsPlain(const Json& json) {
  if (json.is_object()) return json.empty();
  if (!json.is_array()) return true;
  for (const Json& element : json) {
    if (element.is_structured() && !(element.is_array() && IsPlain(element))) {
      return false;
    }
  }
  return true;
}

// Objects line by line for people who look into the file; lists of numbers in one line,
// because they have thousands.
void Print(const Json& json, std::size_t indent, std::string& text) {
  if (IsPlain(json)) {
    text += json.dump(-1, ' ', false, Json::error_handler_t::replace);
    return;
  }
  const std::string margin(indent + 2, ' ');
  const char* separator = "\n";
  text += json.is_object() ? '{' : '[';
  for (auto at = json.begin(); at != json.end(); ++at) {
    absl::StrAppend(&text, separator, margin);
    if (json.is_object()) {
      text += Json(at.key()).dump(-1, ' ', false, Json::error_handler_t::replace);
      text += ": ";
    }
    Print(*at, indent + 2, text);
    separator = ",\n";
  }
  absl::StrAppend(&text, "\n", std::string(indent, ' '), json.is_object() ? "}" : "]");
}

}  // namespace

std::string RecordAsJson(const RunRecord& run) {
  Json json;
  json["schema_version"] = kJsonSchemaVersion;
  json["tool"] = {{"name", "corepool-stress"}};
  json["tool"].update(Object(run.tool));
  json["host"] = Object(run.host);
  json["config"] = {{"command", run.command}};
  json["config"].update(Object(run.config));
  json["started"] = run.started;
  json["elapsed_ns"] = run.elapsed_ns;
  json["timer_overhead_ns"] = run.timer_overhead_ns;
  json["timer_resolution_ns"] = run.timer_resolution_ns;
  json["interrupted"] = run.interrupted;
  json["warnings"] = run.warnings;
  Json& scenarios = json["scenarios"] = Json::array();
  for (const ScenarioRecord& one : run.scenarios) scenarios.push_back(Object(one));
  json["gates"] = Array(run.gates);
  Json results = Json::parse(run.results_json, nullptr, false);
  if (results.is_object()) json["results"] = std::move(results);
  json["verdict"] = VerdictObject(Verdict(run));
  std::string text;
  Print(json, 0, text);
  return text + "\n";
}

}  // namespace corepool::stress
