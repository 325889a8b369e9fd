// isr_storm: signals interrupt threads between any two instructions of the same
// operations that their handlers do. Each thread has a timer of its own, and one more
// thread sends signals to all of them, which interrupt the timers' handlers as well.
// Blocks stay with a handler from one interrupt to the next.
//
// Promise: with as many blocks as all threads and handlers want at most, none of them
// is ever told that the pool is exhausted, and none waits for what it interrupted. Must
// catch: double_hand_out, a block that is handed out and stays free. Ignores
// --producers and --consumers. Only threads keep to --rate. ThreadSanitizer puts
// handlers off until the interrupted thread calls the system.

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "corepool/fixed_pool.h"
#include "stress/actor.h"
#include "stress/clock.h"
#include "stress/fixed_pool_bed.h"
#include "stress/gang.h"
#include "stress/load_options.h"
#include "stress/run_control.h"
#include "stress/run_record.h"
#include "stress/scenarios/scenario.h"
#include "stress/scenarios/scenarios.h"
#include "stress/traffic.h"
#include "stress/verified_pool.h"

namespace corepool::stress {
namespace {

constexpr int kTimed = SIGUSR1;
constexpr int kDirected = SIGUSR2;  // may interrupt kTimed's handler, not the reverse
constexpr long kTimerPeriod = 97'000;  // nanoseconds
constexpr std::int64_t kDirectedPause = 30'000;
constexpr std::size_t kThreadHolds = 4;   // blocks at most
constexpr std::size_t kHandlerHolds = 2;  // each of the two
constexpr std::uint64_t kMostSteps = 3;   // of a handler

// One level of interrupts of one thread.
struct Handler {
  Handler(VerifiedPool<FixedPool>& pool, std::size_t bulk, Actor& its_actor,
          Supply its_supply)
      : traffic(pool, kHandlerHolds * bulk, bulk),
        actor(its_actor),
        supply(its_supply) {}

  void Run() {
    ++calls;
    const std::uint64_t steps = 1 + actor.random.Below(kMostSteps);
    for (std::uint64_t i = 0; i < steps; ++i) traffic.Step(actor, supply);
  }

  Traffic<FixedPool> traffic;
  Actor& actor;
  const Supply supply;
  std::uint64_t calls = 0;
};

// What a thread's handlers find.
struct Interrupted {
  std::unique_ptr<Handler> timed;
  std::unique_ptr<Handler> directed;
  volatile sig_atomic_t busy = 0;  // the thread is between two steps, or in one
  std::uint64_t busy_calls = 0;
};
thread_local Interrupted* volatile interrupted = nullptr;

void OnSignal(int signal) {
  const int saved_errno = errno;
  Interrupted* const thread = interrupted;
  if (thread != nullptr) {
    (signal == kTimed ? thread->timed : thread->directed)->Run();
    if (signal == kTimed && thread->busy != 0) ++thread->busy_calls;
  }
  errno = saved_errno;
}

// For as long as it lives.
class HandlersInstalled {
 public:
  HandlersInstalled() {
    struct sigaction action = {};
    action.sa_handler = OnSignal;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    sigaction(kTimed, &action, &timed_before_);
    sigaddset(&action.sa_mask, kTimed);
    sigaction(kDirected, &action, &directed_before_);
  }
  ~HandlersInstalled() {
    sigaction(kTimed, &timed_before_, nullptr);
    sigaction(kDirected, &directed_before_, nullptr);
  }
  HandlersInstalled(const HandlersInstalled&) = delete;
  HandlersInstalled& operator=(const HandlersInstalled&) = delete;

 private:
  struct sigaction timed_before_ = {};
  struct sigaction directed_before_ = {};
};

void MaskInterrupts(int how) {
  sigset_t interrupts;
  sigemptyset(&interrupts);
  sigaddset(&interrupts, kTimed);
  sigaddset(&interrupts, kDirected);
  pthread_sigmask(how, &interrupts, nullptr);
}

// Interrupts the calling thread again and again, for as long as it lives.
class Timer {
 public:
  Timer() {
    sigevent event = {};
    event.sigev_notify = SIGEV_THREAD_ID;
    event.sigev_signo = kTimed;
    event._sigev_un._tid = gettid();
    running_ = timer_create(CLOCK_MONOTONIC, &event, &timer_) == 0;
    const itimerspec period = {.it_interval = {.tv_sec = 0, .tv_nsec = kTimerPeriod},
                               .it_value = {.tv_sec = 0, .tv_nsec = kTimerPeriod}};
    if (running_) timer_settime(timer_, 0, &period, nullptr);
  }
  ~Timer() {
    if (running_) timer_delete(timer_);
  }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  bool running() const { return running_; }

 private:
  timer_t timer_{};
  bool running_ = false;
};

class IsrStorm {
 public:
  IsrStorm(FixedPoolBed& bed, const LoadOptions& load)
      : bed_(bed),
        bulk_(load.bulk),
        supply_(load.pool_blocks >= MostHeld(load) ? Supply::kAssured
                                                   : Supply::kUnsure),
        threads_(static_cast<std::size_t>(load.threads)),
        handles_(threads_.size()) {}

  static std::size_t MostHeld(const LoadOptions& load) {
    return static_cast<std::size_t>(load.threads) * load.bulk *
           (kThreadHolds + 2 * kHandlerHolds);
  }

  // Makes the handlers' actors.
  void Plan(Gang& gang) {
    for (std::size_t i = 0; i < threads_.size(); ++i) {
      const int cpu = gang.actor(i).cpu;
      for (auto* const handler : {&threads_[i].timed, &threads_[i].directed}) {
        *handler = std::make_unique<Handler>(bed_.verified(), bulk_, gang.NewActor(cpu),
                                             supply_);
      }
    }
  }

  void Work(Worker& worker) {
    const auto number = static_cast<std::size_t>(worker.number());
    Interrupted& own = threads_[number];
    Traffic<FixedPool> traffic(bed_.verified(), kThreadHolds * bulk_, bulk_);
    interrupted = &own;
    // Who started the program may have blocked them, and masks are inherited.
    MaskInterrupts(SIG_UNBLOCK);
    handles_[number] = pthread_self();
    // Pairs with: acquire in Direct.
    ready_.fetch_add(1, std::memory_order_release);
    {
      const Timer timer;
      if (!timer.running()) missing_timers_.fetch_add(1, std::memory_order_relaxed);
      own.busy = 1;
      while (worker.Next()) traffic.Step(worker.actor(), supply_);
      own.busy = 0;
    }
    traffic.FreeAll(worker.actor());
    // Pairs with: release in Direct. Nobody signals a thread that has ended.
    while (!directed_.load(std::memory_order_acquire)) sched_yield();
    MaskInterrupts(SIG_BLOCK);
    interrupted = nullptr;
    for (const auto* const handler : {&own.timed, &own.directed}) {
      (*handler)->traffic.FreeAll((*handler)->actor);
    }
  }

  void Direct(Worker& worker) {
    // Pairs with: release in Work.
    while (ready_.load(std::memory_order_acquire) < threads_.size()) sched_yield();
    while (!worker.stopping()) {
      pthread_kill(handles_[worker.random().Below(handles_.size())], kDirected);
      SleepUntil(Now() + kDirectedPause);
    }
    // Pairs with: acquire in Work.
    directed_.store(true, std::memory_order_release);
  }

  void AddTo(ScenarioRecord& record) const {
    std::uint64_t timed = 0;
    std::uint64_t directed = 0;
    std::uint64_t busy = 0;
    for (const Interrupted& thread : threads_) {
      timed += thread.timed->calls;
      directed += thread.directed->calls;
      busy += thread.busy_calls;
    }
    const auto add = [&record](const char* name, std::uint64_t value) {
      record.figures.push_back({name, static_cast<double>(value), ""});
    };
    add("interrupts by timers", timed);
    add("interrupts by another thread", directed);
    add("timers that hit a thread at work", busy);
    add("timers that could not be had",
        missing_timers_.load(std::memory_order_relaxed));
  }

 private:
  FixedPoolBed& bed_;
  const std::size_t bulk_;
  const Supply supply_;
  std::vector<Interrupted> threads_;
  std::vector<pthread_t> handles_;
  std::atomic<std::size_t> ready_{0};
  std::atomic<bool> directed_{false};
  std::atomic<std::uint64_t> missing_timers_{0};
};

absl::StatusOr<ScenarioRecord> Run(const LoadOptions& asked, RunControl& control) {
  LoadOptions load = asked;
  if (load.threads == 0) load.threads = CpuCount();
  if (load.pool_blocks == 0) load.pool_blocks = IsrStorm::MostHeld(load);
  if (load.block_size == 0) load.block_size = 64;
  const HandlersInstalled installed;
  std::unique_ptr<IsrStorm> storm;
  absl::StatusOr<ScenarioRecord> record = StressFixedPool(
      load, control,
      [&](FixedPoolBed& bed, Gang&) {
        storm = std::make_unique<IsrStorm>(bed, load);
        return std::vector<Role>{
            {load.threads, [&storm](Worker& worker) { storm->Work(worker); }},
            {1, [&storm](Worker& worker) { storm->Direct(worker); }, false}};
      },
      [&](FixedPoolBed&, Gang& gang) { storm->Plan(gang); });
  if (record.ok()) storm->AddTo(*record);
  return record;
}

}  // namespace

constinit const Scenario kIsrStorm = {
    .name = "isr_storm",
    .summary = "signal handlers use the pool that they interrupt",
    .must_catch = "double_hand_out",
    .ignores = "producers consumers",
    .run = Run,
};

}  // namespace corepool::stress
