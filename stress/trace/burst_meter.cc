#include "stress/trace/burst_meter.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace corepool::stress {

absl::Status BurstMeter::Add(absl::Duration due) {
  // Nothing is ever forgotten then, so nothing need be remembered.
  const bool endless = stall_ == absl::InfiniteDuration();
  if (last_.frames != 0 && due != last_.due && !endless) {
    absl::Status status = before_.Push(last_);
    if (status.ok()) status = Forget(due);
    if (!status.ok()) return status;
    last_.frames = 0;
  }
  last_.due = due;
  ++last_.frames;
  largest_ = std::max(largest_, ++within_);
  return absl::OkStatus();
}

// Those that are longer than stall_ before `now`.
absl::Status BurstMeter::Forget(absl::Duration now) {
  while (!before_.empty()) {
    Instant oldest;
    const absl::Status status = before_.Front(oldest);
    if (!status.ok()) return status;
    if (now - oldest.due <= stall_) break;
    within_ -= oldest.frames;
    before_.Pop();
  }
  return absl::OkStatus();
}

}  // namespace corepool::stress
