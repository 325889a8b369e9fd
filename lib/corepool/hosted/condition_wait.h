// How threads wait wherever there is a standard library.

#ifndef COREPOOL_HOSTED_CONDITION_WAIT_H_
#define COREPOOL_HOSTED_CONDITION_WAIT_H_

#include <condition_variable>
#include <mutex>

#include "corepool/wait_port.h"

namespace corepool::hosted {

// By a mutex and a condition variable; ticks are nanoseconds of std::steady_clock. A
// free that wakes takes the mutex, so that while threads wait nobody may free in a
// signal handler, and a free may be held up by a waiter that is just going to sleep or
// waking up. Each free wakes all who sleep here.
class ConditionWait {
 public:
  ConditionWait() = default;
  ConditionWait(const ConditionWait&) = delete;
  ConditionWait& operator=(const ConditionWait&) = delete;

  // Must not outlive this. [threads; wait-free; O(1)]
  WaitPort port();

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
};

}  // namespace corepool::hosted

#endif  // COREPOOL_HOSTED_CONDITION_WAIT_H_
