// A pool of equal blocks in memory that the caller provides.
//
//   alignas(16) static std::byte memory[corepool::RequiredBytes(kOptions)];
//   static constinit corepool::FixedPool pool;
//   ...
//   if (pool.Init(kOptions, memory) != corepool::Error::kOk) ...
//   void* block = pool.Allocate();  // anywhere: thread, interrupt, any core
//   pool.Free(block);               // anywhere else

#ifndef COREPOOL_FIXED_POOL_H_
#define COREPOOL_FIXED_POOL_H_

#include <cstddef>
#include <span>

#include "corepool/config.h"
#include "corepool/engine/alarms.h"
#include "corepool/engine/block_pool.h"
#include "corepool/engine/block_state.h"
#include "corepool/engine/cache_plan.h"
#include "corepool/engine/creation.h"
#include "corepool/engine/geometry.h"
#include "corepool/engine/pool_access.h"
#include "corepool/engine/pool_face.h"
#include "corepool/engine/pool_parts.h"
#include "corepool/engine/pool_paths.h"
#include "corepool/error.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/options.h"
#include "corepool/port/cores.h"
#include "corepool/port/port.h"
#include "corepool/stats.h"

namespace corepool {

// Most blocks of one pool: 2^31 - 1 where the CPU swaps 64 bits by itself, 2^15 - 1
// elsewhere. A tag of more than half a word is left in any case.
inline constexpr std::size_t kMaxBlockCount = lockfree::kMostIndices;

// Most cores that can have caches.
inline constexpr std::size_t kMaxCores = engine::kMostCores;

// [default: any; wait-free; O(1)]

// Whether a pool could be made with these options: kOk, kInvalidSize,
// kInvalidAlignment, kInvalidCount, kTooLarge or kUnsupported. Does not look at hooks.
constexpr Error Validate(const PoolOptions& options) {
  return engine::PlanGeometry(options).error;
}

// Bytes of memory that Init needs for blocks and bookkeeping together; 0 if the
// options are not valid. If PoolOptions::cores is 0, enough for the caches of any
// machine; knowing how many cores there are may save a few kilobytes.
constexpr std::size_t RequiredBytes(const PoolOptions& options) {
  return engine::PlanGeometry(options).total_bytes;
}

// The same for Init with two regions.
constexpr std::size_t RequiredBlockBytes(const PoolOptions& options) {
  return engine::PlanGeometry(options).block_bytes;
}
constexpr std::size_t RequiredBookkeepingBytes(const PoolOptions& options) {
  return engine::PlanGeometry(options).bookkeeping_bytes;
}

// What memory for Init must be aligned to, in bytes; 1 if the options are not
// valid. Of two regions, the blocks' must be aligned to PoolOptions::alignment and
// the bookkeeping's to kBookkeepingAlignment.
constexpr std::size_t RequiredAlignment(const PoolOptions& options) {
  const engine::Geometry plan = engine::PlanGeometry(options);
  return plan.error == Error::kOk ? plan.alignment : 1;
}
inline constexpr std::size_t kBookkeepingAlignment = engine::kBookkeepingAlignment;

// Operations on blocks: see engine::PoolFace.
//
// Default-constructed, also as constinit, it is a pool without blocks. It never
// frees the memory it was given, and its destructor does nothing.
class FixedPool : public engine::PoolFace<FixedPool, void> {
 public:
  constexpr FixedPool() = default;

  // Makes a pool of options.block_count blocks in `memory`, which must stay valid
  // until Deinit and be RequiredBytes(options) long and RequiredAlignment(options)
  // aligned at least. Bytes beyond that are left alone. Errors, all of which leave
  // everything as it was:
  //   kInvalidSize, kInvalidAlignment, kInvalidCount, kTooLarge, kInvalidHooks,
  //   kUnsupported (also for alarms, with caches and without COREPOOL_STATISTICS)
  //   kNullMemory, kMisalignedMemory, kMemoryTooSmall, kOverlappingMemory
  //   kAlreadyInitialized
  //   kTooMany, kNotInitialized: the waiters are another pool's, or not initialised
  // [alone; lock-free; O(N)]
  [[nodiscard]] Error Init(const PoolOptions& options, std::span<std::byte> memory);

  // The same with bookkeeping and blocks apart: for blocks in memory that a DMA engine
  // writes to, that is not cached or not always powered. `blocks` must be
  // RequiredBlockBytes long and aligned to PoolOptions::alignment, `bookkeeping`
  // RequiredBookkeepingBytes long and aligned to kBookkeepingAlignment.
  [[nodiscard]] Error Init(const PoolOptions& options, std::span<std::byte> blocks,
                           std::span<std::byte> bookkeeping);

  // Gives the memory back. What is done about blocks that are still allocated, `leaks`
  // says (options.h): in doubt the pool stays; blocks in quarantine are not in use.
  // With kFull under AddressSanitizer or Memcheck nobody may touch free blocks before
  // that. kNotInitialized, or kBlocksInUse (also if somebody waits), which changes
  // nothing. [alone; lock-free; O(magazines); O(N) if leaks are reported]
  [[nodiscard]] Error Deinit(Leaks leaks = Leaks::kRefuse);

  // Between Init and Deinit. [any; wait-free; O(1)]
  [[nodiscard]] bool is_initialized() const { return initialized_; }

 private:
  friend class engine::PoolFace<FixedPool, void>;
  friend class engine::PoolPaths<FixedPool, void, port::Cores>;
  friend class engine::PoolAccess;

  static constexpr bool kBeginsAllZero = false;
  const engine::PoolParts& parts() const { return parts_; }
  Error InitAt(const PoolOptions& options, const engine::Geometry& plan,
               std::byte* blocks, std::byte* bookkeeping);

  // Read by every operation and written by none, so kept off the state's lines.
  alignas(port::Port::kInterferenceBytes) engine::PoolParts parts_ = engine::kNoParts;
  bool initialized_ = false;
  mutable engine::PoolState state_;
  mutable engine::Alarms alarms_;
};

}  // namespace corepool

#endif  // COREPOOL_FIXED_POOL_H_
