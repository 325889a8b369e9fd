#include "corepool/dynamic_pool.h"

#include <cstddef>
#include <span>

#include "corepool/dynamic_pool_options.h"
#include "corepool/engine/block_layout.h"
#include "corepool/engine/block_pool.h"
#include "corepool/engine/creation.h"
#include "corepool/engine/dynamic_plan.h"
#include "corepool/engine/wait_table.h"
#include "corepool/error.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/lockfree/carver.h"
#include "corepool/options.h"
#include "corepool/segment.h"
#include "corepool/stats.h"
#include "corepool/wait.h"

namespace corepool {

// No call of Segment's: its source knows about waiting, which this one must not.
engine::DynamicPlan DynamicPool::PlanIn(const DynamicPoolOptions& options,
                                        const Segment& segment) {
  const std::size_t padding = segment.padding_alignment();
  return engine::PlanDynamic(
      options, segment.carver_.Room(engine::DynamicAlignment(options, padding)),
      padding);
}

Error DynamicPool::Init(const DynamicPoolOptions& options, Segment& segment,
                        std::span<std::byte> bookkeeping) {
  if (initialized_) return Error::kAlreadyInitialized;
  if (!segment.is_initialized()) return Error::kNotInitialized;
  const engine::DynamicPlan plan = PlanIn(options, segment);
  if (plan.error != Error::kOk) return plan.error;
  const Error error = engine::CheckMemory(bookkeeping, plan.bookkeeping_bytes,
                                          kDynamicBookkeepingAlignment);
  if (error != Error::kOk) return error;
  if (engine::Overlap(bookkeeping.first(plan.bookkeeping_bytes),
                      {segment.carver_.begin(), segment.size()})) {
    return Error::kOverlappingMemory;
  }
  const engine::CachingChoice caching = engine::ChooseCaching(plan.pool);
  if (caching.caching == Caching::kAutomatic) return Error::kUnsupported;
  const Error refused = engine::CheckHooks(plan.pool, caching.caching);
  if (refused != Error::kOk) return refused;
  return InitAt(options, plan, caching, segment, bookkeeping.data());
}

Error DynamicPool::Init(const DynamicPoolOptions& options, Segment& segment,
                        Segment& bookkeeping) {
  if (initialized_) return Error::kAlreadyInitialized;
  if (!segment.is_initialized() || !bookkeeping.is_initialized()) {
    return Error::kNotInitialized;
  }
  if (&segment == &bookkeeping) return Error::kOverlappingMemory;
  const engine::DynamicPlan plan = PlanIn(options, segment);
  if (plan.error != Error::kOk) return plan.error;
  const engine::CachingChoice caching = engine::ChooseCaching(plan.pool);
  if (caching.caching == Caching::kAutomatic) return Error::kUnsupported;
  const Error refused = engine::CheckHooks(plan.pool, caching.caching);
  if (refused != Error::kOk) return refused;
  // Before anything is taken; InitAt finds it done.
  engine::WaitTable* const waiters = TableOf(options.waiters);
  const Error taken = engine::WaitTable::Attach(waiters, this, kWaitOperations);
  if (taken != Error::kOk) return taken;
  std::byte* memory = nullptr;
  if (plan.bookkeeping_bytes != 0) {
    memory =
        bookkeeping.carver_.Take(plan.bookkeeping_bytes, kDynamicBookkeepingAlignment)
            .begin;
    if (memory == nullptr) {
      engine::WaitTable::Detach(waiters, this);
      return Error::kExhausted;
    }
  }
  return InitAt(options, plan, caching, segment, memory);
}

Error DynamicPool::InitAt(const DynamicPoolOptions& options,
                          const engine::DynamicPlan& plan,
                          const engine::CachingChoice& caching, Segment& segment,
                          std::byte* bookkeeping) {
  engine::WaitTable* const waiters = TableOf(options.waiters);
  const Error taken = engine::WaitTable::Attach(waiters, this, kWaitOperations);
  if (taken != Error::kOk) return taken;
  const std::size_t stride = plan.geometry.stride;
  const std::size_t alignment = plan.pool.alignment;
  lockfree::Carver& carver = segment.carver_;
  std::byte* origin = carver.begin() + (carver.size() - carver.Room(alignment));
  if (options.initial > 0) {
    // The plan has looked whether that is a size.
    origin = carver.Take(options.initial * stride, alignment).begin;
    if (origin == nullptr) {
      engine::WaitTable::Detach(waiters, this);
      return Error::kSegmentExhausted;
    }
  }
  segment.pools_.fetch_add(1, lockfree::kRelaxed);

  const std::size_t count = plan.pool.block_count;
  growth_.carver = &carver;
  growth_.scatter.Reset(origin, stride, count, plan.slots,
                        bookkeeping + plan.scatter_offset);
  growth_.stride = stride;
  growth_.alignment = alignment;
  growth_.count = static_cast<lockfree::Index>(count);
  growth_.in_a_row = static_cast<lockfree::Index>(options.initial);
  growth_.step = static_cast<lockfree::Index>(options.growth < lockfree::kMostIndices
                                                  ? options.growth
                                                  : lockfree::kMostIndices);
  growth_.for_want_of = plan.for_want_of;
  growth_.Reset();
  for (std::size_t i = 0; i < options.initial; ++i) {
    growth_.scatter.Put(static_cast<lockfree::Index>(i), origin + i * stride);
  }
  const engine::BlockLayout layout(growth_.scatter, stride, count);
  parts_ = engine::MakeParts(plan.pool, plan.geometry, caching, true, bookkeeping,
                             layout, this, alarms_);
  parts_.bookkeeping_bytes = plan.bookkeeping_bytes;
  parts_.growth = &growth_;
  parts_.waiters = waiters;
  engine::BlockPool(parts_, state_).LayOut();
  maximum_ = options.maximum;
  segment_ = &segment;
  initialized_ = true;
  return Error::kOk;
}

Error DynamicPool::Deinit(Leaks leaks) {
  if (!initialized_) return Error::kNotInitialized;
  engine::WaitTable* const waiters = parts_.waiters;
  const Error error = engine::EndParts(parts_, state_, leaks);
  if (error != Error::kOk) return error;
  engine::WaitTable::Detach(waiters, this);
  initialized_ = false;
  segment_->pools_.fetch_add(lockfree::Word{0} - 1, lockfree::kRelaxed);
  segment_ = nullptr;
  maximum_ = 0;
  return Error::kOk;
}

std::size_t DynamicPool::Growable() const {
  if (!initialized_) return 0;
  const auto popped = static_cast<std::size_t>(growth_.popped.Get());
  const std::size_t unborn = growth_.count - popped;
  const std::size_t room = growth_.carver->CountOf(growth_.stride, growth_.alignment);
  return unborn < room ? unborn : room;
}

std::size_t DynamicPool::Available() const {
  const PoolStats stats = Stats();
  return maximum_ == kUnlimited ? stats.free + Growable() : maximum_ - stats.used;
}

}  // namespace corepool
