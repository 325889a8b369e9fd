// Hooks that remember.

#ifndef COREPOOL_TESTS_SUPPORT_EVENT_LOG_H_
#define COREPOOL_TESTS_SUPPORT_EVENT_LOG_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <vector>

#include "corepool/hooks.h"

namespace corepool::testing {

// Put Handle into PoolHooks::on_event and the log's address into context. Written by
// any number of contexts; read at rest.
class EventLog {
 public:
  explicit EventLog(std::size_t most = 4096) : events_(most) {}

  static void Handle(const PoolEvent& event) {
    auto& log = *static_cast<EventLog*>(event.context);
    log.counts_[static_cast<std::size_t>(event.kind)].fetch_add(
        1, std::memory_order_relaxed);
    const std::size_t at = log.size_.fetch_add(1, std::memory_order_relaxed);
    if (at < log.events_.size()) log.events_[at] = event;
  }
  PoolHooks Hooks() {
    PoolHooks hooks;
    hooks.on_event = &Handle;
    hooks.context = this;
    return hooks;
  }

  std::size_t size() const { return size_.load(std::memory_order_relaxed); }
  bool Overflowed() const { return size() > events_.size(); }
  const PoolEvent& last() const { return events_.at(size() - 1); }
  void Clear() {
    size_.store(0, std::memory_order_relaxed);
    for (auto& count : counts_) count.store(0, std::memory_order_relaxed);
  }

  std::size_t CountOf(PoolEventKind kind) const {
    return counts_[static_cast<std::size_t>(kind)].load(std::memory_order_relaxed);
  }

  // Whether one alarm's events are numbered 1, 2, ..., each once, the odd ones raised
  // at `raise_at` used blocks or more, the even ones normal below `calm_below`.
  bool IsHistory(PoolEventKind raised, std::size_t raise_at, PoolEventKind normal,
                 std::size_t calm_below) const {
    std::vector<int> seen(size() + 1);
    std::size_t count = 0;
    for (std::size_t i = 0; i < size(); ++i) {
      const PoolEvent& event = events_.at(i);
      if (event.kind != raised && event.kind != normal) continue;
      ++count;
      const bool odd = event.number % 2 != 0;
      if (odd != (event.kind == raised) || event.number > size() ||
          seen[event.number]++ != 0 || event.used + event.free != event.capacity ||
          (odd ? event.used < raise_at : event.used >= calm_below)) {
        return false;
      }
    }
    for (std::size_t number = 1; number <= count; ++number) {
      if (seen[number] != 1) return false;
    }
    return !Overflowed();
  }

 private:
  std::vector<PoolEvent> events_;
  std::atomic<std::size_t> size_{0};
  std::array<std::atomic<std::size_t>, 5> counts_{};
};

}  // namespace corepool::testing

#endif  // COREPOOL_TESTS_SUPPORT_EVENT_LOG_H_
