// aba_storm: many threads on a pool of a few blocks and one free list, which timers
// take off their CPUs at any instruction. Whoever is interrupted between reading the
// list's head and replacing it finds, as often as not, the same block at the head
// again, with another behind it.
//
// Promise: nobody is handed a block that somebody has, and none is lost.
// Must catch: two_tag_bits, a tag too small to tell such heads apart.
// Ignores --producers and --consumers; --caching=automatic is none, because caches
// would keep threads away from each other.

#include <algorithm>
#include <cstddef>
#include <vector>

#include "absl/status/statusor.h"
#include "corepool/fixed_pool.h"
#include "corepool/options.h"
#include "stress/fixed_pool_bed.h"
#include "stress/gang.h"
#include "stress/jolts.h"
#include "stress/load_options.h"
#include "stress/run_control.h"
#include "stress/run_record.h"
#include "stress/scenarios/scenario.h"
#include "stress/scenarios/scenarios.h"
#include "stress/traffic.h"
#include "stress/verified_pool.h"

namespace corepool::stress {
namespace {

constexpr std::size_t kMostHeld = 2;

absl::StatusOr<ScenarioRecord> Run(const LoadOptions& asked, RunControl& control) {
  LoadOptions load = asked;
  if (load.threads == 0) load.threads = std::max(4, 3 * CpuCount());
  // Few, so that they come back soon; but enough for one to lie on another mostly, or
  // there is nothing to mistake.
  if (load.pool_blocks == 0) {
    load.pool_blocks =
        static_cast<std::size_t>(load.threads) * kMostHeld * load.bulk * 9 / 10;
  }
  if (load.block_size == 0) load.block_size = 64;
  if (load.caching == Caching::kAutomatic) load.caching = Caching::kNone;
  const JoltsInstalled installed;
  return StressFixedPool(load, control, [&](FixedPoolBed& bed, Gang&) {
    const auto work = [&bed, &load](Worker& worker) {
      Traffic<FixedPool> traffic(bed.verified(), kMostHeld * load.bulk, load.bulk);
      const Jolts jolts;
      while (worker.Next()) traffic.Step(worker.actor());
      traffic.FreeAll(worker.actor());
    };
    return std::vector<Role>{{load.threads, work}};
  });
}

}  // namespace

constinit const Scenario kAbaStorm = {
    .name = "aba_storm",
    .summary = "many threads on one free list of a few blocks",
    .must_catch = "two_tag_bits",
    .ignores = "producers consumers",
    .run = Run,
};

}  // namespace corepool::stress
