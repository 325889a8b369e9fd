// Signals for threads that are at work: on Linux they stand for interrupts.

#ifndef COREPOOL_TESTS_SUPPORT_SIGNALS_H_
#define COREPOOL_TESTS_SUPPORT_SIGNALS_H_

#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace corepool::testing {

// Sends SIGUSR1 to the calling thread, for as long as it lives.
class InterruptingTimer {
 public:
  explicit InterruptingTimer(long nanoseconds) {
    // Who started the test may have blocked it, and masks are inherited.
    sigset_t interrupt;
    sigemptyset(&interrupt);
    sigaddset(&interrupt, SIGUSR1);
    pthread_sigmask(SIG_UNBLOCK, &interrupt, nullptr);
    sigevent event = {};
    event.sigev_notify = SIGEV_THREAD_ID;
    event.sigev_signo = SIGUSR1;
    event._sigev_un._tid = gettid();
    const itimerspec period = {.it_interval = {.tv_sec = 0, .tv_nsec = nanoseconds},
                               .it_value = {.tv_sec = 0, .tv_nsec = nanoseconds}};
    if (timer_create(CLOCK_MONOTONIC, &event, &timer_) != 0 ||
        timer_settime(timer_, 0, &period, nullptr) != 0) {
      std::abort();
    }
  }
  ~InterruptingTimer() { timer_delete(timer_); }
  InterruptingTimer(const InterruptingTimer&) = delete;
  InterruptingTimer& operator=(const InterruptingTimer&) = delete;

 private:
  timer_t timer_{};
};

// Handles SIGUSR1 for as long as it lives.
class InterruptHandler {
 public:
  explicit InterruptHandler(void (*handler)(int, siginfo_t*, void*)) {
    struct sigaction action = {};
    action.sa_sigaction = handler;
    action.sa_flags = SA_SIGINFO | SA_RESTART;
    sigemptyset(&action.sa_mask);
    if (sigaction(SIGUSR1, &action, &before_) != 0) std::abort();
  }
  ~InterruptHandler() { sigaction(SIGUSR1, &before_, nullptr); }
  InterruptHandler(const InterruptHandler&) = delete;
  InterruptHandler& operator=(const InterruptHandler&) = delete;

 private:
  struct sigaction before_ = {};
};

// For a signal handler, with its third argument: whether a restartable section was
// interrupted. The kernel has then moved the thread to the section's abort handler
// already, before which stands the signature.
inline bool HasAbortedASection([[maybe_unused]] const void* context) {
#if defined(__x86_64__)
  const auto* const interrupted = static_cast<const ucontext_t*>(context);
  const auto at = static_cast<std::uintptr_t>(interrupted->uc_mcontext.gregs[REG_RIP]);
  constexpr std::uint32_t kSignature = 0x53053053;
  std::uint32_t before = 0;
  std::memcpy(&before, reinterpret_cast<const void*>(at - sizeof(before)),
              sizeof(before));
  return before == kSignature;
#else
  return false;
#endif
}

}  // namespace corepool::testing

#endif  // COREPOOL_TESTS_SUPPORT_SIGNALS_H_
