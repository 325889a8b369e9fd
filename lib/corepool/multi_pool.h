// A pool of blocks of several sizes: Allocate(size) finds the best fit.
//
//   constexpr corepool::SizeClassOptions kClasses[] = {{16, 8}, {32, 8}, {64, 8}};
//   alignas(corepool::RequiredAlignment(kClasses, {})) static std::byte
//       memory[corepool::RequiredBytes(kClasses, {})];
//   static constinit corepool::MultiPool pool;
//   ...
//   if (pool.Init(kClasses, {}, memory) != corepool::Error::kOk) ...
//   void* block = pool.Allocate(12);  // 16 bytes; if there are none left 32, or 64
//   pool.Free(block);

#ifndef COREPOOL_MULTI_POOL_H_
#define COREPOOL_MULTI_POOL_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "corepool/config.h"
#include "corepool/engine/block_pool.h"
#include "corepool/engine/multi_pool_plan.h"
#include "corepool/engine/pool_access.h"
#include "corepool/engine/size_directory.h"
#include "corepool/engine/size_histogram.h"
#include "corepool/engine/wait_table.h"
#include "corepool/error.h"
#include "corepool/fixed_pool.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/lockfree/counter.h"
#include "corepool/misuse.h"
#include "corepool/multi_pool_options.h"
#include "corepool/options.h"
#include "corepool/segment.h"
#include "corepool/stats.h"
#include "corepool/wait_port.h"

namespace corepool {

// [default: any; wait-free; O(classes)]

// Whether a pool could be made with these: as Validate for each class (kInvalidCount
// also for more classes than kMostSizeClasses, kTooLarge for blocks of more than 2^31
// bytes).
constexpr Error Validate(std::span<const SizeClassOptions> classes,
                         const MultiPoolOptions& options) {
  return engine::PlanMultiPool<FixedPool>(classes, options).error;
}

// Bytes of memory that Init needs; 0 if the options are not valid.
constexpr std::size_t RequiredBytes(std::span<const SizeClassOptions> classes,
                                    const MultiPoolOptions& options) {
  return engine::PlanMultiPool<FixedPool>(classes, options).total_bytes;
}

// What memory for Init and Extend must be aligned to, in bytes; 1 if the options are
// not valid.
constexpr std::size_t RequiredAlignment(std::span<const SizeClassOptions> classes,
                                        const MultiPoolOptions& options) {
  return engine::PlanMultiPool<FixedPool>(classes, options).alignment;
}

// Most bytes that a block can have.
inline constexpr std::size_t kLargestBlockSize = engine::kLargestSize;

// What one class tells about itself.
struct SizeClassStats {
  std::size_t banks;         // 1, and 1 for each Extend that added to the class
  PoolStats blocks;          // of all banks together; of one instant for each of them
  std::uint64_t spills_in;   // blocks allocated here for want of smaller ones
  std::uint64_t spills_out;  // requests that went to larger classes for want of these
};

// A class that MultiPool::Advise recommends.
struct AdvisedClass {
  std::size_t block_size;
  std::uint64_t requests;  // that it would have served
};
struct Advice {
  std::size_t classes;         // in the table
  std::uint64_t requests;      // that were counted
  std::uint64_t wasted;        // bytes that blocks of the table would have been larger
                               // than asked for, in all requests together
  std::uint64_t wasted_as_is;  // the same with the pool's own classes
  std::uint64_t too_large_as_is;  // requests larger than all of the pool's own classes
};

// Unless said otherwise, functions may be called from any context, at any instruction
// of any other call, and are lock-free, as those of engine::PoolFace; what is said
// there of blocks, misuse and caching holds here too. Blocks of `size` bytes are
// aligned as MultiPoolOptions::pools says. Hooks are each class's own: kExhausted tells
// that a request must look elsewhere.
//
// Default-constructed, also as constinit, it is a pool without classes.
// [default: any; lock-free]
class MultiPool {
 public:
  using Allocation = FixedPool::Allocation;

  constexpr MultiPool() = default;
  MultiPool(const MultiPool&) = delete;
  MultiPool& operator=(const MultiPool&) = delete;

  // Makes the classes, in any order, in `memory`, which must stay valid until Deinit.
  // Those of the same size become one. Errors, all of which leave everything as it was:
  // those of Validate and FixedPool::Init. No classes are legal: see Extend.
  // [alone; O(N)]
  [[nodiscard]] Error Init(std::span<const SizeClassOptions> classes,
                           const MultiPoolOptions& options,
                           std::span<std::byte> memory);

  // Gives all memory back, also that of extensions. What is done about blocks that are
  // still allocated, of any class, `leaks` says. kNotInitialized, or kBlocksInUse,
  // which changes nothing. [alone; O(N)]
  [[nodiscard]] Error Deinit(Leaks leaks = Leaks::kRefuse);

  // All blocks are free again, those of extensions too, as FixedPool::Clear does it;
  // spills are counted anew. Errors as Deinit. [alone; O(N)]
  [[nodiscard]] Error Clear(Leaks leaks = Leaks::kRefuse);

  // Between Init and Deinit. [wait-free; O(1)]
  [[nodiscard]] bool is_initialized() const { return initialized_; }

  // Adds blocks to the class of that size, or makes a class of a new size, while other
  // calls go on; also concurrently with itself. Memory as for Init. kNotInitialized;
  // kTooMany if there have been MultiPoolOptions::most_extensions; otherwise as Init.
  // [threads; O(block_count + banks^2)]
  [[nodiscard]] Error Extend(const SizeClassOptions& added,
                             std::span<std::byte> memory);
  // The same with memory from a segment, which must stay initialised until Deinit.
  // kSegmentExhausted if it has too little left. Errors take nothing of it, but for
  // kTooMany if other calls have reached the limit during this one. Any number of pools
  // may do so at once.
  [[nodiscard]] Error Extend(const SizeClassOptions& added, Segment& segment);
  // Bytes of memory that both need; 0 if `added` is not valid. [wait-free; O(1)]
  [[nodiscard]] std::size_t RequiredExtensionBytes(const SizeClassOptions& added) const;

  // A block of at least `size` bytes: of the class with the smallest such blocks; if
  // those are all allocated, of the next larger one that has a free block, at most
  // MultiPoolOptions::most_spills classes further; or nullptr, and TryAllocate tells
  // why:
  //   kInvalidSize     0 bytes
  //   kTooLarge        more than any block has, or there are no classes
  //   kExhausted       there was an instant during the call at which all blocks of all
  //                    these classes were allocated
  //   kNotInitialized
  // or as FixedPool::TryAllocate does. O(1) per attempt while the class has blocks,
  // then O(banks), and cost as FixedPool. `size` is counted if options say so, for one
  // atomic read-modify-write more.
  // [O(banks); as FixedPool while the class has blocks, 1 RMW more to count sizes]
  [[nodiscard]] COREPOOL_INLINE void* Allocate(std::size_t size) {
    return TryAllocate(size).block;
  }
  [[nodiscard]] COREPOOL_INLINE Allocation TryAllocate(std::size_t size) {
    FixedPool* const pool = Directory().QuickPoolFor(size);
    if (pool == nullptr) [[unlikely]]
      return AllocateSlowly(size);
    const Allocation got = pool->TryAllocate();
    if (got.error == Error::kExhausted) [[unlikely]]
      return AllocateElsewhere(size);
    return got;
  }

  // The same, but waits for a block if there is none, as PoolFace::AllocateUntil does
  // and with its errors. A freed block, also one of a larger class that the request may
  // spill to, goes to the first in order whom it satisfies; unless the waiters keep
  // strict order, those whom it does not satisfy are passed over. kTooLarge at once. It
  // waits even if no class has blocks: Extend may bring some.
  // [threads; blocking; as TryAllocate]
  [[nodiscard]] Allocation AllocateUntil(std::size_t size, Ticks deadline,
                                         std::uint8_t priority);

  // Takes a block back, as FixedPool::Free.
  // [O(log banks); O(1) for classes made by Init alone, RMW as FixedPool]
  COREPOOL_INLINE Error Free(void* block) {
    const engine::SizeBank* const bank = Directory().BankOf(block);
    if (bank == nullptr) [[unlikely]]
      return RefuseAddress(block);
    return bank->pool->Free(block);
  }

  // The same, faster, where it is known what size was asked for. kWrongSize: misuse,
  // the block has less than `size` bytes; it has not been freed.
  COREPOOL_INLINE Error Free(void* block, std::size_t size) {
    FixedPool* const pool = Directory().QuickPoolFor(size);
    if (pool == nullptr) [[unlikely]]
      return FreeElsewhere(block, size);
    if (!engine::PoolAccess::IsBlock(*pool, block)) [[unlikely]]
      return FreeElsewhere(block, size);
    return pool->Free(block);
  }

  // As of FixedPool: what is inline with cookies, and in all other cases otherwise().
  // [as TryAllocate]
  template <class Otherwise>
  COREPOOL_INLINE Allocation AllocateByCookieOr(std::size_t size,
                                                const Otherwise& otherwise) {
    FixedPool* const pool = Directory().QuickPoolFor(size);
    return pool == nullptr ? otherwise() : pool->AllocateByCookieOr(otherwise);
  }
  // [as Free]
  template <class Otherwise>
  COREPOOL_INLINE Error FreeByCookieOr(void* block, const Otherwise& otherwise) {
    const engine::SizeBank* const bank = Directory().BankOf(block);
    return bank == nullptr ? otherwise() : bank->pool->FreeByCookieOr(block, otherwise);
  }
  template <class Otherwise>
  COREPOOL_INLINE Error FreeByCookieOr(void* block, std::size_t size,
                                       const Otherwise& otherwise) {
    FixedPool* const pool = Directory().QuickPoolFor(size);
    return pool == nullptr ? otherwise() : pool->FreeByCookieOr(block, otherwise);
  }

  // As FixedPool's, for hooks. [as Free]
  Error FreeDirectly(void* block);

  // A block of at least `size` bytes with the first bytes of `block`, as many as both
  // have, in place of `block`: the same one if it is large enough, else another, and
  // `block` has been freed. If that fails, `block` is as before. nullptr: TryAllocate.
  // Misuse as Free. [O(size); and as TryAllocate and Free]
  [[nodiscard]] void* Reallocate(void* block, std::size_t size) {
    return TryReallocate(block, size).block;
  }
  [[nodiscard]] Allocation TryReallocate(void* block, std::size_t size);

  // Fills `blocks` with blocks of at least `size` bytes; or takes none, fills it with
  // nullptr and says why, as TryAllocate (kNullMemory if there is no place). Blocks are
  // allocated one by one, so a shortage may be that of an instant at which this call
  // had some already. [O(blocks); each as TryAllocate]
  [[nodiscard]] Error AllocateBulk(std::size_t size, std::span<void*> blocks);
  // Takes back every block that Free would, and returns the first error.
  // [O(blocks); each as Free]
  Error FreeBulk(std::span<void* const> blocks);

  // As FixedPool's: how those who wait sleep. [wait-free; O(1)]
  [[nodiscard]] const WaitPort* wait_port() const {
    return engine::WaitTable::PortOf(waiters_);
  }

  // Bytes that the user of the block that starts at `address` may write; 0 if none
  // does. [wait-free; O(log banks)]
  [[nodiscard]] std::size_t SizeOf(const void* address) const;
  // Whether `address` is that of a block. [wait-free; O(log banks)]
  [[nodiscard]] bool Owns(const void* address) const { return SizeOf(address) != 0; }

  // As FixedPool's: who has a block (Checking::kFull). [wait-free; O(log banks)]
  Error SetOwner(const void* block, OwnerTag owner);
  [[nodiscard]] OwnerTag OwnerOf(const void* block) const;

  // Largest size that can be allocated. [wait-free; O(1)]
  [[nodiscard]] std::size_t LargestSize() const { return Directory().largest(); }
  // [wait-free; O(1)]
  [[nodiscard]] std::size_t class_count() const { return Directory().classes().size(); }

  // Statistics of the class that serves `size`, or of none, all 0.
  // [wait-free; O(banks); those of the class]
  [[nodiscard]] SizeClassStats StatsFor(std::size_t size) const;
  // Fills the front of `classes`, in ascending order of block size, and returns how
  // many. [wait-free; O(banks)]
  std::size_t Stats(std::span<SizeClassStats> classes) const;
  // Of all classes together: block_size and stride are the largest's, `failures` of
  // calls that got no block of any class. Peak is the sum of all peaks.
  // [wait-free; O(banks)]
  [[nodiscard]] PoolStats Stats() const;
  // Class number `row`, in ascending order of block size, labelled with that size, for
  // the registry; false if there is none. [wait-free; O(banks)]
  bool StatsAt(std::size_t row, PoolRow& info) const;
  // As FixedPool's, of every class. [O(banks); each as PoolFace]
  void ResetPeak();
  void FlushCaches();
  // As FixedPool's, bank by bank; the first fault found.
  // [threads; O(N); with kAtRest alone]
  [[nodiscard]] AuditReport Audit(AuditMode mode = AuditMode::kRunning) const;

  // The class table that would have wasted least for the sizes asked for since Init or
  // ResetSizes, of `table.size()` classes, at most 16, or fewer if more save nothing.
  // Without MultiPoolOptions::count_sizes_up_to there is nothing to tell. Some 8 KiB of
  // stack. [threads; wait-free; O(128^2 * classes)]
  Advice Advise(std::span<AdvisedClass> table) const;
  // [alone; O(cores)]
  void ResetSizes() { histogram_.Reset(); }

 private:
  COREPOOL_INLINE const engine::SizeDirectory& Directory() const {
    // Pairs with: E10 release in Extend, Init.
    return *directory_.load(lockfree::kAcquire);
  }

  [[gnu::noinline]] Allocation AllocateSlowly(std::size_t size);
  COREPOOL_COLD Allocation AllocateElsewhere(std::size_t size);
  // Looks at all banks that a request may take from; counts no failure.
  Allocation Search(std::size_t size, engine::BlockPool::Serving serving);
  // For waiters. A block's handle is its number, counted through all banks in the order
  // in which they were made.
  static bool TakeForWaiter(const void* pool, const engine::WaitRequest& request,
                            engine::WaitHandle& handle, bool& again);
  static void PutBackForWaiter(const void* pool, engine::WaitHandle handle);
  static const engine::WaitOperations kWaitOperations;
  const engine::SizeBank& BankAt(engine::WaitHandle handle) const;
  COREPOOL_COLD Error RefuseAddress(const void* address);
  // Whether Leaks lets the pool come to an end.
  [[nodiscard]] Error CheckLeaks(Leaks leaks) const;
  engine::MultiPoolPlan PlanExtension(const SizeClassOptions& added) const;
  [[gnu::noinline]] Error FreeElsewhere(void* block, std::size_t size);
  Error MakeBank(const SizeClassOptions& options, FixedPool* pool, std::byte* blocks,
                 std::byte* bookkeeping);

  static constinit const engine::SizeDirectory kNoClasses;

  // Read by every operation and written by few.
  lockfree::Atomic<const engine::SizeDirectory*> directory_{&kNoClasses};
  engine::SizeHistogram histogram_;
  bool initialized_ = false;
  MultiPoolOptions options_;
  std::size_t first_banks_ = 0;  // made by Init
  engine::WaitTable* waiters_ = nullptr;
  lockfree::Counter failures_;
};

}  // namespace corepool

#endif  // COREPOOL_MULTI_POOL_H_
