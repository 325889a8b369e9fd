// Results as text for people and for programs.

#ifndef COREPOOL_BENCH_PEERS_REPORT_H_
#define COREPOOL_BENCH_PEERS_REPORT_H_

#include <string>
#include <vector>

#include "bench/peers/statistics.h"
#include "bench/peers/tournament.h"
#include "nlohmann/json_fwd.hpp"

namespace corepool::bench {

struct Row {
  std::string peer;
  Summary summary;
};

// All who have measured something under this key, the fastest first.
std::vector<Row> Ranking(const Results& results, const std::string& key);

// The keys that something was measured under, in the workloads' order.
std::vector<std::string> MeasuredKeys(const Results& results);

// What one value of this key is, as "one thread, bulk calls of 32, ns per pair".
std::string TitleOf(const std::string& key);

// With three digits, as far as there are any.
std::string FormatNanoseconds(double nanoseconds);

// A table for each key.
std::string TextReport(const Results& results);

nlohmann::json JsonReport(const Plan& plan, const Results& results);

// One table of 25th percentiles with a column for each key, under the day and the
// machine. See bench/results/README.md.
std::string MarkdownReport(const Plan& plan, const Results& results);

}  // namespace corepool::bench

#endif  // COREPOOL_BENCH_PEERS_REPORT_H_
