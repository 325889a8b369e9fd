// Pools of blocks by class of urgency, each with a reserve that nobody else can take.
//
//   using namespace corepool;
//   alignas(RequiredAlignment(kPriorityClasses, {})) static std::byte
//       memory[RequiredBytes(kPriorityClasses, {})];
//   static constinit PriorityPool pool;
//   ...
//   if (pool.Init(kPriorityClasses, {}, memory) != Error::kOk) ...
//   void* block = pool.Allocate(kCritical);  // anywhere: thread, interrupt, any core
//   pool.Free(block);                        // anywhere else

#ifndef COREPOOL_PRIORITY_POOL_H_
#define COREPOOL_PRIORITY_POOL_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "corepool/base/align.h"
#include "corepool/engine/block_pool.h"
#include "corepool/engine/block_state.h"
#include "corepool/engine/geometry.h"
#include "corepool/engine/loans.h"
#include "corepool/engine/wait_table.h"
#include "corepool/error.h"
#include "corepool/fixed_pool.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/lockfree/counter.h"
#include "corepool/misuse.h"
#include "corepool/options.h"
#include "corepool/port/cores.h"
#include "corepool/port/port.h"
#include "corepool/priority_class.h"
#include "corepool/stats.h"
#include "corepool/wait_port.h"

namespace corepool {

class PriorityPool;

// Whether a pool could be made with these: kOk, or one of PriorityPool::Init's errors
// that are about classes and options. [any; wait-free; O(classes)]
constexpr Error Validate(std::span<const PriorityClass> classes,
                         const PriorityPoolOptions& options);
// Bytes of memory that Init needs, 0 if they are not valid, and what it must be aligned
// to, 1 if they are not. If PriorityPoolOptions::cores is 0, enough for any machine.
// [any; wait-free; O(classes)]
constexpr std::size_t RequiredBytes(std::span<const PriorityClass> classes,
                                    const PriorityPoolOptions& options);
constexpr std::size_t RequiredAlignment(std::span<const PriorityClass> classes,
                                        const PriorityPoolOptions& options);

// Unless said otherwise, every function may be called by any thread, interrupt handler
// and signal handler, on any core, at any instruction of any other call on the same
// pool; takes no lock, calls no system (but for membarrier(2) with kRseq, as FixedPool)
// and allocates no memory; and is lock-free.
//
// Blocks are FixedPool's: what its comments say of contents, hand-over and misuse holds
// here. Misuse is reported with this object as pool and the name of the block's class;
// the index counts within that class, or within one core's blocks of it.
//
// The reserve. At every instant at most block_count - reserve of a class's blocks are
// borrowed, on their way to a borrower or on their way back; so whatever the others do,
// the class itself can always have `reserve` at once. (Blocks that are withheld after
// misuse, see Checking::kStrict, are nobody's and may come out of it.)
//
// Default-constructed, also as constinit, it has no classes. Its destructor does
// nothing. [default: any; lock-free]
class PriorityPool {
 public:
  using Allocation = FixedPool::Allocation;

  constexpr PriorityPool() = default;
  PriorityPool(const PriorityPool&) = delete;
  PriorityPool& operator=(const PriorityPool&) = delete;

  // Makes a pool with these classes in `memory`, which must stay valid until Deinit and
  // be RequiredBytes long and RequiredAlignment aligned at least. The table need not
  // stay. Errors, all of which leave the pool as it was:
  //   kInvalidCount      no class, more than kMaxPriorityClasses, more than
  //   kMaxBlockCount
  //                      blocks, or `attempts` of 0
  //   kInvalidClass      `borrows` names a class that is not in the table
  //   kInvalidHooks      a class's
  //   kUnsupported       as FixedPool; a per_core class with a reserve of less than all
  //   kInvalidSize, kInvalidAlignment, kTooLarge: as FixedPool
  //   kNullMemory, kMisalignedMemory, kMemoryTooSmall, kAlreadyInitialized
  //   kTooMany, kNotInitialized: the waiters, as FixedPool
  // [alone; O(N)]
  [[nodiscard]] Error Init(std::span<const PriorityClass> classes,
                           const PriorityPoolOptions& options,
                           std::span<std::byte> memory);

  // Gives the memory back. What is done about blocks that are still allocated, of any
  // class, `leaks` says. kNotInitialized, or kBlocksInUse, which changes nothing.
  // [alone; O(N)]
  [[nodiscard]] Error Deinit(Leaks leaks = Leaks::kRefuse);

  // All blocks are free again, as FixedPool::Clear does it, and nothing is borrowed or
  // lent. Errors as Deinit. [alone; O(N)]
  [[nodiscard]] Error Clear(Leaks leaks = Leaks::kRefuse);

  // A block of at least `size` bytes, by default the class's block_size; or nullptr,
  // and TryAllocate tells why:
  //   kExhausted        there was an instant during the call at which no block that the
  //                     class may take was to be had: all its own were allocated, and
  //                     of each class that it may borrow of all were allocated, or as
  //                     many lent as may be (a call that is borrowing or returning one
  //                     counts as having it, whatever comes of it)
  //   kTooLarge         `size` is more than any block that the class may take
  //   kInvalidSize      `size` is 0
  //   kInvalidClass     there is no such class
  //   kNotInitialized   the pool has no memory
  //   kWriteAfterFree, kDoubleFree: misuse, as FixedPool
  //   kContended        per_core classes only, see AllocateFromInterrupt
  // As FixedPool while the class has blocks; to borrow one, one compare-and-swap per
  // attempt and three other atomic read-modify-writes more. O(classes) per round of
  // looking at all of them; another round only if one of them has changed meanwhile.
  // [O(classes); as FixedPool while the class has blocks, 4 RMW more to borrow]
  [[nodiscard]] void* Allocate(std::size_t cls) { return TryAllocate(cls).block; }
  [[nodiscard]] void* Allocate(std::size_t cls, std::size_t size) {
    return TryAllocate(cls, size).block;
  }
  Allocation TryAllocate(std::size_t cls);
  Allocation TryAllocate(std::size_t cls, std::size_t size);

  // The same in a bounded number of steps, whatever others do: after `attempts` failed
  // compare-and-swaps, kContended. kExhausted is as true as ever; where it cannot be
  // proved at the first attempt, kContended too. Of a class with caches only the
  // magazine of this core and the blocks that are in none are looked at, and only those
  // found; a per_core class has all its blocks at hand.
  //
  // Worst case, misuse aside: PriorityClass::attempts compare-and-swaps for the block
  // and its loan, each with two loads; as many for each new peak that is noted (of the
  // block's class, and of a lender's loans) and, with measure_time, for a new worst
  // time; for each class that it may take from six loads and four other atomic
  // read-modify-writes, and four more of these in all (ARMv7-M and the like repeat them
  // if they are interrupted). On a per_core class contend only the frees of other cores
  // and interrupts of this one: each makes one attempt fail at most. Hooks take as long
  // as they do, and an alarm that has to be told is not bounded.
  // [wait-free; O(classes + attempts); misuse and alarms aside]
  [[nodiscard]] void* AllocateFromInterrupt(std::size_t cls) {
    return TryAllocateFromInterrupt(cls).block;
  }
  [[nodiscard]] void* AllocateFromInterrupt(std::size_t cls, std::size_t size) {
    return TryAllocateFromInterrupt(cls, size).block;
  }
  Allocation TryAllocateFromInterrupt(std::size_t cls);
  Allocation TryAllocateFromInterrupt(std::size_t cls, std::size_t size);

  // As TryAllocate, but waits for a block if there is none, as PoolFace::AllocateUntil
  // does and with its errors. A freed block, or a loan that ends, goes to the first in
  // order whose class may have it; unless the waiters keep strict order, others are
  // passed over. For a per_core class it is a block of the core that the call began on.
  // kTooLarge, kInvalidClass, and kExhausted if the class could never have a block, at
  // once. [threads; blocking; as TryAllocate]
  Allocation AllocateUntil(std::size_t cls, Ticks deadline, std::uint8_t priority);
  Allocation AllocateUntil(std::size_t cls, std::size_t size, Ticks deadline,
                           std::uint8_t priority);

  // Takes a block of any class back, from any core. nullptr does nothing and is kOk;
  // kNotInitialized if the pool has no memory. Misuse as FixedPool::Free; a pointer
  // that is in none of the classes' blocks is kForeignPointer. A borrowed block's
  // lender may lend one more once it is back; a free that is refused does not change
  // that. [O(classes); RMW as FixedPool, 3 more if borrowed]
  Error Free(void* block) { return Free(block, true); }
  // As FixedPool's, for hooks. [as Free]
  Error FreeDirectly(void* block) { return Free(block, false); }
  // As FixedPool's: who has a block (Checking::kFull). [wait-free; O(classes)]
  Error SetOwner(const void* block, OwnerTag owner);
  [[nodiscard]] OwnerTag OwnerOf(const void* block) const;

  // As FixedPool's: how those who wait sleep. [wait-free; O(1)]
  [[nodiscard]] const WaitPort* wait_port() const {
    return engine::WaitTable::PortOf(waiters_);
  }

  // The class of the block, or padding, at `address`, whoever has it; kNoClass if it is
  // in none. Any address may be asked for. [wait-free; O(classes)]
  [[nodiscard]] std::size_t ClassOf(const void* address) const;

  // 0 before Init. [wait-free; O(1)]
  [[nodiscard]] std::size_t class_count() const { return count_; }
  // All-zero, and "", if there is no such class. Exact at rest.
  // [wait-free; O(magazines); O(cores) for a per_core class]
  [[nodiscard]] ClassStats StatsOf(std::size_t cls) const;
  [[nodiscard]] const char* NameOf(std::size_t cls) const;
  // A row of a report for each class, labelled with its name (registry.h).
  // [wait-free; as StatsOf]
  bool StatsAt(std::size_t row, PoolRow& info) const;
  // Reports to the misuse handler, those of pointers to no class included.
  // [wait-free; O(classes * cores)]
  [[nodiscard]] std::uint64_t Misuses() const;

  // Start new periods for PoolStats::peak and ClassStats::lent_peak (as FixedPool's;
  // calls under way may count for either), and for worst_cycles. kInvalidClass,
  // kNotInitialized. [O(cores)]
  Error ResetPeak(std::size_t cls);
  Error ResetWorst(std::size_t cls);

  // FixedPool::FlushCaches of all classes. [O(classes * cores)]
  void FlushCaches();
  // FixedPool::Audit of all classes. The report is the first fault's, its index counted
  // within the class, or else the sums of all. At rest it also checks that as many
  // blocks are noted as borrowed as the lenders know of.
  // [threads; O(N); with kAtRest alone]
  [[nodiscard]] AuditReport Audit(AuditMode mode = AuditMode::kRunning) const;

 private:
  friend constexpr Error Validate(std::span<const PriorityClass>,
                                  const PriorityPoolOptions&);
  friend constexpr std::size_t RequiredBytes(std::span<const PriorityClass>,
                                             const PriorityPoolOptions&);
  friend constexpr std::size_t RequiredAlignment(std::span<const PriorityClass>,
                                                 const PriorityPoolOptions&);

  // For whom a block was borrowed, beside each block of a class that lends: 0, or one
  // more than the borrower's number.
  using Note = lockfree::Atomic<engine::StateUnit>;

  // A class, in the pool's memory.
  struct Class {
    // Fixed from Init on.
    const char* name = "";
    std::size_t number = 0;
    std::size_t block_size = 0;
    std::size_t largest = 0;    // that it may ask for
    std::uint32_t lenders = 0;  // that may have blocks for it
    bool per_core = false;
    std::size_t attempts = 0;
    std::size_t core_bytes = 0;  // of one core's blocks
    std::size_t cores = 1;       // that have a pool
    FixedPool* pools = nullptr;
    Note* notes = nullptr;  // if it lends any
    engine::LoanTerms terms;

    // Changes with every loan.
    alignas(port::Port::kInterferenceBytes) engine::Loans loans;
    lockfree::Maximum lent_peak;
    lockfree::Counter refused;
    // Changes with what the class itself does beyond its own blocks.
    alignas(port::Port::kInterferenceBytes) lockfree::Atomic<lockfree::Word> borrowed{};
    lockfree::Counter contended;
    lockfree::Maximum worst;
  };

  // Where everything lies: the classes, their pools, notes and bookkeeping, and the
  // blocks last, so that what runs off the end of a block runs into blocks or out of
  // the memory.
  struct Plan {
    Error error;
    std::size_t pools;
    std::size_t notes;
    std::size_t bookkeeping;
    std::size_t blocks;
    std::size_t bytes;
    std::size_t alignment;
  };

  class Search;

  static constexpr std::uint32_t BitOf(std::size_t cls) {
    return std::uint32_t{1} << cls;
  }
  static constexpr std::size_t MostLentBy(const PriorityClass& cls) {
    return cls.per_core || cls.reserve >= cls.block_count
               ? 0
               : cls.block_count - cls.reserve;
  }
  static constexpr PoolOptions OptionsOf(const PriorityClass& cls,
                                         const PriorityPoolOptions& options) {
    return {.block_size = cls.block_size,
            .block_count = cls.block_count,
            .alignment = options.alignment,
            .checking = options.checking,
            .caching = cls.per_core ? Caching::kNone : options.caching,
            .state = options.state,
            .cores = options.cores,
            .name = cls.name,
            .misuse_handler = options.misuse_handler,
            .misuse_context = options.misuse_context,
            .hooks = cls.hooks};
  }
  static constexpr Error CheckClass(const PriorityClass& cls, std::size_t count) {
    if (cls.attempts == 0) return Error::kInvalidCount;
    if ((cls.borrows & ~kBorrowLower) >> count != 0) return Error::kInvalidClass;
    return cls.per_core && cls.reserve < cls.block_count ? Error::kUnsupported
                                                         : Error::kOk;
  }
  // With blocks for so many cores in per_core classes.
  static constexpr Plan PlanFor(std::span<const PriorityClass> classes,
                                const PriorityPoolOptions& options, std::size_t cores);
  static constexpr Plan PlanForAny(std::span<const PriorityClass> classes,
                                   const PriorityPoolOptions& options) {
    return PlanFor(classes, options,
                   options.cores != 0 ? options.cores : port::Cores::kUsualCores);
  }

  void LayOut(std::span<const PriorityClass> classes,
              const PriorityPoolOptions& options, const Plan& plan, std::byte* memory,
              std::size_t cores);

  Allocation Serve(std::size_t cls, std::size_t size, bool bounded);
  Allocation Look(Class& cls, std::size_t size, bool bounded);
  // What a search has found; no class if nothing.
  struct Found {
    Class* cls = nullptr;  // whose block it is
    FixedPool* pool = nullptr;
    void* block = nullptr;
  };
  // Makes it a block of class `cls`. Sets `returned` if a loan has ended by it.
  Allocation Accept(Class& cls, const Found& found, engine::BlockPool::Serving serving,
                    bool& returned);
  // For waiters. A block's handle is how far it lies in `blocks_`, in bytes.
  static bool TakeForWaiter(const void* pool, const engine::WaitRequest& request,
                            engine::WaitHandle& handle, bool& again);
  static void PutBackForWaiter(const void* pool, engine::WaitHandle handle);
  static const engine::WaitOperations kWaitOperations;
  // Whether the class has blocks of that size, or others that may have some for it.
  bool CanEverServe(const Class& cls, std::size_t size) const;
  void ServeWaiters() {
    if (waiters_ != nullptr && waiters_->IsAwaited()) {
      waiters_->Serve(engine::WaitTable::kAll);
    }
  }
  // Whether Leaks lets the pool come to an end.
  [[nodiscard]] Error CheckLeaks(Leaks leaks) const;
  // The pool, of a class's, that an address among its blocks belongs to.
  FixedPool& PoolOf(const Class& cls, const void* address) const;
  Error Free(void* block, bool ask);
  Error TakeBackLoan(Class& lender, const FixedPool& pool, std::size_t index,
                     void* block);
  void Settle(Class& lender, engine::StateUnit note);
  Error RefuseForeign(const void* block);
  std::span<FixedPool> PoolsOf(const Class& cls) const {
    return {cls.pools, cls.cores};
  }

  Class* classes_ = nullptr;
  std::size_t count_ = 0;
  std::byte* blocks_ = nullptr;
  std::size_t block_bytes_ = 0;
  std::size_t starts_[kMaxPriorityClasses]{};  // where a class begins in them
  bool measure_time_ = false;
  engine::WaitTable* waiters_ = nullptr;
  const char* name_ = "";
  MisuseHandler misuse_handler_ = nullptr;
  void* misuse_context_ = nullptr;
  lockfree::Counter foreign_;
};

constexpr PriorityPool::Plan PriorityPool::PlanFor(
    std::span<const PriorityClass> classes, const PriorityPoolOptions& options,
    std::size_t cores) {
  const auto failed = [](Error error) { return Plan{error, 0, 0, 0, 0, 0, 1}; };
  if (classes.empty() || classes.size() > kMaxPriorityClasses) {
    return failed(Error::kInvalidCount);
  }
  base::CheckedSize pools = 0;
  base::CheckedSize notes = 0;
  base::CheckedSize bookkeeping = 0;
  base::CheckedSize blocks = 0;
  for (const PriorityClass& cls : classes) {
    const Error error = CheckClass(cls, classes.size());
    if (error != Error::kOk) return failed(error);
    const engine::Geometry geometry = engine::PlanGeometry(OptionsOf(cls, options));
    if (geometry.error != Error::kOk) return failed(geometry.error);
    const base::CheckedSize pools_here = cls.per_core ? cores : 1;
    pools = pools + pools_here * sizeof(FixedPool);
    if (MostLentBy(cls) != 0) notes = notes + base::CheckedSize{cls.block_count};
    bookkeeping =
        bookkeeping + pools_here * base::CheckedSize{geometry.bookkeeping_bytes}
                                       .AlignedUp(kBookkeepingAlignment)
                                       .value();
    blocks = blocks + pools_here * geometry.block_bytes;
  }
  const base::CheckedSize after_classes = classes.size() * sizeof(Class);
  const base::CheckedSize after_pools = after_classes + pools;
  const base::CheckedSize after_notes =
      (after_pools + notes * sizeof(Note)).AlignedUp(kBookkeepingAlignment);
  const base::CheckedSize after_bookkeeping =
      (after_notes + bookkeeping).AlignedUp(options.alignment);
  const base::CheckedSize bytes = after_bookkeeping + blocks;
  if (bytes.overflowed() || bytes.value() > std::size_t{PTRDIFF_MAX}) {
    return failed(Error::kTooLarge);
  }
  static_assert(alignof(Class) % alignof(FixedPool) == 0 &&
                alignof(FixedPool) % kBookkeepingAlignment == 0);
  return {Error::kOk,
          after_classes.value(),
          after_pools.value(),
          after_notes.value(),
          after_bookkeeping.value(),
          bytes.value(),
          alignof(Class) > options.alignment ? alignof(Class) : options.alignment};
}

constexpr Error Validate(std::span<const PriorityClass> classes,
                         const PriorityPoolOptions& options) {
  return PriorityPool::PlanForAny(classes, options).error;
}
constexpr std::size_t RequiredBytes(std::span<const PriorityClass> classes,
                                    const PriorityPoolOptions& options) {
  return PriorityPool::PlanForAny(classes, options).bytes;
}
constexpr std::size_t RequiredAlignment(std::span<const PriorityClass> classes,
                                        const PriorityPoolOptions& options) {
  return PriorityPool::PlanForAny(classes, options).alignment;
}

}  // namespace corepool

#endif  // COREPOOL_PRIORITY_POOL_H_
