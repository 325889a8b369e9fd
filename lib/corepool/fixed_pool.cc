#include "corepool/fixed_pool.h"

#include <cstddef>
#include <cstdint>
#include <new>
#include <span>

#include "corepool/base/align.h"
#include "corepool/base/mix.h"
#include "corepool/engine/block_pool.h"
#include "corepool/engine/block_state.h"
#include "corepool/engine/cache_parts.h"
#include "corepool/engine/cache_plan.h"
#include "corepool/engine/geometry.h"
#include "corepool/engine/quarantine.h"
#include "corepool/error.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/lockfree/tagged_stack.h"
#include "corepool/options.h"
#include "corepool/port/annotate.h"
#include "corepool/port/cores.h"
#include "corepool/port/port.h"
#include "corepool/stats.h"

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

engine::Quarantine LayOutQuarantine(const engine::Geometry& plan,
                                    std::byte* bookkeeping, lockfree::Index blocks) {
  using Word = lockfree::Atomic<lockfree::Word>;
  if (plan.quarantine == 0) return {};
  std::byte* begin = bookkeeping + plan.quarantine_offset;
  while (!base::IsAligned(begin, alignof(Word))) begin += engine::kBookkeepingAlignment;
  auto* const words = reinterpret_cast<Word*>(begin);
  for (std::size_t i = 0; i <= plan.quarantine; ++i) ::new (words + i) Word;
  return {words, static_cast<lockfree::Index>(plan.quarantine), blocks};
}

}  // namespace

Error FixedPool::Init(const PoolOptions& options, std::span<std::byte> memory) {
  if (initialized_) return Error::kAlreadyInitialized;
  const engine::Geometry plan = engine::PlanGeometry(options);
  if (plan.error != Error::kOk) return plan.error;
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
             options.checking != corepool::Checking::kStrict) {
    marks = plan.cookies ? engine::Marks::kCookie : engine::Marks::kSide;
  }
  const bool annotated = options.checking == corepool::Checking::kFull &&
                         port::Annotations::Enabled() &&
                         options.alignment % port::Annotations::kGranule == 0;
  engine::FastPath path = engine::FastPathFor(caching, options.checking, marks);
  if (path == engine::FastPath::kFilled && (annotated || plan.quarantine != 0)) {
    path = engine::FastPath::kOutOfLine;
  }
  parts_ = {
      .by_cookie = path == engine::FastPath::kByCookie,
      .by_chain = caching == Caching::kNone && plan.quarantine == 0,
      .path = path,
      .caching = caching,
      .checking = options.checking,
      .filled = plan.filled,
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
      .name = options.name == nullptr ? "" : options.name,
      .misuse_handler = options.misuse_handler,
      .misuse_context = options.misuse_context,
      .annotated = annotated,
      .quarantine = LayOutQuarantine(plan, bookkeeping, count),
  };
  engine::BlockPool(parts_, state_).LayOut();
  initialized_ = true;
  return Error::kOk;
}

Error FixedPool::Deinit() {
  if (!initialized_) return Error::kNotInitialized;
  const PoolStats stats = Stats();
  if (stats.used > stats.withheld + stats.quarantined) return Error::kBlocksInUse;
  engine::BlockPool(parts_, state_).Abandon();
  initialized_ = false;
  parts_ = kNoParts;
  engine::BlockPool(parts_, state_).LayOut();
  return Error::kOk;
}

}  // namespace corepool
