#include "stress/trace/can_log.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "absl/time/time.h"

namespace corepool::stress {

std::uint16_t CanLog::BusNamed(std::string_view name) {
  const auto found = std::find(buses.begin(), buses.end(), name);
  const auto index = static_cast<std::uint16_t>(found - buses.begin());
  if (found == buses.end()) buses.emplace_back(name);
  return index;
}

Timeline PlanTimeline(const CanLog& log, absl::Duration max_gap) {
  Timeline timeline;
  timeline.due.reserve(log.frames.size());
  absl::Duration now;
  for (std::size_t i = 0; i < log.frames.size(); ++i) {
    if (i > 0) {
      const absl::Duration step =
          absl::Nanoseconds(log.frames[i].stamp_ns - log.frames[i - 1].stamp_ns);
      if (step < absl::ZeroDuration() || step > max_gap) {
        ++timeline.jumps;
      } else {
        now += step;
      }
    }
    timeline.due.push_back(now);
  }
  return timeline;
}

void SpeedUp(Timeline& timeline, double factor) {
  for (absl::Duration& due : timeline.due) due /= factor;
}

std::size_t LargestBurst(const Timeline& timeline, absl::Duration stall) {
  std::size_t largest = 0;
  std::size_t first = 0;
  for (std::size_t last = 0; last < timeline.due.size(); ++last) {
    while (timeline.due[last] - timeline.due[first] > stall) ++first;
    largest = std::max(largest, last - first + 1);
  }
  return largest;
}

}  // namespace corepool::stress
