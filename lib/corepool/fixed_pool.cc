#include "corepool/fixed_pool.h"

#include <cstddef>
#include <cstdint>
#include <new>
#include <span>

#include "corepool/base/align.h"
#include "corepool/base/mix.h"
#include "corepool/config.h"
#include "corepool/engine/alarms.h"
#include "corepool/engine/block_pool.h"
#include "corepool/engine/block_state.h"
#include "corepool/engine/cache_parts.h"
#include "corepool/engine/cache_plan.h"
#include "corepool/engine/geometry.h"
#include "corepool/error.h"
#include "corepool/hooks.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/lockfree/tagged_stack.h"
#include "corepool/misuse.h"
#include "corepool/options.h"
#include "corepool/port/cores.h"
#include "corepool/port/port.h"

namespace corepool {
namespace {

// `what` is a region that must hold `bytes` bytes, aligned to `alignment`.
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

// Different for each pool and each run where the port can tell cycles, so that a
// value found in one pool's free blocks is no good in another's.
engine::Cookie NewKey(const void* pool, const void* memory) {
  const std::uint64_t seed =
      base::Mix64(port::Port::CycleCount()) ^ reinterpret_cast<std::uintptr_t>(pool);
  const std::uint64_t key =
      base::Mix64(base::Mix64(seed) ^ reinterpret_cast<std::uintptr_t>(memory));
  return static_cast<engine::Cookie>(key);
}

// In the first aligned bytes at `memory`: nobody has any block.
lockfree::Atomic<OwnerTag>* NewOwners(std::byte* memory, std::size_t count) {
  using Owner = lockfree::Atomic<OwnerTag>;
  while (!base::IsAligned(memory, alignof(Owner))) ++memory;
  auto* const owners = reinterpret_cast<Owner*>(memory);
  for (std::size_t i = 0; i < count; ++i) ::new (owners + i) Owner(0);
  return owners;
}

bool HasLevels(const PoolHooks* hooks, std::size_t capacity) {
  return hooks != nullptr && hooks->on_event != nullptr &&
         (engine::UsageLevels(*hooks, capacity).calm_below != 0 ||
          engine::FreeLevels(*hooks, capacity).calm_below != 0);
}

}  // namespace

Error FixedPool::Init(const PoolOptions& options, std::span<std::byte> memory) {
  if (initialized_) return Error::kAlreadyInitialized;
  const engine::Geometry plan = engine::PlanGeometry(options);
  if (plan.error != Error::kOk) return plan.error;
  if (options.hooks != nullptr &&
      !engine::AreValid(*options.hooks, options.block_count)) {
    return Error::kInvalidHooks;
  }
  const Error error = CheckMemory(memory, plan.total_bytes, plan.alignment);
  if (error != Error::kOk) return error;
  // Without blocks, and perhaps without memory, both are where memory begins.
  return InitAt(options, plan, memory.data() + plan.blocks_offset, memory.data());
}

Error FixedPool::Init(const PoolOptions& options, std::span<std::byte> blocks,
                      std::span<std::byte> bookkeeping) {
  if (initialized_) return Error::kAlreadyInitialized;
  const engine::Geometry plan = engine::PlanGeometry(options);
  if (plan.error != Error::kOk) return plan.error;
  if (options.hooks != nullptr &&
      !engine::AreValid(*options.hooks, options.block_count)) {
    return Error::kInvalidHooks;
  }
  Error error = CheckMemory(blocks, plan.block_bytes, options.alignment);
  if (error != Error::kOk) return error;
  error = CheckMemory(bookkeeping, plan.bookkeeping_bytes, kBookkeepingAlignment);
  if (error != Error::kOk) return error;
  if (Overlap(blocks.first(plan.block_bytes),
              bookkeeping.first(plan.bookkeeping_bytes))) {
    return Error::kOverlappingMemory;
  }
  return InitAt(options, plan, blocks.data(), bookkeeping.data());
}

Caching FixedPool::ChooseCaching(const PoolOptions& options, std::size_t cores) {
  if (options.block_count == 0) return Caching::kNone;
  const auto rseq = [] { return port::Cores::kRestartable && port::Cores::Enable(); };
  switch (options.caching) {
    case Caching::kCas:
    case Caching::kNone: return options.caching;
    case Caching::kRseq: return rseq() ? Caching::kRseq : Caching::kAutomatic;
    case Caching::kAutomatic: break;
  }
  if (options.block_count < engine::kFewestBlocksPerCore * cores ||
      port::Cores::kUsualCores == 1) {
    return Caching::kNone;
  }
  if (rseq()) return Caching::kRseq;
  return cores > 1 ? Caching::kCas : Caching::kNone;
}

Error FixedPool::InitAt(const PoolOptions& options, const engine::Geometry& plan,
                        std::byte* blocks, std::byte* bookkeeping) {
  std::size_t cores = options.cores;
  if (cores == 0 && options.caching != Caching::kNone) {
    cores = port::Cores::Count();
    if (cores > port::Cores::kUsualCores) cores = port::Cores::kUsualCores;
  }
  const corepool::Caching caching = ChooseCaching(options, cores);
  if (caching == Caching::kAutomatic) return Error::kUnsupported;
  // Without statistics nobody counts what cores have for themselves.
  if (COREPOOL_STATISTICS == 0 && caching != Caching::kNone &&
      HasLevels(options.hooks, options.block_count)) {
    return Error::kUnsupported;
  }

  const auto count = static_cast<lockfree::Index>(options.block_count);
  auto* const nodes = reinterpret_cast<lockfree::StackNode*>(bookkeeping);
  auto* const units = reinterpret_cast<lockfree::Atomic<engine::StateUnit>*>(
      bookkeeping + plan.states_offset);
  for (lockfree::Index i = 0; i < count; ++i) ::new (nodes + i) lockfree::StackNode;
  if (options.checking != corepool::Checking::kOff) {
    for (lockfree::Index i = 0; i < count; ++i) {
      ::new (units + i) lockfree::Atomic<engine::StateUnit>(0);
    }
  }
  engine::Marks marks = engine::Marks::kExact;
  if (options.checking == corepool::Checking::kOff) {
    marks = engine::Marks::kNone;
  } else if (caching == Caching::kRseq &&
             options.checking == corepool::Checking::kBasic) {
    marks = plan.cookies ? engine::Marks::kCookie : engine::Marks::kSide;
  }
  const PoolHooks* const hooks = options.hooks;
  const bool asks = hooks != nullptr && hooks->on_free != nullptr;
  const bool tells = hooks != nullptr && hooks->on_event != nullptr;
  // With caches, inline paths do not change what alarms go by.
  const engine::FastPath path =
      asks || (tells && caching == Caching::kNone)
          ? engine::FastPath::kOutOfLine
          : engine::FastPathFor(caching, options.checking, marks);
  const char* const name = options.name == nullptr ? "" : options.name;
  if (tells) alarms_.Init(*hooks, this, name, options.block_count);
  parts_ = {
      .by_cookie = path == engine::FastPath::kByCookie,
      .by_chain = caching == Caching::kNone,
      .path = path,
      .caching = caching,
      .checking = options.checking,
      .filled = options.checking == corepool::Checking::kFull && plan.cookies,
      .by_batch = caching == Caching::kNone || asks,
      .layout = {blocks, plan.stride, count},
      .state = {marks, plan.cookies, units, NewKey(this, blocks)},
      .cache = engine::LayOutCaches(
          engine::PlanCaches(options.block_count, caching, cores, cores), caching,
          bookkeeping + plan.caches_offset),
      .space = {nodes, count},
      .block_size = options.block_size,
      .alignment = options.alignment,
      .bookkeeping_bytes = plan.bookkeeping_bytes,
      .identity = this,
      .name = name,
      .misuse_handler = options.misuse_handler,
      .misuse_context = options.misuse_context,
      .hooks = asks ? hooks : nullptr,
      .alarms = tells ? &alarms_ : nullptr,
      .owners = options.checking == corepool::Checking::kFull
                    ? NewOwners(bookkeeping + plan.owners_offset, count)
                    : nullptr,
  };
  if (caching != Caching::kNone) parts_.cache.state->alarms = parts_.alarms;
  engine::BlockPool(parts_, state_).LayOut();
  initialized_ = true;
  return Error::kOk;
}

Error FixedPool::Deinit(Leaks leaks) {
  if (!initialized_) return Error::kNotInitialized;
  const Error error = engine::BlockPool(parts_, state_).SettleLeaks(leaks);
  if (error != Error::kOk) return error;
  initialized_ = false;
  parts_ = kNoParts;
  engine::BlockPool(parts_, state_).LayOut();
  return Error::kOk;
}

}  // namespace corepool
