// oversubscribe: six threads a CPU, so that most of them stand still at any time, many
// in the middle of an operation, and nobody else may suffer.
//
// Promise: with as many blocks as all threads want at most, nobody is ever told that
// the pool is exhausted, whoever stands still where.
// Must catch: lost_link, a free list that is cut off behind a push that tried twice.
// Ignores --producers and --consumers.

#include <sched.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "corepool/fixed_pool.h"
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

constexpr std::size_t kMostHeld = 4;
// Of so many steps, one ends with a yield.
constexpr std::uint64_t kYields = 64;

absl::StatusOr<ScenarioRecord> Run(const LoadOptions& asked, RunControl& control) {
  LoadOptions load = asked;
  if (load.threads == 0) load.threads = 6 * CpuCount();
  const std::size_t most_held = kMostHeld * load.bulk;
  const std::size_t wanted = static_cast<std::size_t>(load.threads) * most_held;
  if (load.pool_blocks == 0) load.pool_blocks = wanted;
  if (load.block_size == 0) load.block_size = 64;
  const Supply supply = load.pool_blocks >= wanted ? Supply::kAssured : Supply::kUnsure;
  return StressFixedPool(load, control, [&](FixedPoolBed& bed, Gang&) {
    const auto work = [&bed, &load, most_held, supply](Worker& worker) {
      Traffic<FixedPool> traffic(bed.verified(), most_held, load.bulk);
      while (worker.Next()) {
        traffic.Step(worker.actor(), supply);
        if (worker.random().Below(kYields) == 0) sched_yield();
      }
      traffic.FreeAll(worker.actor());
    };
    return std::vector<Role>{{load.threads, work}};
  });
}

}  // namespace

constinit const Scenario kOversubscribe = {
    .name = "oversubscribe",
    .summary = "six threads a CPU; most stand still, many of them inside an operation",
    .must_catch = "lost_link",
    .ignores = "producers consumers",
    .run = Run,
};

}  // namespace corepool::stress
