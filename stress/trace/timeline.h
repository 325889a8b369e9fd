// When the frames of a log are due.

#ifndef COREPOOL_STRESS_TRACE_TIMELINE_H_
#define COREPOOL_STRESS_TRACE_TIMELINE_H_

#include <cstddef>
#include <cstdint>

#include "absl/time/time.h"

namespace corepool::stress {

// Takes the stamps of a log, in its order. Steps back of its clock, and steps forward
// by more than `max_gap`, are jumps; they take no time, so neither a clock that was set
// nor a pause of days stalls a replay. `speed`: how many times as fast as the log's
// clock.
class Timeline {
 public:
  explicit Timeline(absl::Duration max_gap, double speed = 1)
      : max_gap_(max_gap), speed_(speed) {}

  // When the next frame is due, counted from the first; never decreases.
  absl::Duration Due(std::int64_t stamp_ns);

  std::size_t jumps() const { return jumps_; }

 private:
  absl::Duration max_gap_;
  double speed_;
  bool begun_ = false;
  std::int64_t stamp_before_ = 0;
  absl::Duration now_;
  std::size_t jumps_ = 0;
};

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_TRACE_TIMELINE_H_
