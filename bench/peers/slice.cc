#include "bench/peers/slice.h"

#include <alloca.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <fstream>
#include <functional>
#include <latch>
#include <random>
#include <thread>
#include <vector>

#include "stress/cpu_set.h"

namespace corepool::bench {
namespace {

using Clock = std::chrono::steady_clock;

struct Observation {
  Clock::time_point time;
  std::uint64_t pairs = 0;
};

Observation Observe(const std::deque<Lane>& lanes) {
  Observation seen{.time = Clock::now()};
  for (const Lane& lane : lanes) seen.pairs += lane.pairs();
  return seen;
}

// How long the calling thread has been ready to run and did not, in nanoseconds; 0
// where the kernel does not say.
std::int64_t WaitedForCpu() {
  std::ifstream file("/proc/thread-self/schedstat");
  std::int64_t running = 0;
  std::int64_t waiting = 0;
  file >> running >> waiting;
  return waiting;
}

}  // namespace

Work RunSlice(const std::vector<int>& cpus, std::size_t threads,
              std::chrono::nanoseconds duration,
              const std::function<void(Lane& lane, std::size_t thread)>& body) {
  alignas(128) std::atomic<Phase> phase{Phase::kWarmUp};
  std::deque<Lane> lanes;
  std::latch pinned(static_cast<std::ptrdiff_t>(threads) + 1);
  std::atomic<std::int64_t> waited{0};
  std::vector<std::jthread> gang;
  for (std::size_t i = 0; i < threads; ++i) {
    Lane& lane = lanes.emplace_back(phase);
    gang.emplace_back([&, i] {
      stress::PinThisThread(cpus[i % cpus.size()]);
      // New stacks all begin at the same offset in a page, and so would the loops'
      // arrays: always on the cache sets, or never, that a peer's own memory is on.
      void* volatile shift = alloca(64 + 64 * (std::random_device()() % 64));
      (void)shift;
      pinned.arrive_and_wait();
      const std::int64_t before = WaitedForCpu();
      body(lane, i);
      waited += WaitedForCpu() - before;
    });
  }
  pinned.arrive_and_wait();
  // Who stands still, because a thread that holds something is not running, is given
  // the time to get anything done at all.
  const auto wait_for_work = [&](std::uint64_t done) {
    Observation seen;
    do {
      std::this_thread::sleep_for(duration);
      seen = Observe(lanes);
    } while (seen.pairs == done);
    return seen;
  };
  const Observation begin = wait_for_work(0);
  phase.store(Phase::kMeasured, std::memory_order_relaxed);
  const Observation end = wait_for_work(begin.pairs);
  phase.store(Phase::kOver, std::memory_order_relaxed);
  gang.clear();  // joins
  const std::chrono::duration<double, std::nano> elapsed = end.time - begin.time;
  // A twentieth of warm-up and slice: above what timers and the harness itself take,
  // and below the time slice that the kernel gives another program.
  const bool disturbed = threads <= cpus.size() && waited > duration.count() / 10;
  return {elapsed.count(), end.pairs - begin.pairs, disturbed};
}

}  // namespace corepool::bench
