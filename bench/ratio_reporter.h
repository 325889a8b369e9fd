// Prints what Google Benchmark prints, and then how many times as long as one of the
// benchmarks each of them took.

#ifndef COREPOOL_BENCH_RATIO_REPORTER_H_
#define COREPOOL_BENCH_RATIO_REPORTER_H_

#include <map>
#include <string>
#include <vector>

#include "benchmark/benchmark.h"

namespace corepool::bench {

// Collects every repetition; times of different rounds are comparable because the
// rounds are interleaved (see RunInterleaved).
class RatioReporter : public benchmark::ConsoleReporter {
 public:
  explicit RatioReporter(std::string baseline);

  void ReportRuns(const std::vector<Run>& runs) override;
  void Finalize() override;

 private:
  std::string baseline_;
  std::vector<std::string> order_;
  std::map<std::string, std::vector<double>> nanoseconds_;
};

// Runs all registered benchmarks in 21 interleaved rounds of short slices, unless
// flags say otherwise, and prints medians and their ratios to `baseline`. Returns the
// program's exit code.
int RunInterleaved(int argc, char** argv, const std::string& baseline);

}  // namespace corepool::bench

#endif  // COREPOOL_BENCH_RATIO_REPORTER_H_
