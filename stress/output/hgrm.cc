#include "stress/output/hgrm.h"

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "stress/latency_histogram.h"
#include "stress/output/spectrum.h"
#include "stress/output/units.h"
#include "stress/run_record.h"

namespace corepool::stress {
namespace {

std::string FileName(std::string name) {
  for (char& character : name) {
    const auto byte = static_cast<unsigned char>(character);
    if (!absl::ascii_isalnum(byte) && character != '-' && character != '#') {
      character = '_';
    }
  }
  return name;
}

}  // namespace

std::string HistogramAsHgrm(const LatencyHistogram& latencies) {
  std::string text = absl::StrFormat("%12s %14s %10s %14s\n\n", "Value", "Percentile",
                                     "TotalCount", "1/(1-Percentile)");
  for (const SpectrumStep& step : SpectrumOf(latencies)) {
    absl::StrAppendFormat(&text, "%12.3f %2.12f %10d", static_cast<double>(step.value),
                          step.percentile / 100, step.count);
    // Infinity, which the published format leaves out.
    if (step.percentile < 100) {
      absl::StrAppendFormat(&text, " %14.2f", 1 / (1 - step.percentile / 100));
    }
    text += '\n';
  }
  absl::StrAppendFormat(&text,
                        "#[Mean    = %12.3f, StdDeviation   = %12.3f]\n"
                        "#[Max     = %12.3f, Total count    = %12d]\n"
                        "#[Buckets = %12d, SubBuckets     = %12d]\n",
                        latencies.Mean(), latencies.StandardDeviation(),
                        static_cast<double>(latencies.max()), latencies.total(),
                        LatencyHistogram::kBuckets, LatencyHistogram::kSubBuckets);
  return text;
}

std::vector<Hgrm> RecordAsHgrm(const RunRecord& run) {
  std::vector<Hgrm> all = {{"", ""}};
  LatencyHistogram together;
  const std::vector<std::string> names = UniqueNames(run);
  for (std::size_t i = 0; i < run.scenarios.size(); ++i) {
    const std::vector<std::string> operations = UniqueOperations(run.scenarios[i]);
    for (std::size_t j = 0; j < operations.size(); ++j) {
      const LatencyRecord& latency = run.scenarios[i].latencies[j];
      together.Merge(latency.service);
      const std::string name =
          absl::StrCat(FileName(names[i]), ".", FileName(operations[j]));
      all.push_back({name, HistogramAsHgrm(latency.service)});
      if (latency.response.total() == 0) continue;
      all.push_back({name + ".response", HistogramAsHgrm(latency.response)});
    }
  }
  all.front().text = HistogramAsHgrm(together);
  return all;
}

}  // namespace corepool::stress
