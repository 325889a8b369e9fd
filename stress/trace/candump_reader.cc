#include "stress/trace/candump_reader.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "stress/trace/can_frame.h"
#include "stress/trace/candump_line.h"
#include "stress/trace/line_source.h"
#include "stress/trace/text_scan.h"

namespace corepool::stress {

CandumpReader::CandumpReader(std::vector<LineSource*> logs, Options options)
    : options_(options) {
  for (LineSource* const lines : logs) {
    logs_.push_back(
        {.lines = lines, .deltas = options.stamps == Stamps::kSinceFrameBefore});
  }
}

absl::StatusOr<std::uint16_t> CandumpReader::BusNamed(std::string_view name) {
  constexpr std::size_t kMostBuses = 64;
  const auto found = std::find(buses_.begin(), buses_.end(), name);
  const auto number = static_cast<std::uint16_t>(found - buses_.begin());
  if (found == buses_.end()) {
    if (buses_.size() == kMostBuses) {
      return Malformed(absl::StrFormat("more than %d interfaces", kMostBuses));
    }
    buses_.emplace_back(name);
  }
  return number;
}

absl::StatusOr<bool> CandumpReader::ReadLine(std::string_view line, CanFrame& frame) {
  const absl::StatusOr<CandumpLine> found = ParseCandumpLine(line, frame);
  if (!found.ok()) return found.status();
  if (found->bus.empty()) return false;
  const absl::StatusOr<std::uint16_t> bus = BusNamed(found->bus);
  if (!bus.ok()) return bus.status();
  frame.bus = *bus;
  relative_ = found->relative_stamp;
  return true;
}

void CandumpReader::TakeStamp(CanFrame& frame) {
  Log& log = logs_[log_];
  if (first_pass_) {
    if (relative_) ++log.relative_stamps;
    if (frames_ > 0 && frame.stamp_ns < stamp_) ++log.steps_back;
  }
  ++frames_;
  stamp_ = frame.stamp_ns;
  if (!log.deltas) return;
  constexpr std::int64_t kLatest = INT64_MAX / 2;
  if (sum_ < kLatest) sum_ += std::min(stamp_, INT64_MAX - sum_);
  frame.stamp_ns = sum_;
}

absl::Status CandumpReader::EndLog() {
  Log& log = logs_[log_];
  if (!log.lines->status().ok()) return log.lines->status();
  if (!first_pass_) {
    if (frames_ == log.frames) return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrCat(log.lines->name(), ": became shorter while it was read"));
  }
  if (frames_ == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(log.lines->name(), ": no CAN frames in it"));
  }
  log.frames = frames_;
  // -tz, times since the first frame, never step back; -td, times since the frame
  // before, do so at every other frame.
  if (options_.stamps == Stamps::kGuess && log.relative_stamps == frames_ &&
      log.steps_back * 20 > frames_) {
    log.deltas = true;
    guessed_wrong_ = true;
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> CandumpReader::Next(CanFrame& frame) {
  for (; log_ < logs_.size(); ++log_, BeginLog()) {
    const Log& log = logs_[log_];
    LineSource& lines = *log.lines;
    while ((first_pass_ || frames_ < log.frames) && lines.Next()) {
      const absl::StatusOr<bool> found =
          lines.too_long()
              ? Malformed(absl::StrFormat("longer than %d bytes", kMaxLineBytes))
              : ReadLine(lines.line(), frame);
      if (!found.ok()) {
        if (!options_.skip_bad_lines) {
          return lines.Complaint(std::string(found.status().message()));
        }
        if (first_pass_) ++skipped_lines_;
      } else if (*found) {
        TakeStamp(frame);
        return true;
      }
    }
    const absl::Status status = EndLog();
    if (!status.ok()) return status;
  }
  return false;
}

void CandumpReader::BeginLog() {
  frames_ = 0;
  stamp_ = 0;
  sum_ = 0;
}

absl::Status CandumpReader::Rewind() {
  first_pass_ = false;
  log_ = 0;
  BeginLog();
  for (const Log& log : logs_) {
    const absl::Status status = log.lines->Rewind();
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace corepool::stress
