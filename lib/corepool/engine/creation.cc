#include "corepool/engine/creation.h"

#include <cstddef>
#include <cstdint>
#include <new>
#include <span>

#include "corepool/base/align.h"
#include "corepool/base/mix.h"
#include "corepool/config.h"
#include "corepool/engine/alarms.h"
#include "corepool/engine/block_layout.h"
#include "corepool/engine/block_pool.h"
#include "corepool/engine/block_state.h"
#include "corepool/engine/cache_plan.h"
#include "corepool/engine/geometry.h"
#include "corepool/engine/pool_parts.h"
#include "corepool/engine/quarantine.h"
#include "corepool/error.h"
#include "corepool/hooks.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/lockfree/tagged_stack.h"
#include "corepool/misuse.h"
#include "corepool/options.h"
#include "corepool/port/annotate.h"
#include "corepool/port/cores.h"
#include "corepool/port/port.h"

namespace corepool::engine {
namespace {

// Different for each pool and each run where the port can tell cycles, so that a
// value found in one pool's free blocks is no good in another's.
Cookie NewKey(const void* pool, const void* memory) {
  const std::uint64_t seed =
      base::Mix64(port::Port::CycleCount()) ^ reinterpret_cast<std::uintptr_t>(pool);
  const std::uint64_t key =
      base::Mix64(base::Mix64(seed) ^ reinterpret_cast<std::uintptr_t>(memory));
  return static_cast<Cookie>(key);
}

// In the first aligned bytes at `memory`: nobody has any block.
lockfree::Atomic<OwnerTag>* NewOwners(std::byte* memory, std::size_t count) {
  using Owner = lockfree::Atomic<OwnerTag>;
  while (!base::IsAligned(memory, alignof(Owner))) ++memory;
  auto* const owners = reinterpret_cast<Owner*>(memory);
  for (std::size_t i = 0; i < count; ++i) ::new (owners + i) Owner(0);
  return owners;
}

Quarantine LayOutQuarantine(const Geometry& plan, std::byte* bookkeeping,
                            lockfree::Index blocks) {
  using Word = lockfree::Atomic<lockfree::Word>;
  if (plan.quarantine == 0) return {};
  std::byte* begin = bookkeeping + plan.quarantine_offset;
  while (!base::IsAligned(begin, alignof(Word))) begin += kBookkeepingAlignment;
  auto* const words = reinterpret_cast<Word*>(begin);
  for (std::size_t i = 0; i <= plan.quarantine; ++i) ::new (words + i) Word;
  return {words, static_cast<lockfree::Index>(plan.quarantine), blocks};
}

bool HasLevels(const PoolHooks* hooks, std::size_t capacity) {
  return hooks != nullptr && hooks->on_event != nullptr &&
         (UsageLevels(*hooks, capacity).calm_below != 0 ||
          FreeLevels(*hooks, capacity).calm_below != 0);
}

}  // namespace

Error CheckMemory(std::span<std::byte> what, std::size_t bytes, std::size_t alignment) {
  if (bytes == 0) return Error::kOk;
  if (what.data() == nullptr) return Error::kNullMemory;
  if (!base::IsAligned(what.data(), alignment)) return Error::kMisalignedMemory;
  return what.size() < bytes ? Error::kMemoryTooSmall : Error::kOk;
}

bool Overlap(std::span<std::byte> one, std::span<std::byte> other) {
  const auto begin = [](std::span<std::byte> region) {
    return reinterpret_cast<std::uintptr_t>(region.data());
  };
  return begin(one) < begin(other) + other.size() &&
         begin(other) < begin(one) + one.size();
}

std::size_t CoresFor(std::size_t asked) {
  if (asked != 0) return asked;
  const std::size_t count = port::Cores::Count();
  return count < port::Cores::kUsualCores ? count : port::Cores::kUsualCores;
}

CachingChoice ChooseCaching(const PoolOptions& options) {
  const std::size_t cores =
      options.caching != Caching::kNone ? CoresFor(options.cores) : options.cores;
  const auto choose = [&] {
    if (options.block_count == 0) return Caching::kNone;
    const auto rseq = [] { return port::Cores::kRestartable && port::Cores::Enable(); };
    switch (options.caching) {
      case Caching::kCas:
      case Caching::kNone: return options.caching;
      case Caching::kRseq: return rseq() ? Caching::kRseq : Caching::kAutomatic;
      case Caching::kAutomatic: break;
    }
    if (options.block_count < kFewestBlocksPerCore * cores ||
        port::Cores::kUsualCores == 1) {
      return Caching::kNone;
    }
    if (rseq()) return Caching::kRseq;
    return cores > 1 ? Caching::kCas : Caching::kNone;
  };
  return {choose(), cores};
}

Error CheckHooks(const PoolOptions& options, corepool::Caching caching) {
  const PoolHooks* const hooks = options.hooks;
  if (hooks != nullptr && !AreValid(*hooks, options.block_count)) {
    return Error::kInvalidHooks;
  }
  // Without statistics nobody counts what cores have for themselves.
  return COREPOOL_STATISTICS == 0 && caching != Caching::kNone &&
                 HasLevels(hooks, options.block_count)
             ? Error::kUnsupported
             : Error::kOk;
}

PoolParts MakeParts(const PoolOptions& options, const Geometry& plan,
                    const CachingChoice& caching, bool exact, std::byte* bookkeeping,
                    const BlockLayout& layout, const void* identity, Alarms& alarms) {
  const auto count = static_cast<lockfree::Index>(options.block_count);
  auto* const nodes = reinterpret_cast<lockfree::StackNode*>(bookkeeping);
  auto* const units =
      reinterpret_cast<lockfree::Atomic<StateUnit>*>(bookkeeping + plan.states_offset);
  for (lockfree::Index i = 0; i < count; ++i) ::new (nodes + i) lockfree::StackNode;
  if (options.checking != Checking::kOff) {
    for (lockfree::Index i = 0; i < count; ++i) {
      ::new (units + i) lockfree::Atomic<StateUnit>(0);
    }
  }
  Marks marks = Marks::kExact;
  if (options.checking == Checking::kOff) {
    marks = Marks::kNone;
  } else if (!exact && caching.caching == Caching::kRseq &&
             options.checking != Checking::kStrict) {
    marks = plan.cookies ? Marks::kCookie : Marks::kSide;
  }
  const PoolHooks* const hooks = options.hooks;
  const bool asks = hooks != nullptr && hooks->on_free != nullptr;
  const bool tells = hooks != nullptr && hooks->on_event != nullptr;
  // With caches, inline paths do not change what alarms go by.
  const bool annotated = options.checking == Checking::kFull &&
                         port::Annotations::Enabled() &&
                         options.alignment % port::Annotations::kGranule == 0;
  const bool quarantined = plan.quarantine != 0;
  const bool out_of_line = layout.is_scattered() || asks || annotated || quarantined ||
                           (tells && caching.caching == Caching::kNone);
  const FastPath path = out_of_line
                            ? FastPath::kOutOfLine
                            : FastPathFor(caching.caching, options.checking, marks);
  const char* const name = options.name == nullptr ? "" : options.name;
  if (tells) alarms.Init(*hooks, identity, name, options.block_count);
  const bool by_chain =
      caching.caching == Caching::kNone && !layout.is_scattered() && !quarantined;
  PoolParts parts{
      .by_cookie = path == FastPath::kByCookie,
      .by_chain = by_chain,
      .path = path,
      .caching = caching.caching,
      .checking = options.checking,
      .filled = plan.filled,
      .by_batch = by_chain || asks,
      .layout = layout,
      .state = {marks, plan.cookies, units, NewKey(identity, bookkeeping)},
      .cache = LayOutCaches(PlanCaches(options.block_count, caching.caching,
                                       caching.cores, caching.cores),
                            caching.caching, bookkeeping + plan.caches_offset),
      .space = {nodes, count},
      .block_size = options.block_size,
      .alignment = options.alignment,
      .bookkeeping_bytes = plan.bookkeeping_bytes,
      .identity = identity,
      .name = name,
      .misuse_handler = options.misuse_handler,
      .misuse_context = options.misuse_context,
      .hooks = asks ? hooks : nullptr,
      .alarms = tells ? &alarms : nullptr,
      .owners = options.checking == Checking::kFull
                    ? NewOwners(bookkeeping + plan.owners_offset, count)
                    : nullptr,
      .annotated = annotated,
      .quarantine = LayOutQuarantine(plan, bookkeeping, count),
  };
  if (caching.caching != Caching::kNone) parts.cache.state->alarms = parts.alarms;
  return parts;
}

Error EndParts(PoolParts& parts, PoolState& state, Leaks leaks) {
  if (parts.waiters != nullptr && parts.waiters->CountWaiting() != 0) {
    return Error::kBlocksInUse;
  }
  const BlockPool view(parts, state);
  const Error error = view.SettleLeaks(leaks);
  if (error != Error::kOk) return error;
  view.Abandon();
  parts = kNoParts;
  view.LayOut();
  return Error::kOk;
}

}  // namespace corepool::engine
