// Time and waiting, for threads and signal handlers.

#ifndef COREPOOL_STRESS_CLOCK_H_
#define COREPOOL_STRESS_CLOCK_H_

#include <semaphore.h>
#include <time.h>

#include <cerrno>
#include <cstdint>

namespace corepool::stress {

inline constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;

// Of the monotonic clock, in nanoseconds. Async-signal-safe.
inline std::int64_t Now() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * kNanosecondsPerSecond + now.tv_nsec;
}

inline timespec ToTimespec(std::int64_t nanoseconds) {
  return {.tv_sec = nanoseconds / kNanosecondsPerSecond,
          .tv_nsec = nanoseconds % kNanosecondsPerSecond};
}

inline void SleepUntil(std::int64_t nanoseconds) {
  const timespec wake = ToTimespec(nanoseconds);
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &wake, nullptr) == EINTR) {
  }
}

// A counting semaphore that a signal handler may post.
class Semaphore {
 public:
  explicit Semaphore(unsigned value) { sem_init(&semaphore_, 0, value); }
  ~Semaphore() { sem_destroy(&semaphore_); }
  Semaphore(const Semaphore&) = delete;
  Semaphore& operator=(const Semaphore&) = delete;

  void Post() { sem_post(&semaphore_); }
  void Wait() {
    while (sem_wait(&semaphore_) != 0 && errno == EINTR) {
    }
  }
  // False if a millisecond went by first.
  bool WaitAWhile() {
    const timespec until = ToTimespec(Now() + 1'000'000);
    int result = 0;
    do {
      result = sem_clockwait(&semaphore_, CLOCK_MONOTONIC, &until);
    } while (result != 0 && errno == EINTR);
    return result == 0;
  }

 private:
  sem_t semaphore_;
};

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_CLOCK_H_
