// What one thread hands to another, in order.

#ifndef COREPOOL_STRESS_SCENARIOS_TASK_QUEUE_H_
#define COREPOOL_STRESS_SCENARIOS_TASK_QUEUE_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace corepool::stress {

// Holds kRoom values. One thread pushes, one pops. Who pops sleeps where there is
// nothing, until Wake: waking it for each value would cost more than most values do.
template <class T>
class TaskQueue {
 public:
  static constexpr std::uint32_t kRoom = 1024;

  // False if it is full.
  bool TryPush(const T& value) {
    const std::uint32_t tail = tail_.load(std::memory_order_relaxed);
    // Pairs with: the release in Pop.
    if (tail - head_.load(std::memory_order_acquire) == kRoom) return false;
    values_[tail % kRoom] = value;
    tail_.store(tail + 1, std::memory_order_release);
    return true;
  }
  // Returns when it is no longer full; whoever pops must have been woken.
  void AwaitRoom() {
    const std::uint32_t full = tail_.load(std::memory_order_relaxed) - kRoom;
    head_.wait(full, std::memory_order_relaxed);
  }
  void Wake() { tail_.notify_one(); }

  T Pop() {
    const std::uint32_t head = head_.load(std::memory_order_relaxed);
    // Pairs with: the release in TryPush.
    while (tail_.load(std::memory_order_acquire) == head) {
      tail_.wait(head, std::memory_order_relaxed);
    }
    const T value = values_[head % kRoom];
    head_.store(head + 1, std::memory_order_release);
    head_.notify_one();
    return value;
  }

 private:
  std::array<T, kRoom> values_;
  alignas(64) std::atomic<std::uint32_t> tail_{0};
  alignas(64) std::atomic<std::uint32_t> head_{0};
};

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_SCENARIOS_TASK_QUEUE_H_
