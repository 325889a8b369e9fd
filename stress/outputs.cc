#include "stress/outputs.h"

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "stress/exit_code.h"
#include "stress/output/csv.h"
#include "stress/output/hgrm.h"
#include "stress/output/html.h"
#include "stress/output/json.h"
#include "stress/output/output_file.h"
#include "stress/output/prometheus.h"
#include "stress/output/table.h"
#include "stress/run_record.h"

ABSL_FLAG(std::string, json, "", "file for all results; - for standard output");
ABSL_FLAG(std::string, csv, "", "file for latencies, a row for each operation");
ABSL_FLAG(std::string, hgrm, "", "file for the HdrHistogram plotter");
ABSL_FLAG(std::string, prometheus, "", "file for Prometheus' node_exporter");
ABSL_FLAG(std::string, html, "", "file for a report with plots");

namespace corepool::stress {
namespace {

// All together in the file, each operation beside it. Standard output and devices have
// no beside: there they follow each other, each behind its name in a comment.
absl::Status WriteHgrm(const OutputFile& file, const std::vector<Hgrm>& all) {
  std::string in_one;
  for (const Hgrm& one : all) {
    absl::StrAppend(&in_one, "# ", one.name.empty() ? "all" : one.name, "\n", one.text);
  }
  if (!file.can_have_siblings()) return file.Write(in_one);
  for (const Hgrm& one : all) {
    const OutputFile target = one.name.empty() ? file : file.Beside(one.name);
    if (absl::Status status = target.Write(one.text); !status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Outputs> Outputs::FromFlags(const std::vector<std::string>& inputs) {
  Outputs outputs;
  outputs.files_ = {OutputFile("--json", absl::GetFlag(FLAGS_json)),
                    OutputFile("--csv", absl::GetFlag(FLAGS_csv)),
                    OutputFile("--hgrm", absl::GetFlag(FLAGS_hgrm)),
                    OutputFile("--prometheus", absl::GetFlag(FLAGS_prometheus)),
                    OutputFile("--html", absl::GetFlag(FLAGS_html))};
  for (std::size_t i = 0; i < outputs.files_.size(); ++i) {
    const OutputFile& file = outputs.files_[i];
    for (std::size_t j = 0; file.wanted() && j < i; ++j) {
      const OutputFile& other = outputs.files_[j];
      if (other.wanted() && file.IsSame(other)) {
        return absl::InvalidArgumentError(
            absl::StrCat(other.flag(), " and ", file.flag(), " both write to ",
                         file.to_stdout() ? "standard output" : file.name()));
      }
    }
    if (const absl::Status status = file.Try(inputs); !status.ok()) return status;
  }
  return outputs;
}

absl::Status Outputs::Write(const RunRecord& run, const std::string& table) const {
  std::vector<std::string> problems;
  const auto note = [&problems](const absl::Status& status) {
    if (!status.ok()) problems.emplace_back(status.message());
  };
  if (files_[kJson].wanted()) note(files_[kJson].Write(RecordAsJson(run)));
  if (files_[kCsv].wanted()) note(files_[kCsv].Write(RecordAsCsv(run)));
  if (files_[kHgrm].wanted()) note(WriteHgrm(files_[kHgrm], RecordAsHgrm(run)));
  if (files_[kPrometheus].wanted()) {
    note(files_[kPrometheus].Write(RecordAsPrometheus(run)));
  }
  if (files_[kHtml].wanted()) note(files_[kHtml].Write(RecordAsHtml(run)));
  if (!take_stdout()) {
    note(WriteToStdout(table.empty() ? RecordAsTable(run) : table));
  }
  if (problems.empty()) return absl::OkStatus();
  return absl::ResourceExhaustedError(absl::StrJoin(problems, "\n"));
}

ExitCode Outputs::Finish(const RunRecord& run, const std::string& table) const {
  const ExitCode verdict = Verdict(run);
  const absl::Status status = Write(run, table);
  if (status.ok()) return verdict;
  ComplainOf(status);
  return verdict == kPass ? kResource : verdict;
}

void ComplainOf(const absl::Status& status) {
  for (const auto line : absl::StrSplit(status.message(), '\n')) {
    absl::FPrintF(stderr, "corepool-stress: %s\n", line);
  }
}

bool Outputs::take_stdout() const {
  return std::any_of(files_.begin(), files_.end(),
                     [](const OutputFile& file) { return file.to_stdout(); });
}

bool Outputs::any() const {
  return std::any_of(files_.begin(), files_.end(),
                     [](const OutputFile& file) { return file.wanted(); });
}

std::string_view OutputsHelp() {
  return R"(  --json=FILE          all results; - is standard output, which then has no table
  --csv=FILE           latencies, a row for each operation and core
  --hgrm=FILE          for the HdrHistogram plotter: all operations in FILE, and each
                       in a file beside it, FILE.hgrm as FILE.SCENARIO.OPERATION.hgrm
  --prometheus=FILE    for node_exporter's textfile collector
  --html=FILE          a report with plots, in one file
)";
}

}  // namespace corepool::stress
