// Where everything lies in a pool's memory.

#ifndef COREPOOL_ENGINE_GEOMETRY_H_
#define COREPOOL_ENGINE_GEOMETRY_H_

#include <cstddef>
#include <cstdint>

#include "corepool/base/align.h"
#include "corepool/engine/block_fill.h"
#include "corepool/engine/block_state.h"
#include "corepool/engine/cache_parts.h"
#include "corepool/engine/cache_plan.h"
#include "corepool/engine/quarantine.h"
#include "corepool/error.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/lockfree/tagged_stack.h"
#include "corepool/misuse.h"
#include "corepool/options.h"
#include "corepool/port/cores.h"

namespace corepool::engine {

// Of nodes and states.
inline constexpr std::size_t kBookkeepingAlignment =
    alignof(lockfree::StackNode) > alignof(lockfree::Atomic<StateUnit>)
        ? alignof(lockfree::StackNode)
        : alignof(lockfree::Atomic<StateUnit>);

// The free list's nodes first, then the states unless checking is off, the quarantine
// and the caches if there are any, the owners with kFull, and the blocks last: what
// runs off the end of the last block runs out of the pool's memory, not into its
// bookkeeping.
//
//   | nodes: 2 indices a block | states: 1 unit a block | quarantine | caches | owners
//   | 0                          states_offset   quarantine_offset  caches_offset |
//   blocks | blocks_offset
struct Geometry {
  Error error;  // if not kOk, all sizes are 0
  bool cookies;
  bool filled;  // free blocks hold a pattern
  std::size_t stride;
  std::size_t states_offset;
  std::size_t quarantine_offset;  // or, to be aligned, up to kQuarantineSlack more
  std::size_t quarantine;         // blocks in it at most
  std::size_t caches_offset;      // or, to be aligned, up to kCachesSlack more
  std::size_t owners_offset;      // or, to be aligned, up to kOwnersSlack more
  std::size_t bookkeeping_bytes;  // nodes, states, quarantine, caches and owners
  std::size_t blocks_offset;      // in one region with the bookkeeping
  std::size_t block_bytes;        // all blocks
  std::size_t total_bytes;        // in one region
  std::size_t alignment;          // of one region
};

// Memory need not be aligned for caches; they align themselves. The same goes for the
// quarantine.
inline constexpr std::size_t kCachesSlack = alignof(CacheState) - kBookkeepingAlignment;
inline constexpr std::size_t kQuarantineSlack =
    alignof(lockfree::Atomic<lockfree::Word>) > kBookkeepingAlignment
        ? alignof(lockfree::Atomic<lockfree::Word>) - kBookkeepingAlignment
        : 0;

// Nor for owners.
inline constexpr std::size_t kOwnersSlack = alignof(lockfree::Atomic<OwnerTag>) - 1;

// Whether a free block can hold the cookie.
constexpr bool FitsCookie(const PoolOptions& options) {
  return options.block_size >= sizeof(Cookie) &&
         options.alignment % alignof(Cookie) == 0;
}

// What pools of these options need at most for caches, whatever machine they are on.
constexpr std::size_t MostCacheBytes(const PoolOptions& options) {
  const bool automatic = options.caching == Caching::kAutomatic;
  const std::size_t most =
      options.cores != 0 ? options.cores : port::Cores::kUsualCores;
  std::size_t bytes = 0;
  // Sections pay off for one core too (ChooseCaching), compare-and-swap does not.
  if (automatic && most == 1 && !port::Cores::kRestartable) return bytes;
  constexpr Caching kWithCaches[] = {Caching::kRseq, Caching::kCas};
  for (const Caching caching : kWithCaches) {
    if (!automatic && caching != options.caching) continue;
    for (std::size_t cores = options.cores != 0 ? most : 1; cores <= most; ++cores) {
      if (automatic && options.block_count < kFewestBlocksPerCore * cores) break;
      const std::size_t needed =
          PlanCaches(options.block_count, caching, cores, cores).bytes;
      if (needed > bytes) bytes = needed;
    }
  }
  return bytes;
}

constexpr Geometry PlanGeometry(const PoolOptions& options) {
  Geometry plan{};
  if (options.checking > Checking::kFull || options.state > State::kSide ||
      options.caching > Caching::kNone || options.cores > kMostCores ||
      (options.quarantine != 0 && options.checking != Checking::kFull) ||
      (options.caching == Caching::kRseq && !port::Cores::kRestartable)) {
    plan.error = Error::kUnsupported;
    return plan;
  }
  if (options.block_size == 0) {
    plan.error = Error::kInvalidSize;
    return plan;
  }
  if (!base::IsPowerOfTwo(options.alignment)) {
    plan.error = Error::kInvalidAlignment;
    return plan;
  }
  if (options.block_count > lockfree::kMostIndices) {
    plan.error = Error::kInvalidCount;
    return plan;
  }
  plan.cookies = options.state != State::kSide && options.checking != Checking::kOff &&
                 FitsCookie(options);
  plan.filled = options.state != State::kSide && options.checking == Checking::kFull;
  plan.quarantine = options.quarantine < options.block_count ? options.quarantine
                                                             : options.block_count;

  const base::CheckedSize count = options.block_count;
  base::CheckedSize stride = options.block_size;
  if (options.checking == Checking::kFull) stride = stride + kGuardBytes;
  stride = stride.AlignedUp(options.alignment);

  const base::CheckedSize nodes =
      (count * sizeof(lockfree::StackNode)).AlignedUp(alignof(StateUnit));
  base::CheckedSize bookkeeping = nodes;
  if (options.checking != Checking::kOff) {
    bookkeeping = bookkeeping + count * sizeof(StateUnit);
  }
  // The slack that follows is counted from here.
  if (options.checking != Checking::kOff) {
    bookkeeping = bookkeeping.AlignedUp(kBookkeepingAlignment);
  }
  plan.quarantine_offset = bookkeeping.value();
  if (plan.quarantine != 0) {
    bookkeeping =
        bookkeeping + kQuarantineSlack + Quarantine::BytesFor(plan.quarantine);
    bookkeeping = bookkeeping.AlignedUp(kBookkeepingAlignment);
  }
  plan.caches_offset = bookkeeping.value();
  if (const std::size_t caches = MostCacheBytes(options); caches != 0) {
    bookkeeping = bookkeeping + kCachesSlack + caches;
  }
  const base::CheckedSize owners_offset = bookkeeping;
  if (options.checking == Checking::kFull && options.block_count != 0) {
    bookkeeping =
        bookkeeping + kOwnersSlack + count * sizeof(lockfree::Atomic<OwnerTag>);
  }
  const base::CheckedSize blocks_offset =
      count.value() == 0 ? base::CheckedSize{0}
                         : bookkeeping.AlignedUp(options.alignment);
  const base::CheckedSize blocks = count * stride;
  const base::CheckedSize total = blocks_offset + blocks;
  // Addresses within one object differ by at most PTRDIFF_MAX.
  if (total.overflowed() || total.value() > std::size_t{PTRDIFF_MAX} ||
      stride.overflowed() || stride.value() > std::size_t{PTRDIFF_MAX}) {
    plan.error = Error::kTooLarge;
    return plan;
  }
  plan.stride = stride.value();
  plan.states_offset = nodes.value();
  plan.owners_offset = owners_offset.value();
  plan.bookkeeping_bytes = bookkeeping.value();
  plan.blocks_offset = blocks_offset.value();
  plan.block_bytes = blocks.value();
  plan.total_bytes = total.value();
  plan.alignment = options.alignment > kBookkeepingAlignment ? options.alignment
                                                             : kBookkeepingAlignment;
  return plan;
}

}  // namespace corepool::engine

#endif  // COREPOOL_ENGINE_GEOMETRY_H_
