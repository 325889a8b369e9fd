// burst: all threads take many blocks at once, as when frames arrive on all buses; then
// nothing moves while the pool is looked at; then each thread frees what another one
// took; and nothing moves again.
//
// Promise: whenever nothing moves, the pool is sound, statistics are exact, and the
// peak is not below what was used. The pool suffices for all, so it is never exhausted.
// Must catch: stale_statistics, counters that forget what others count.
// Ignores --producers and --consumers.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <numeric>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_format.h"
#include "corepool/fixed_pool.h"
#include "corepool/stats.h"
#include "stress/actor.h"
#include "stress/block_ledger.h"
#include "stress/fixed_pool_bed.h"
#include "stress/gang.h"
#include "stress/load_options.h"
#include "stress/rendezvous.h"
#include "stress/run_control.h"
#include "stress/run_record.h"
#include "stress/scenarios/scenario.h"
#include "stress/scenarios/scenarios.h"
#include "stress/verified_pool.h"

namespace corepool::stress {
namespace {

constexpr std::size_t kShare =
    64;  // blocks for each thread, if --pool_blocks leaves it

class Bursts {
 public:
  Bursts(FixedPoolBed& bed, Gang& gang, const LoadOptions& load, RunControl& control)
      : bed_(bed),
        gang_(gang),
        threads_(static_cast<std::size_t>(load.threads)),
        share_(load.pool_blocks / threads_),
        bulk_(load.bulk),
        held_(threads_),
        rendezvous_(load.threads, control) {
    for (std::vector<void*>& held : held_) held.reserve(share_ + bulk_);
  }

  void Run(Worker& worker) {
    const auto number = static_cast<std::size_t>(worker.number());
    bool go_on = true;
    while (go_on) {
      Take(worker, held_[number]);
      rendezvous_.Meet();
      if (number == 0) Look();
      rendezvous_.Meet();
      Free(worker, held_[(number + 1) % threads_]);
      rendezvous_.Meet();
      if (number == 0) Look();
      go_on = rendezvous_.Meet();
    }
  }

 private:
  void Take(Worker& worker, std::vector<void*>& held) {
    while (held.size() + bulk_ <= share_ && worker.Next()) {
      const std::size_t before = held.size();
      held.resize(before + bulk_);
      const std::span<void*> wanted = std::span(held).subspan(before);
      std::size_t got = 0;
      if (bulk_ > 1) {
        got = bed_.verified().AllocateBulk(worker.actor(), wanted, Supply::kAssured);
      } else {
        wanted[0] = bed_.verified().Allocate(worker.actor(), Supply::kAssured);
        got = wanted[0] == nullptr ? 0 : 1;
      }
      held.resize(before + got);
      if (got == 0) return;  // found a fault
    }
  }

  void Free(Worker& worker, std::vector<void*>& held) {
    while (!held.empty()) {
      // When it stops, all the same.
      (void)worker.Next();
      if (bulk_ > 1 && held.size() >= bulk_) {
        bed_.verified().FreeBulk(worker.actor(), std::span(held).last(bulk_));
        held.resize(held.size() - bulk_);
      } else {
        bed_.verified().Free(worker.actor(), held.back());
        held.pop_back();
      }
    }
  }

  // At a quiet point.
  void Look() {
    const std::size_t used =
        std::accumulate(held_.begin(), held_.end(), std::size_t{0},
                        [](std::size_t sum, const std::vector<void*>& held) {
                          return sum + held.size();
                        });
    bed_.verified().CheckQuiet(used, gang_.allocations(), gang_.frees());
    const PoolStats stats = bed_.pool().Stats();
    if (bed_.ledger().faultless() && stats.peak < used) {
      bed_.ledger().Found(
          Fault::kStatistics,
          absl::StrFormat("peak is %d, below %d used", stats.peak, used));
    }
  }

  FixedPoolBed& bed_;
  Gang& gang_;
  const std::size_t threads_;
  const std::size_t share_;
  const std::size_t bulk_;
  std::vector<std::vector<void*>> held_;  // by thread
  Rendezvous rendezvous_;
};

absl::StatusOr<ScenarioRecord> Run(const LoadOptions& asked, RunControl& control) {
  LoadOptions load = asked;
  if (load.threads == 0) load.threads = 2 * CpuCount();
  const auto threads = static_cast<std::size_t>(load.threads);
  if (load.pool_blocks == 0) load.pool_blocks = threads * kShare * load.bulk;
  if (load.block_size == 0) load.block_size = 64;
  if (load.pool_blocks < threads * load.bulk) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "--pool_blocks=%d is less than --bulk=%d for each of %d threads",
        load.pool_blocks, load.bulk, load.threads));
  }
  std::unique_ptr<Bursts> bursts;
  return StressFixedPool(load, control, [&](FixedPoolBed& bed, Gang& gang) {
    bursts = std::make_unique<Bursts>(bed, gang, load, control);
    return std::vector<Role>{
        {load.threads, [&bursts](Worker& worker) { bursts->Run(worker); }}};
  });
}

}  // namespace

constinit const Scenario kBurst = {
    .name = "burst",
    .summary = "all threads take many blocks at once; the pool is looked at in between",
    .must_catch = "stale_statistics",
    .ignores = "producers consumers",
    .run = Run,
};

}  // namespace corepool::stress
