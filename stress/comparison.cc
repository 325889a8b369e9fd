#include "stress/comparison.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "stress/exit_code.h"
#include "stress/latency_histogram.h"
#include "stress/output/units.h"
#include "stress/run_record.h"

namespace corepool::stress {
namespace {

struct Rung {
  double percentile;
  const char* label;
  bool judged;
};
constexpr Rung kRungs[] = {
    {50, "p50", true}, {99, "p99", true}, {99.9, "p99.9", true}, {100, "max", false}};

class Comparer {
 public:
  explicit Comparer(double allowed) : allowed_(allowed) {}

  void Differences(const std::string& what, const Settings& first,
                   const Settings& second) {
    const auto note = [&](const std::string& name, const std::string& one,
                          const std::string& other) {
      if (one == other) return;
      absl::StrAppend(&out_.text, "differs: ", what, name, ": ", Shown(one), " -> ",
                      Shown(other), "\n");
    };
    for (const auto& [name, value] : first) note(name, value, SettingOf(second, name));
    for (const auto& [name, value] : second) {
      if (SettingOf(first, name).empty()) note(name, "", value);
    }
  }

  void Head() {
    std::string line = absl::StrFormat("\n%-28s %10s", "second / first", "ops/s");
    for (const Rung& rung : kRungs) absl::StrAppendFormat(&line, " %9s", rung.label);
    absl::StrAppend(&out_.text, line, "\n");
  }

  void Scenarios(const ScenarioRecord& first, const ScenarioRecord& second) {
    out_.anything = true;
    const double before = PerSecond(first.operations, first.elapsed_ns);
    const double after = PerSecond(second.operations, second.elapsed_ns);
    absl::StrAppendFormat(&out_.text, "%-28s %10s\n", first.name, Ratio(before, after));
    if (allowed_ >= 0 && after < before * (1 - allowed_)) {
      out_.regressions.push_back(absl::StrCat(first.name, ": throughput ",
                                              CountText(before), " -> ",
                                              CountText(after), " ops/s"));
    }
    const std::vector<std::string> names = UniqueOperations(first);
    const std::vector<std::string> others = UniqueOperations(second);
    for (std::size_t i = 0; i < names.size(); ++i) {
      const auto found = std::find(others.begin(), others.end(), names[i]);
      if (found == others.end()) {
        absl::StrAppend(&out_.text, "  ", names[i], ": in the first only\n");
        continue;
      }
      const LatencyRecord& one = first.latencies[i];
      const LatencyRecord& other =
          second.latencies[static_cast<std::size_t>(found - others.begin())];
      Latencies(first.name, names[i], one.service, other.service);
      if (one.response.total() == 0 && other.response.total() == 0) continue;
      Latencies(first.name, names[i] + " since due", one.response, other.response);
    }
  }

  void Missing(const std::string& name, const char* where) {
    absl::StrAppendFormat(&out_.text, "%-28s %s\n", name, where);
  }
  void Regress(std::string what) {
    if (allowed_ >= 0) out_.regressions.push_back(std::move(what));
  }
  Comparison& out() { return out_; }

 private:
  static std::string Shown(const std::string& value) {
    return value.empty() ? "(none)" : value;
  }
  static std::string Ratio(double first, double second) {
    if (first == 0) return second == 0 ? "x1.00" : "-";
    const double ratio = second / first;
    return absl::StrFormat(ratio < 100 ? "x%.2f" : "x%.0f", ratio);
  }

  void Latencies(const std::string& scenario, const std::string& name,
                 const LatencyHistogram& first, const LatencyHistogram& second) {
    std::string line = absl::StrFormat("  %-26s %10s", name, "");
    for (const Rung& rung : kRungs) {
      const std::int64_t before = first.Percentile(rung.percentile);
      const std::int64_t after = second.Percentile(rung.percentile);
      const bool both = first.total() != 0 && second.total() != 0;
      absl::StrAppendFormat(
          &line, " %9s",
          both ? Ratio(static_cast<double>(before), static_cast<double>(after)) : "-");
      if (!both || !rung.judged || allowed_ < 0 ||
          static_cast<double>(after) <= static_cast<double>(before) * (1 + allowed_)) {
        continue;
      }
      out_.regressions.push_back(absl::StrCat(scenario, ": ", name, " ", rung.label,
                                              " ", before, " -> ", after, " ns"));
    }
    absl::StrAppend(&out_.text, line, "\n");
  }

  double allowed_;
  Comparison out_;
};

}  // namespace

Comparison Compare(const RunRecord& first, const RunRecord& second, double allowed) {
  Comparer comparer(allowed);
  std::string& text = comparer.out().text;
  const std::vector<std::string> names = UniqueNames(first);
  const std::vector<std::string> others = UniqueNames(second);
  comparer.Differences("command", {{"", first.command}}, {{"", second.command}});
  comparer.Differences("host ", first.host, second.host);
  comparer.Differences("tool ", first.tool, second.tool);
  comparer.Differences("flag ", first.config, second.config);
  for (const RunRecord* const run : {&first, &second}) {
    const ExitCode code = Verdict(*run);
    if (code == kPass) continue;
    absl::StrAppend(&text, "note: the ", run == &first ? "first" : "second",
                    " run ended with ", VerdictWord(code), ": ", VerdictText(code),
                    "\n");
  }
  std::vector<std::pair<const ScenarioRecord*, const ScenarioRecord*>> pairs;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto found = std::find(others.begin(), others.end(), names[i]);
    const ScenarioRecord* const other =
        found == others.end()
            ? nullptr
            : &second.scenarios[static_cast<std::size_t>(found - others.begin())];
    pairs.emplace_back(&first.scenarios[i], other);
    if (other == nullptr) continue;
    comparer.Differences(names[i] + " ", first.scenarios[i].config, other->config);
  }
  comparer.Head();
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto& [one, other] = pairs[i];
    if (!one->skipped.empty()) {
      comparer.Missing(names[i], "skipped in the first");
    } else if (other == nullptr || !other->skipped.empty()) {
      comparer.Missing(
          names[i], other == nullptr ? "in the first only" : "skipped in the second");
      comparer.Regress(names[i] + ": the second run lacks it");
    } else {
      comparer.Scenarios(*one, *other);
    }
  }
  for (const std::string& name : others) {
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      comparer.Missing(name, "in the second only");
    }
  }
  return std::move(comparer.out());
}

}  // namespace corepool::stress
