// What one thread hands to another, in order.

#ifndef COREPOOL_STRESS_SCENARIOS_TASK_QUEUE_H_
#define COREPOOL_STRESS_SCENARIOS_TASK_QUEUE_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace corepool::stress {

// Holds kRoom values; who finds it full, or empty, sleeps. One thread pushes, one pops.
template <class T>
class TaskQueue {
 public:
  static constexpr std::uint32_t kRoom = 1024;

  void Push(const T& value) {
    const std::uint32_t tail = tail_.load(std::memory_order_relaxed);
    // Pairs with: the release in Pop.
    for (std::uint32_t head = head_.load(std::memory_order_acquire);
         tail - head == kRoom; head = head_.load(std::memory_order_acquire)) {
      head_.wait(head, std::memory_order_relaxed);
    }
    values_[tail % kRoom] = value;
    tail_.store(tail + 1, std::memory_order_release);
    tail_.notify_one();
  }

  T Pop() {
    const std::uint32_t head = head_.load(std::memory_order_relaxed);
    // Pairs with: the release in Push.
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
