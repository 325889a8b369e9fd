// What piles up while tasks stand still.

#ifndef COREPOOL_STRESS_TRACE_BURST_METER_H_
#define COREPOOL_STRESS_TRACE_BURST_METER_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "stress/trace/spill_queue.h"

namespace corepool::stress {

// Most frames that fall due within a time of `stall`, on all buses together. Memory
// does not depend on how many these are; a file may.
class BurstMeter {
 public:
  explicit BurstMeter(absl::Duration stall) : stall_(stall) {}

  // `due` never decreases. Fails if a file was needed and could not be had.
  absl::Status Add(absl::Duration due);

  std::uint64_t largest() const { return largest_; }

 private:
  // Frames that are due at the same time.
  struct Instant {
    absl::Duration due;
    std::uint64_t frames = 0;
  };

  absl::Status Forget(absl::Duration now);

  absl::Duration stall_;
  SpillQueue<Instant> before_;  // the last one, no longer ago than stall_
  Instant last_;
  std::uint64_t within_ = 0;  // all of these
  std::uint64_t largest_ = 0;
};

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_TRACE_BURST_METER_H_
