// churn_threads: threads live for a few operations only, and leave the blocks that they
// have to others. What a thread's core has in its cache outlives the thread as well.
//
// Promise: blocks do not care who allocated them, and never is the pool exhausted,
// since it has as many as can be held. Must catch: double_hand_out, a block that is
// handed out and stays free. Ignores --producers and --consumers; --threads is how many
// live at a time.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <system_error>
#include <thread>
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

constexpr std::size_t kMostHeld = 16;
constexpr std::uint64_t kLongestLife = 64;  // steps

// One life after the other. What a thread has when it ends, the next one frees.
void Live(Worker& worker, Traffic<FixedPool>& traffic, Supply supply,
          std::atomic<std::uint64_t>& lives) {
  bool go_on = true;
  while (go_on && !worker.stopping()) {
    const std::uint64_t steps = 1 + worker.random().Below(kLongestLife);
    try {
      std::thread([&] {
        for (std::uint64_t i = 0; i < steps && go_on; ++i) {
          go_on = worker.Next();
          if (go_on) traffic.Step(worker.actor(), supply);
        }
      }).join();
      lives.fetch_add(1, std::memory_order_relaxed);
    } catch (const std::system_error&) {
      // As many as the system can have already; some will end.
      std::this_thread::yield();
    }
  }
  traffic.FreeAll(worker.actor());
}

absl::StatusOr<ScenarioRecord> Run(const LoadOptions& asked, RunControl& control) {
  LoadOptions load = asked;
  if (load.threads == 0) load.threads = 2 * CpuCount();
  const std::size_t most_held = kMostHeld * load.bulk;
  const std::size_t wanted = static_cast<std::size_t>(load.threads) * most_held;
  if (load.pool_blocks == 0) load.pool_blocks = wanted;
  if (load.block_size == 0) load.block_size = 64;
  const Supply supply = load.pool_blocks >= wanted ? Supply::kAssured : Supply::kUnsure;
  std::atomic<std::uint64_t> lives{0};
  absl::StatusOr<ScenarioRecord> record =
      StressFixedPool(load, control, [&](FixedPoolBed& bed, Gang&) {
        const auto work = [&bed, &load, &lives, most_held, supply](Worker& worker) {
          Traffic<FixedPool> traffic(bed.verified(), most_held, load.bulk);
          Live(worker, traffic, supply, lives);
        };
        return std::vector<Role>{{load.threads, work}};
      });
  if (record.ok()) {
    record->figures.push_back(
        {"threads that lived",
         static_cast<double>(lives.load(std::memory_order_relaxed)), ""});
  }
  return record;
}

}  // namespace

constinit const Scenario kChurnThreads = {
    .name = "churn_threads",
    .summary = "threads come, leave blocks to others, and go",
    .must_catch = "double_hand_out",
    .ignores = "producers consumers",
    .run = Run,
};

}  // namespace corepool::stress
