// A pool of equal blocks that grows from a segment.
//
//   alignas(32) static std::byte memory[4096];
//   static constinit corepool::Segment segment;
//   static constinit corepool::DynamicPool pool;
//   constexpr corepool::DynamicPoolOptions kOptions{
//       .block_size = 20, .initial = 10, .maximum = 100};
//   alignas(corepool::kDynamicBookkeepingAlignment) static std::byte
//       bookkeeping[corepool::RequiredBookkeepingBytes(kOptions, sizeof(memory))];
//   ...
//   if (segment.Init("segment", memory) != corepool::Error::kOk) ...
//   if (pool.Init(kOptions, segment, bookkeeping) != corepool::Error::kOk) ...
//   void* block = pool.Allocate();  // anywhere: thread, interrupt, any core

#ifndef COREPOOL_DYNAMIC_POOL_H_
#define COREPOOL_DYNAMIC_POOL_H_

#include <cstddef>
#include <span>

#include "corepool/dynamic_pool_options.h"
#include "corepool/engine/alarms.h"
#include "corepool/engine/creation.h"
#include "corepool/engine/dynamic_plan.h"
#include "corepool/engine/growth.h"
#include "corepool/engine/pool_access.h"
#include "corepool/engine/pool_face.h"
#include "corepool/engine/pool_parts.h"
#include "corepool/engine/pool_paths.h"
#include "corepool/error.h"
#include "corepool/options.h"
#include "corepool/port/cores.h"
#include "corepool/port/port.h"
#include "corepool/segment.h"

namespace corepool {

// What memory for a DynamicPool's bookkeeping must be aligned to.
inline constexpr std::size_t kDynamicBookkeepingAlignment =
    engine::kDynamicBookkeepingAlignment;

// Bytes that Init needs besides the blocks, for a segment of which `segment_bytes` are
// left; 0 if Init would refuse. O(maximum), or of the blocks that fit in if those are
// fewer: 21 to 33 bytes for each, 11 to 17 on 32-bit targets, and the caches.
// [any; wait-free; O(1)]
constexpr std::size_t RequiredBookkeepingBytes(const DynamicPoolOptions& options,
                                               std::size_t segment_bytes,
                                               std::size_t padding_alignment = 1) {
  return engine::PlanDynamic(options, segment_bytes, padding_alignment)
      .bookkeeping_bytes;
}
// The same for the segment as it is now. If others take from it before Init does, an
// unlimited pool mostly needs less; if its caches need more, Init says kMemoryTooSmall.
inline std::size_t RequiredBookkeepingBytes(const DynamicPoolOptions& options,
                                            const Segment& segment) {
  const std::size_t padding = segment.padding_alignment();
  return RequiredBookkeepingBytes(
      options, segment.Remaining(engine::DynamicAlignment(options, padding)), padding);
}

// Begins with `initial` blocks and takes more from the segment when none is free, up to
// `maximum`. The blocks are the segment's memory, and nothing else is, so that all of
// it can become blocks. They stay the pool's: freed ones are allocated again first, and
// the segment gets none of them back before its Clear or Deinit.
//
// Operations on blocks: see engine::PoolFace, with these differences. All of them are
// lock-free, also while the pool grows, in any context:
//   - Without a free block, Allocate and the like grow the pool. kExhausted: `maximum`
//     is reached; kSegmentExhausted: it is not, but the segment has no room for another
//     block. In either case there was an instant during the call at which no block was
//     free, and nothing could be grown any more. What other calls are just growing for
//     themselves counts as allocated.
//   - Of blocks grown at once (DynamicPoolOptions::growth) the others are freed at
//     once. Until then they count as allocated, also for PoolStats::peak.
//   - Calls are not inline, and freeing looks the block's address up in a table: O(1)
//     expected, one or two cache misses.
//   - A call that grows the pool takes some ten atomic read-modify-writes more, and
//     O(growth) steps.
//   - PoolStats::capacity is the number of blocks that there are. BlockAt knows
//     none that there is not yet.
//   - Clear keeps what has been grown.
//   - Alarms reckon with the blocks that the pool may have, those that it has not grown
//     yet counting as free.
//   - Checking::kBasic is as exact as kStrict, with any caching.
// [default: any; wait-free; O(1)]
// [inherited: a call that grows the pool makes some 10 RMW and O(growth) steps more; a
// block's address is looked up, O(1) expected]
class DynamicPool : public engine::PoolFace<DynamicPool, void> {
 public:
  constexpr DynamicPool() = default;

  // Makes a pool in `segment`, which must stay initialised until Deinit (and will),
  // with `bookkeeping` of RequiredBookkeepingBytes, aligned to
  // kDynamicBookkeepingAlignment, which must not lie in the segment and must stay
  // valid. Errors, which leave everything as it was:
  //   kInvalidSize, kInvalidAlignment, kTooLarge, kInvalidHooks, kUnsupported: as
  //                       FixedPool
  //   kInvalidCount       initial above maximum, growth 0, or more than kMaxBlockCount
  //   kSegmentExhausted   the initial blocks do not fit
  //   kNullMemory, kMisalignedMemory, kMemoryTooSmall, kOverlappingMemory: bookkeeping
  //   kNotInitialized     the segment is not
  //   kAlreadyInitialized
  //   kTooMany, kNotInitialized: the waiters, as FixedPool
  // A maximum of 0 makes a pool that is always exhausted.
  // The segment may be in use.
  // [alone; lock-free; O(maximum)]
  [[nodiscard]] Error Init(const DynamicPoolOptions& options, Segment& segment,
                           std::span<std::byte> bookkeeping);

  // The same with bookkeeping from another segment: kOverlappingMemory if it is the
  // same one, kExhausted if it has no room. If the blocks' segment is used up by others
  // during the call, that memory is lost.
  [[nodiscard]] Error Init(const DynamicPoolOptions& options, Segment& segment,
                           Segment& bookkeeping);

  // Ends the pool. What is done about blocks that are still allocated, `leaks` says.
  // kNotInitialized, or kBlocksInUse, which changes nothing. The blocks do not go back
  // to the segment. [alone; lock-free; O(magazines); O(N) if leaks are reported]
  [[nodiscard]] Error Deinit(Leaks leaks = Leaks::kRefuse);

  // Between Init and Deinit.
  [[nodiscard]] bool is_initialized() const { return initialized_; }

  // Blocks that could be allocated now without a free in between: with a maximum, what
  // is not allocated of it, whether the segment has room for it or not; without, what
  // is free and Growable. [O(magazines)]
  [[nodiscard]] std::size_t Available() const;
  // Blocks that the pool could still grow by, if nobody else took from the segment;
  // Stats tells how many are free besides.
  [[nodiscard]] std::size_t Growable() const;

  // As the options have it; 0 without Init.
  [[nodiscard]] std::size_t maximum() const { return maximum_; }
  // nullptr without Init.
  [[nodiscard]] const Segment* segment() const { return segment_; }

 private:
  friend class engine::PoolFace<DynamicPool, void>;
  friend class engine::PoolPaths<DynamicPool, void, port::Cores>;
  friend class engine::PoolAccess;

  static constexpr bool kBeginsAllZero = false;
  static engine::DynamicPlan PlanIn(const DynamicPoolOptions& options,
                                    const Segment& segment);
  const engine::PoolParts& parts() const { return parts_; }
  // Takes the initial blocks.
  Error InitAt(const DynamicPoolOptions& options, const engine::DynamicPlan& plan,
               const engine::CachingChoice& caching, Segment& segment,
               std::byte* bookkeeping);

  alignas(port::Port::kInterferenceBytes) engine::PoolParts parts_ = engine::kNoParts;
  bool initialized_ = false;
  std::size_t maximum_ = 0;
  Segment* segment_ = nullptr;
  mutable engine::PoolState state_;
  mutable engine::Growth growth_;
  mutable engine::Alarms alarms_;
};

}  // namespace corepool

#endif  // COREPOOL_DYNAMIC_POOL_H_
