#include "stress/supervisor.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <mutex>
#include <thread>
#include <utility>

#include "stress/clock.h"
#include "stress/gang.h"
#include "stress/interruption.h"
#include "stress/run_control.h"

namespace corepool::stress {
namespace {

constexpr std::int64_t kTick = 10'000'000;
constexpr int kProgressTicks = 20;
// Counted, not timed: a program that was stopped and goes on again is not stuck.
constexpr int kStuckTicks = 2000;
// In place of the number of operations once it does not count whether they go on.
constexpr std::uint64_t kStopped = std::numeric_limits<std::uint64_t>::max();
// Longest time to set up, which does not count.
constexpr std::int64_t kLongestSetUp = 60 * kNanosecondsPerSecond;

}  // namespace

Supervisor::Supervisor(RunControl& control, Options options)
    : control_(control), options_(std::move(options)), thread_([this] { Run(); }) {}

Supervisor::~Supervisor() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    enough_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Supervisor::Run() {
  // Above the threads that it has to stop. If that is refused, theirs is as well.
  if (options_.rt_priority != 0) {
    (void)SetPriority(std::min(options_.rt_priority + 1, 99));
  }
  const std::int64_t began = Now();
  int since_progress = 0;
  std::uint64_t done_before = 0;
  int standing_still = 0;
  std::unique_lock<std::mutex> lock(mutex_);
  while (!enough_) {
    const std::int64_t elapsed = Now() - began;
    std::int64_t pause = kTick;
    if (options_.duration_ns != 0) {
      const std::int64_t threads_began = control_.began();
      const std::int64_t spent =
          threads_began != 0 ? Now() - threads_began : elapsed - kLongestSetUp;
      pause = std::clamp<std::int64_t>(options_.duration_ns - spent, 0, kTick);
      if (pause == 0) {
        control_.Stop();
        pause = kTick;
      }
    }
    if (Interruption::happened()) control_.Stop();
    if (options_.progress && ++since_progress == kProgressTicks) {
      since_progress = 0;
      options_.progress(elapsed, control_.operations());
    }
    const bool stopping = control_.stopping();
    const std::uint64_t done = stopping ? kStopped : control_.operations();
    if (done != std::exchange(done_before, done)) standing_still = 0;
    const bool may_be_stuck =
        stopping ? !control_.settling() : options_.keeps_busy && control_.began() != 0;
    if (may_be_stuck && ++standing_still == kStuckTicks && options_.on_stuck) {
      options_.on_stuck();
    }
    changed_.wait_for(lock, std::chrono::nanoseconds(pause));
  }
}

}  // namespace corepool::stress
