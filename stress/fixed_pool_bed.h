// A FixedPool to be stressed, with its memory and all that watches it.

#ifndef COREPOOL_STRESS_FIXED_POOL_BED_H_
#define COREPOOL_STRESS_FIXED_POOL_BED_H_

#include <functional>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "corepool/fixed_pool.h"
#include "stress/block_ledger.h"
#include "stress/gang.h"
#include "stress/load_options.h"
#include "stress/occupancy_track.h"
#include "stress/pool_memory.h"
#include "stress/run_control.h"
#include "stress/run_record.h"
#include "stress/verified_pool.h"

namespace corepool::stress {

class FixedPoolBed {
 public:
  // `load` with the scenario's choices filled in: pool_blocks, block_size, caching,
  // checking. `waiters` are who may wait for blocks, if anybody. kInvalidArgument or
  // kUnimplemented as hosted::CreateFixedPool, and kResourceExhausted.
  static absl::StatusOr<std::unique_ptr<FixedPoolBed>> Create(
      const LoadOptions& load, RunControl& control, Waiters* waiters = nullptr);

  FixedPoolBed(const FixedPoolBed&) = delete;
  FixedPoolBed& operator=(const FixedPoolBed&) = delete;

  FixedPool& pool() { return pool_; }
  VerifiedPool<FixedPool>& verified() { return verified_; }
  BlockLedger& ledger() { return ledger_; }

  // Lets the gang watch how many blocks are used. The record gets it from Settle.
  void LetWatch(Gang& gang);

  // At the end, when the gang has run and nobody ought to have a block: audits, drains
  // and compares, and adds to the record all that it found, the pool, what the gang
  // did, and `load` as its configuration.
  void Settle(const Gang& gang, ScenarioRecord& record);

 private:
  FixedPoolBed(const LoadOptions& load, PoolMemory memory, RunControl& control);

  const LoadOptions load_;
  PoolMemory memory_;
  FixedPool pool_;
  BlockLedger ledger_;
  VerifiedPool<FixedPool> verified_;
  OccupancyTrack occupancy_;
};

// Makes a bed, lets a gang with these roles run on it, and settles. `roles` is called
// with both before the threads' actors are made, `planned` after that.
absl::StatusOr<ScenarioRecord> StressFixedPool(
    const LoadOptions& load, RunControl& control,
    const std::function<std::vector<Role>(FixedPoolBed&, Gang&)>& roles,
    const std::function<void(FixedPoolBed&, Gang&)>& planned = {});

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_FIXED_POOL_BED_H_
