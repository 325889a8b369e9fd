#include "stress/output/html.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "stress/exit_code.h"
#include "stress/latency_histogram.h"
#include "stress/output/html_style.h"
#include "stress/output/ladder.h"
#include "stress/output/plots.h"
#include "stress/output/svg.h"
#include "stress/output/units.h"
#include "stress/run_record.h"

namespace corepool::stress {
namespace {

// Cells beginning with '>' are figures and stand to the right; those with '!' are
// marked up already.
class Table {
 public:
  Table(std::string& html, const std::vector<std::string>& head) : html_(html) {
    html_ += "<div class=\"scroll\"><table>\n<thead>";
    AddRow("th", head);
    html_ += "</thead>\n<tbody>\n";
  }
  ~Table() { html_ += "</tbody>\n</table></div>\n"; }
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;

  void Add(const std::vector<std::string>& cells) { AddRow("td", cells); }

 private:
  void AddRow(const char* tag, const std::vector<std::string>& cells) {
    html_ += "<tr>";
    for (const std::string& cell : cells) {
      const char first = cell.empty() ? ' ' : cell[0];
      absl::StrAppend(&html_, "<", tag, first == '>' ? " class=\"n\">" : ">",
                      first == '!'   ? cell.substr(1)
                      : first == '>' ? Escaped(cell.substr(1))
                                     : Escaped(cell),
                      "</", tag, ">");
    }
    html_ += "</tr>\n";
  }

  std::string& html_;
};

template <typename Number>
std::string Figured(Number number) {
  return absl::StrCat(">", number);
}

std::string Marked(bool good, const std::string& word) {
  return absl::StrCat("!<span class=\"", good ? "good" : "bad", "\">", Escaped(word),
                      "</span>");
}

std::string VerdictCell(const ScenarioRecord& scenario) {
  if (!scenario.skipped.empty()) return "!<span class=\"dim\">skipped</span>";
  const ExitCode code = VerdictOf(scenario);
  return Marked(code == kPass, VerdictWord(code));
}

// What went wrong, or what is to be known.
std::string Remark(const ScenarioRecord& scenario) {
  if (!scenario.skipped.empty()) return scenario.skipped;
  for (const Check& check : scenario.checks) {
    if (check.violations != 0) {
      return absl::StrCat(check.name, ": ", Grouped(check.violations), " ",
                          check.detail);
    }
  }
  return scenario.summary;
}

void Verdicts(const RunRecord& run, std::string& html) {
  html += "<h2 id=\"verdicts\">Verdicts</h2>\n";
  Table table(html, {"scenario", "verdict", ">operations", ">operations/s",
                     ">exhausted", ">checks kept", "remark"});
  for (std::size_t i = 0; i < run.scenarios.size(); ++i) {
    const ScenarioRecord& scenario = run.scenarios[i];
    const auto kept =
        std::count_if(scenario.checks.begin(), scenario.checks.end(),
                      [](const Check& check) { return check.violations == 0; });
    table.Add({absl::StrCat("!<a href=\"#scenario-", i, "\">", Escaped(scenario.name),
                            "</a>"),
               VerdictCell(scenario), ">" + Grouped(scenario.operations),
               ">" + CountText(PerSecond(scenario.operations, scenario.elapsed_ns)),
               ">" + Grouped(scenario.failures),
               absl::StrCat(">", kept, " of ", scenario.checks.size()),
               Remark(scenario)});
  }
}

void Gates(const RunRecord& run, std::string& html) {
  if (run.gates.empty()) return;
  html += "<h3>Gates</h3>\n";
  Table table(html, {"gate", "verdict", "found"});
  for (const Check& gate : run.gates) {
    const bool kept = gate.violations == 0;
    table.Add({gate.name, Marked(kept, kept ? "kept" : "MISSED"), gate.detail});
  }
}

void LatencyRow(const std::string& name, const char* clock,
                const LatencyHistogram& latencies, Table& table) {
  std::vector<std::string> cells = {name, clock, Figured(latencies.total()),
                                    Figured(latencies.min()),
                                    absl::StrFormat(">%.1f", latencies.Mean())};
  for (const Rung& rung : kLadder) {
    cells.push_back(Figured(latencies.Percentile(rung.percentile)));
  }
  cells.push_back(Figured(latencies.max()));
  table.Add(cells);
}

void Latencies(const ScenarioRecord& scenario, std::string& html) {
  if (scenario.latencies.empty()) return;
  html += "<h3>Latencies, in nanoseconds</h3>\n";
  std::vector<std::string> head = {"operation", "clock", ">count", ">min", ">mean"};
  for (const Rung& rung : kLadder) head.push_back(absl::StrCat(">", rung.label));
  head.emplace_back(">max");
  Table table(html, head);
  for (const LatencyRecord& latency : scenario.latencies) {
    LatencyRow(latency.operation, "of the call", latency.service, table);
    if (latency.response.total() == 0) continue;
    LatencyRow(latency.operation, "since due", latency.response, table);
  }
}

void Plot(const std::string& title, const std::string& more, const std::string& svg,
          std::string& html) {
  absl::StrAppend(&html, "<figure><figcaption>", Escaped(title), " <span>",
                  Escaped(more), "</span></figcaption>\n", svg, "</figure>\n");
}

void Plots(const ScenarioRecord& scenario, std::string& html) {
  html += "<div class=\"plots\">\n";
  if (!scenario.latencies.empty()) {
    Plot("Percentile spectrum", "how slow the slowest of ten, hundred, ... are",
         SpectrumPlot(scenario), html);
  }
  for (const LatencyRecord& latency : scenario.latencies) {
    const std::string slowest =
        latency.slowest_thread < 0 || latency.service.total() == 0
            ? std::string()
            : absl::StrFormat("slowest at %.3f s by thread %d",
                              Seconds(latency.slowest_at_ns), latency.slowest_thread);
    Plot("Latency per core: " + latency.operation,
         latency.per_core.empty() ? "of the call"
                                  : "of the call; numbers mark each core's slowest",
         CorePlot(latency), html);
    Plot("Latency over time: " + latency.operation, slowest,
         HeatPlot(latency, scenario.elapsed_ns), html);
  }
  if (HasOccupancy(scenario.pools)) {
    Plot("Pool occupancy", "blocks used over time",
         OccupancyPlot(scenario.pools, scenario.elapsed_ns), html);
  }
  html += "</div>\n";
}

void SettingsTable(const Settings& settings, std::string& html) {
  if (settings.empty()) return;
  Table table(html, {"name", "value"});
  for (const auto& [name, value] : settings) table.Add({name, value});
}

std::string Joined(const Settings& settings) {
  std::string text;
  for (const auto& [name, value] : settings) {
    absl::StrAppend(&text, text.empty() ? "" : ", ", name, " ", value);
  }
  return text;
}

void Checks(const ScenarioRecord& scenario, std::string& html) {
  if (!scenario.checks.empty()) {
    html += "<h3>Checks</h3>\n";
    Table table(html, {"promise", "kind", "verdict", "detail"});
    for (const Check& check : scenario.checks) {
      const bool kept = check.violations == 0;
      table.Add(
          {check.name, KindName(check.kind),
           Marked(kept, kept ? "kept" : "broken " + Grouped(check.violations) + "x"),
           check.detail});
    }
  }
  if (scenario.leaks.empty()) return;
  html += "<h3>Leaked</h3>\n<ul>\n";
  for (const std::string& leak : scenario.leaks) {
    absl::StrAppend(&html, "<li>", Escaped(leak), "</li>\n");
  }
  html += "</ul>\n";
}

void Pools(const ScenarioRecord& scenario, std::string& html) {
  if (scenario.pools.empty()) return;
  html += "<h3>Pools</h3>\n";
  Table table(html, {"pool", ">blocks", ">bytes each", ">peak", ">left", ">allocations",
                     ">frees", ">exhausted", ">steals", ">misuses"});
  for (const PoolRecord& pool : scenario.pools) {
    const PoolStats& stats = pool.stats;
    std::vector<std::string> cells = {pool.name};
    for (const std::uint64_t figure :
         {std::uint64_t{stats.capacity}, std::uint64_t{stats.block_size},
          std::uint64_t{stats.peak}, std::uint64_t{stats.used}, stats.allocations,
          stats.frees, stats.failures, stats.steals, stats.misuses}) {
      cells.push_back(">" + Grouped(figure));
    }
    table.Add(cells);
  }
}

void Figures(const ScenarioRecord& scenario, std::string& html) {
  if (scenario.figures.empty()) return;
  html += "<h3>Figures</h3>\n";
  Table table(html, {"name", ">value"});
  for (const Figure& figure : scenario.figures) {
    table.Add({figure.name, ">" + FigureText(figure)});
  }
}

void Scenario(const ScenarioRecord& scenario, std::size_t index, std::string& html) {
  absl::StrAppend(&html, "<section>\n<h2 id=\"scenario-", index, "\">",
                  Escaped(scenario.name), " ", VerdictCell(scenario).substr(1),
                  "</h2>\n<p>", Escaped(scenario.summary), "</p>\n");
  if (!scenario.skipped.empty()) {
    absl::StrAppend(&html, "<p>Skipped: ", Escaped(scenario.skipped),
                    "</p>\n</section>\n");
    return;
  }
  absl::StrAppend(&html, "<p class=\"dim\">", Escaped(Joined(scenario.config)),
                  "</p>\n");
  Plots(scenario, html);
  Latencies(scenario, html);
  Checks(scenario, html);
  Pools(scenario, html);
  Figures(scenario, html);
  html += "</section>\n";
}

void Head(const RunRecord& run, std::string& html) {
  const ExitCode code = Verdict(run);
  absl::StrAppend(
      &html,
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
      "style-src 'unsafe-inline'; img-src data:\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<link rel=\"icon\" href=\"data:,\">\n<title>corepool-stress ",
      Escaped(run.command), ": ", VerdictWord(code), "</title>\n<style>", kHtmlStyle,
      "</style>\n</head>\n<body>\n<h1>corepool-stress ", Escaped(run.command), ": ",
      Marked(code == kPass, VerdictWord(code)).substr(1), "</h1>\n<p>",
      VerdictText(code), ", exit code ", static_cast<int>(code), "</p>\n");
  absl::StrAppend(&html, "<p class=\"dim\">began ", Escaped(run.started), ", took ",
                  absl::StrFormat("%.3f s", Seconds(run.elapsed_ns)),
                  run.interrupted ? ", interrupted" : "", "; reading the clock takes ",
                  run.timer_overhead_ns,
                  " ns, which each latency includes; its step is ",
                  run.timer_resolution_ns, " ns</p>\n");
  if (run.warnings.empty()) return;
  html +=
      "<div class=\"warnings\"><strong>Warning: these figures may not be "
      "trustworthy, because</strong>\n<ul>\n";
  for (const std::string& warning : run.warnings) {
    absl::StrAppend(&html, "<li>", Escaped(warning), "</li>\n");
  }
  html += "</ul></div>\n";
}

}  // namespace

std::string RecordAsHtml(const RunRecord& run) {
  std::string html;
  Head(run, html);
  html += "<nav><a href=\"#verdicts\">verdicts</a>";
  for (std::size_t i = 0; i < run.scenarios.size(); ++i) {
    absl::StrAppend(&html, "<a href=\"#scenario-", i, "\">",
                    Escaped(run.scenarios[i].name), "</a>");
  }
  html += "<a href=\"#machine\">machine</a></nav>\n";
  Verdicts(run, html);
  Gates(run, html);
  for (std::size_t i = 0; i < run.scenarios.size(); ++i) {
    Scenario(run.scenarios[i], i, html);
  }
  html += "<section>\n<h2 id=\"machine\">Machine</h2>\n";
  SettingsTable(run.host, html);
  html += "<h3>Build</h3>\n";
  SettingsTable(run.tool, html);
  html += "<h3>Flags</h3>\n";
  SettingsTable(run.config, html);
  html += "</section>\n</body>\n</html>\n";
  return html;
}

}  // namespace corepool::stress
