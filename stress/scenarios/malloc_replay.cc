#include "stress/scenarios/malloc_replay.h"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_format.h"
#include "stress/clock.h"
#include "stress/gang.h"
#include "stress/pacer.h"
#include "stress/scenarios/class_limits.h"
#include "stress/scenarios/task_queue.h"
#include "stress/scenarios/trace_pool.h"

namespace corepool::stress {
namespace {

// Steps between the earliest that is not done and the latest that has been dealt out.
constexpr std::size_t kWindow = 8192;

// A block of the trace. Whoever's turn it is may touch the rest.
struct Slot {
  std::atomic<std::uint64_t> turn{0};
  HeldBlock held;
};

struct Task {
  enum class Kind : std::uint8_t { kAllocate, kFree, kMove, kResize, kEnd };
  Kind kind = Kind::kEnd;
  bool assured = false;
  Slot* slot = nullptr;
  std::uint64_t turn = 0;    // of the slot, for this step
  std::uint64_t number = 0;  // of the step, from 1
  std::uint64_t after = 0;   // steps up to this one must be done before it begins
  std::size_t size = 0;
  std::int64_t due = 0;
};

// Steps aside for whoever is waited for, more and more.
class Patience {
 public:
  void Wait() {
    if (++rounds_ < kSpins) return;
    sched_yield();
  }

 private:
  static constexpr int kSpins = 64;
  int rounds_ = 0;
};

// One thread of the trace, or several.
class Hand {
 public:
  // False: there is no room for it.
  bool TryDeal(const Task& task) {
    // A step that is dealt in vain is dealt again, and nobody looks meanwhile who could
    // take it for done: it is not finished.
    assigned_.store(task.number, std::memory_order_release);
    return queue_.TryPush(task);
  }
  void AwaitRoom() { queue_.AwaitRoom(); }
  void Wake() { queue_.Wake(); }
  Task Next() {
    const Task task = queue_.Pop();
    begun_.store(task.number, std::memory_order_release);
    return task;
  }
  // Pairs with: the acquire in HasDone; what was done is seen by who waited for it.
  void Finish(const Task& task) {
    finished_.store(task.number, std::memory_order_release);
  }

  // Whether its steps up to `number` are done. The caller has seen all of these being
  // dealt.
  bool HasDone(std::uint64_t number) const {
    // Pairs with: the release in Finish.
    const std::uint64_t finished = finished_.load(std::memory_order_acquire);
    if (finished >= number) return true;
    // All that were dealt before this.
    // Pairs with: the release in Deal.
    if (assigned_.load(std::memory_order_acquire) == finished) return true;
    // It has begun a later one, which it does only when those before are done.
    // Pairs with: the release in Next.
    return begun_.load(std::memory_order_acquire) > number;
  }

 private:
  TaskQueue<Task> queue_;
  alignas(64) std::atomic<std::uint64_t> assigned_{0};
  alignas(64) std::atomic<std::uint64_t> begun_{0};
  std::atomic<std::uint64_t> finished_{0};
};

class Replay {
 public:
  Replay(MallocTrace& trace, const MallocReplayOptions& options, TracePool& pool,
         RunControl& control, std::size_t hands)
      : trace_(trace),
        options_(options),
        pool_(pool),
        control_(control),
        limits_(options.table, kWindow) {
    for (std::size_t i = 0; i < hands; ++i) hands_.push_back(std::make_unique<Hand>());
  }

  void Work(Worker& worker);
  // Deals out the whole trace, and what is to be freed after it.
  void Read(std::int64_t began);

  // When all threads are done.
  const absl::Status& status() const { return status_; }
  bool complete() const { return complete_; }
  std::uint64_t rounds() const { return rounds_; }
  const TraceCounts& counts() const { return counts_; }
  std::uint64_t moved() const { return moved_; }
  std::uint64_t resized() const { return resized_; }
  std::uint64_t freed_at_end() const { return freed_at_end_; }
  bool is_short() const { return limits_.is_short(); }
  std::uint64_t too_large() const { return too_large_; }

 private:
  absl::Status ReadOnce(std::int64_t began);
  void Deal(const TraceStep& step, std::int64_t due);
  void DealTo(Hand& hand, const Task& task);
  void WakeAll();
  Hand& HandOf(std::uint64_t thread);
  void AwaitAll(std::uint64_t number);
  std::int64_t DueAt(std::int64_t at_ns, std::int64_t began);

  MallocTrace& trace_;
  const MallocReplayOptions& options_;
  TracePool& pool_;
  RunControl& control_;
  std::vector<std::unique_ptr<Hand>> hands_;

  // Of the reader.
  ClassLimits limits_;
  std::deque<std::pair<Slot, std::uint64_t>> slots_;  // and the turn that comes next
  std::unordered_map<std::uint64_t, std::size_t> hand_of_;
  std::uint64_t number_ = 0;
  std::int64_t last_at_ = 0;
  std::int64_t clock_ = 0;
  bool clock_runs_ = false;
  absl::Status status_;
  bool complete_ = false;
  std::uint64_t rounds_ = 0;
  TraceCounts counts_;
  std::uint64_t moved_ = 0;
  std::uint64_t resized_ = 0;
  std::uint64_t too_large_ = 0;
  std::uint64_t freed_at_end_ = 0;
};

void Replay::AwaitAll(std::uint64_t number) {
  WakeAll();
  for (const std::unique_ptr<Hand>& hand : hands_) {
    Patience patience;
    while (!hand->HasDone(number)) patience.Wait();
  }
}

void Replay::WakeAll() {
  for (const std::unique_ptr<Hand>& hand : hands_) hand->Wake();
}

// Hands that sleep over steps may be what others wait for: all are woken now and then,
// and before the reader itself waits.
void Replay::DealTo(Hand& hand, const Task& task) {
  constexpr std::uint64_t kBatch = 256;
  while (!hand.TryDeal(task)) {
    WakeAll();
    hand.AwaitRoom();
  }
  if (task.due != 0 || task.number % kBatch == 0) WakeAll();
}

void Replay::Work(Worker& worker) {
  Hand& hand = *hands_[static_cast<std::size_t>(worker.number())];
  Actor& actor = worker.actor();
  std::uint64_t counted = 0;
  for (;;) {
    const Task task = hand.Next();
    if (task.kind == Task::Kind::kEnd) break;
    // Pairs with: the release below, by whoever did the block's step before.
    for (Patience patience;
         task.slot->turn.load(std::memory_order_acquire) != task.turn;) {
      patience.Wait();
    }
    if (task.after != 0) {
      for (const std::unique_ptr<Hand>& other : hands_) {
        if (other.get() == &hand) continue;
        Patience patience;
        while (!other->HasDone(task.after)) patience.Wait();
      }
    }
    actor.due = task.due;
    HeldBlock& held = task.slot->held;
    switch (task.kind) {
      case Task::Kind::kAllocate:
        pool_.Allocate(actor, task.size, task.number, task.assured, held);
        break;
      case Task::Kind::kFree: pool_.Free(actor, held); break;
      case Task::Kind::kMove:
        pool_.Move(actor, task.size, task.number, task.assured, held);
        break;
      case Task::Kind::kResize: pool_.Resize(task.size, task.number, held); break;
      case Task::Kind::kEnd: break;
    }
    task.slot->turn.store(task.turn + 1, std::memory_order_release);
    hand.Finish(task);
    if (++counted % 256 == 0) control_.Count(256);
  }
  control_.Count(counted % 256);
  actor.due = 0;
}

Hand& Replay::HandOf(std::uint64_t thread) {
  const auto [found, is_new] = hand_of_.try_emplace(thread, 0);
  if (is_new) found->second = (hand_of_.size() - 1) % hands_.size();
  return *hands_[found->second];
}

void Replay::Deal(const TraceStep& step, std::int64_t due) {
  while (slots_.size() <= step.block) slots_.emplace_back();
  auto& [slot, next_turn] = slots_[step.block];
  if (++number_ % (kWindow / 4) == 0 && number_ > kWindow) {
    AwaitAll(number_ - kWindow / 2);
  }
  Task task = {.slot = &slot,
               .turn = next_turn++,
               .number = number_,
               .size = step.size,
               .due = due};
  constexpr std::size_t kNone = ClassLimits::kNone;
  const bool ends = step.kind != TraceStep::Kind::kAllocate;
  const bool begins = step.kind != TraceStep::Kind::kFree;
  const std::size_t from = ends ? limits_.ClassOf(step.old_size) : kNone;
  const std::size_t to = begins ? limits_.ClassOf(step.size) : kNone;
  if (begins && to == kNone) ++too_large_;
  if (!begins) {
    task.kind = Task::Kind::kFree;
  } else if (!ends) {
    task.kind = Task::Kind::kAllocate;
  } else if (from == to && from != kNone) {
    task.kind = Task::Kind::kResize;
    ++resized_;
  } else {
    task.kind = Task::Kind::kMove;
    ++moved_;
  }
  if (task.kind != Task::Kind::kResize) {
    if (to != kNone) task.after = limits_.Allocate(to);
    if (from != kNone) limits_.Free(from, number_);
  }
  task.assured = to != kNone && !limits_.is_short();
  DealTo(HandOf(step.thread), task);
}

// Times of different CPUs may be out of order by a little; steps back take no time.
std::int64_t Replay::DueAt(std::int64_t at_ns, std::int64_t began) {
  if (options_.speed == 0 || !trace_.has_clock()) return 0;
  if (clock_runs_ && at_ns > last_at_ && at_ns - last_at_ <= options_.max_gap_ns) {
    clock_ += at_ns - last_at_;
  }
  if (!clock_runs_ || at_ns > last_at_) last_at_ = at_ns;
  clock_runs_ = true;
  return began + static_cast<std::int64_t>(
                     std::llround(static_cast<double>(clock_) / options_.speed));
}

absl::Status Replay::ReadOnce(std::int64_t began) {
  BlockTracker tracker(
      {.addresses = trace_.addresses(), .largest = options_.largest_block});
  MallocEvent event;
  absl::Status status;
  while (!control_.stopping()) {
    const absl::StatusOr<bool> found = trace_.Next(event);
    if (!found.ok()) {
      status = found.status();
      break;
    }
    if (!*found) {
      complete_ = true;
      ++rounds_;
      break;
    }
    const std::int64_t due = DueAt(event.at_ns, began);
    if (due != 0 && !Pacer::WaitUntil(due, control_)) break;
    for (const TraceStep& step : tracker.Take(event)) Deal(step, due);
    if (event.kind == MallocEvent::Kind::kThreadEnded) hand_of_.erase(event.thread);
  }
  counts_ = tracker.counts();
  for (const TraceStep& step : tracker.StepsToFreeAll()) {
    Deal(step, 0);
    ++freed_at_end_;
  }
  return status;
}

void Replay::Read(std::int64_t began) {
  do {
    status_ = trace_.Rewind();
    if (status_.ok()) status_ = ReadOnce(began);
  } while (status_.ok() && options_.repeat && !control_.stopping());
  for (const std::unique_ptr<Hand>& hand : hands_) {
    DealTo(*hand, {.number = number_ + 1});
  }
  WakeAll();
}

void AddFigures(const Replay& replay, const TraceCounts& expected,
                ScenarioRecord& record) {
  const TraceCounts& counts = replay.counts();
  const auto add = [&record](const char* name, std::uint64_t value, const char* unit,
                             bool always = false) {
    if (value == 0 && !always) return;
    record.figures.push_back({name, static_cast<double>(value), unit});
  };
  add("allocations of the trace", counts.allocations, "", true);
  add("frees of the trace", counts.frees, "", true);
  add("reallocations of the trace", counts.reallocations, "", true);
  add("threads of the trace", counts.threads, "", true);
  add("blocks allocated", counts.blocks_allocated, "", true);
  add("blocks freed by the trace", counts.blocks_freed, "", true);
  add("blocks never freed by the trace", counts.never_freed, "", true);
  add("reallocations to another class", replay.moved(), "of all rounds");
  add("reallocations in place", replay.resized(), "of all rounds");
  add("frees of nothing", counts.null_frees, "");
  add("frees of blocks from before the trace", counts.unknown_frees, "");
  add("reallocations of blocks from before the trace", counts.unknown_reallocations,
      "");
  add("requests that failed when recorded", counts.failed, "");
  add("requests of 0 bytes, served with 1", counts.zero_sized, "");
  add("requests left out as too large", counts.too_large, "");
  add("frees that the trace did not see", counts.unseen_frees, "");
  add("addresses that came up while live", counts.overlaps, "");
  add("most blocks live at once", expected.peak_blocks, "", true);
  add("most bytes live at once", expected.peak_bytes, "bytes", true);
  add("rounds", replay.rounds(), "", true);
}

}  // namespace

absl::StatusOr<ScenarioRecord> ReplayMalloc(MallocTrace& trace,
                                            const TraceCounts& expected,
                                            const MallocReplayOptions& options,
                                            RunControl& control) {
  constexpr std::uint64_t kMostThreads = 64;
  absl::StatusOr<std::unique_ptr<TracePool>> pool =
      TracePool::Create(options.table, options.load, control);
  if (!pool.ok()) return pool.status();
  const int threads = options.load.threads != 0
                          ? options.load.threads
                          : static_cast<int>(std::clamp<std::uint64_t>(
                                expected.threads, 1, kMostThreads));
  LoadOptions load = options.load;
  load.rate = 0;
  Replay replay(trace, options, **pool, control, static_cast<std::size_t>(threads));
  Gang gang(load, control, {"allocate", "free", "exhausted"});
  absl::Status status =
      gang.Plan({{.threads = threads,
                  .work = [&replay](Worker& worker) { replay.Work(worker); },
                  .paced = false,
                  .has_due_times = options.speed != 0 && trace.has_clock()},
                 {.threads = 1,
                  .work = [&replay, &gang](Worker&) { replay.Read(gang.began()); },
                  .paced = false}});
  if (!status.ok()) return status;
  OccupancyTrack occupancy;
  MultiPool& multi_pool = (*pool)->pool();
  gang.Watch([&multi_pool] { return multi_pool.Stats().used; }, occupancy);
  status = gang.Run();
  if (!status.ok()) return status;
  if (!replay.status().ok()) return replay.status();

  ScenarioRecord record;
  record.config = {
      {"pools", ClassTableAsFlag(options.table)},
      {"threads", absl::StrFormat("%d", threads)},
      {"speed", options.speed == 0 ? std::string("asap")
                                   : absl::StrFormat("%gx", options.speed)}};
  gang.AddTo(record);
  AddFigures(replay, expected, record);
  (*pool)->Settle(gang.allocations(), gang.frees(), record);
  record.pools.insert(record.pools.begin(),
                      {"all classes", multi_pool.Stats(), std::move(occupancy)});
  const bool differs =
      replay.complete() && !control.stopping() && !(replay.counts() == expected);
  record.checks.push_back({Check::Kind::kCorrectness,
                           "requests unlike those of the trace", differs ? 1u : 0u,
                           differs ? "the trace was read differently before" : ""});
  record.checks.push_back(
      {Check::Kind::kResource, "requests that found no block", record.failures,
       record.failures == 0 ? "" : "--pools is too small for this trace; see advise"});
  return record;
}

}  // namespace corepool::stress
