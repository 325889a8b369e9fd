#include "stress/timer.h"

#include <time.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "stress/clock.h"

namespace corepool::stress {

TimerFacts MeasureTimer() {
  std::array<std::int64_t, 10'001> readings;
  for (std::int64_t& reading : readings) reading = Now();
  std::array<std::int64_t, readings.size() - 1> steps;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    steps[i] = readings[i + 1] - readings[i];
  }
  std::sort(steps.begin(), steps.end());
  // A clock that is finer than its own reading shows it in how steps differ.
  std::int64_t finest = steps.back();
  std::int64_t before = 0;
  for (const std::int64_t step : steps) {
    if (step > before) finest = std::min(finest, step - before);
    before = step;
  }
  timespec stated = {};
  clock_getres(CLOCK_MONOTONIC, &stated);
  return {.overhead_ns = steps[steps.size() / 2],
          .resolution_ns =
              std::max({finest, std::int64_t{stated.tv_nsec}, std::int64_t{1}})};
}

}  // namespace corepool::stress
