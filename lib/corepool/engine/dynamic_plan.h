// How many blocks a pool may grow to, and where its bookkeeping lies.

#ifndef COREPOOL_ENGINE_DYNAMIC_PLAN_H_
#define COREPOOL_ENGINE_DYNAMIC_PLAN_H_

#include <cstddef>
#include <cstdint>

#include "corepool/base/align.h"
#include "corepool/dynamic_pool_options.h"
#include "corepool/engine/geometry.h"
#include "corepool/engine/scatter.h"
#include "corepool/error.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/options.h"

namespace corepool::engine {

inline constexpr std::size_t kDynamicBookkeepingAlignment =
    alignof(Scatter::Place) > kBookkeepingAlignment ? alignof(Scatter::Place)
                                                    : kBookkeepingAlignment;

//   | as Geometry's bookkeeping | places | table |
//   0                           scatter_offset
struct DynamicPlan {
  Error error;       // if not kOk, bookkeeping_bytes is 0
  PoolOptions pool;  // block_count: indices; alignment: of every block
  Geometry geometry;
  std::size_t slots;  // blocks that there is room for
  bool for_want_of;   // that is fewer than the maximum
  std::size_t scatter_offset;
  std::size_t bookkeeping_bytes;
};

// What blocks of these options are aligned to.
constexpr std::size_t DynamicAlignment(const DynamicPoolOptions& options,
                                       std::size_t padding) {
  return options.hardware && padding > options.alignment ? padding : options.alignment;
}

// For a segment with `room` bytes from the next address on that is so aligned. Beyond
// those no block can ever be, so bookkeeping is for no more than fit in it.
constexpr DynamicPlan PlanDynamic(const DynamicPoolOptions& options, std::size_t room,
                                  std::size_t padding) {
  const auto refused = [](Error error) {
    DynamicPlan plan{};
    plan.error = error;
    return plan;
  };
  DynamicPlan plan{};
  plan.pool = {.block_size = options.block_size,
               .block_count = 0,
               .alignment = DynamicAlignment(options, padding),
               .checking = options.checking,
               .caching = options.caching,
               .state = options.hardware && options.state <= State::kSide
                            ? State::kSide
                            : options.state,
               .cores = options.cores,
               .name = options.name,
               .misuse_handler = options.misuse_handler,
               .misuse_context = options.misuse_context,
               .hooks = options.hooks};
  if (!base::IsPowerOfTwo(options.alignment)) {
    return refused(options.block_size == 0 ? Error::kInvalidSize
                                           : Error::kInvalidAlignment);
  }
  const Geometry block = PlanGeometry(plan.pool);
  if (block.error != Error::kOk) return refused(block.error);
  const bool limited = options.maximum != kUnlimited;
  if (options.initial > options.maximum || options.growth == 0 ||
      (limited && options.maximum > lockfree::kMostIndices)) {
    return refused(Error::kInvalidCount);
  }
  if ((base::CheckedSize(options.initial) * block.stride).overflowed()) {
    return refused(Error::kTooLarge);
  }
  plan.slots = room / block.stride;
  if (options.initial > plan.slots) return refused(Error::kSegmentExhausted);
  std::size_t count =
      plan.slots < lockfree::kMostIndices ? plan.slots : lockfree::kMostIndices;
  if (options.maximum < count) count = options.maximum;
  plan.for_want_of = count < options.maximum;
  plan.pool.block_count = count;
  plan.geometry = PlanGeometry(plan.pool);
  if (plan.geometry.error != Error::kOk) return refused(plan.geometry.error);
  const base::CheckedSize scatter = base::CheckedSize(plan.geometry.bookkeeping_bytes)
                                        .AlignedUp(alignof(Scatter::Place));
  const base::CheckedSize bytes = scatter + Scatter::BytesFor(count, plan.slots);
  if (bytes.overflowed() || bytes.value() > std::size_t{PTRDIFF_MAX}) {
    return refused(Error::kTooLarge);
  }
  plan.scatter_offset = scatter.value();
  plan.bookkeeping_bytes = bytes.value();
  return plan;
}

}  // namespace corepool::engine

#endif  // COREPOOL_ENGINE_DYNAMIC_PLAN_H_
