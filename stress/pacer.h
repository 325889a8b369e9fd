// When operations are due.

#ifndef COREPOOL_STRESS_PACER_H_
#define COREPOOL_STRESS_PACER_H_

#include <cstdint>

#include "stress/load_options.h"
#include "stress/random.h"
#include "stress/run_control.h"

namespace corepool::stress {

// One thread's schedule. It goes on whether or not the thread keeps up: what is late
// stays due when it was, so that waiting for a slow operation counts as latency of
// those behind it.
class Pacer {
 public:
  // `share`: of how many threads this is one, `number` its number from 0. Fixed
  // arrivals of all threads together are as far apart as `rate` says.
  Pacer(double rate, Arrival arrival, int share, int number, std::uint64_t seed);

  void Begin(std::int64_t now) { began_ = now; }

  // When the next operation is due, on the clock of Now(). The same seed makes the
  // same schedule.
  std::int64_t Next();

  // Returns at `due`, or at once if it is over, or when stopping: false.
  static bool WaitUntil(std::int64_t due, const RunControl& control);

  // Operations that have been due between Begin and `now` but were not asked for.
  std::uint64_t Backlog(std::int64_t now) const;

 private:
  double interval_;  // nanoseconds, on average
  Arrival arrival_;
  Random random_;
  std::int64_t began_ = 0;
  double next_;  // since Begin
};

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_PACER_H_
