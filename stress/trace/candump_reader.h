// Reads what candump writes: logs (-L, -l), and its text with times (-ta -tA -td -tz).

#ifndef COREPOOL_STRESS_TRACE_CANDUMP_READER_H_
#define COREPOOL_STRESS_TRACE_CANDUMP_READER_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "stress/trace/can_log.h"
#include "stress/trace/line_source.h"

namespace corepool::stress {

// Whether `line` might be a frame, right or wrong.
bool LooksLikeCandump(std::string_view line);

// Reads one or more logs into one. A line is one of
//
//   (1502984883.826289) can0 123#0102030405060708    standard id, data
//   (1502984883.826289) can0 09F113CC#FFB5           extended id
//   (1502984883.826289) can0 123#R  or  123#R4       remote frame
//   (1502984883.826289) can0 123##1AABB              FD: flags nibble, data
//   (1502984883.826289)  can0  123   [8]  01 02 03 04 05 06 07 08      text
//   (2017-08-17 15:48:03.826289)  can0  RX B -  00000456  [12]  ...     -tA -x, FD
//   (000.000120)  can0  123   [4]  remote request                       -tz, -td
//   # a comment, or nothing
//
// A direction (T or R), which newer candumps append, is read over; so are a raw length
// code (_9 to _F behind 8 bytes of data) and characters (-a). gzip is unpacked.
class CandumpReader {
 public:
  // What short times, in text, count from. kGuess: the frame before, if they step back
  // at more than one frame in 20.
  enum class Stamps { kGuess, kSinceStart, kSinceFrameBefore };
  struct Options {
    bool skip_bad_lines = false;  // count malformed lines instead of failing
    Stamps stamps = Stamps::kGuess;
  };

  CandumpReader() = default;
  explicit CandumpReader(Options options) : options_(options) {}

  // Appends a file's frames. On error the message begins with "NAME:LINE: " for a
  // malformed line, and with "NAME: " for everything else; a file without a single
  // frame is an error. `shown_as` is NAME, "-" as `path` is standard input.
  absl::Status ReadFile(const std::string& path, const std::string& shown_as);

  // The same for text in memory.
  absl::Status ReadText(std::string_view text, const std::string& shown_as);

  // The same for lines of any source, from where it is.
  absl::Status Read(LineSource& lines);

  const CanLog& log() const { return log_; }
  std::size_t skipped_lines() const { return skipped_lines_; }

 private:
  // The frame or an explanation; for comments and empty lines an OK status.
  absl::Status ReadLine(std::string_view line);
  void SumUpDeltas(std::size_t first);

  Options options_;
  CanLog log_;
  std::size_t skipped_lines_ = 0;
  std::size_t relative_stamps_ = 0;  // in the file that is read
};

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_TRACE_CANDUMP_READER_H_
