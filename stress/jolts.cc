#include "stress/jolts.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>

namespace corepool::stress {
namespace {

constexpr long kPeriod = 50'000;  // nanoseconds

// (SIGRTMIN is not a constant.)
int Signal() { return SIGRTMIN + 4; }

void Jolt(int) {
  const int saved_errno = errno;
  sched_yield();
  errno = saved_errno;
}

}  // namespace

Jolts::Jolts() {
  // Who started the program may have blocked it, and masks are inherited.
  sigset_t jolts;
  sigemptyset(&jolts);
  sigaddset(&jolts, Signal());
  pthread_sigmask(SIG_UNBLOCK, &jolts, nullptr);
  sigevent event = {};
  event.sigev_notify = SIGEV_THREAD_ID;
  event.sigev_signo = Signal();
  event._sigev_un._tid = gettid();
  running_ = timer_create(CLOCK_MONOTONIC, &event, &timer_) == 0;
  const itimerspec period = {.it_interval = {.tv_sec = 0, .tv_nsec = kPeriod},
                             .it_value = {.tv_sec = 0, .tv_nsec = kPeriod}};
  if (running_) timer_settime(timer_, 0, &period, nullptr);
}

Jolts::~Jolts() {
  if (running_) timer_delete(timer_);
}

JoltsInstalled::JoltsInstalled() {
  struct sigaction action = {};
  action.sa_handler = Jolt;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(Signal(), &action, &before_);
}

// One that is still to come must not end the program.
JoltsInstalled::~JoltsInstalled() {
  struct sigaction ignore = {};
  ignore.sa_handler = SIG_IGN;
  sigaction(Signal(), &ignore, nullptr);
  sigaction(Signal(), &before_, nullptr);
}

}  // namespace corepool::stress
