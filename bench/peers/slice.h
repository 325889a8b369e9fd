// A short stretch of measured time on pinned threads.

#ifndef COREPOOL_BENCH_PEERS_SLICE_H_
#define COREPOOL_BENCH_PEERS_SLICE_H_

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace corepool::bench {

// What is measured is preceded by as much of the same that is not.
enum class Phase { kWarmUp, kMeasured, kOver };

// A measured thread's view of its slice. The thread counts what it has done as it goes
// along, and somebody else looks at all counters and at the clock, twice: threads that
// share a core pass from phase to phase at times that the scheduler chooses, and could
// not say themselves what they did in how much time.
class Lane {
 public:
  explicit Lane(const std::atomic<Phase>& phase) : phase_(&phase) {}

  bool running() const { return Now() != Phase::kOver; }
  bool measured() const { return Now() == Phase::kMeasured; }

  void Count(std::uint64_t pairs) {
    pairs_.store(pairs_.load(std::memory_order_relaxed) + pairs,
                 std::memory_order_relaxed);
  }
  std::uint64_t pairs() const { return pairs_.load(std::memory_order_relaxed); }

 private:
  Phase Now() const { return phase_->load(std::memory_order_relaxed); }

  alignas(128) std::atomic<std::uint64_t> pairs_{0};
  const std::atomic<Phase>* phase_;
};

// What all threads did together.
struct Work {
  double nanoseconds = 0;
  std::uint64_t pairs = 0;
  // Each thread had a CPU to itself, but for some of the time somebody else used it.
  // Where threads contend, that makes them faster: they no longer meet.
  bool disturbed = false;

  double NanosecondsPerPair() const { return nanoseconds / static_cast<double>(pairs); }
};

// Measures for `duration` how fast `threads` threads get on, pinned in turn to `cpus`.
// Each calls `body`, which must come back soon after lane.running() has become false.
// What it does before it first counts is not measured, and a slice lasts until
// something was counted, however long.
Work RunSlice(const std::vector<int>& cpus, std::size_t threads,
              std::chrono::nanoseconds duration,
              const std::function<void(Lane& lane, std::size_t thread)>& body);

}  // namespace corepool::bench

#endif  // COREPOOL_BENCH_PEERS_SLICE_H_
