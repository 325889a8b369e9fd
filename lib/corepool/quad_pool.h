// A pool of blocks of many sizes: large ones are split in four when small ones are
// wanted, and small ones merged when large ones are.
//
//   constexpr corepool::QuadPoolOptions kOptions = {
//       .min_block_size = 64, .max_block_size = 4096, .block_count = 4};
//   alignas(corepool::RequiredAlignment(kOptions)) static std::byte
//       memory[corepool::RequiredBytes(kOptions)];
//   static constinit corepool::QuadPool pool;
//   ...
//   if (pool.Init(kOptions, memory) != corepool::Error::kOk) ...
//   void* message = pool.Allocate(80);  // 256 bytes: anywhere, also in interrupts
//   pool.Free(message);                 // anywhere else

#ifndef COREPOOL_QUAD_POOL_H_
#define COREPOOL_QUAD_POOL_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "corepool/config.h"
#include "corepool/engine/leaf_marks.h"
#include "corepool/engine/quad_parts.h"
#include "corepool/engine/quad_plan.h"
#include "corepool/engine/quad_tree.h"
#include "corepool/engine/wait_table.h"
#include "corepool/error.h"
#include "corepool/misuse.h"
#include "corepool/options.h"
#include "corepool/port/port.h"
#include "corepool/quad_pool_options.h"
#include "corepool/stats.h"
#include "corepool/wait_port.h"

namespace corepool {

// [default: any; wait-free; O(1)]

// Whether a pool could be made with these options: kOk; kInvalidSize (a size of 0),
// kInvalidGeometry (see NearestGeometries), kInvalidAlignment, kInvalidCount (more than
// kMaxBlockCount of the smallest blocks), kTooLarge or kUnsupported.
constexpr Error Validate(const QuadPoolOptions& options) {
  return engine::PlanQuad(options).error;
}

// Bytes of memory that Init needs for blocks and bookkeeping together; 0 if the options
// are not valid. Bookkeeping takes 2 bytes for each of the smallest blocks, and some 10
// for sixteen of them.
constexpr std::size_t RequiredBytes(const QuadPoolOptions& options) {
  return engine::PlanQuad(options).total_bytes;
}

// The same for Init with two regions.
constexpr std::size_t RequiredBlockBytes(const QuadPoolOptions& options) {
  return engine::PlanQuad(options).block_bytes;
}
constexpr std::size_t RequiredBookkeepingBytes(const QuadPoolOptions& options) {
  return engine::PlanQuad(options).bookkeeping_bytes;
}

// What memory for Init must be aligned to, in bytes; 1 if the options are not valid. Of
// two regions, the blocks' must be aligned as blocks are, and the bookkeeping's to
// kQuadBookkeepingAlignment.
constexpr std::size_t RequiredAlignment(const QuadPoolOptions& options) {
  const engine::QuadPlan plan = engine::PlanQuad(options);
  return plan.error == Error::kOk ? plan.total_alignment : 1;
}
constexpr std::size_t RequiredBlockAlignment(const QuadPoolOptions& options) {
  const engine::QuadPlan plan = engine::PlanQuad(options);
  return plan.error == Error::kOk ? plan.alignment : 1;
}
inline constexpr std::size_t kQuadBookkeepingAlignment =
    engine::kQuadBookkeepingAlignment;

// The legal sizes next to those that were asked for; 0 where there is none.
struct QuadGeometries {
  std::size_t max_below;  // with the min_block_size of the options: the largest
  std::size_t max_above;  // max_block_size that is not above theirs; the next one
  std::size_t min_below;  // with their max_block_size: the largest min_block_size that
  std::size_t min_above;  // is not above theirs; the next one
};
constexpr QuadGeometries NearestGeometries(const QuadPoolOptions& options) {
  return engine::NearestQuads<QuadGeometries>(
      options.min_block_size, options.max_block_size, engine::StepOf(options.split));
}

// What one level tells about itself; level 0 are the smallest blocks.
struct QuadLevelStats {
  std::size_t block_size;  // bytes
  std::size_t capacity;    // blocks of this size in the whole pool
  std::size_t used;        // allocated as blocks of this size
  std::size_t free;        // that could be allocated, if nothing else were
  std::uint64_t failures;  // requests that got no block of this size
};

// One of the blocks that start at one address, one after the other.
using BlockStamp = std::uint16_t;
inline constexpr BlockStamp kNoStamp = 0;

// Unless said otherwise, every function may be called by any thread, interrupt handler
// and signal handler, on any core, at any instruction of any other call on the same
// pool; takes no lock, calls no system and allocates no memory; and is lock-free: an
// attempt fails only because another call has got on. A context that stands still
// anywhere hides nothing from others but the block that it is allocating or freeing.
//
// Blocks are handed over like any memory: what a context wrote to a block before
// freeing it happens before what the next owner of any of its bytes does with them.
// What is free is never touched.
//
// Misuse is reported to the misuse handler (misuse.h). If that returns, the call is
// refused with the error that it was reported as; the pool is sound in any case.
//
// Default-constructed, also as constinit, it is a pool without blocks. It never frees
// the memory it was given, and its destructor does nothing. [default: any; lock-free]
class QuadPool {
 public:
  struct Allocation {
    Error error;
    void* block;  // nullptr unless kOk
  };

  constexpr QuadPool() = default;
  QuadPool(const QuadPool&) = delete;
  QuadPool& operator=(const QuadPool&) = delete;

  // Makes a pool in `memory`, which must stay valid until Deinit and be
  // RequiredBytes(options) long and RequiredAlignment(options) aligned at least.
  // Errors, all of which leave everything as it was: those of Validate, kNullMemory,
  // kMisalignedMemory, kMemoryTooSmall, kOverlappingMemory, kAlreadyInitialized; of the
  // waiters, kTooMany (they are another pool's) and kNotInitialized. [alone; O(N)]
  [[nodiscard]] Error Init(const QuadPoolOptions& options, std::span<std::byte> memory);
  // The same with bookkeeping and blocks apart.
  [[nodiscard]] Error Init(const QuadPoolOptions& options, std::span<std::byte> blocks,
                           std::span<std::byte> bookkeeping);

  // Gives the memory back. What is done about blocks that are still allocated, `leaks`
  // says (options.h). kNotInitialized, or kBlocksInUse (also if somebody waits), which
  // changes nothing. [alone; O(N)]
  [[nodiscard]] Error Deinit(Leaks leaks = Leaks::kRefuse);
  // Everything is free again, as after Init, statistics too. As Deinit besides.
  // [alone; O(N)]
  [[nodiscard]] Error Clear(Leaks leaks = Leaks::kRefuse);

  // Between Init and Deinit. [wait-free; O(1)]
  [[nodiscard]] bool is_initialized() const { return initialized_; }

  // A block of at least `size` bytes, of the lowest level that has such blocks, with
  // undefined contents: what is left over from a split if there is any, the lowest
  // address of that, if nobody else allocates at the same time; or nullptr, and
  // TryAllocate tells why:
  //   kInvalidSize     0 bytes
  //   kTooLarge        more than max_block_size: at once
  //   kExhausted       there was an instant during the call at which no such block was
  //                    free, whatever could have been merged
  //   kNotInitialized
  // One compare-and-swap where a block of this size lies ready; 2 more, and up to 3 for
  // hints, for each node on the way down if a larger one must be split; 4, and as many
  // for hints, for each node that is merged. kExhausted takes 6, and looks at O(N / 16)
  // nodes at most, twice.
  // [O(N); O(1) and 1 RMW where a block lies ready]
  [[nodiscard]] void* Allocate(std::size_t size) { return TryAllocate(size).block; }
  [[nodiscard]] Allocation TryAllocate(std::size_t size);

  // The same, but waits for a block if there is none, until `deadline`, in ticks of the
  // port of QuadPoolOptions::waiters; of those who wait, those with the lowest
  // `priority` come first, then those who have waited longest. What becomes free goes
  // to the first of them that it satisfies, merged if need be; unless the waiters keep
  // strict order, those whom it does not satisfy are passed over. Besides TryAllocate's
  // errors kTimedOut, kTooMany (as many wait as may) and kUnsupported (the pool has no
  // waiters). kTooLarge comes at once, and so does kExhausted of a pool without blocks.
  // All the rules are in wait.h. [threads; blocking; as TryAllocate]
  [[nodiscard]] Allocation AllocateUntil(std::size_t size, Ticks deadline,
                                         std::uint8_t priority);

  // Takes a block back and is kOk. nullptr does nothing and is kOk; kNotInitialized if
  // the pool has no memory. Misuse:
  //   kForeignPointer     not from this pool
  //   kMisalignedPointer  not even aligned as blocks are
  //   kInteriorPointer    into an allocated block, but not to its start; or nowhere
  //                       that a block could start
  //   kDoubleFree         what starts here is free. Of contexts that free one block at
  //                       the same time one is accepted (unless checking is kOff)
  // Two atomic read-modify-writes (one with kOff), up to two for hints, and one while
  // somebody proves that a block of this size or smaller cannot be had.
  // [O(1), 1-5 RMW; wait-free where the CPU adds by itself]
  Error Free(void* block);
  // The same, and kWrongSize, which is misuse, if the block is none that `size` bytes
  // are allocated in; it has not been freed.
  Error Free(void* block, std::size_t size);

  // What tells the allocated block that starts at `block` from those that start there
  // before and after it, unless 2^11 come in between; kNoStamp if none does.
  // [wait-free; O(1)]
  [[nodiscard]] BlockStamp StampOf(const void* block) const;
  // Free(block, size), of the block with that stamp only: another one is as good as
  // free already (kDoubleFree). With kNoStamp of any. Both are made sure of in the
  // instant in which it is freed.
  Error Free(void* block, std::size_t size, BlockStamp stamp);

  // A block of at least `size` bytes with the first bytes of `block`, as many as both
  // have, in place of `block`: the same one if that is of the level that `size` wants,
  // else another, and `block` has been freed. If that fails, `block` is as before.
  // nullptr: TryAllocate. Misuse as Free. [O(size); and as TryAllocate and Free]
  [[nodiscard]] void* Reallocate(void* block, std::size_t size) {
    return TryReallocate(block, size).block;
  }
  [[nodiscard]] Allocation TryReallocate(void* block, std::size_t size);

  // Fills `blocks` with blocks of at least `size` bytes; or takes none, fills it with
  // nullptr and says why, as TryAllocate (kNullMemory if there is no place). Blocks are
  // allocated one by one, so a shortage may be that of an instant at which this call
  // had some already. [O(blocks); each as TryAllocate]
  [[nodiscard]] Error AllocateBulk(std::size_t size, std::span<void*> blocks);
  // Fills the front of `blocks` with as many as there are and returns how many.
  // [O(blocks); each as TryAllocate]
  [[nodiscard]] std::size_t AllocateUpTo(std::size_t size, std::span<void*> blocks);
  // Takes back every block that Free would, and returns the first error.
  // [O(blocks); each as Free]
  Error FreeBulk(std::span<void* const> blocks);

  // Merges what can be merged now, instead of when it is wanted: what a later request
  // for a large block would pay for; and offers what there is to those who wait. No
  // request, and no waiter, needs it to succeed. [O(N / 16); 4 RMW for every merge]
  void Defragment();

  // Bytes of the largest block that could be allocated; 0 if there is none. Exact at
  // rest. [wait-free; O(levels * N / 16)]
  [[nodiscard]] std::size_t LargestFree() const;

  // How those who wait for blocks sleep; nullptr if nobody may. [wait-free; O(1)]
  [[nodiscard]] const WaitPort* wait_port() const {
    return engine::WaitTable::PortOf(parts_.waiters);
  }

  // Bytes of the allocated block that starts at `address`; 0 if none does.
  // [wait-free; O(1)]
  [[nodiscard]] std::size_t SizeOf(const void* address) const;
  // Whether `address` lies anywhere from the first block to the end of the last.
  // [wait-free; O(1)]
  [[nodiscard]] bool Owns(const void* address) const;
  // The number of the smallest block at whose place `address` is, or kNoIndex; and the
  // address of that place. [wait-free; O(1)]
  [[nodiscard]] std::size_t IndexOf(const void* address) const;
  [[nodiscard]] void* BlockAt(std::size_t index) const;

  // Sizes of blocks: min_block_size at level 0, max_block_size at the last; 0 if there
  // is no such level. [wait-free; O(1)]
  [[nodiscard]] int levels() const { return parts_.levels; }
  [[nodiscard]] std::size_t BlockSizeAt(int level) const;

  // All of it is exact at rest. [wait-free; O(N)]
  [[nodiscard]] QuadLevelStats LevelStatsAt(int level) const;
  // Counted in smallest blocks: capacity, used, free, peak (see
  // QuadPoolOptions::measure_peak) and block_size; in blocks: allocations and frees;
  // `failures` are requests of any size. tag_bits are those that guard moves between
  // nodes. [wait-free; O(N)]
  [[nodiscard]] PoolStats Stats() const;
  // Level number `row` in blocks of its own, labelled with their size, for the
  // registry; false if there is none. Blocks of other levels that it cannot have count
  // as used. [wait-free; O(N)]
  bool StatsAt(std::size_t row, PoolRow& info) const;
  // Starts a new period for PoolStats::peak.
  // [wait-free; O(N); O(1) with measure_peak]
  void ResetPeak();

  // Draws what is where, a character for each of the smallest blocks: '.' is free, a
  // digit (or letter, from ten on) begins an allocated block of that level, and '-'
  // continues it. Fills the front of `text` and returns how many characters the whole
  // has. No zero is put at the end. [wait-free; O(N)]
  std::size_t Map(std::span<char> text) const;

  // Checks that no two blocks overlap, that what is allocated is not free too, and at
  // rest that nothing is lost. In traffic a fault counts if nothing changed beside it.
  // [threads; O(N * levels); with kAtRest alone]
  [[nodiscard]] AuditReport Audit(AuditMode mode = AuditMode::kRunning) const;

 private:
  Error InitAt(const QuadPoolOptions& options, const engine::QuadPlan& plan,
               std::byte* blocks, std::byte* bookkeeping);
  engine::QuadTree Tree() const { return {parts_.tree, state_.tree}; }
  void LayOut() const;
  Error SettleLeaks(Leaks leaks) const;
  std::size_t LeafOf(const void* address) const;
  int OrderOf(int level) const { return level * parts_.tree.shape.step; }
  int LevelFor(std::size_t size) const;
  Error CheckSize(std::size_t size) const;
  std::uint64_t MarksNow() const;
  void* Handed(std::size_t leaf, int level) const;
  void GiveBack(std::size_t leaf, int level) const;
  void ServeWaiters() const {
    if (parts_.waiters != nullptr && parts_.waiters->IsAwaited()) [[unlikely]]
      parts_.waiters->Serve(engine::WaitTable::kAll);
  }
  // For waiters. A block's handle is the number of its leaf.
  static bool TakeForWaiter(const void* pool, const engine::WaitRequest& request,
                            engine::WaitHandle& handle, bool& again);
  static void PutBackForWaiter(const void* pool, engine::WaitHandle handle);
  static const engine::WaitOperations kWaitOperations;
  COREPOOL_COLD Error RefuseAddress(const void* address) const;
  Error Report(Error kind, const void* block, std::size_t index) const;
  // Calls visit(leaf, level) for all allocated blocks, in order.
  template <class Visit>
  void ForEachBlock(const Visit& visit) const {
    const std::size_t leaves = parts_.tree.shape.leaves;
    for (std::size_t leaf = 0; leaf < leaves;) {
      const int level = parts_.marks.LevelAt(leaf);
      if (level != engine::LeafMarks::kNoBlock) visit(leaf, level);
      leaf += level > 0 ? std::size_t{1} << OrderOf(level) : 1;
    }
  }

  alignas(port::Port::kInterferenceBytes) engine::QuadParts parts_ = {};
  bool initialized_ = false;
  mutable engine::QuadState state_;
};

}  // namespace corepool

#endif  // COREPOOL_QUAD_POOL_H_
