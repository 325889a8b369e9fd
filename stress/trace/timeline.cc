#include "stress/trace/timeline.h"

#include <cstdint>

#include "absl/time/time.h"

namespace corepool::stress {

absl::Duration Timeline::Due(std::int64_t stamp_ns) {
  if (begun_) {
    const absl::Duration step = absl::Nanoseconds(stamp_ns - stamp_before_);
    if (step < absl::ZeroDuration() || step > max_gap_) {
      ++jumps_;
    } else {
      now_ += step;
    }
  }
  begun_ = true;
  stamp_before_ = stamp_ns;
  return speed_ == 1 ? now_ : now_ / speed_;
}

}  // namespace corepool::stress
