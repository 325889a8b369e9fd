#include "stress/report_command.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "stress/command.h"
#include "stress/comparison.h"
#include "stress/exit_code.h"
#include "stress/gates.h"
#include "stress/output/json.h"
#include "stress/output/output_file.h"
#include "stress/outputs.h"
#include "stress/quantity.h"
#include "stress/run_record.h"

ABSL_FLAG(std::string, max_regression, "",
          "compare: by how much the second run may be worse, such as 10%");

namespace corepool::stress {
namespace {

absl::StatusOr<RunRecord> ReadRecord(const std::string& file) {
  std::string text;
  if (absl::Status status = ReadAll(file, text); !status.ok()) return status;
  absl::StatusOr<RunRecord> run = RecordFromJson(text);
  if (run.ok()) return run;
  return absl::InvalidArgumentError(absl::StrCat(file, ": ", run.status().message()));
}

}  // namespace

ExitCode RunReport(const std::vector<std::string>& files) {
  if (files.size() != 1) {
    return Fail(kUsage, absl::StrCat("report takes one file that --json wrote, not ",
                                     files.size(), " (see --help)"));
  }
  const absl::StatusOr<Gates> gates = Gates::FromFlags();
  if (!gates.ok()) return Fail(kUsage, gates.status().message());
  const absl::StatusOr<Outputs> outputs = Outputs::FromFlags(files);
  if (!outputs.ok()) return Fail(kUsage, outputs.status().message());
  absl::StatusOr<RunRecord> run = ReadRecord(files[0]);
  if (!run.ok()) return Fail(kUsage, run.status().message());
  bool missed = false;
  if (!gates->empty()) {
    run->gates = gates->Judge(*run);
    missed = std::any_of(run->gates.begin(), run->gates.end(),
                         [](const Check& gate) { return gate.violations != 0; });
  }
  const absl::Status status = outputs->Write(*run);
  if (!status.ok()) return FailLines(missed ? kGateMissed : kResource, status);
  return missed ? kGateMissed : kPass;
}

std::string_view ReportHelp() {
  return "report RUN.json: shows again what --json wrote, as a table or as --csv, "
         "--hgrm,\n"
         "  --prometheus, --html and --json say; with gates, judges by them instead.\n"
         "  - is standard input. The flags of outputs and gates are those of run.\n";
}

ExitCode RunCompare(const std::vector<std::string>& files) {
  if (files.size() != 2) {
    return Fail(kUsage, absl::StrCat("compare takes two files that --json wrote, not ",
                                     files.size(), " (see --help)"));
  }
  if (files[0] == "-" && files[1] == "-") {
    return Fail(kUsage, "standard input can only be one of the two");
  }
  double allowed = -1;
  const std::string share = absl::GetFlag(FLAGS_max_regression);
  if (!share.empty() && !ParseShare(share, allowed)) {
    return Fail(kUsage, absl::StrCat("--max_regression=", share,
                                     " is not a share such as 10% or 0.1"));
  }
  const absl::StatusOr<RunRecord> first = ReadRecord(files[0]);
  if (!first.ok()) return Fail(kUsage, first.status().message());
  const absl::StatusOr<RunRecord> second = ReadRecord(files[1]);
  if (!second.ok()) return Fail(kUsage, second.status().message());
  Comparison comparison = Compare(*first, *second, allowed);
  if (allowed >= 0) {
    absl::StrAppend(&comparison.text, "\n", comparison.regressions.size(),
                    comparison.regressions.size() == 1 ? " regression" : " regressions",
                    " by more than ", share, "\n");
  }
  const absl::Status status = WriteToStdout(comparison.text);
  if (!comparison.anything) {
    return Fail(kUsage, "the two runs have no scenario in common");
  }
  for (const std::string& regression : comparison.regressions) {
    (void)Fail(kGateMissed, regression);
  }
  if (!status.ok()) return Fail(kResource, status.message());
  return comparison.regressions.empty() ? kPass : kGateMissed;
}

std::string_view CompareHelp() {
  return R"(compare A.json B.json: what differs, and B's figures by A's, of each scenario and
  operation that both have.
  --max_regression=10% gate: fails with 4 if throughput is lower, or p50, p99 or p99.9
                       higher, by more than this, or a scenario of A is missing
)";
}

}  // namespace corepool::stress
