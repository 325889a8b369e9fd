#include "corepool/fixed_pool.h"

#include <cstddef>
#include <span>

#include "corepool/engine/alarms.h"
#include "corepool/engine/block_pool.h"
#include "corepool/engine/creation.h"
#include "corepool/engine/geometry.h"
#include "corepool/engine/quarantine.h"
#include "corepool/engine/wait_table.h"
#include "corepool/error.h"
#include "corepool/hooks.h"
#include "corepool/options.h"
#include "corepool/stats.h"
#include "corepool/wait.h"

namespace corepool {

Error FixedPool::Init(const PoolOptions& options, std::span<std::byte> memory) {
  if (initialized_) return Error::kAlreadyInitialized;
  const engine::Geometry plan = engine::PlanGeometry(options);
  if (plan.error != Error::kOk) return plan.error;
  const Error error = engine::CheckMemory(memory, plan.total_bytes, plan.alignment);
  if (error != Error::kOk) return error;
  // Without blocks, and perhaps without memory, both are where memory begins.
  return InitAt(options, plan, memory.data() + plan.blocks_offset, memory.data());
}

Error FixedPool::Init(const PoolOptions& options, std::span<std::byte> blocks,
                      std::span<std::byte> bookkeeping) {
  if (initialized_) return Error::kAlreadyInitialized;
  const engine::Geometry plan = engine::PlanGeometry(options);
  if (plan.error != Error::kOk) return plan.error;
  Error error = engine::CheckMemory(blocks, plan.block_bytes, options.alignment);
  if (error != Error::kOk) return error;
  error =
      engine::CheckMemory(bookkeeping, plan.bookkeeping_bytes, kBookkeepingAlignment);
  if (error != Error::kOk) return error;
  if (engine::Overlap(blocks.first(plan.block_bytes),
                      bookkeeping.first(plan.bookkeeping_bytes))) {
    return Error::kOverlappingMemory;
  }
  return InitAt(options, plan, blocks.data(), bookkeeping.data());
}

Error FixedPool::InitAt(const PoolOptions& options, const engine::Geometry& plan,
                        std::byte* blocks, std::byte* bookkeeping) {
  const engine::CachingChoice caching = engine::ChooseCaching(options);
  if (caching.caching == Caching::kAutomatic) return Error::kUnsupported;
  const Error error = engine::CheckHooks(options, caching.caching);
  if (error != Error::kOk) return error;
  engine::WaitTable* const waiters = TableOf(options.waiters);
  const Error taken = engine::WaitTable::Attach(waiters, this, kWaitOperations);
  if (taken != Error::kOk) return taken;
  parts_ = engine::MakeParts(options, plan, caching, false, bookkeeping,
                             {blocks, plan.stride, options.block_count}, this, alarms_);
  parts_.waiters = waiters;
  engine::BlockPool(parts_, state_).LayOut();
  initialized_ = true;
  return Error::kOk;
}

Error FixedPool::Deinit(Leaks leaks) {
  if (!initialized_) return Error::kNotInitialized;
  engine::WaitTable* const waiters = parts_.waiters;
  const Error error = engine::EndParts(parts_, state_, leaks);
  if (error != Error::kOk) return error;
  engine::WaitTable::Detach(waiters, this);
  initialized_ = false;
  return Error::kOk;
}

}  // namespace corepool
