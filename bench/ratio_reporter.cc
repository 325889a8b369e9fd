#include "bench/ratio_reporter.h"

#include <algorithm>
#include <cstddef>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "benchmark/benchmark.h"

namespace corepool::bench {

RatioReporter::RatioReporter(std::string baseline)
    : ConsoleReporter(OO_None), baseline_(std::move(baseline)) {}

void RatioReporter::ReportRuns(const std::vector<Run>& runs) {
  for (const Run& run : runs) {
    if (run.run_type != Run::RT_Iteration || run.error_occurred) continue;
    const std::string name = run.run_name.function_name;
    if (nanoseconds_.count(name) == 0) order_.push_back(name);
    nanoseconds_[name].push_back(run.GetAdjustedRealTime());
  }
}

void RatioReporter::Finalize() {
  const auto quantile = [this](const std::string& name, double q) {
    std::vector<double>& times = nanoseconds_[name];
    std::sort(times.begin(), times.end());
    return times[static_cast<std::size_t>(q * static_cast<double>(times.size() - 1))];
  };
  std::sort(order_.begin(), order_.end());
  std::ostream& out = GetOutputStream();
  out << absl::StrFormat("%-36s %6s %8s %8s %8s %8s %10s\n", "ns", "rounds", "min",
                         "p25", "median", "max", "x median");
  const bool known = nanoseconds_.count(baseline_) != 0;
  for (const std::string& name : order_) {
    const double median = quantile(name, 0.5);
    out << absl::StrFormat("%-36s %6d %8.2f %8.2f %8.2f %8.2f", name,
                           nanoseconds_[name].size(), quantile(name, 0),
                           quantile(name, 0.25), median, quantile(name, 1));
    if (known) out << absl::StrFormat(" %10.3f", median / quantile(baseline_, 0.5));
    out << "\n";
  }
  if (known) out << "x median: the median divided by that of " << baseline_ << "\n";
}

int RunInterleaved(int argc, char** argv, const std::string& baseline) {
  std::vector<std::string> words = {argv[0], "--benchmark_repetitions=21",
                                    "--benchmark_enable_random_interleaving=true",
                                    "--benchmark_min_time=0.02"};
  words.insert(words.end(), argv + 1, argv + argc);
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  int count = static_cast<int>(arguments.size());
  benchmark::Initialize(&count, arguments.data());
  if (benchmark::ReportUnrecognizedArguments(count, arguments.data())) return 1;
  RatioReporter reporter(baseline);
  benchmark::RunSpecifiedBenchmarks(&reporter);
  benchmark::Shutdown();
  return 0;
}

}  // namespace corepool::bench
