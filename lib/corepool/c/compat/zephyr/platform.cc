#include "corepool/c/compat/zephyr/platform.h"

#include <cstddef>
#include <cstdint>

#include "corepool/futex_wait.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/port/yield.h"
#include "corepool/wait_port.h"
#include "corepool_zephyr.h"
#include "microkernel/task.h"
#include "microkernel/ticks.h"
#include "sys_clock.h"

constinit int sys_clock_ticks_per_sec = 100;

namespace corepool::zephyr {

using lockfree::kRelaxed;

namespace {

// Written before anybody waits.
constinit WaitPort current = kFutexWaitPort;
constinit corepool_zephyr_port foreign = {};

Ticks TicksPerSecond() {
  const int ticks = sys_clock_ticks_per_sec;
  return ticks > 0 ? static_cast<Ticks>(ticks) : 100;
}

// What C programs set, as a WaitPort.
struct Foreign {
  static Ticks Now(void*) { return foreign.now(foreign.context); }
  static void Sleep(void*, const WaitPlace& place, std::uint32_t seen, Ticks deadline) {
    foreign.sleep(foreign.context, place.number, place.signal, seen, deadline);
  }
  static void Wake(void*, const WaitPlace& place) {
    foreign.wake(foreign.context, place.number, place.signal);
  }
};

// Tasks: threads, numbered as they call. The priorities of the first ones are where
// others can change them: one more than the priority, or 0.
constexpr std::uint32_t kFirstTask = 0x00010000;
constinit lockfree::Atomic<std::uint32_t> tasks{0};
constinit lockfree::Atomic<std::uint32_t> priorities[COREPOOL_ZEPHYR_TASKS]{};

// What a thread keeps of itself. It lies in the thread's own block from its beginning:
// nothing allocates memory for it. In shared libraries such names are shown.
struct Self {
  std::uint32_t task;  // 0: not known yet
  std::uint32_t priority;
};
#if COREPOOL_ZEPHYR_THREAD_LOCAL
extern "C" {
[[gnu::tls_model("initial-exec"),
  gnu::visibility("hidden")]] constinit thread_local Self corepool_zephyr_self{};
}
#else
constinit Self corepool_zephyr_self{};
#endif

std::uint32_t MyTask() {
  Self& self = corepool_zephyr_self;
  if (self.task == 0) self.task = kFirstTask + tasks.fetch_add(1, kRelaxed);
  return self.task;
}

std::uint32_t MyPriority() {
  const std::uint32_t index = MyTask() - kFirstTask;
  const std::uint32_t priority = index < COREPOOL_ZEPHYR_TASKS
                                     ? priorities[index].load(kRelaxed)
                                     : corepool_zephyr_self.priority;
  return priority == 0 ? COREPOOL_ZEPHYR_PRIORITY : priority - 1;
}

void SetPriority(std::uint32_t task, kpriority_t priority) {
  const std::uint32_t kept = (priority > 255 ? 255 : priority) + 1;
  const std::uint32_t index = task - kFirstTask;
  if (index < COREPOOL_ZEPHYR_TASKS) {
    priorities[index].store(kept, kRelaxed);
  } else if (task == MyTask()) {
    corepool_zephyr_self.priority = kept;
  }
}

}  // namespace

WaitPort Platform::Port() {
  return {.now = [](void*) { return current.now(current.context); },
          .sleep =
              [](void*, const WaitPlace& place, std::uint32_t seen, Ticks deadline) {
                current.sleep(current.context, place, seen, deadline);
              },
          .wake = [](void*,
                     const WaitPlace& place) { current.wake(current.context, place); }};
}

Ticks Platform::Now() { return current.now(current.context); }

Ticks Platform::DeadlineAfter(std::int32_t ticks) {
  if (ticks == TICKS_UNLIMITED) return kForever;
  const Ticks now = Now();
  if (ticks < 0) return now;
  const Ticks rate = TicksPerSecond();
  // At most 2^31 ticks of at most 2^32 units a second each: that is below 2^63.
  const Ticks units =
      (static_cast<Ticks>(ticks) * current.ticks_per_second + rate - 1) / rate;
  return units < kForever - 1 - now ? now + units : kForever - 1;
}

void Platform::SleepUntil(Ticks deadline) {
  WaitSignal signal{0};
  while (Now() < deadline) {
    current.sleep(current.context, {COREPOOL_ZEPHYR_WAITERS, &signal}, 0, deadline);
  }
}

std::uint8_t Platform::Priority() {
  if (foreign.priority == nullptr) return static_cast<std::uint8_t>(MyPriority());
  const int priority = foreign.priority(foreign.context);
  return static_cast<std::uint8_t>(priority < 0 ? 0 : priority > 255 ? 255 : priority);
}

}  // namespace corepool::zephyr

using corepool::zephyr::Platform;

ktask_t task_id_get() { return static_cast<ktask_t>(corepool::zephyr::MyTask()); }

kpriority_t task_priority_get() { return corepool::zephyr::MyPriority(); }

void task_priority_set(ktask_t task, kpriority_t prio) {
  corepool::zephyr::SetPriority(static_cast<std::uint32_t>(task), prio);
}

void corepool_zephyr_set_priority(int priority) {
  corepool::zephyr::SetPriority(corepool::zephyr::MyTask(),
                                priority < 0 ? 0 : static_cast<kpriority_t>(priority));
}

void task_yield() { corepool::port::Yield(); }

void corepool_zephyr_set_port(const struct corepool_zephyr_port* port) {
  using corepool::zephyr::Foreign;
  if (port == nullptr) {
    corepool::zephyr::current = corepool::kFutexWaitPort;
    corepool::zephyr::foreign = {};
    return;
  }
  corepool::zephyr::foreign = *port;
  corepool::zephyr::current = {.now = &Foreign::Now,
                               .sleep = &Foreign::Sleep,
                               .wake = &Foreign::Wake,
                               .ticks_per_second = port->units_per_second};
}

std::int64_t task_tick_get() {
  const corepool::Ticks rate = corepool::zephyr::TicksPerSecond();
  const corepool::Ticks second = corepool::zephyr::current.ticks_per_second;
  const corepool::Ticks now = Platform::Now();
  return static_cast<std::int64_t>(now / second * rate + now % second * rate / second);
}

std::int32_t task_tick_get_32() { return static_cast<std::int32_t>(task_tick_get()); }

std::int64_t task_tick_delta(std::int64_t* reftime) {
  const std::int64_t now = task_tick_get();
  const std::int64_t delta = *reftime == 0 ? 0 : now - *reftime;
  *reftime = now;
  return delta;
}

void task_sleep(std::int32_t ticks) {
  if (ticks > 0) Platform::SleepUntil(Platform::DeadlineAfter(ticks));
}
