#include "stress/trace/candump_reader.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "stress/trace/can_log.h"
#include "stress/trace/candump_line.h"
#include "stress/trace/line_source.h"
#include "stress/trace/text_scan.h"

namespace corepool::stress {

absl::Status CandumpReader::ReadLine(std::string_view line) {
  constexpr std::size_t kMostBuses = 64;
  CanFrame frame;
  const absl::StatusOr<CandumpLine> found = ParseCandumpLine(line, frame, log_);
  if (!found.ok()) return found.status();
  if (found->bus.empty()) return absl::OkStatus();
  frame.bus = log_.BusNamed(found->bus);
  if (log_.buses.size() > kMostBuses) {
    log_.buses.pop_back();
    log_.payloads.resize(log_.payloads.size() - frame.payload_length);
    return Malformed(absl::StrFormat("more than %d interfaces", kMostBuses));
  }
  log_.frames.push_back(frame);
  relative_stamps_ += found->relative_stamp ? 1 : 0;
  return absl::OkStatus();
}

// -tz, times since the first frame, never step back; -td, times since the frame before,
// do so at every other frame.
void CandumpReader::SumUpDeltas(std::size_t first) {
  std::size_t steps_back = 0;
  for (std::size_t i = first + 1; i < log_.frames.size(); ++i) {
    if (log_.frames[i].stamp_ns < log_.frames[i - 1].stamp_ns) ++steps_back;
  }
  const std::size_t frames = log_.frames.size() - first;
  const bool look_like_deltas = relative_stamps_ == frames && steps_back * 20 > frames;
  if (options_.stamps == Stamps::kSinceStart ||
      (options_.stamps == Stamps::kGuess && !look_like_deltas)) {
    return;
  }
  constexpr std::int64_t kLatest = INT64_MAX / 2;
  std::int64_t now = 0;
  for (std::size_t i = first; i < log_.frames.size(); ++i) {
    if (now < kLatest) now += log_.frames[i].stamp_ns;
    log_.frames[i].stamp_ns = now;
  }
}

absl::Status CandumpReader::Read(LineSource& lines) {
  const std::size_t frames_before = log_.frames.size();
  relative_stamps_ = 0;
  while (lines.Next()) {
    const absl::Status status =
        lines.too_long()
            ? Malformed(absl::StrFormat("longer than %d bytes", kMaxLineBytes))
            : ReadLine(lines.line());
    if (status.ok()) continue;
    if (!options_.skip_bad_lines) return lines.Complaint(std::string(status.message()));
    ++skipped_lines_;
  }
  if (!lines.status().ok()) return lines.status();
  if (log_.frames.size() == frames_before) {
    return absl::InvalidArgumentError(
        absl::StrCat(lines.name(), ": no CAN frames in it"));
  }
  SumUpDeltas(frames_before);
  return absl::OkStatus();
}

absl::Status CandumpReader::ReadFile(const std::string& path,
                                     const std::string& shown_as) {
  const absl::StatusOr<std::unique_ptr<LineSource>> lines =
      LineSource::OpenFile(path, shown_as, false);
  return lines.ok() ? Read(**lines) : lines.status();
}

absl::Status CandumpReader::ReadText(std::string_view text,
                                     const std::string& shown_as) {
  return Read(*LineSource::FromText(text, shown_as));
}

}  // namespace corepool::stress
