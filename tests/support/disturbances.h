// What befalls threads on a real machine: interrupts, and moves from core to core.

#ifndef COREPOOL_TESTS_SUPPORT_DISTURBANCES_H_
#define COREPOOL_TESTS_SUPPORT_DISTURBANCES_H_

#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <thread>
#include <vector>

namespace corepool::testing {

// The cores that this process may use.
inline std::vector<int> UsableCores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  std::vector<int> cores;
  if (sched_getaffinity(getpid(), sizeof(set), &set) != 0) return {0};
  for (int core = 0; core < CPU_SETSIZE; ++core) {
    if (CPU_ISSET(core, &set)) cores.push_back(core);
  }
  return cores;
}

// Restricts a thread, 0 for the calling one. False if there is no such thread any more.
inline bool MoveTo(pid_t thread, const std::vector<int>& cores) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const int core : cores) CPU_SET(core, &set);
  return sched_setaffinity(thread, sizeof(set), &set) == 0;
}

// Keeps the calling thread on one core for as long as it lives.
class Pinned {
 public:
  explicit Pinned(int core) {
    if (sched_getaffinity(0, sizeof(before_), &before_) != 0) std::abort();
    if (!MoveTo(0, {core})) std::abort();
  }
  ~Pinned() { sched_setaffinity(0, sizeof(before_), &before_); }
  Pinned(const Pinned&) = delete;
  Pinned& operator=(const Pinned&) = delete;

 private:
  cpu_set_t before_;
};

// Does something to each of a few threads, one at a time and some microseconds apart,
// for as long as it lives; but only while they are Subjected.
class Disturber {
 public:
  static constexpr std::size_t kMostThreads = 64;

  template <class Disturb>
  Disturber(long nanoseconds, Disturb disturb)
      : thread_([this, nanoseconds, disturb] {
          // Otherwise the system makes it 50 microseconds more.
          prctl(PR_SET_TIMERSLACK, 1);
          const timespec pause = {.tv_sec = 0, .tv_nsec = nanoseconds};
          for (std::size_t i = 0; !enough_.load(std::memory_order_relaxed);
               i = (i + 1) % kMostThreads) {
            const pid_t thread = threads_[i].load(std::memory_order_relaxed);
            if (thread == 0) {
              if (i != 0) continue;
              std::this_thread::yield();
              continue;
            }
            disturb(thread);
            nanosleep(&pause, nullptr);
          }
        }) {}
  ~Disturber() {
    enough_.store(true, std::memory_order_relaxed);
    thread_.join();
  }
  Disturber(const Disturber&) = delete;
  Disturber& operator=(const Disturber&) = delete;

  // `number` below kMostThreads, different for each of them.
  void Subject(std::size_t number) {
    threads_[number].store(gettid(), std::memory_order_relaxed);
  }
  void Release(std::size_t number) {
    threads_[number].store(0, std::memory_order_relaxed);
  }

 private:
  std::array<std::atomic<pid_t>, kMostThreads> threads_{};
  std::atomic<bool> enough_{false};
  std::thread thread_;
};

// For Disturber: sends SIGUSR1.
inline void Interrupt(pid_t thread) { syscall(SYS_tgkill, getpid(), thread, SIGUSR1); }

// For Disturber: restricts to the first usable core, to the last one, to all.
class Mover {
 public:
  void operator()(pid_t thread) const {
    const std::vector<int>* const choices[] = {&first_, &last_, &all_};
    // A thread that has ended meanwhile is nobody's concern.
    MoveTo(thread, *choices[turn_++ % 3]);
  }

 private:
  std::vector<int> all_ = UsableCores();
  std::vector<int> first_{all_.front()};
  std::vector<int> last_{all_.back()};
  mutable std::size_t turn_ = 0;
};

}  // namespace corepool::testing

#endif  // COREPOOL_TESTS_SUPPORT_DISTURBANCES_H_
