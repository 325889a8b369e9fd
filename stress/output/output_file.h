// A file for results that is tried before the run and replaced as a whole after it.

#ifndef COREPOOL_STRESS_OUTPUT_OUTPUT_FILE_H_
#define COREPOOL_STRESS_OUTPUT_OUTPUT_FILE_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"

namespace corepool::stress {

// What the file held stays until all of the new text is on disk beside it; a device or
// a pipe is written to as it is.
class OutputFile {
 public:
  OutputFile() = default;
  // `flag` "--json" names it in messages; `name` as the user gave it: "" is no file,
  // "-" standard output.
  OutputFile(std::string flag, std::string name)
      : flag_(std::move(flag)), name_(std::move(name)) {}

  bool wanted() const { return !name_.empty(); }
  bool to_stdout() const { return name_ == "-" || name_ == "/dev/stdout"; }
  const std::string& flag() const { return flag_; }
  const std::string& name() const { return name_; }

  // Whether it could be written, which leaves everything as it was. Fails with
  // kInvalidArgument: a folder, no such folder, no permission, one of `inputs`.
  absl::Status Try(const std::vector<std::string>& inputs) const;

  // Fails with kResourceExhausted and one line.
  absl::Status Write(std::string_view text) const;

  bool IsSame(const OutputFile& other) const;

  // Whether it is a regular file, or will be one.
  bool can_have_siblings() const;
  // Another file beside it: "run.hgrm" and "burst.free" give "run.burst.free.hgrm".
  OutputFile Beside(const std::string& suffix) const;

 private:
  std::string Complaint(const std::string& why) const;

  std::string flag_;
  std::string name_;
};

// Fails with kResourceExhausted if not everything could be written.
absl::Status WriteToStdout(std::string_view text);

// All of a file, "-" is standard input, as the user gave its name. Fails with
// kInvalidArgument and one line that names it.
absl::Status ReadAll(const std::string& name, std::string& text);

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_OUTPUT_OUTPUT_FILE_H_
