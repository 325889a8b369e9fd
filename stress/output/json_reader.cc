#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "stress/heat_map.h"
#include "stress/latency_histogram.h"
#include "stress/occupancy_track.h"
#include "stress/output/json.h"
#include "stress/output/units.h"
#include "stress/run_record.h"

namespace corepool::stress {
namespace {

using Json = nlohmann::ordered_json;

// A value and where it stands. Remembers, for the whole text, the first thing that was
// wrong; whatever is read after that does not count.
class Node {
 public:
  Node(const Json& json, std::string path, std::string& problem)
      : json_(json), path_(std::move(path)), problem_(problem) {}

  void Complain(const std::string& what) const {
    if (problem_.empty()) {
      problem_ = absl::StrCat(path_.empty() ? "the whole" : path_, " ", what);
    }
  }

  bool Has(const char* name) const { return json_.is_object() && json_.contains(name); }
  Node operator[](const char* name) const {
    static const Json kMissing;
    const std::string path = absl::StrCat(path_, path_.empty() ? "" : ".", name);
    const Node member(Has(name) ? json_[name] : kMissing, path, problem_);
    if (!Has(name)) member.Complain("is missing");
    return member;
  }

  template <typename Visit>
  void ForEach(Visit visit) const {
    if (!json_.is_array()) return Complain("is not a list");
    for (std::size_t i = 0; i < json_.size() && problem_.empty(); ++i) {
      visit(Node(json_[i], absl::StrCat(path_, "[", i, "]"), problem_));
    }
  }
  template <typename Visit>
  void ForEachMember(Visit visit) const {
    if (!json_.is_object()) return Complain("is not an object");
    for (auto at = json_.begin(); at != json_.end(); ++at) visit(at.key(), *at);
  }

  std::string Text() const {
    if (!json_.is_string()) return Complain("is not a text"), "";
    return json_.get<std::string>();
  }
  bool Truth() const {
    if (!json_.is_boolean()) return Complain("is neither true nor false"), false;
    return json_.get<bool>();
  }
  // Exact: not through a double.
  template <typename Number>
  Number Whole() const {
    if (json_.is_number_unsigned()) {
      const auto value = json_.get<std::uint64_t>();
      if (value <= static_cast<std::uint64_t>(std::numeric_limits<Number>::max())) {
        return static_cast<Number>(value);
      }
    } else if (json_.is_number_integer() && std::numeric_limits<Number>::is_signed) {
      const auto value = json_.get<std::int64_t>();
      if (value >= static_cast<std::int64_t>(std::numeric_limits<Number>::min())) {
        return static_cast<Number>(value);
      }
    }
    Complain("is not a whole number that fits");
    return 0;
  }
  // What JSON has no number for is null.
  double Real() const {
    if (json_.is_null()) return std::numeric_limits<double>::quiet_NaN();
    if (!json_.is_number()) return Complain("is not a number"), 0;
    return json_.get<double>();
  }
  // Three or two whole numbers.
  std::vector<std::int64_t> Tuple(std::size_t size) const {
    std::vector<std::int64_t> numbers;
    ForEach([&](const Node& one) { numbers.push_back(one.Whole<std::int64_t>()); });
    if (numbers.size() != size) {
      Complain(absl::StrCat("has not ", size, " numbers"));
      numbers.resize(size);
    }
    return numbers;
  }

 private:
  const Json& json_;
  std::string path_;
  std::string& problem_;
};

Settings ReadSettings(const Node& node, std::string_view but) {
  Settings settings;
  node.ForEachMember([&](const std::string& name, const Json& value) {
    if (name == but) return;
    settings.emplace_back(
        name, value.is_string()
                  ? value.get<std::string>()
                  : value.dump(-1, ' ', false, Json::error_handler_t::replace));
  });
  return settings;
}

LatencyHistogram ReadHistogram(const Node& node) {
  LatencyHistogram histogram;
  node["buckets"].ForEach([&](const Node& bucket) {
    const std::vector<std::int64_t> pair = bucket.Tuple(2);
    if (pair[1] < 0 ||
        !histogram.RestoreBucket(pair[0], static_cast<std::uint64_t>(pair[1]))) {
      bucket.Complain("is no bucket of a histogram");
    }
  });
  if (node["count"].Whole<std::uint64_t>() != histogram.total()) {
    node.Complain("has another count than its buckets");
  }
  if (!histogram.RestoreEnds(node["min"].Whole<std::int64_t>(),
                             node["max"].Whole<std::int64_t>())) {
    node.Complain("has a min or max that is not in its buckets");
  }
  return histogram;
}

HeatMap ReadHeat(const Node& node) {
  HeatMap heat;
  if (!heat.RestoreInterval(node["interval_ns"].Whole<std::int64_t>())) {
    node["interval_ns"].Complain("is not a millisecond, doubled some times");
  }
  node["cells"].ForEach([&](const Node& cell) {
    const std::vector<std::int64_t> three = cell.Tuple(3);
    if (three[0] < 0 || three[0] >= HeatMap::kColumns || three[2] < 0 ||
        !heat.RestoreCell(static_cast<int>(three[0]), three[1],
                          static_cast<std::uint64_t>(three[2]))) {
      cell.Complain("is no cell of a heat map");
    }
  });
  return heat;
}

LatencyRecord ReadLatency(const Node& node) {
  LatencyRecord latency;
  latency.operation = node["operation"].Text();
  latency.slowest_at_ns = node["slowest_at_ns"].Whole<std::int64_t>();
  latency.slowest_thread = node["slowest_thread"].Whole<int>();
  latency.service = ReadHistogram(node["service"]);
  if (node.Has("response")) latency.response = ReadHistogram(node["response"]);
  node["per_core"].ForEach([&](const Node& core) {
    latency.per_core.push_back(
        {core["cpu"].Whole<int>(), ReadHistogram(core["service"])});
  });
  latency.heat = ReadHeat(node["heat"]);
  return latency;
}

PoolRecord ReadPool(const Node& node) {
  PoolRecord pool;
  pool.name = node["name"].Text();
  const Node stats = node["stats"];
  const auto read = [&stats](const char* name, auto& number) {
    number = stats[name].Whole<std::remove_reference_t<decltype(number)>>();
  };
  read("capacity", pool.stats.capacity);
  read("free", pool.stats.free);
  read("used", pool.stats.used);
  read("peak", pool.stats.peak);
  read("block_size", pool.stats.block_size);
  read("stride", pool.stats.stride);
  read("cores", pool.stats.cores);
  read("magazine_size", pool.stats.magazine_size);
  read("bookkeeping_bytes", pool.stats.bookkeeping_bytes);
  read("allocations", pool.stats.allocations);
  read("frees", pool.stats.frees);
  read("failures", pool.stats.failures);
  read("misuses", pool.stats.misuses);
  read("steals", pool.stats.steals);
  read("withheld", pool.stats.withheld);
  read("tag_bits", pool.stats.tag_bits);
  read("quarantined", pool.stats.quarantined);
  pool.stats.exact = stats["exact"].Truth();
  std::vector<OccupancyTrack::Span> spans;
  const Node occupancy = node["occupancy"];
  occupancy["spans"].ForEach([&spans](const Node& span) {
    const std::vector<std::int64_t> three = span.Tuple(3);
    if (three[0] < (spans.empty() ? 0 : spans.back().from_ns) || three[1] < 0 ||
        three[2] < three[1] || spans.size() == OccupancyTrack::kMostIntervals) {
      span.Complain("is no span of an occupancy track");
    }
    spans.push_back({three[0], static_cast<std::uint64_t>(three[1]),
                     static_cast<std::uint64_t>(three[2])});
  });
  const auto interval = occupancy["interval_ns"].Whole<std::int64_t>();
  if (interval < 1) occupancy["interval_ns"].Complain("is not positive");
  pool.occupancy.Restore(interval, std::move(spans));
  return pool;
}

Check ReadCheck(const Node& node) {
  Check check;
  const std::string kind = node["kind"].Text();
  bool known = false;
  for (const Check::Kind one : {Check::Kind::kCorrectness, Check::Kind::kLeak,
                                Check::Kind::kGate, Check::Kind::kResource}) {
    if (kind == KindName(one)) {
      check.kind = one;
      known = true;
    }
  }
  if (!known) node["kind"].Complain("is no kind of check");
  check.name = node["name"].Text();
  check.violations = node["violations"].Whole<std::uint64_t>();
  check.detail = node["detail"].Text();
  return check;
}

ScenarioRecord ReadScenario(const Node& node) {
  ScenarioRecord scenario;
  scenario.name = node["name"].Text();
  scenario.summary = node["summary"].Text();
  scenario.skipped = node["skipped"].Text();
  scenario.config = ReadSettings(node["config"], "");
  scenario.began_ns = node["began_ns"].Whole<std::int64_t>();
  scenario.elapsed_ns = node["elapsed_ns"].Whole<std::int64_t>();
  scenario.operations = node["operations"].Whole<std::uint64_t>();
  scenario.failures = node["failures"].Whole<std::uint64_t>();
  node["latencies"].ForEach(
      [&](const Node& one) { scenario.latencies.push_back(ReadLatency(one)); });
  node["pools"].ForEach(
      [&](const Node& one) { scenario.pools.push_back(ReadPool(one)); });
  node["checks"].ForEach(
      [&](const Node& one) { scenario.checks.push_back(ReadCheck(one)); });
  node["leaks"].ForEach([&](const Node& one) { scenario.leaks.push_back(one.Text()); });
  node["figures"].ForEach([&](const Node& one) {
    scenario.figures.push_back(
        {one["name"].Text(), one["value"].Real(), one["unit"].Text()});
  });
  return scenario;
}

RunRecord ReadRun(const Node& node) {
  RunRecord run;
  run.tool = ReadSettings(node["tool"], "name");
  run.host = ReadSettings(node["host"], "");
  run.command = node["config"]["command"].Text();
  run.config = ReadSettings(node["config"], "command");
  run.started = node["started"].Text();
  run.elapsed_ns = node["elapsed_ns"].Whole<std::int64_t>();
  run.timer_overhead_ns = node["timer_overhead_ns"].Whole<std::int64_t>();
  run.timer_resolution_ns = node["timer_resolution_ns"].Whole<std::int64_t>();
  run.interrupted = node["interrupted"].Truth();
  node["warnings"].ForEach(
      [&](const Node& one) { run.warnings.push_back(one.Text()); });
  node["scenarios"].ForEach(
      [&](const Node& one) { run.scenarios.push_back(ReadScenario(one)); });
  node["gates"].ForEach([&](const Node& one) { run.gates.push_back(ReadCheck(one)); });
  return run;
}

// What kind of file it is, before any of its members is asked for.
absl::Status CheckSchema(const Json& json) {
  if (json.is_discarded()) return absl::InvalidArgumentError("not JSON");
  if (!json.is_object() || !json.contains("schema_version") ||
      !json["schema_version"].is_number_integer()) {
    return absl::InvalidArgumentError(
        "no schema_version: not written by corepool-stress --json");
  }
  const auto version = json["schema_version"].get<std::int64_t>();
  if (version > kJsonSchemaVersion) {
    return absl::InvalidArgumentError(
        absl::StrCat("schema_version ", version, " is newer than ", kJsonSchemaVersion,
                     ", the newest that this corepool-stress knows"));
  }
  if (version < kJsonSchemaVersion) {
    return absl::InvalidArgumentError(
        absl::StrCat("schema_version ", version, " is older than ", kJsonSchemaVersion,
                     ", the oldest that can be read"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<RunRecord> RecordFromJson(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  if (const absl::Status status = CheckSchema(json); !status.ok()) return status;
  std::string problem;
  RunRecord run = ReadRun(Node(json, "", problem));
  if (!problem.empty()) return absl::InvalidArgumentError(problem);
  if (json.contains("results")) run.results_json = json["results"].dump();
  return run;
}

}  // namespace corepool::stress
