// What FixedPool and StaticPool have in common: their operations on blocks.

#ifndef COREPOOL_ENGINE_POOL_FACE_H_
#define COREPOOL_ENGINE_POOL_FACE_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "corepool/config.h"
#include "corepool/engine/block_pool.h"
#include "corepool/engine/block_state.h"
#include "corepool/engine/pool_parts.h"
#include "corepool/engine/pool_paths.h"
#include "corepool/engine/wait_table.h"
#include "corepool/error.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/misuse.h"
#include "corepool/options.h"
#include "corepool/port/cores.h"
#include "corepool/port/return_address.h"
#include "corepool/port/trace.h"
#include "corepool/stats.h"
#include "corepool/wait_port.h"

namespace corepool::engine {

// Unless said otherwise, every function may be called by any thread, interrupt
// handler and signal handler, on any core, at any instruction of any other call on the
// same pool; takes no lock, calls no system and allocates no memory; and is lock-free:
// an attempt fails only because another call has succeeded. (CPUs with a
// store-conditional may repeat it a few times for reasons of their own.) One exception:
// with kRseq an allocation may call membarrier(2), when the depot is dry and it must
// take a magazine off another core's line; then no more until blocks are plenty again.
//
// Blocks are handed over like any memory: what a context wrote to a block before
// freeing it happens before what the next owner does with it.
//
// Misuse is reported to the misuse handler (misuse.h). If that returns, the call is
// refused, with the error that it was reported as, unless its comment says otherwise;
// the pool is sound in any case.
//
// `Cores` is no choice: a parameter, so that sections are only looked for where there
// are any.
// [default: any; lock-free]
template <class Pool, class Block, class Cores = port::Cores>
class PoolFace : private PoolPaths<Pool, Block, Cores> {
 public:
  using Allocation = typename PoolPaths<Pool, Block, Cores>::Allocation;

  // A block of block_size bytes, aligned as the options say, with undefined
  // contents; or nullptr, and TryAllocate tells why:
  //   kExhausted        there was an instant during the call at which every block
  //                     was allocated
  //   kNotInitialized   the pool has no memory
  //   kWriteAfterFree   misuse: the next free block was written to. It has been
  //                     made good and is free; the next call will have it. With kRseq
  //                     and kBasic or kFull it may have been freed twice instead if
  //                     its first word changed, and is withheld (Checking::kStrict)
  //   kOverrun          misuse, with kFull only: bytes behind the next free block were
  //                     written to. They have been made good, and the block is free
  //   kDoubleFree       misuse, with kRseq, kBasic or kFull, and State::kSide only: the
  //                     next free block had been freed twice; it is its owner's, and no
  //                     longer free
  // O(1) per attempt and O(block size) with kFull. With kRseq no atomic
  // read-modify-write while the core's magazine has blocks; otherwise one, two if more
  // blocks are used than ever before. Adopting a magazine takes about eight; when the
  // depot is dry, O(number of magazines), which Stats tells.
  // [O(magazines); O(1) and 1-2 RMW without caches, mostly 0 with kRseq, 8 to adopt]
  [[nodiscard]] COREPOOL_INLINE Block* Allocate() { return TryAllocate().block; }
  [[nodiscard]] COREPOOL_INLINE Allocation TryAllocate() { return Traced(Take()); }

  // The same, but waits for a block if there is none: until `deadline`, in ticks of the
  // port of PoolOptions::waiters; of those who wait, those with the lowest `priority`
  // come first, then those who have waited longest. Besides TryAllocate's errors:
  //   kTimedOut      no block was handed over before the deadline
  //   kTooMany       as many wait as may
  //   kUnsupported   the pool has no waiters, and the deadline is not kNoWait
  // A pool that can have no blocks says kExhausted at once. All the rules are in
  // wait.h. [threads; blocking; as TryAllocate]
  [[nodiscard]] Allocation AllocateUntil(Ticks deadline, std::uint8_t priority) {
    if (!pool().is_initialized()) return {Error::kNotInitialized, nullptr};
    const auto& parts = pool().parts();
    if (deadline != kNoWait && parts.waiters == nullptr) {
      return {Error::kUnsupported, nullptr};
    }
    const Allocation got = TryAllocate();
    if ((got.error != Error::kExhausted && got.error != Error::kSegmentExhausted) ||
        deadline == kNoWait || parts.space.count == 0) {
      return got;
    }
    return Traced(Paths::Wait(deadline, priority, port::ReturnAddress()));
  }

  // Takes a block back, or leaves it to the hook on_free (hooks.h), and is kOk. nullptr
  // does nothing and is kOk; kNotInitialized if the pool has no memory. Misuse:
  //   kForeignPointer, kInteriorPointer, kMisalignedPointer
  //   kDoubleFree   the block is free. Of contexts that free one block at the same
  //                 time exactly one is accepted (with kRseq, with kStrict only). A
  //                 pointer to a block that has been allocated again in between is not
  //                 told from its new owner's
  //   kOverrun      (kFull) bytes behind the block were written to; the block is
  //                 taken back all the same
  // O(1) per attempt and O(block size) with kFull. With kRseq, unless kStrict, no
  // atomic read-modify-write while the core's magazine has room; otherwise two, one
  // with kOff; adopting a magazine takes about eight.
  // [O(1), 0-8 RMW; 1-2 without caches, mostly 0 with kRseq, 8 to adopt]
  COREPOOL_INLINE Error Free(Block* block) {
    const Error error = GiveBack(block);
    if constexpr (Trace::kOn) {
      if (error == Error::kOk && block != nullptr) TraceFreed(block);
    }
    return error;
  }

  // As Free, but without asking the hook on_free (hooks.h): for the hook itself, and
  // for whoever frees blocks that it has kept. [as Free]
  Error FreeDirectly(Block* block) { return Paths::FreeUnasked(block); }

  // Fills `blocks` with that many blocks and is kOk; or takes none, fills it with
  // nullptr and says why, as TryAllocate does. kExhausted: there was an instant at
  // which so few blocks were free, not counting those that other bulk calls under way
  // had already gathered. kNullMemory if `blocks` has a size but no place. O(size) per
  // attempt; without caches one atomic read-modify-write for the whole, and one for a
  // new peak; with kRseq none for what the core's magazine holds.
  // [O(size); without caches 1-2 RMW]
  [[nodiscard]] Error AllocateBulk(std::span<Block*> blocks) {
    if (blocks.empty()) return Error::kOk;
    if (blocks.data() == nullptr) return Error::kNullMemory;
    if (!pool().is_initialized()) return Error::kNotInitialized;
    const auto& parts = pool().parts();
    Error error = Error::kOk;
    if (parts.by_chain) {
      const BlockPool view(parts, pool().state_);
      const auto chain = view.AllocateExactly(blocks.size());
      FillFrom(blocks, view, chain);
      error = chain.error;
    } else {
      const std::size_t count = Gather(blocks, true, error);
      if (error != Error::kOk) TakeBack(blocks.first(count));
    }
    if (error != Error::kOk) [[unlikely]] {
      for (Block*& block : blocks) block = nullptr;
    } else if (parts.owners != nullptr) {
      NoteOwners(blocks, port::ReturnAddress());
    }
    if (error == Error::kOk) TraceAllocated(blocks);
    return error;
  }

  // Fills the front of `blocks` with as many blocks as there are and returns how
  // many. Blocks found written to while they were free are reported; made good, they
  // are among them, unless they are withheld (Checking::kStrict). [as AllocateBulk]
  [[nodiscard]] std::size_t AllocateUpTo(std::span<Block*> blocks) {
    if (blocks.empty() || blocks.data() == nullptr || !pool().is_initialized()) {
      return 0;
    }
    const auto& parts = pool().parts();
    std::size_t count = 0;
    if (parts.by_chain) {
      const BlockPool view(parts, pool().state_);
      const auto chain = view.AllocateUpTo(blocks.size());
      FillFrom(blocks, view, chain);
      count = chain.length;
    } else {
      Error error = Error::kOk;
      count = Gather(blocks, false, error);
    }
    if (parts.owners != nullptr) [[unlikely]]
      NoteOwners(blocks.first(count), port::ReturnAddress());
    TraceAllocated(blocks.first(count));
    return count;
  }

  // Takes back every block that Free would, all at once, reports each of the others
  // and returns the first error (kNullMemory as AllocateBulk). `blocks` must not lie in
  // one of them. O(size) per attempt. Without caches one atomic read-modify-write for
  // the whole and, unless checking is kOff, one for each block; with kRseq none for
  // what the core's magazine has room for, if checking is kBasic or kOff.
  // [O(size); without caches 1 RMW, and 1 for each block unless kOff]
  Error FreeBulk(std::span<Block* const> blocks) {
    if (blocks.empty()) return Error::kOk;
    if (blocks.data() == nullptr) return Error::kNullMemory;
    if (!pool().is_initialized()) return Error::kNotInitialized;
    const auto& parts = pool().parts();
    // Those that are refused are told as well; nobody asks for one at a time here.
    if constexpr (Trace::kOn) {
      for (const Block* const block : blocks) TraceFreed(block);
    }
    if (parts.by_batch) {
      const BlockPool view(parts, pool().state_);
      BlockPool::FreeBatch batch(view);
      for (Block* const block : blocks) batch.Add(block);
      return batch.Commit();
    }
    if (parts.quarantine.exists()) return FreeEach(blocks);
    // Blocks go back in runs between those that are refused.
    Error error = Error::kOk;
    std::size_t first = 0;
    std::size_t end = 0;
    while ((end += CountRetired(blocks.subspan(end))) < blocks.size()) {
      const bool ours = parts.layout.IndexOf(blocks[end]) < parts.layout.count();
      const Error refusal = RetireElsewhere(blocks[end]);
      if (error == Error::kOk) error = refusal;
      if (!ours || refusal == Error::kDoubleFree) {
        const Error doubled = Scatter(blocks.subspan(first, end - first));
        if (error == Error::kOk) error = doubled;
        first = end + 1;
      }
      ++end;
    }
    const Error doubled = Scatter(blocks.subspan(first));
    return error == Error::kOk ? doubled : error;
  }

  // Puts what rests in the caches of all cores where every core takes from first. For
  // a quiet time; nothing depends on it. With kRseq it calls the system once a core
  // (membarrier). [any; O(cores); with kRseq also as many system calls]
  void FlushCaches() {
    WithView([&](const BlockPool& view) { return view.FlushCaches(); });
  }

  // Makes the blocks in quarantine (PoolOptions::quarantine) as free as all others. Not
  // concurrently with any other call on this pool: a block on its way is nowhere to be
  // found. [alone; O(quarantine)]
  void FlushQuarantine() {
    WithView([&](const BlockPool& view) { return view.FlushQuarantine(); });
  }

  // All blocks are free again, as after Init, statistics too; alarms that were raised
  // are told to be normal. What is done about blocks that are still allocated, `leaks`
  // says (options.h). A block that is withheld counts as allocated where others are.
  // kNotInitialized, or kBlocksInUse, which changes nothing. [alone; O(N)]
  Error Clear(Leaks leaks = Leaks::kRefuse) {
    if (!pool().is_initialized()) return Error::kNotInitialized;
    return WithView(
        [&](const BlockPool& view) { return view.Clear(leaks, Pool::kBeginsAllZero); });
  }

  // With kFull: says who has a block, from now until it is allocated again; only for
  // who has it. At first it is the code address from which it was allocated (with
  // bulks, where the compiler puts their code into the caller's, from which that was
  // called). Reports of misuse name it, and those of leaks. kUnsupported without kFull,
  // kForeignPointer and so on as Free, which are misuse. [wait-free; O(1)]
  Error SetOwner(const Block* block, OwnerTag owner) {
    if (!pool().is_initialized()) return Error::kNotInitialized;
    const std::size_t index = IndexOf(block);
    if (index == kNoIndex) {
      return WithView([&](const BlockPool& view) { return view.RefuseAddress(block); });
    }
    return WithView([&](const BlockPool& view) {
      return view.SetOwner(static_cast<lockfree::Index>(index), owner);
    });
  }
  // Who has a block, or had it last; 0 if nobody ever had, for what is no block, and
  // without kFull. [wait-free; O(1)]
  [[nodiscard]] OwnerTag OwnerOf(const Block* block) const {
    const std::size_t index = IndexOf(block);
    if (index == kNoIndex) return 0;
    return WithView([&](const BlockPool& view) {
      return view.OwnerOf(static_cast<lockfree::Index>(index));
    });
  }

  // How those who wait for blocks sleep; nullptr if nobody may. [wait-free; O(1)]
  [[nodiscard]] const WaitPort* wait_port() const {
    return WaitTable::PortOf(pool().parts().waiters);
  }

  // The number of the block that starts at `address`, or kNoIndex. Any address
  // may be asked for. [wait-free; O(1)]
  [[nodiscard]] std::size_t IndexOf(const void* address) const {
    const auto& layout = pool().parts().layout;
    const std::size_t index = layout.IndexOf(address);
    return index < layout.count() ? index : kNoIndex;
  }

  // Block `index`, allocated or free; nullptr if there is none. [wait-free; O(1)]
  [[nodiscard]] Block* BlockAt(std::size_t index) const {
    const auto& layout = pool().parts().layout;
    return index < layout.count() ? static_cast<Block*>(layout.BlockAt(index))
                                  : nullptr;
  }

  // Whether Free would refuse `block`, a block of this pool, as free already; false
  // with kOff. For who has something to do before it. [wait-free; O(1)]
  [[nodiscard]] bool LooksFree(Block* block) const {
    const auto& parts = pool().parts();
    return parts.state.LooksFree(parts.layout.IndexOf(block), block);
  }

  // Whether `address` lies anywhere from the first block to the end of the last, the
  // padding between blocks included. [wait-free; O(1)]
  [[nodiscard]] bool Owns(const void* address) const {
    return pool().parts().layout.Contains(address);
  }

  // Exact at rest; see PoolStats for what holds under traffic.
  // [wait-free; O(magazines)]
  [[nodiscard]] PoolStats Stats() const {
    return WithView([&](const BlockPool& view) { return view.Stats(); });
  }

  // Starts a new period for PoolStats::peak, at the number of blocks used now. An
  // allocation that has taken its block but not returned yet may count for either
  // period. [O(1), 1 RMW]
  void ResetPeak() {
    WithView([&](const BlockPool& view) { return view.ResetPeak(); });
  }

  // Walks the free list and checks that it is one: no block twice, every depth right,
  // no block on it that is allocated; at rest also that every other block is
  // allocated, and what free blocks contain (as far as checking is on). While other
  // calls are running the list is walked until it holds still for one walk, at most
  // eight times. What is in magazines is looked at at rest only; then the pool must
  // really be at rest, for the audit makes notes in its nodes.
  // [threads; O(N); with kAtRest alone]
  [[nodiscard]] AuditReport Audit(AuditMode mode = AuditMode::kRunning) const {
    return WithView([&](const BlockPool& view) { return view.Audit(mode); });
  }

  // What the pool really does, where the options left it open. [wait-free; O(1)]
  [[nodiscard]] corepool::Caching Caching() const {
    const corepool::Caching caching = pool().parts().caching;
    return caching == corepool::Caching::kRseq && !Cores::Enable()
               ? corepool::Caching::kNone
               : caching;
  }
  [[nodiscard]] corepool::Checking Checking() const { return pool().parts().checking; }
  [[nodiscard]] corepool::State State() const {
    return pool().parts().state.cookies() ? corepool::State::kCookie
                                          : corepool::State::kSide;
  }

 protected:
  // For the pool itself, when it is made.
  static constexpr WaitOperations kWaitOperations =
      PoolPaths<Pool, Block, Cores>::kWaitOperations;

  constexpr PoolFace() = default;
  ~PoolFace() = default;
  PoolFace(const PoolFace&) = delete;
  PoolFace& operator=(const PoolFace&) = delete;

 private:
  friend class PoolPaths<Pool, Block, Cores>;
  using Paths = PoolPaths<Pool, Block, Cores>;
  using Paths::AllocateElsewhere;
  using Paths::AllocateOutOfLine;
  using Paths::CountRetired;
  using Paths::Exhausted;
  using Paths::FillFrom;
  using Paths::FreeEach;
  using Paths::FreeOutOfLine;
  using Paths::Gather;
  using Paths::MarkFreeByCookie;
  using Paths::NoteOwners;
  using Paths::Prepare;
  using Paths::PushElsewhere;
  using Paths::RefuseAddress;
  using Paths::RefuseDoubleFree;
  using Paths::RetireElsewhere;
  using Paths::Scatter;
  using Paths::ServeWaiters;
  using Paths::TakeBack;
  using Paths::WithView;

  using Trace = port::Trace;

  // TryAllocate and Free, but for the trace points.
  COREPOOL_INLINE Allocation Take() {
    const auto& parts = pool().parts();
    if constexpr (Cores::kRestartable) {
      void* block;
      if (parts.by_cookie) [[likely]] {
        if (!Cores::Pop(parts.cache.area, parts.cache.cores, &block)) [[unlikely]]
          return AllocateElsewhere();
        if (!parts.state.ClearCookie(block)) [[unlikely]]
          return Prepare(block);
        return {Error::kOk, static_cast<Block*>(block)};
      }
      // With a cookie, reading it fetches the block; without, nothing has yet.
      if (parts.path == FastPath::kUnmarked) {
        if (!Cores::PopAndPrefetch(parts.cache.area, parts.cache.cores, &block))
            [[unlikely]]
          return AllocateElsewhere();
        return {Error::kOk, static_cast<Block*>(block)};
      }
    }
    if (parts.path >= FastPath::kOutOfLine) return AllocateOutOfLine();
    PoolState& state = pool().state_;
    const auto popped = state.free_blocks.Pop(parts.space);
    const lockfree::Index index = popped.index;
    if (index == parts.space.count) [[unlikely]]
      return Exhausted();
    void* const block = parts.layout.InRow(index);
    if (parts.state.MarkAllocated(index, block) != BlockState::Taken::kGood)
        [[unlikely]] {
      return Prepare(block);
    }
    state.peak.Raise(parts.space.count - lockfree::Word{popped.depth} + 1);
    return {Error::kOk, static_cast<Block*>(block)};
  }
  COREPOOL_INLINE Error GiveBack(Block* block) {
    const auto& parts = pool().parts();
    if (!parts.layout.IsBlock(block)) [[unlikely]]
      return RefuseAddress(block);
    // So that compilers do not warn of what would be done with one.
    if (block == nullptr) __builtin_unreachable();
    if constexpr (Cores::kRestartable) {
      if (parts.path == FastPath::kByCookie) [[likely]] {
        if (!MarkFreeByCookie(parts, block)) [[unlikely]]
          return FreeOutOfLine(block);
        if (!Cores::Push(parts.cache.area, parts.cache.cores, parts.cache.limit, block))
            [[unlikely]] {
          return PushElsewhere(block);
        }
        ServeWaiters(parts, 1);
        return Error::kOk;
      }
      if (parts.path == FastPath::kUnmarked) {
        if (!Cores::Push(parts.cache.area, parts.cache.cores, parts.cache.limit, block))
            [[unlikely]] {
          return PushElsewhere(block);
        }
        ServeWaiters(parts, 1);
        return Error::kOk;
      }
    }
    if (parts.path >= FastPath::kOutOfLine) return FreeOutOfLine(block);
    const auto index = static_cast<lockfree::Index>(parts.layout.IndexInRow(block));
    if (!parts.state.MarkFree(index, block)) [[unlikely]]
      return RefuseDoubleFree(index, block);
    pool().state_.free_blocks.Push(parts.space, index);
    ServeWaiters(parts, 1);
    return Error::kOk;
  }

  COREPOOL_INLINE Allocation Traced(Allocation got) const {
    if constexpr (Trace::kOn) {
      if (got.block != nullptr) {
        Trace::Allocated(pool().parts().identity, pool().parts().name, got.block);
      }
    }
    return got;
  }
  void TraceAllocated(std::span<Block* const> blocks) const {
    if constexpr (Trace::kOn) {
      for (Block* const block : blocks) Traced({Error::kOk, block});
    }
  }
  COREPOOL_INLINE void TraceFreed(const Block* block) const {
    Trace::Freed(pool().parts().identity, pool().parts().name, block);
  }

  const Pool& pool() const { return static_cast<const Pool&>(*this); }
};

}  // namespace corepool::engine

#endif  // COREPOOL_ENGINE_POOL_FACE_H_
