// What reading the clock costs, and how fine it is.

#ifndef COREPOOL_STRESS_TIMER_H_
#define COREPOOL_STRESS_TIMER_H_

#include <cstdint>

namespace corepool::stress {

struct TimerFacts {
  std::int64_t overhead_ns;    // median of an empty operation's latency
  std::int64_t resolution_ns;  // smallest step seen
};

// Takes about a millisecond.
TimerFacts MeasureTimer();

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_TIMER_H_
