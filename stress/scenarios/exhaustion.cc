// exhaustion: a pool of which all but a few blocks are taken at any time, wherever the
// others may rest. Tokens, as many as blocks, say who must be given one. In between,
// one thread after the other takes all blocks alone, from whatever core it is on.
// Timers take threads off their CPUs at any instruction, so also between two looks.
//
// Promise: who has a token is never told that the pool is exhausted; any core gets all
// blocks, then is told so.
// Must catch: single_look, exhaustion that is concluded from one look at all caches.
// Ignores --producers, --consumers and --bulk.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_format.h"
#include "corepool/error.h"
#include "corepool/fixed_pool.h"
#include "corepool/misuse.h"
#include "stress/actor.h"
#include "stress/block_ledger.h"
#include "stress/fixed_pool_bed.h"
#include "stress/gang.h"
#include "stress/jolts.h"
#include "stress/load_options.h"
#include "stress/rendezvous.h"
#include "stress/run_control.h"
#include "stress/run_record.h"
#include "stress/scenarios/scenario.h"
#include "stress/scenarios/scenarios.h"
#include "stress/tokens.h"
#include "stress/verified_pool.h"

namespace corepool::stress {
namespace {

constexpr std::size_t kBlocksPerCpu = 32;  // enough for caches
constexpr int kSteps = 4000;               // of each thread between two drains

class Exhaustion {
 public:
  Exhaustion(FixedPoolBed& bed, const LoadOptions& load, RunControl& control)
      : bed_(bed),
        blocks_(load.pool_blocks),
        threads_(static_cast<std::size_t>(load.threads)),
        tokens_(static_cast<std::int64_t>(load.pool_blocks)),
        rendezvous_(load.threads, control) {
    drained_.reserve(blocks_);
  }

  void Run(Worker& worker) {
    const auto number = static_cast<std::size_t>(worker.number());
    std::vector<void*> held;
    held.reserve(blocks_);
    bool go_on = true;
    for (std::size_t round = 0; go_on; ++round) {
      for (int step = 0; step < kSteps && worker.Next(); ++step) {
        Step(worker.actor(), held);
      }
      while (!held.empty()) Free(worker.actor(), held);
      rendezvous_.Meet();
      if (number == round % threads_) Drain(worker.actor());
      rendezvous_.Meet();
      // All threads free a part of it, so that blocks rest with all cores again.
      for (std::size_t i = number; i < drained_.size(); i += threads_) {
        bed_.verified().Free(worker.actor(), drained_[i]);
      }
      go_on = rendezvous_.Meet();
    }
  }

 private:
  // Takes more often than not, and when nothing is left, frees a few.
  void Step(Actor& actor, std::vector<void*>& held) {
    if (held.empty() || actor.random.Below(4) != 0) {
      if (tokens_.Take()) {
        void* const block = bed_.verified().Allocate(actor, Supply::kAssured);
        if (block != nullptr) held.push_back(block);
        return;
      }
      ++actor.failures;
    }
    const std::uint64_t most = 1 + actor.random.Below(4);
    for (std::uint64_t i = 0; i < most && !held.empty(); ++i) Free(actor, held);
  }

  void Free(Actor& actor, std::vector<void*>& held) {
    bed_.verified().Free(actor, held.back());
    held.pop_back();
    tokens_.Give();
  }

  // While the others wait.
  void Drain(Actor& actor) {
    drained_.clear();
    BlockLedger& ledger = bed_.ledger();
    while (drained_.size() < blocks_ && ledger.faultless()) {
      void* const block = bed_.verified().Allocate(actor, Supply::kAssured);
      if (block != nullptr) drained_.push_back(block);
    }
    if (!ledger.faultless()) return;
    const auto [error, block] = bed_.pool().TryAllocate();
    if (block != nullptr) {
      ledger.Found(Fault::kDoubled, absl::StrFormat("block %d when none was left",
                                                    bed_.pool().IndexOf(block)));
    } else if (error != Error::kExhausted) {
      ledger.Found(Fault::kRefused,
                   absl::StrFormat("%s when no block was left", ErrorName(error)));
    }
  }

  FixedPoolBed& bed_;
  const std::size_t blocks_;
  const std::size_t threads_;
  Tokens tokens_;
  std::vector<void*> drained_;
  Rendezvous rendezvous_;
};

absl::StatusOr<ScenarioRecord> Run(const LoadOptions& asked, RunControl& control) {
  LoadOptions load = asked;
  load.bulk = 1;
  if (load.threads == 0) load.threads = 2 * CpuCount();
  if (load.pool_blocks == 0) {
    load.pool_blocks = kBlocksPerCpu * static_cast<std::size_t>(CpuCount());
  }
  if (load.block_size == 0) load.block_size = 64;
  const JoltsInstalled installed;
  std::unique_ptr<Exhaustion> exhaustion;
  return StressFixedPool(load, control, [&](FixedPoolBed& bed, Gang&) {
    exhaustion = std::make_unique<Exhaustion>(bed, load, control);
    return std::vector<Role>{{load.threads, [&exhaustion](Worker& worker) {
                                const Jolts jolts;
                                exhaustion->Run(worker);
                              }}};
  });
}

}  // namespace

constinit const Scenario kExhaustion = {
    .name = "exhaustion",
    .summary = "nearly all blocks are taken; who must be given one is, on any core",
    .must_catch = "single_look",
    .ignores = "producers consumers bulk",
    .run = Run,
};

}  // namespace corepool::stress
