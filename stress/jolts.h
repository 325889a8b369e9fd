// Threads that are taken off their CPUs far more often than the system would.

#ifndef COREPOOL_STRESS_JOLTS_H_
#define COREPOOL_STRESS_JOLTS_H_

#include <signal.h>
#include <time.h>

namespace corepool::stress {

// As long as one lives, a timer interrupts the thread that made it, at any instruction,
// and lets others go on in its place. Without timers, which the system may refuse, it
// does nothing.
class Jolts {
 public:
  Jolts();
  ~Jolts();
  Jolts(const Jolts&) = delete;
  Jolts& operator=(const Jolts&) = delete;

 private:
  timer_t timer_{};
  bool running_ = false;
};

// Keeps the signal for them; lives before and after all of them. One at a time.
class JoltsInstalled {
 public:
  JoltsInstalled();
  ~JoltsInstalled();
  JoltsInstalled(const JoltsInstalled&) = delete;
  JoltsInstalled& operator=(const JoltsInstalled&) = delete;

 private:
  struct sigaction before_ = {};
};

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_JOLTS_H_
