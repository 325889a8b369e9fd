// Where a run's results go: --json, --csv, --hgrm, --prometheus, --html and, if none of
// these has taken it, a table on standard output.

#ifndef COREPOOL_STRESS_OUTPUTS_H_
#define COREPOOL_STRESS_OUTPUTS_H_

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "absl/flags/declare.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "stress/exit_code.h"
#include "stress/output/output_file.h"
#include "stress/run_record.h"

ABSL_DECLARE_FLAG(std::string, json);
ABSL_DECLARE_FLAG(std::string, html);

namespace corepool::stress {

class Outputs {
 public:
  // Before the run: nobody wants to learn after an hour that the results cannot be
  // written. Fails with kInvalidArgument and one line if a file cannot be written, is
  // one of `inputs` or is named twice.
  static absl::StatusOr<Outputs> FromFlags(const std::vector<std::string>& inputs);

  // Writes them all, however many fail: kResourceExhausted then, a line for each.
  // `table` is shown instead of the usual one if it is not empty.
  absl::Status Write(const RunRecord& run, const std::string& table = "") const;

  // The same, with complaints on standard error; returns how the program ends: the
  // run's verdict, or kResource if only the writing failed.
  ExitCode Finish(const RunRecord& run, const std::string& table = "") const;

  // Whether one of the files takes standard output, which then has nothing else.
  bool take_stdout() const;
  bool any() const;

 private:
  enum Format { kJson, kCsv, kHgrm, kPrometheus, kHtml, kFormats };

  std::array<OutputFile, kFormats> files_;
};

// A line on standard error for each line of what is wrong.
void ComplainOf(const absl::Status& status);

// For --help.
std::string_view OutputsHelp();

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_OUTPUTS_H_
