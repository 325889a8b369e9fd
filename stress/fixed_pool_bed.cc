#include "stress/fixed_pool_bed.h"

#include <cstddef>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_format.h"
#include "corepool/error.h"
#include "corepool/fixed_pool.h"
#include "corepool/hosted/owned_fixed_pool.h"
#include "corepool/options.h"
#include "corepool/stats.h"
#include "stress/block_ledger.h"
#include "stress/gang.h"
#include "stress/load_flags.h"
#include "stress/load_options.h"
#include "stress/pool_memory.h"
#include "stress/run_control.h"
#include "stress/run_record.h"
#include "stress/verified_pool.h"

namespace corepool::stress {

FixedPoolBed::FixedPoolBed(const LoadOptions& load, PoolMemory memory,
                           RunControl& control)
    : load_(load),
      memory_(std::move(memory)),
      ledger_(load.pool_blocks, load.block_size, load.seed, control),
      verified_(pool_, ledger_) {}

absl::StatusOr<std::unique_ptr<FixedPoolBed>> FixedPoolBed::Create(
    const LoadOptions& load, RunControl& control, Waiters* waiters) {
  PoolOptions options{.block_size = load.block_size,
                      .block_count = load.pool_blocks,
                      .checking = load.checking,
                      .caching = load.caching,
                      .name = "stressed",
                      .waiters = waiters};
  if (const Error error = Validate(options); error != Error::kOk) {
    return hosted::ToStatus(error, options);
  }
  const std::size_t bytes = RequiredBytes(options);
  PoolMemory memory(bytes, RequiredAlignment(options), load.prefault);
  if (memory.span().size() != bytes) {
    return absl::ResourceExhaustedError(
        absl::StrFormat("there is no memory for %d blocks of %d bytes",
                        load.pool_blocks, load.block_size));
  }
  std::unique_ptr<FixedPoolBed> bed(new FixedPoolBed(load, std::move(memory), control));
  options.misuse_handler = BlockLedger::OnMisuse;
  options.misuse_context = &bed->ledger_;
  const Error error = bed->pool_.Init(options, bed->memory_.span());
  if (error != Error::kOk) return hosted::ToStatus(error, options);
  return bed;
}

void FixedPoolBed::LetWatch(Gang& gang) {
  gang.Watch([this] { return pool_.Stats().used; }, occupancy_);
}

void FixedPoolBed::Settle(const Gang& gang, ScenarioRecord& record) {
  const std::size_t owned = ledger_.owned();
  verified_.CheckQuiet(owned, gang.allocations(), gang.frees());
  const PoolStats stats = pool_.Stats();
  if (owned == 0) {
    verified_.CheckAllThere();
    if (ledger_.faultless()) {
      verified_.CheckQuiet(0, stats.allocations + stats.capacity,
                           stats.frees + stats.capacity);
    }
  }
  LoadOptions used = load_;
  used.caching = pool_.Caching();
  record.config = LoadSettings(used);
  gang.AddTo(record);
  ledger_.AddTo(record, gang.began());
  record.pools.push_back(
      {.name = "stressed", .stats = stats, .occupancy = std::move(occupancy_)});
}

absl::StatusOr<ScenarioRecord> StressFixedPool(
    const LoadOptions& load, RunControl& control,
    const std::function<std::vector<Role>(FixedPoolBed&, Gang&)>& roles,
    const std::function<void(FixedPoolBed&, Gang&)>& planned) {
  absl::StatusOr<std::unique_ptr<FixedPoolBed>> bed =
      FixedPoolBed::Create(load, control);
  if (!bed.ok()) return bed.status();
  Gang gang(load, control, PoolOperations());
  absl::Status status = gang.Plan(roles(**bed, gang));
  if (!status.ok()) return status;
  if (planned) planned(**bed, gang);
  (*bed)->LetWatch(gang);
  status = gang.Run();
  if (!status.ok()) return status;
  ScenarioRecord record;
  (*bed)->Settle(gang, record);
  return record;
}

}  // namespace corepool::stress
