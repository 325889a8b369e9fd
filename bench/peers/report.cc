#include "bench/peers/report.h"

#include <sys/utsname.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "bench/peers/peer_table.h"
#include "bench/peers/statistics.h"
#include "bench/peers/tournament.h"
#include "bench/peers/workload.h"
#include "nlohmann/json.hpp"

namespace corepool::bench {
namespace {

// nullptr if the peer has measured nothing under this key.
const std::vector<double>* SamplesOf(const Results& results, const std::string& key,
                                     const std::string& peer) {
  const auto& samples = results.samples.at(key);
  const auto found = samples.find(peer);
  return found == samples.end() ? nullptr : &found->second;
}

std::string Today() {
  const std::chrono::year_month_day day(
      std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now()));
  return absl::StrFormat("%04d-%02d-%02d", static_cast<int>(day.year()),
                         static_cast<unsigned>(day.month()),
                         static_cast<unsigned>(day.day()));
}

std::string CpuModel() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "unknown CPU";
}

// Its version, without what whoever built it has added.
std::string Kernel() {
  utsname names;
  if (uname(&names) != 0) return "unknown kernel";
  const std::string release = names.release;
  return absl::StrCat(names.sysname, " ", release.substr(0, release.find('-')));
}

}  // namespace

std::vector<Row> Ranking(const Results& results, const std::string& key) {
  std::vector<Row> rows;
  for (const auto& [peer, samples] : results.samples.at(key)) {
    rows.push_back({peer, Summarize(samples)});
  }
  std::sort(rows.begin(), rows.end(), [](const Row& one, const Row& other) {
    return one.summary.p25 < other.summary.p25;
  });
  return rows;
}

std::vector<std::string> MeasuredKeys(const Results& results) {
  std::vector<std::string> keys;
  for (const WorkloadInfo& workload : AllWorkloads()) {
    for (std::string& key : ResultKeys(workload)) {
      if (results.samples.contains(key)) keys.push_back(std::move(key));
    }
  }
  return keys;
}

std::string TitleOf(const std::string& key) {
  for (const WorkloadInfo& workload : AllWorkloads()) {
    for (const std::string& each : ResultKeys(workload)) {
      if (each != key) continue;
      const bool single = ResultKeys(workload).size() > 1;
      return absl::StrCat(workload.title, ", ns per ", single ? "operation" : "pair");
    }
  }
  return key;
}

std::string FormatNanoseconds(double nanoseconds) {
  const int digits = nanoseconds < 9.995 ? 2 : nanoseconds < 99.95 ? 1 : 0;
  return absl::StrFormat("%.*f", digits, nanoseconds);
}

std::string TextReport(const Results& results) {
  std::string text;
  for (const std::string& key : MeasuredKeys(results)) {
    absl::StrAppendFormat(&text, "\n%s: %s\n%-24s%10s%10s%10s%10s%12s\n", key,
                          TitleOf(key), "", "p25", "median", "min", "max",
                          absl::StrCat("x ", kReference));
    const std::vector<double>* const reference = SamplesOf(results, key, kReference);
    for (const Row& row : Ranking(results, key)) {
      const Summary& of = row.summary;
      absl::StrAppendFormat(&text, "%-24s%10s%10s%10s%10s", row.peer,
                            FormatNanoseconds(of.p25), FormatNanoseconds(of.median),
                            FormatNanoseconds(of.min), FormatNanoseconds(of.max));
      if (reference != nullptr) {
        absl::StrAppendFormat(&text, "%12.2f", of.p25 / Summarize(*reference).p25);
      }
      text += '\n';
    }
  }
  return text;
}

nlohmann::json JsonReport(const Plan& plan, const Results& results) {
  nlohmann::json report = {
      {"schema_version", 1},
      {"config",
       {{"rounds", plan.rounds},
        {"slice_ms", plan.slice.count()},
        {"seed", plan.seed},
        {"cpus", plan.cpus}}},
      {"machine", {{"cpu", CpuModel()}, {"kernel", Kernel()}}},
      {"slices", results.slices},
      {"disturbed_slices", results.disturbed},
      {"skipped", results.skipped},
      {"failed", results.failed},
      {"p25_ns", nlohmann::json::object()},
      {"medians_ns", nlohmann::json::object()},
  };
  for (const std::string& key : MeasuredKeys(results)) {
    for (const Row& row : Ranking(results, key)) {
      report["p25_ns"][key][row.peer] = row.summary.p25;
      report["medians_ns"][key][row.peer] = row.summary.median;
    }
  }
  return report;
}

std::string MarkdownReport(const Plan& plan, const Results& results) {
  const std::vector<std::string> keys = MeasuredKeys(results);
  std::string text = absl::StrFormat(
      "# %s\n\n%s, %s. %d rounds of %d ms, seed %d. 25th percentiles, ns per pair (W7: "
      "per operation).\n\n| peer | %s |\n|---|",
      Today(), CpuModel(), Kernel(), plan.rounds, plan.slice.count(), plan.seed,
      absl::StrJoin(keys, " | "));
  for (std::size_t i = 0; i < keys.size(); ++i) text += "--:|";
  text += '\n';
  for (const PeerInfo* const peer : plan.peers) {
    if (results.skipped.contains(peer->name)) continue;
    absl::StrAppend(&text, "| ", peer->name, " |");
    for (const std::string& key : keys) {
      const std::vector<double>* const samples = SamplesOf(results, key, peer->name);
      const std::string cell =
          samples == nullptr ? "" : FormatNanoseconds(Summarize(*samples).p25);
      absl::StrAppend(&text, " ", cell, " |");
    }
    text += '\n';
  }
  return text;
}

}  // namespace corepool::bench
