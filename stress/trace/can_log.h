// A CAN log in memory: frames of one or more buses, in the order of the log.

#ifndef COREPOOL_STRESS_TRACE_CAN_LOG_H_
#define COREPOOL_STRESS_TRACE_CAN_LOG_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"

namespace corepool::stress {

// One frame, classic or FD, without its payload.
struct CanFrame {
  enum Flags : std::uint8_t {
    kExtended = 1,  // 29-bit identifier
    kRemote = 2,    // asks for data; `length` is the length asked for
    kFd = 4,        // CAN FD; `fd_flags` is its flags nibble (BRS, ESI)
    kError = 8,     // written by the controller's driver, not seen on the bus
  };

  std::int64_t stamp_ns = 0;  // by the log's clock
  std::uint32_t id = 0;
  std::uint8_t flags = 0;
  std::uint8_t fd_flags = 0;
  std::uint8_t length = 0;
  std::uint8_t payload_length = 0;  // bytes of payload: `length`, but 0 if remote
  std::uint16_t bus = 0;            // index into CanLog::buses
  std::size_t payload_at = 0;       // index into CanLog::payloads
};

struct CanLog {
  std::vector<CanFrame> frames;
  std::vector<std::uint8_t> payloads;
  std::vector<std::string> buses;  // in order of appearance

  std::span<const std::uint8_t> PayloadOf(const CanFrame& frame) const {
    return {payloads.data() + frame.payload_at, frame.payload_length};
  }

  // The number of a bus by its name; a new one if the name is new.
  std::uint16_t BusNamed(std::string_view name);
};

// When each frame is due, counted from the first, and how often the log's clock
// jumped: steps back, and steps forward by more than `max_gap`. A jump takes no
// time, so neither a clock that was set nor a pause of days stalls a replay.
struct Timeline {
  std::vector<absl::Duration> due;  // one for each frame, never decreasing
  std::size_t jumps = 0;
};
Timeline PlanTimeline(const CanLog& log, absl::Duration max_gap);

// The same, `factor` times as fast.
void SpeedUp(Timeline& timeline, double factor);

// Most frames that fall due within a time of `stall`: what piles up on all buses
// together while the tasks that take the frames do not run for so long.
std::size_t LargestBurst(const Timeline& timeline, absl::Duration stall);

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_TRACE_CAN_LOG_H_
