// wait_storm: threads begin to wait for blocks at the very moment at which others free
// some; with deadlines before, at and after that moment, and with priorities.
//
// One thread, the giver, has all blocks and frees some of them in each round. Duels:
// as many as there are waiters, who all must get one however long they sleep. Races:
// with deadlines that may be over before. Orders: one block when all are known to
// wait; the most urgent must get it, and of those as urgent the first.
//
// Promise: nobody sleeps while there is a block for him, nobody gets one that he was
// not given, and no block goes to a waiter that has just left.
// Must catch: no_second_look, a waiter that does not look again after it has said that
// it waits; missing_fence, between those who wait and who free, and who steal from
// whom. Heeds all flags of the load but --producers, --consumers, --bulk and --rate.

#include <time.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_format.h"
#include "corepool/error.h"
#include "corepool/fixed_pool.h"
#include "corepool/futex_wait.h"
#include "corepool/wait.h"
#include "corepool/wait_port.h"
#include "stress/actor.h"
#include "stress/block_ledger.h"
#include "stress/clock.h"
#include "stress/fixed_pool_bed.h"
#include "stress/gang.h"
#include "stress/load_options.h"
#include "stress/run_control.h"
#include "stress/run_record.h"
#include "stress/scenarios/scenario.h"
#include "stress/scenarios/scenarios.h"
#include "stress/verified_pool.h"

namespace corepool::stress {
namespace {

constexpr std::size_t kWait = kPoolOperations;  // what actors measure besides
constexpr std::size_t kMostThreads = 64;
// Long enough for any machine on which threads get on at all.
constexpr Ticks kLong = 5'000'000'000;

constexpr std::uint64_t kOver = std::numeric_limits<std::uint64_t>::max();

enum class Round : std::uint8_t { kDuel, kRace, kOrder };

// What one waiter is told to do, and what came of it.
struct alignas(128) Seat {
  // Rounds that it was asked to take part in; it has ended as many as `ended`.
  std::atomic<std::uint64_t> asked{0};
  std::atomic<std::uint64_t> ended{0};
  // Written by the giver before `asked`, by the waiter before `ended`.
  Ticks patience = 0;
  std::uint8_t priority = 0;
  std::uint32_t delay = 0;  // turns of a loop
  void* block = nullptr;
  Error error = Error::kOk;
};

class Table {
 public:
  Table(FixedPoolBed& bed, Waiters& waiters, RunControl& control, std::size_t seats)
      : bed_(bed), waiters_(waiters), control_(control), seats_(seats) {}

  void Attend(Worker& worker) {
    Seat& seat = seats_[static_cast<std::size_t>(worker.number())];
    Actor& actor = worker.actor();
    for (std::uint64_t round = 1;; ++round) {
      if (Await(seat.asked, round) == kOver) return;
      Delay(seat.delay);
      const std::int64_t begin = Now();
      const FixedPool::Allocation got =
          bed_.pool().AllocateUntil(waiters_.Now() + seat.patience, seat.priority);
      actor.Record(kWait, begin, Now());
      seat.error = got.error;
      seat.block = nullptr;
      if (got.error == Error::kOk) {
        ++actor.operations;
        const std::size_t index = bed_.pool().IndexOf(got.block);
        if (bed_.ledger().Take(actor, index, got.block, begin)) seat.block = got.block;
      } else {
        ++actor.failures;
      }
      // Pairs with: acquire in Await.
      seat.ended.store(round, std::memory_order_release);
      seat.ended.notify_one();
      (void)worker.Next();  // counts
    }
  }

  void Give(Worker& worker) {
    Actor& actor = worker.actor();
    Refill(actor);
    while (worker.Next()) {
      const std::uint64_t dice = actor.random.Below(16);
      const Round kind = dice < 10   ? Round::kDuel
                         : dice < 15 ? Round::kRace
                                     : Round::kOrder;
      // Few at a time mostly, so that they race with nobody else.
      const std::size_t most = dice % 4 == 0 ? seats_.size() : 1;
      if (dice % 2 == 0) Stir(actor);
      Play(actor, kind, 1 + actor.random.Below(most));
      Refill(actor);
    }
    for (void*& block : held_) bed_.verified().Free(actor, block);
    for (Seat& seat : seats_) {
      seat.asked.store(kOver, std::memory_order_release);
      seat.asked.notify_one();
    }
  }

  void AddTo(ScenarioRecord& record) const {
    const auto check = [&record](const char* name, std::uint64_t count) {
      record.checks.push_back({Check::Kind::kCorrectness, name, count,
                               count == 0 ? "" : "see the configuration for the seed"});
    };
    check("waiters that slept although a block was free", overslept_);
    check("waiters that were served out of order", disordered_);
    check("waiters that got an error that is none of theirs", strange_);
    record.figures.push_back({"rounds", static_cast<double>(rounds_), "rounds"});
    record.figures.push_back({"timed out", static_cast<double>(timed_out_), "waits"});
  }

 private:
  void Play(Actor& actor, Round kind, std::size_t players) {
    ++rounds_;
    const std::size_t first = actor.random.Below(seats_.size());
    bool all_wait = true;
    for (std::size_t i = 0; i < players; ++i) {
      Seat& seat = SeatAt(first, i);
      seat.patience = kind == Round::kRace ? actor.random.Below(20'000) : kLong;
      seat.priority = static_cast<std::uint8_t>(actor.random.Below(3));
      seat.delay = kind == Round::kOrder
                       ? 0
                       : static_cast<std::uint32_t>(actor.random.Below(400));
      // Pairs with: acquire in Await.
      seat.asked.fetch_add(1, std::memory_order_release);
      seat.asked.notify_one();
      if (kind == Round::kOrder) all_wait = AwaitWaiters(i + 1);
    }
    // In an order, all wait now, and so long that none can have left.
    const std::size_t served = kind == Round::kOrder ? 1 : players;
    if (kind != Round::kOrder) {
      Delay(static_cast<std::uint32_t>(
          actor.random.Below(kind == Round::kRace ? 20'000 : 800)));
    }
    FreeSome(actor, served);
    if (kind == Round::kOrder) {
      if (all_wait) CheckOrder(first, players);
      FreeSome(actor, players - served);
    }
    for (std::size_t i = 0; i < players; ++i) {
      Seat& seat = SeatAt(first, i);
      Await(seat.ended, seat.asked.load(std::memory_order_relaxed));
      Settle(actor, seat, kind);
    }
  }

  void Settle(Actor& actor, Seat& seat, Round kind) {
    if (seat.error == Error::kTimedOut) {
      ++timed_out_;
      // A block was free for each of them, and nobody else took any.
      if (kind != Round::kRace) Found(overslept_);
    } else if (seat.error != Error::kOk) {
      Found(strange_);
    }
    if (seat.block != nullptr) bed_.verified().Free(actor, seat.block);
    seat.block = nullptr;
  }

  // Who was most urgent, and of those first, has been handed the block, or is about to
  // wake up and say so; nobody else can.
  void CheckOrder(std::size_t first, std::size_t players) {
    std::size_t best = 0;
    for (std::size_t i = 1; i < players; ++i) {
      if (SeatAt(first, i).priority < SeatAt(first, best).priority) best = i;
    }
    const Seat& seat = SeatAt(first, best);
    const std::uint64_t round = seat.asked.load(std::memory_order_relaxed);
    const auto others = [&] {
      for (std::size_t i = 0; i < players; ++i) {
        const Seat& other = SeatAt(first, i);
        if (i != best && other.ended.load(std::memory_order_acquire) ==
                             other.asked.load(std::memory_order_relaxed)) {
          return true;
        }
      }
      return false;
    };
    while (seat.ended.load(std::memory_order_acquire) != round) {
      if (others()) {
        Found(disordered_);
        return;
      }
      Rest();
    }
  }

  // When nobody else has a block.
  void Refill(Actor& actor) {
    while (held_.size() < bed_.ledger().blocks()) {
      void* const block = bed_.verified().Allocate(actor, Supply::kAssured);
      if (block == nullptr) return;
      held_.push_back(block);
    }
  }

  // So that a pool with caches takes blocks to be plenty again, and the next free is
  // one without an atomic step.
  void Stir(Actor& actor) {
    FreeSome(actor, held_.size());
    Refill(actor);
  }

  void FreeSome(Actor& actor, std::size_t count) {
    for (std::size_t i = 0; i < count && !held_.empty(); ++i) {
      bed_.verified().Free(actor, held_.back());
      held_.pop_back();
    }
  }

  // False: it is over.
  bool AwaitWaiters(std::size_t count) const {
    while (waiters_.Count() < count) {
      if (control_.stopping()) return false;
      Rest();
    }
    return true;
  }

  // The word as it is when it is at least `value`. Sleeps only after a while, so that
  // both sides of a duel are awake when it begins.
  static std::uint64_t Await(const std::atomic<std::uint64_t>& word,
                             std::uint64_t value) {
    constexpr int kSpins = 10'000;
    for (int spins = 0;; ++spins) {
      // Pairs with: the releases of who stores it.
      const std::uint64_t seen = word.load(std::memory_order_acquire);
      if (seen >= value) return seen;
      if (spins >= kSpins) word.wait(seen, std::memory_order_acquire);
    }
  }

  static void Rest() {
    const timespec rest = {0, 10'000};
    nanosleep(&rest, nullptr);
  }

  static void Delay(std::uint32_t turns) {
    for (std::uint32_t i = 0; i < turns; ++i) {
      std::atomic_signal_fence(std::memory_order_seq_cst);
    }
  }

  void Found(std::uint64_t& count) {
    ++count;
    control_.Stop();
  }

  Seat& SeatAt(std::size_t first, std::size_t i) {
    return seats_[(first + i) % seats_.size()];
  }

  FixedPoolBed& bed_;
  Waiters& waiters_;
  RunControl& control_;
  std::vector<Seat> seats_;
  // The giver's.
  std::vector<void*> held_;
  std::uint64_t rounds_ = 0;
  std::uint64_t timed_out_ = 0;
  std::uint64_t overslept_ = 0;
  std::uint64_t disordered_ = 0;
  std::uint64_t strange_ = 0;
};

absl::StatusOr<ScenarioRecord> RunWaitStorm(const LoadOptions& asked,
                                            RunControl& control) {
  LoadOptions load = asked;
  load.rate = 0;
  if (load.threads == 0) load.threads = std::max(3, 2 * CpuCount());
  load.threads = std::max(2, load.threads);
  const auto seats = static_cast<std::size_t>(load.threads - 1);
  if (seats >= kMostThreads) {
    return absl::InvalidArgumentError(
        absl::StrFormat("wait_storm: --threads=%d is more than %d", load.threads,
                        static_cast<int>(kMostThreads)));
  }
  if (load.pool_blocks == 0) {
    load.pool_blocks =
        std::max(seats, std::size_t{16} * static_cast<std::size_t>(CpuCount()));
  }
  if (load.pool_blocks < seats) {
    return absl::InvalidArgumentError(
        absl::StrFormat("wait_storm: --pool_blocks=%d is less than a block for each of "
                        "%d waiters",
                        load.pool_blocks, seats));
  }
  if (load.block_size == 0) load.block_size = 32;
  const auto waiters = std::make_unique<StaticWaiters<kMostThreads>>(kFutexWaitPort);
  absl::StatusOr<std::unique_ptr<FixedPoolBed>> bed =
      FixedPoolBed::Create(load, control, waiters.get());
  if (!bed.ok()) return bed.status();

  std::vector<std::string> operations = PoolOperations();
  operations.emplace_back("wait");
  Gang gang(load, control, operations);
  Table table(**bed, *waiters, control, seats);
  absl::Status status = gang.Plan(
      {{1, [&](Worker& worker) { table.Give(worker); }},
       {static_cast<int>(seats), [&](Worker& worker) { table.Attend(worker); }}});
  if (!status.ok()) return status;
  (*bed)->LetWatch(gang);
  status = gang.Run();
  if (!status.ok()) return status;
  ScenarioRecord record;
  (*bed)->Settle(gang, record);
  table.AddTo(record);
  return record;
}

}  // namespace

constinit const Scenario kWaitStorm = {
    .name = "wait_storm",
    .summary = "threads begin to wait for blocks just when some are freed",
    .must_catch = "no_second_look missing_fence",
    .ignores = "producers consumers bulk rate arrival",
    .run = RunWaitStorm,
};

}  // namespace corepool::stress
