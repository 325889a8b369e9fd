// Reads logs in the format of `candump -L` (and of `-l`, which is the same).

#ifndef COREPOOL_STRESS_TRACE_CANDUMP_READER_H_
#define COREPOOL_STRESS_TRACE_CANDUMP_READER_H_

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "stress/trace/can_log.h"

namespace corepool::stress {

// No line of a log is nearly as long: an FD frame takes about 170 bytes.
inline constexpr std::size_t kMaxLineBytes = 4096;

// Reads one or more logs into one. A line is one of
//
//   (1502984883.826289) can0 123#0102030405060708    standard id, data
//   (1502984883.826289) can0 09F113CC#FFB5           extended id
//   (1502984883.826289) can0 123#R  or  123#R4       remote frame
//   (1502984883.826289) can0 123##1AABB              FD: flags nibble, data
//   # a comment, or nothing
//
// A direction (T or R), which newer candumps append, is read over. A raw length
// code (_9 to _F behind 8 bytes of data) is too.
class CandumpReader {
 public:
  struct Options {
    bool skip_bad_lines = false;  // count malformed lines instead of failing
  };

  CandumpReader() = default;
  explicit CandumpReader(Options options) : options_(options) {}

  // Appends a file's frames. On error the message begins with "NAME:LINE: " for a
  // malformed line, and with "NAME: " for everything else; a file without a single
  // frame is an error. `shown_as` is NAME, "-" as `path` is standard input.
  absl::Status ReadFile(const std::string& path, const std::string& shown_as);

  // The same for text in memory.
  absl::Status ReadText(std::string_view text, const std::string& shown_as);

  const CanLog& log() const { return log_; }
  std::size_t skipped_lines() const { return skipped_lines_; }

 private:
  absl::Status ReadLines(class LineSource& lines, const std::string& shown_as);
  // The frame or an explanation; for comments and empty lines an OK status.
  absl::Status ReadLine(std::string_view line);

  Options options_;
  CanLog log_;
  std::size_t skipped_lines_ = 0;
};

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_TRACE_CANDUMP_READER_H_
