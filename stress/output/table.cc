#include "stress/output/table.h"

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
#include "stress/output/ladder.h"
#include "stress/output/units.h"
#include "stress/run_record.h"

namespace corepool::stress {
namespace {

constexpr std::size_t kColumns = 80;

// Words of `text` in lines of at most kColumns that begin with `first`, or `margin`.
void Wrap(const std::string& first, std::size_t margin, const std::string& text,
          std::string& out) {
  std::string line = first;
  std::size_t at = 0;
  bool empty = true;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    const std::size_t room = line.size() + (empty ? 0 : 1) + end - at;
    if (!empty && room > kColumns) {
      absl::StrAppend(&out, line, "\n");
      line.assign(margin, ' ');
      empty = true;
    }
    if (end > at) {
      absl::StrAppend(&line, empty ? "" : " ", text.substr(at, end - at));
      empty = false;
    }
    at = end + 1;
  }
  absl::StrAppend(&out, line, "\n");
}

// The same, behind a name.
void Entry(const std::string& name, const std::string& text, std::string& out) {
  constexpr int kMargin = 14;
  Wrap(absl::StrFormat("  %-*s", kMargin - 2, name), kMargin, text, out);
}

std::string Broken(const Check& check) {
  return absl::StrCat(check.name, ": ", Grouped(check.violations),
                      check.detail.empty() ? "" : ", first: ", check.detail);
}

// Where the slowest of all operations was.
std::string WorstCase(const ScenarioRecord& scenario) {
  const LatencyRecord* worst = nullptr;
  const auto slowest = [](const LatencyRecord& latency) {
    return std::max(latency.service.max(), latency.response.max());
  };
  for (const LatencyRecord& latency : scenario.latencies) {
    if (slowest(latency) == 0) continue;
    if (worst == nullptr || slowest(latency) > slowest(*worst)) worst = &latency;
  }
  if (worst == nullptr) return "";
  return absl::StrCat(worst->operation, " ",
                      TimeText(static_cast<double>(slowest(*worst))));
}

void VerdictLine(const ScenarioRecord& scenario, std::string& out) {
  if (!scenario.skipped.empty()) {
    Wrap(absl::StrFormat("%-20s skip ", scenario.name), 26, scenario.skipped, out);
    return;
  }
  std::string line = absl::StrFormat(
      "%-20s %s %8s ops %8s ops/s", scenario.name, VerdictWord(VerdictOf(scenario)),
      CountText(static_cast<double>(scenario.operations)),
      CountText(PerSecond(scenario.operations, scenario.elapsed_ns)));
  const std::string worst = WorstCase(scenario);
  if (!worst.empty()) absl::StrAppend(&line, "  max ", worst);
  absl::StrAppend(&out, line, "\n");
}

// In nanoseconds, unless those need more digits than there is room for.
std::string Cell(std::int64_t nanoseconds) {
  if (nanoseconds < 1'000'000'000) return absl::StrCat(nanoseconds);
  return TimeText(static_cast<double>(nanoseconds));
}

void LatencyLine(const std::string& name, const LatencyHistogram& latencies,
                 std::string& out) {
  std::string line = absl::StrFormat("  %-18s %8s", name,
                                     CountText(static_cast<double>(latencies.total())));
  for (const Rung& rung : kLadder) {
    const std::int64_t value = latencies.Percentile(rung.percentile);
    absl::StrAppendFormat(&line, " %*s", rung.percentile < 95 ? 6 : 8, Cell(value));
  }
  absl::StrAppendFormat(&line, " %9s\n", Cell(latencies.max()));
  out += line;
}

void Latencies(const ScenarioRecord& scenario, std::string& out) {
  if (scenario.latencies.empty()) return;
  std::string head = absl::StrFormat("  %-18s %8s", "latency, ns", "count");
  for (const Rung& rung : kLadder) {
    absl::StrAppendFormat(&head, " %*s", rung.percentile < 95 ? 6 : 8, rung.label);
  }
  absl::StrAppendFormat(&out, "%s %9s\n", head, "max");
  for (const LatencyRecord& latency : scenario.latencies) {
    LatencyLine(latency.operation, latency.service, out);
    if (latency.response.total() != 0)
      LatencyLine("  since due", latency.response, out);
  }
  for (const LatencyRecord& latency : scenario.latencies) {
    if (latency.service.total() == 0 || latency.slowest_thread < 0) continue;
    Entry("slowest",
          absl::StrFormat("%s of thread %d, at %.6f s", latency.operation,
                          latency.slowest_thread, Seconds(latency.slowest_at_ns)),
          out);
  }
}

void Details(const ScenarioRecord& scenario, std::string& out) {
  if (!scenario.skipped.empty()) return;
  absl::StrAppend(&out, "\n");
  Wrap(scenario.name + ": ", 2, scenario.summary, out);
  std::string load;
  for (const auto& [name, value] : scenario.config) {
    absl::StrAppend(&load, load.empty() ? "" : " ", name, "=", value);
  }
  if (!load.empty()) Entry("load", load, out);
  Latencies(scenario, out);
  for (const PoolRecord& pool : scenario.pools) {
    const PoolStats& stats = pool.stats;
    Entry("pool",
          absl::StrFormat("%s: %s blocks of %s bytes, peak %s, left %s, exhausted %s, "
                          "steals %s",
                          pool.name, Grouped(stats.capacity), Grouped(stats.block_size),
                          Grouped(stats.peak), Grouped(stats.used),
                          Grouped(stats.failures), Grouped(stats.steals)),
          out);
  }
  for (const Figure& figure : scenario.figures) {
    Entry("figure", absl::StrCat(figure.name, ": ", FigureText(figure)), out);
  }
  std::size_t kept = 0;
  for (const Check& check : scenario.checks) {
    if (check.violations != 0) Entry("VIOLATED", Broken(check), out);
    kept += check.violations == 0;
  }
  Entry("checks", absl::StrCat(kept, " of ", scenario.checks.size(), " kept"), out);
  for (const std::string& leak : scenario.leaks) Entry("LEAKED", leak, out);
}

std::string Listed(const Settings& settings) {
  std::string text;
  for (const auto& [name, value] : settings) {
    if (value.empty()) continue;
    absl::StrAppend(&text, text.empty() ? "" : "; ", name, " ", value);
  }
  return text;
}

}  // namespace

std::string RecordAsTable(const RunRecord& run) {
  std::string out;
  std::string began = run.started.empty() ? "" : " began " + run.started + ",";
  absl::StrAppendFormat(&out, "corepool-stress %s:%s took %.3f s%s\n\n", run.command,
                        began, Seconds(run.elapsed_ns),
                        run.interrupted ? ", interrupted" : "");
  for (const ScenarioRecord& scenario : run.scenarios) VerdictLine(scenario, out);
  for (const ScenarioRecord& scenario : run.scenarios) Details(scenario, out);
  out += "\n";
  if (!run.host.empty()) Wrap("host: ", 6, Listed(run.host), out);
  if (!run.tool.empty()) Wrap("tool: ", 6, Listed(run.tool), out);
  Wrap("time: ", 6,
       absl::StrFormat("reading the clock takes %d ns, which each latency includes; "
                       "its step is %d ns",
                       run.timer_overhead_ns, run.timer_resolution_ns),
       out);
  if (!run.warnings.empty()) {
    out += "\nWARNING: these figures may not be trustworthy, because\n";
    for (const std::string& warning : run.warnings) Wrap("  - ", 4, warning, out);
  }
  if (!run.gates.empty()) out += "\n";
  for (const Check& gate : run.gates) {
    Wrap("gate: ", 6,
         absl::StrCat(gate.name, gate.violations == 0 ? ": kept" : ": MISSED",
                      gate.detail.empty() ? "" : ", ", gate.detail),
         out);
  }
  const ExitCode code = Verdict(run);
  absl::StrAppendFormat(&out, "\n%s: %s\n", VerdictWord(code), VerdictText(code));
  return out;
}

}  // namespace corepool::stress
