#include "corepool/hosted/condition_wait.h"

#include <chrono>
#include <cstdint>
#include <mutex>

#include "corepool/lockfree/atomic.h"
#include "corepool/wait_port.h"

namespace corepool::hosted {
namespace {

using Clock = std::chrono::steady_clock;

Ticks Nanoseconds() {
  const auto now = Clock::now().time_since_epoch();
  return static_cast<Ticks>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
}

}  // namespace

WaitPort ConditionWait::port() {
  return {.now = [](void*) { return Nanoseconds(); },
          .sleep =
              [](void* context, const WaitPlace& place, std::uint32_t seen,
                 Ticks deadline) {
                auto& self = *static_cast<ConditionWait*>(context);
                std::unique_lock lock(self.mutex_);
                if (place.signal->load(lockfree::kRelaxed) != seen) return;
                if (deadline == kForever) {
                  self.changed_.wait(lock);
                  return;
                }
                const Ticks now = Nanoseconds();
                if (now >= deadline) return;
                // More than an hour at once might be more than the clock can add.
                constexpr Ticks kHour = Ticks{3600} * 1'000'000'000;
                const Ticks rest = deadline - now < kHour ? deadline - now : kHour;
                self.changed_.wait_for(lock, std::chrono::nanoseconds(rest));
              },
          .wake =
              [](void* context, const WaitPlace&) {
                auto& self = *static_cast<ConditionWait*>(context);
                // The signal has changed already; whoever has not seen that holds the
                // mutex.
                const std::lock_guard lock(self.mutex_);
                self.changed_.notify_all();
              },
          .context = this};
}

}  // namespace corepool::hosted
