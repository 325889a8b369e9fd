#include "stress/trace/can_survey.h"

#include <algorithm>
#include <cstdint>
#include <functional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "stress/trace/burst_meter.h"
#include "stress/trace/can_frame.h"
#include "stress/trace/candump_reader.h"
#include "stress/trace/timeline.h"

namespace corepool::stress {
namespace {

absl::StatusOr<CanSurvey> ReadThrough(CandumpReader& log, absl::Duration max_gap,
                                      absl::Duration stall,
                                      const std::function<bool()>& stop) {
  constexpr std::uint64_t kFramesBetweenAsking = 256;
  CanSurvey survey;
  Timeline timeline(max_gap);
  BurstMeter burst(stall);
  CanFrame frame;
  for (;;) {
    const absl::StatusOr<bool> found = log.Next(frame);
    if (!found.ok()) return found.status();
    if (!*found) break;
    if (survey.buses.size() <= frame.bus) survey.buses.resize(frame.bus + 1);
    ++survey.buses[frame.bus].frames;
    survey.longest_payload =
        std::max<std::size_t>(survey.longest_payload, frame.payload_length);
    const absl::Status status = burst.Add(timeline.Due(frame.stamp_ns));
    if (!status.ok()) return status;
    if (++survey.frames % kFramesBetweenAsking == 0 && stop()) {
      return absl::CancelledError("interrupted");
    }
  }
  for (std::size_t i = 0; i < survey.buses.size(); ++i) {
    survey.buses[i].name = log.buses()[i];
  }
  survey.clock_jumps = timeline.jumps();
  survey.recommended_blocks = burst.largest();
  return survey;
}

}  // namespace

absl::StatusOr<CanSurvey> SurveyCanLog(CandumpReader& log, absl::Duration max_gap,
                                       absl::Duration stall,
                                       const std::function<bool()>& stop) {
  absl::StatusOr<CanSurvey> survey = ReadThrough(log, max_gap, stall, stop);
  if (!survey.ok() || !log.guessed_wrong()) return survey;
  const absl::Status status = log.Rewind();
  return status.ok() ? ReadThrough(log, max_gap, stall, stop) : status;
}

}  // namespace corepool::stress
