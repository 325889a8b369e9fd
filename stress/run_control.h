// When a scenario ends, and how far it is.

#ifndef COREPOOL_STRESS_RUN_CONTROL_H_
#define COREPOOL_STRESS_RUN_CONTROL_H_

#include <atomic>
#include <cstdint>

namespace corepool::stress {

// One for each scenario that runs. Threads ask stopping() before each operation and
// Count() what they did every few hundred; a supervisor looks at the clock.
class RunControl {
 public:
  // `most_operations` 0: no bound.
  explicit RunControl(std::uint64_t most_operations = 0)
      : most_operations_(most_operations) {}
  RunControl(const RunControl&) = delete;
  RunControl& operator=(const RunControl&) = delete;

  // Any thread, any signal handler.
  bool stopping() const { return stopping_.load(std::memory_order_relaxed); }
  void Stop() { stopping_.store(true, std::memory_order_relaxed); }

  // When its threads began, on the clock of Now(): its time counts from then. 0: they
  // have not yet.
  std::int64_t began() const { return began_.load(std::memory_order_relaxed); }
  void Begin(std::int64_t now) { began_.store(now, std::memory_order_relaxed); }

  // Whether its threads are done, and only the looking at what they left is not. A
  // scenario that was told to stop and does not come that far is stuck.
  bool settling() const { return settling_.load(std::memory_order_relaxed); }
  void Settle() { settling_.store(true, std::memory_order_relaxed); }

  // Any thread.
  void Count(std::uint64_t operations) {
    const std::uint64_t before =
        operations_.fetch_add(operations, std::memory_order_relaxed);
    if (most_operations_ != 0 && before + operations >= most_operations_) Stop();
  }
  std::uint64_t most_operations() const { return most_operations_; }
  std::uint64_t operations() const {
    return operations_.load(std::memory_order_relaxed);
  }

 private:
  const std::uint64_t most_operations_;
  std::atomic<std::uint64_t> operations_{0};
  std::atomic<std::int64_t> began_{0};
  std::atomic<bool> stopping_{false};
  std::atomic<bool> settling_{false};
  static_assert(std::atomic<bool>::is_always_lock_free);
};

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_RUN_CONTROL_H_
