// Waiting for blocks, for programs with Abseil: durations instead of ticks.

#ifndef COREPOOL_HOSTED_WAIT_H_
#define COREPOOL_HOSTED_WAIT_H_

#include <cstddef>
#include <cstdint>

#include "absl/time/time.h"
#include "corepool/wait_port.h"

namespace corepool::hosted {

// The deadline that is `timeout` from now, rounded up to a tick: kForever for
// InfiniteDuration and for what ticks cannot express, kNoWait for nothing or less.
// [threads; blocking; as WaitPort::now; or better]
inline Ticks DeadlineAfter(const WaitPort& port, absl::Duration timeout) {
  if (timeout <= absl::ZeroDuration()) return kNoWait;
  if (timeout == absl::InfiniteDuration()) return kForever;
  const auto per_second = static_cast<std::int64_t>(port.ticks_per_second);
  absl::Duration part;
  const std::int64_t seconds = absl::IDivDuration(timeout, absl::Seconds(1), &part);
  // Less than a second of ticks; nanoseconds have more steps than any port's ticks.
  const absl::Duration ticks_part = part * per_second;
  const std::int64_t rest =
      absl::ToInt64Seconds(absl::Ceil(ticks_part, absl::Seconds(1)));
  const Ticks now = port.now(port.context);
  const Ticks most = kForever - now - port.ticks_per_second;
  if (static_cast<Ticks>(seconds) >= most / port.ticks_per_second) return kForever;
  return now + static_cast<Ticks>(seconds) * port.ticks_per_second +
         static_cast<Ticks>(rest);
}

// Pool::AllocateUntil with the deadline `timeout` from now; `what` is what the pool
// wants to know besides: nothing, a size, a class, or both.
//
//   AllocateFor(fixed_pool, absl::Milliseconds(5), /*priority=*/3)
//   AllocateFor(multi_pool, absl::InfiniteDuration(), 3, /*size=*/100)
//
// [threads; blocking; as Pool::AllocateUntil]
template <class Pool, class... What>
auto AllocateFor(Pool& pool, absl::Duration timeout, std::uint8_t priority,
                 What... what) {
  const WaitPort* const port = pool.wait_port();
  // Without waiters the pool says so itself.
  const Ticks deadline = timeout <= absl::ZeroDuration() ? kNoWait
                         : port == nullptr               ? kForever
                                           : DeadlineAfter(*port, timeout);
  return pool.AllocateUntil(what..., deadline, priority);
}

}  // namespace corepool::hosted

#endif  // COREPOOL_HOSTED_WAIT_H_
