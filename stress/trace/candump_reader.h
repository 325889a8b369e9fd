// Reads what candump writes: logs (-L, -l), and its text with times (-ta -tA -td -tz).

#ifndef COREPOOL_STRESS_TRACE_CANDUMP_READER_H_
#define COREPOOL_STRESS_TRACE_CANDUMP_READER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "stress/trace/can_frame.h"
#include "stress/trace/line_source.h"

namespace corepool::stress {

// Whether `line` might be a frame, right or wrong.
bool LooksLikeCandump(std::string_view line);

// Reads one or more logs, one behind the other, as a stream, and as often as need be. A
// line is one of
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

  // `logs` must outlive it; they are read from where they are.
  CandumpReader(std::vector<LineSource*> logs, Options options);

  // The next frame; false at the end of the last log. On error the message begins with
  // "NAME:LINE: " for a malformed line, and with "NAME: " for everything else; a log
  // without a single frame is an error. In later passes so is one that is shorter than
  // before; of one that has grown, no more is read.
  absl::StatusOr<bool> Next(CanFrame& frame);

  // Back to the first frame; after the end only.
  absl::Status Rewind();

  // Whether the first pass took times for what they were not, of which one can be sure
  // at the end of a log only. It has still found every frame and all that is malformed.
  bool guessed_wrong() const { return guessed_wrong_; }

  // The names, in order of appearance.
  const std::vector<std::string>& buses() const { return buses_; }
  // In the first pass.
  std::size_t skipped_lines() const { return skipped_lines_; }

 private:
  struct Log {
    LineSource* lines;
    std::uint64_t frames = 0;  // of the first pass, as the rest
    std::uint64_t relative_stamps = 0;
    std::uint64_t steps_back = 0;
    bool deltas = false;  // stamps count from the frame before
  };

  void BeginLog();
  // What is to be said of it.
  absl::Status EndLog();
  // The frame; false if there is none in `line`; or an explanation.
  absl::StatusOr<bool> ReadLine(std::string_view line, CanFrame& frame);
  absl::StatusOr<std::uint16_t> BusNamed(std::string_view name);
  // Counts what the guess needs, and sums up deltas.
  void TakeStamp(CanFrame& frame);

  const Options options_;
  std::vector<Log> logs_;
  std::vector<std::string> buses_;
  std::size_t skipped_lines_ = 0;
  bool first_pass_ = true;
  bool guessed_wrong_ = false;

  // Where it is.
  std::size_t log_ = 0;
  std::uint64_t frames_ = 0;  // of that log, so far
  bool relative_ = false;     // the stamp of the last frame
  std::int64_t stamp_ = 0;    // as it was written
  std::int64_t sum_ = 0;      // of all stamps, if they are deltas
};

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_TRACE_CANDUMP_READER_H_
