// priority_inversion: an urgent thread wakes up at random, on the core of a thread that
// is not urgent, and takes all blocks of its reserve at once; while the others borrow
// of its class as much as they may, and are stopped in the middle of what they do, for
// longer than the urgent one may ever need.
//
// Promise: its reserve is always there, and nobody's standing still costs it time: what
// it needs is counted in its own time on the CPU.
// Must catch: overlent_reserve, more lent than may be lent.
// Heeds all flags of the load but --producers, --consumers, --bulk and --rate. The
// urgent thread has --rt_prio, and if that is not given a priority of 10 where the
// system grants it; otherwise the others are nice. --pool_blocks are the urgent
// class's, and all but one of them its reserve.

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <time.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "corepool/error.h"
#include "corepool/misuse.h"
#include "corepool/priority_class.h"
#include "corepool/priority_pool.h"
#include "stress/actor.h"
#include "stress/block_ledger.h"
#include "stress/clock.h"
#include "stress/gang.h"
#include "stress/jolts.h"
#include "stress/load_flags.h"
#include "stress/load_options.h"
#include "stress/occupancy_track.h"
#include "stress/pool_memory.h"
#include "stress/run_control.h"
#include "stress/run_record.h"
#include "stress/scenarios/scenario.h"
#include "stress/scenarios/scenarios.h"
#include "stress/verified_pool.h"

namespace corepool::stress {
namespace {

constexpr std::size_t kUrgentClass = 0;
constexpr std::size_t kUsualClass = 1;
constexpr int kUrgentPriority = 10;
// Others stand still for up to so long,
constexpr std::int64_t kLongestPause = 100'000'000;
// and of the urgent thread's own time a block may take a fraction of it, which is far
// more than a hundred failed attempts take.
constexpr std::int64_t kMostOwnTime = 20'000'000;

std::int64_t OwnTime() {
  timespec now = {};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

// By a point in time: what is left of a sleep that signals cut into pieces need not
// become less.
void SleepFor(std::int64_t nanoseconds) {
  const std::int64_t until = Now() + nanoseconds;
  const timespec end = {until / 1'000'000'000, until % 1'000'000'000};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &end, nullptr) == EINTR) {
  }
}

// The signal whose handler makes a thread stand still. Not one that is queued: pauses
// must not pile up.
constexpr int kPauseSignal = SIGUSR2;
std::atomic<std::int64_t> pause_length{0};

void StandStill(int) {
  const int saved_errno = errno;
  SleepFor(pause_length.load(std::memory_order_relaxed));
  errno = saved_errno;
}

class PausesInstalled {
 public:
  PausesInstalled() {
    struct sigaction action = {};
    action.sa_handler = StandStill;
    action.sa_flags = SA_RESTART;
    sigfillset(&action.sa_mask);
    sigaction(kPauseSignal, &action, &before_);
  }
  ~PausesInstalled() { sigaction(kPauseSignal, &before_, nullptr); }
  PausesInstalled(const PausesInstalled&) = delete;
  PausesInstalled& operator=(const PausesInstalled&) = delete;

 private:
  struct sigaction before_ = {};
};

class Stage {
 public:
  Stage(const LoadOptions& load, RunControl& control, std::size_t usual_threads)
      : block_size_((load.block_size + kGranule - 1) / kGranule * kGranule),
        reserve_(load.pool_blocks - 1),
        classes_{{.name = "urgent",
                  .block_size = block_size_,
                  .block_count = load.pool_blocks,
                  .reserve = reserve_},
                 {.name = "usual",
                  .block_size = block_size_,
                  .block_count = usual_threads,
                  .borrows = 1u << kUrgentClass}},
        options_{.checking = load.checking,
                 .caching = load.caching,
                 .name = "stressed",
                 .misuse_handler = BlockLedger::OnMisuse},
        memory_(RequiredBytes(classes_, options_),
                RequiredAlignment(classes_, options_), load.prefault),
        ledger_(memory_.span().size() / block_size_ + 1, block_size_, load.seed,
                control),
        pausable_(usual_threads),
        mine_(reserve_) {
    options_.misuse_context = &ledger_;
  }

  absl::Status Init() {
    if (memory_.span().empty()) {
      return Validate(classes_, options_) == Error::kOk
                 ? absl::ResourceExhaustedError("there is no memory for the pool")
                 : absl::InvalidArgumentError(
                       absl::StrCat("priority_inversion: no pool of such blocks: ",
                                    ErrorName(Validate(classes_, options_))));
    }
    const Error error = pool_.Init(classes_, options_, memory_.span());
    if (error == Error::kOk) return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrCat("priority_inversion: no such pool: ", ErrorName(error)));
  }

  BlockLedger& ledger() { return ledger_; }
  const PriorityPool& pool() const { return pool_; }

  void BeUrgent(Worker& worker, bool has_priority) {
    if (!has_priority) MakeUrgent();
    while (worker.Next()) {
      SleepFor(static_cast<std::int64_t>(20'000 + worker.random().Below(200'000)));
      const std::int64_t before = OwnTime();
      std::size_t count = 0;
      while (count < reserve_) {
        void* const block = Allocate(worker.actor(), kUrgentClass);
        if (block == nullptr) {
          ledger_.Found(Fault::kExhausted, kNoIndex, &worker.actor());
          break;
        }
        mine_[count++] = block;
      }
      for (std::size_t i = 0; i < count; ++i) Free(worker.actor(), mine_[i]);
      const std::int64_t took = OwnTime() - before;
      slowest_ = std::max(slowest_, took);
      if (took > kMostOwnTime) {
        ledger_.Found(Fault::kUnsound,
                      absl::StrFormat("the urgent thread was busy for %d ns", took));
      }
    }
  }

  // As many blocks as it can get, of its class and borrowed ones.
  void BeUsual(Worker& worker) {
    std::atomic<pthread_t>& handle =
        pausable_[static_cast<std::size_t>(worker.number())];
    // Pairs with: acquire in Pause.
    handle.store(pthread_self(), std::memory_order_release);
    registered_.fetch_add(1, std::memory_order_release);
    Actor& actor = worker.actor();
    const Jolts jolts;
    std::vector<void*> held;
    constexpr std::size_t kMost = 3;
    while (worker.Next()) {
      const std::uint64_t dice = actor.random();
      void* block = nullptr;
      if (held.empty() || (held.size() < kMost && dice % 8 < 5)) {
        block = Allocate(actor, kUsualClass);
        if (block != nullptr) {
          held.push_back(block);
          continue;
        }
      }
      if (held.empty()) continue;
      std::swap(held[(dice >> 8) % held.size()], held.back());
      Free(actor, held.back());
      held.pop_back();
    }
    for (void* const block : held) Free(actor, block);
    // Until nobody sends this thread signals any more.
    while (!paused_enough_.load(std::memory_order_acquire)) SleepFor(1'000'000);
  }

  // Makes the usual threads stand still, one after another.
  void Pause(Worker& worker) {
    // Pairs with: release in BeUsual.
    while (registered_.load(std::memory_order_acquire) < pausable_.size() &&
           !worker.stopping()) {
      SleepFor(100'000);
    }
    while (worker.Next()) {
      const bool is_long = worker.random().Below(200) == 0;
      pause_length.store(is_long ? kLongestPause : 300'000, std::memory_order_relaxed);
      const std::size_t which = worker.random().Below(pausable_.size());
      if (registered_.load(std::memory_order_acquire) == pausable_.size()) {
        pthread_kill(pausable_[which].load(std::memory_order_acquire), kPauseSignal);
        ++pauses_;
      }
      SleepFor(static_cast<std::int64_t>(worker.random().Below(2'000'000)));
    }
    // Pairs with: acquire in BeUsual.
    paused_enough_.store(true, std::memory_order_release);
  }

  // At the end, when nobody ought to have a block.
  void CheckQuiet(const Gang& gang) {
    if (!ledger_.faultless() || ledger_.owned() != 0) return;
    const AuditReport audit = pool_.Audit(AuditMode::kAtRest);
    if (audit.error != Error::kOk) {
      ledger_.Found(Fault::kUnsound, ErrorName(audit.error));
    }
    const ClassStats urgent = pool_.StatsOf(kUrgentClass);
    const ClassStats usual = pool_.StatsOf(kUsualClass);
    const std::uint64_t allocations = urgent.pool.allocations + usual.pool.allocations;
    if (urgent.pool.used + usual.pool.used + urgent.lent + usual.borrowed != 0 ||
        allocations != gang.allocations()) {
      ledger_.Found(
          Fault::kStatistics,
          absl::StrFormat("%d used, %d lent, %d borrowed, %d allocations of %d",
                          urgent.pool.used + usual.pool.used, urgent.lent,
                          usual.borrowed, allocations, gang.allocations()));
    }
    if (urgent.lent_peak > urgent.pool.capacity - reserve_) {
      ledger_.Found(Fault::kStatistics,
                    absl::StrFormat("%d blocks were lent of %d that may be",
                                    urgent.lent_peak, urgent.pool.capacity - reserve_));
    }
  }

  void AddTo(ScenarioRecord& record) const {
    record.config.emplace_back("urgency", urgency_);
    record.figures.push_back(
        {"urgent thread's longest own time", static_cast<double>(slowest_), "ns"});
    record.figures.push_back({"pauses of others", static_cast<double>(pauses_), ""});
    for (const std::size_t cls : {kUrgentClass, kUsualClass}) {
      record.pools.push_back({.name = pool_.NameOf(cls),
                              .stats = pool_.StatsOf(cls).pool,
                              .occupancy = {}});
    }
  }

  // By which the urgent thread comes before the others.
  void set_urgency(std::string urgency) { urgency_ = std::move(urgency); }

 private:
  static constexpr std::size_t kGranule = 32;

  void* Allocate(Actor& actor, std::size_t cls) {
    const std::int64_t begin = Now();
    void* const block = pool_.Allocate(cls);
    actor.Record(block != nullptr ? kAllocate : kExhausted, begin, Now());
    if (block == nullptr) {
      ++actor.failures;
      return nullptr;
    }
    ++actor.operations;
    return ledger_.Take(actor, LineOf(block), block, begin) ? block : nullptr;
  }

  void Free(Actor& actor, void* block) {
    if (!ledger_.Give(actor, LineOf(block), block)) return;
    const std::int64_t begin = Now();
    const Error error = pool_.Free(block);
    actor.Record(kFree, begin, Now());
    ++actor.operations;
    if (error != Error::kOk) {
      ledger_.Found(Fault::kRefused, LineOf(block), &actor,
                    static_cast<std::uint64_t>(error));
    }
  }

  // In the ledger: where in the memory it lies. No two blocks share a line.
  std::size_t LineOf(const void* block) const {
    return static_cast<std::size_t>(static_cast<const std::byte*>(block) -
                                    memory_.span().data()) /
           block_size_;
  }

  void MakeUrgent() {
    if (SetPriority(kUrgentPriority).ok()) {
      urgency_ = absl::StrCat("SCHED_FIFO ", kUrgentPriority);
    } else if (setpriority(PRIO_PROCESS, 0, -10) == 0) {
      urgency_ = "nice -10";
    } else {
      urgency_ = "none: refused";
    }
  }

  const std::size_t block_size_;
  const std::size_t reserve_;
  const PriorityClass classes_[2];
  PriorityPoolOptions options_;
  PoolMemory memory_;
  BlockLedger ledger_;
  PriorityPool pool_;
  std::vector<std::atomic<pthread_t>> pausable_;
  std::atomic<std::size_t> registered_{0};
  std::atomic<bool> paused_enough_{false};
  std::string urgency_ = "--rt_prio";
  std::vector<void*> mine_;  // the urgent thread's
  std::int64_t slowest_ = 0;
  std::uint64_t pauses_ = 0;
};

absl::StatusOr<ScenarioRecord> RunPriorityInversion(const LoadOptions& asked,
                                                    RunControl& control) {
  LoadOptions load = asked;
  load.rate = 0;
  if (load.threads == 0) load.threads = std::max(4, 2 * CpuCount() + 1);
  load.threads = std::max(2, load.threads);
  if (load.pool_blocks == 0) load.pool_blocks = 8;
  if (load.block_size == 0) load.block_size = 64;
  const int usual = load.threads - 1;
  const int priority = std::exchange(load.rt_priority, 0);
  Stage stage(load, control, static_cast<std::size_t>(usual));
  absl::Status status = stage.Init();
  if (!status.ok()) return status;

  const PausesInstalled pauses_installed;
  const JoltsInstalled jolts_installed;
  Gang gang(load, control, PoolOperations());
  status =
      gang.Plan({{1,
                  [&](Worker& worker) {
                    stage.BeUrgent(worker, priority != 0 && SetPriority(priority).ok());
                  }},
                 {usual, [&](Worker& worker) { stage.BeUsual(worker); }},
                 {1, [&](Worker& worker) { stage.Pause(worker); }}});
  if (!status.ok()) return status;
  OccupancyTrack occupancy;
  gang.Watch([&] { return stage.pool().StatsOf(kUrgentClass).pool.used; }, occupancy);
  status = gang.Run();
  if (!status.ok()) return status;

  stage.CheckQuiet(gang);
  load.rt_priority = priority;
  ScenarioRecord record;
  record.config = LoadSettings(load);
  gang.AddTo(record);
  stage.ledger().AddTo(record, gang.began());
  stage.AddTo(record);
  record.pools.front().occupancy = std::move(occupancy);
  return record;
}

}  // namespace

constinit const Scenario kPriorityInversion = {
    .name = "priority_inversion",
    .summary = "an urgent thread finds its reserve while others stand still",
    .must_catch = "overlent_reserve",
    .ignores = "producers consumers bulk rate arrival",
    .run = RunPriorityInversion,
};

}  // namespace corepool::stress
