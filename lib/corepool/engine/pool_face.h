// What FixedPool and StaticPool have in common: their operations on blocks.

#ifndef COREPOOL_ENGINE_POOL_FACE_H_
#define COREPOOL_ENGINE_POOL_FACE_H_

#include <cstddef>
#include <span>

#include "corepool/config.h"
#include "corepool/engine/block_layout.h"
#include "corepool/engine/block_pool.h"
#include "corepool/engine/block_state.h"
#include "corepool/engine/pool_parts.h"
#include "corepool/error.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/misuse.h"
#include "corepool/options.h"
#include "corepool/port/cores.h"
#include "corepool/stats.h"

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
template <class Pool, class Block, class Cores = port::Cores>
class PoolFace {
 public:
  struct Allocation {
    Error error;   // kOk, or one of those of Allocate
    Block* block;  // nullptr unless kOk
  };

  // A block of block_size bytes, aligned as the options say, with undefined
  // contents; or nullptr, and TryAllocate tells why:
  //   kExhausted        there was an instant during the call at which every block
  //                     was allocated
  //   kNotInitialized   the pool has no memory
  //   kWriteAfterFree   misuse: the next free block was written to. It has been
  //                     made good and is free; the next call will have it. With kRseq
  //                     and kBasic it may have been freed twice instead, and is
  //                     withheld (Checking::kStrict)
  //   kDoubleFree       misuse, with kRseq, kBasic and State::kSide only: the next free
  //                     block had been freed twice; it is its owner's, and no longer
  //                     free
  // O(1) per attempt and O(block size) with kFull. With kRseq no atomic
  // read-modify-write while the core's magazine has blocks; otherwise one, two if more
  // blocks are used than ever before. Adopting a magazine takes about eight; when the
  // depot is dry, O(number of magazines), which Stats tells.
  [[nodiscard]] COREPOOL_INLINE Block* Allocate() { return TryAllocate().block; }
  [[nodiscard]] COREPOOL_INLINE Allocation TryAllocate() {
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
    if (parts.path == FastPath::kOutOfLine) return AllocateOutOfLine();
    PoolState& state = pool().state_;
    const auto popped = state.free_blocks.Pop(parts.space);
    const lockfree::Index index = popped.index;
    if (index == parts.space.count) [[unlikely]]
      return Exhausted();
    void* const block = parts.layout.BlockAt(index);
    if (parts.state.MarkAllocated(index, block) != BlockState::Taken::kGood)
        [[unlikely]] {
      return Prepare(block);
    }
    const auto used =
        static_cast<lockfree::Index>(parts.space.count - popped.depth + 1);
    if (COREPOOL_STATISTICS != 0 && used > state.peak.load(lockfree::kRelaxed))
        [[unlikely]] {
      BlockPool::RaisePeak(state, used);
    }
    return {Error::kOk, static_cast<Block*>(block)};
  }

  // Takes a block back. nullptr does nothing and is kOk; kNotInitialized if the pool
  // has no memory. Misuse:
  //   kForeignPointer, kInteriorPointer, kMisalignedPointer
  //   kDoubleFree   the block is free. Of contexts that free one block at the same
  //                 time exactly one is accepted (with kRseq, from kStrict on). A
  //                 pointer to a block that has been allocated again in between is not
  //                 told from its new owner's
  //   kOverrun      (kFull) bytes behind the block were written to; the block is
  //                 taken back all the same
  // O(1) per attempt and O(block size) with kFull. With kRseq, and kBasic or kOff, no
  // atomic read-modify-write while the core's magazine has room; otherwise two, one
  // with kOff; adopting a magazine takes about eight.
  COREPOOL_INLINE Error Free(Block* block) {
    const auto& parts = pool().parts();
    if (!parts.layout.IsBlock(block)) [[unlikely]]
      return RefuseAddress(block);
    // So that compilers do not warn of what would be done with one.
    if (block == nullptr) __builtin_unreachable();
    if constexpr (Cores::kRestartable) {
      if (parts.path == FastPath::kByCookie) [[likely]] {
        if (!MarkFreeByCookie(parts, block)) [[unlikely]]
          return FreeElsewhere(block);
        if (!Cores::Push(parts.cache.area, parts.cache.cores, parts.cache.limit, block))
            [[unlikely]] {
          return PushElsewhere(block);
        }
        return Error::kOk;
      }
      if (parts.path == FastPath::kUnmarked) {
        if (!Cores::Push(parts.cache.area, parts.cache.cores, parts.cache.limit, block))
            [[unlikely]] {
          return PushElsewhere(block);
        }
        return Error::kOk;
      }
    }
    if (parts.path == FastPath::kOutOfLine) return FreeOutOfLine(block);
    const auto index = static_cast<lockfree::Index>(parts.layout.IndexOf(block));
    if (!parts.state.MarkFree(index, block)) [[unlikely]]
      return RefuseDoubleFree(index, block);
    pool().state_.free_blocks.Push(parts.space, index);
    return Error::kOk;
  }

  // Fills `blocks` with that many blocks and is kOk; or takes none, fills it with
  // nullptr and says why, as TryAllocate does. kExhausted: there was an instant at
  // which so few blocks were free, not counting those that other bulk calls under way
  // had already gathered. kNullMemory if `blocks` has a size but no place. O(size) per
  // attempt; without caches one atomic read-modify-write for the whole, and one for a
  // new peak; with kRseq none for what the core's magazine holds.
  [[nodiscard]] Error AllocateBulk(std::span<Block*> blocks) {
    if (blocks.empty()) return Error::kOk;
    if (blocks.data() == nullptr) return Error::kNullMemory;
    if (!pool().is_initialized()) return Error::kNotInitialized;
    const auto& parts = pool().parts();
    Error error = Error::kOk;
    if (parts.caching == corepool::Caching::kNone) {
      const BlockPool view(parts, pool().state_, this);
      const auto chain = view.AllocateExactly(blocks.size());
      FillFrom(blocks, view, chain);
      error = chain.error;
    } else {
      const std::size_t count = Gather(blocks, true, error);
      if (error != Error::kOk) TakeBack(blocks.first(count));
    }
    if (error != Error::kOk) [[unlikely]] {
      for (Block*& block : blocks) block = nullptr;
    }
    return error;
  }

  // Fills the front of `blocks` with as many blocks as there are and returns how
  // many. Blocks found written to while they were free are reported; made good, they
  // are among them, unless they are withheld (Checking::kStrict). Cost as AllocateBulk.
  [[nodiscard]] std::size_t AllocateUpTo(std::span<Block*> blocks) {
    if (blocks.empty() || blocks.data() == nullptr || !pool().is_initialized()) {
      return 0;
    }
    const auto& parts = pool().parts();
    if (parts.caching == corepool::Caching::kNone) {
      const BlockPool view(parts, pool().state_, this);
      const auto chain = view.AllocateUpTo(blocks.size());
      FillFrom(blocks, view, chain);
      return chain.length;
    }
    Error error = Error::kOk;
    return Gather(blocks, false, error);
  }

  // Takes back every block that Free would, all at once, reports each of the others
  // and returns the first error (kNullMemory as AllocateBulk). `blocks` must not lie in
  // one of them. O(size) per attempt. Without caches one atomic read-modify-write for
  // the whole and, unless checking is kOff, one for each block; with kRseq none for
  // what the core's magazine has room for, if checking is kBasic or kOff.
  Error FreeBulk(std::span<Block* const> blocks) {
    if (blocks.empty()) return Error::kOk;
    if (blocks.data() == nullptr) return Error::kNullMemory;
    if (!pool().is_initialized()) return Error::kNotInitialized;
    const auto& parts = pool().parts();
    if (parts.caching == corepool::Caching::kNone) {
      const BlockPool view(parts, pool().state_, this);
      BlockPool::FreeBatch batch(view);
      for (Block* const block : blocks) batch.Add(block);
      return batch.Commit();
    }
    // Blocks go back in runs between those that are refused.
    Error error = Error::kOk;
    std::size_t first = 0;
    std::size_t end = 0;
    while ((end += CountRetired(blocks.subspan(end))) < blocks.size()) {
      const bool ours = parts.layout.IsBlock(blocks[end]);
      const Error refusal = RetireElsewhere(blocks[end]);
      if (error == Error::kOk) error = refusal;
      if (!ours || refusal == Error::kDoubleFree) {
        Scatter(blocks.subspan(first, end - first));
        first = end + 1;
      }
      ++end;
    }
    Scatter(blocks.subspan(first));
    return error;
  }

  // Puts what rests in the caches of all cores where every core takes from first. For
  // a quiet time; nothing depends on it. Any context; O(cores). With kRseq it calls
  // the system once a core (membarrier).
  void FlushCaches() { BlockPool(pool().parts(), pool().state_, this).FlushCaches(); }

  // The number of the block that starts at `address`, or kNoIndex. Any address
  // may be asked for. Wait-free, O(1).
  [[nodiscard]] std::size_t IndexOf(const void* address) const {
    const auto& layout = pool().parts().layout;
    const std::size_t index = layout.IndexOf(address);
    return index < layout.count() ? index : kNoIndex;
  }

  // Block `index`, allocated or free; nullptr if there is none. Wait-free, O(1).
  [[nodiscard]] Block* BlockAt(std::size_t index) const {
    const auto& layout = pool().parts().layout;
    return index < layout.count() ? static_cast<Block*>(layout.BlockAt(index))
                                  : nullptr;
  }

  // Whether `address` lies anywhere from the first block to the end of the last, the
  // padding between blocks included. Wait-free, O(1).
  [[nodiscard]] bool Owns(const void* address) const {
    return pool().parts().layout.Contains(address);
  }

  // Wait-free, O(number of magazines). Exact at rest; see PoolStats for what holds
  // under traffic.
  [[nodiscard]] PoolStats Stats() const {
    return BlockPool(pool().parts(), pool().state_, this).Stats();
  }

  // Starts a new period for PoolStats::peak, at the number of blocks used now. An
  // allocation that has taken its block but not returned yet may count for either
  // period. O(1) per attempt, one atomic read-modify-write.
  void ResetPeak() { BlockPool(pool().parts(), pool().state_, this).ResetPeak(); }

  // Walks the free list and checks that it is one: no block twice, every depth right,
  // no block on it that is allocated; at rest also that every other block is
  // allocated, and what free blocks contain (as far as checking is on). While other
  // calls are running the list is walked until it holds still for one walk, at most
  // eight times. What is in magazines is looked at at rest only; then the pool must
  // really be at rest, for the audit makes notes in its nodes. O(N), so not for
  // interrupt handlers.
  [[nodiscard]] AuditReport Audit(AuditMode mode = AuditMode::kRunning) const {
    return BlockPool(pool().parts(), pool().state_, this).Audit(mode);
  }

  // What the pool really does, where the options left it open. Wait-free, O(1).
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
  constexpr PoolFace() = default;
  ~PoolFace() = default;
  PoolFace(const PoolFace&) = delete;
  PoolFace& operator=(const PoolFace&) = delete;

 private:
  const Pool& pool() const { return static_cast<const Pool&>(*this); }

  void FillFrom(std::span<Block*> blocks, const BlockPool& view,
                const BlockPool::Chain& chain) const {
    lockfree::Index index = chain.first;
    for (lockfree::Index i = 0; i < chain.length; ++i) {
      const lockfree::Index next = pool().parts().space.Next(index);
      blocks[i] = static_cast<Block*>(view.HandOut(index));
      index = next;
    }
  }

  COREPOOL_INLINE static bool MarkFreeByCookie(const PoolParts& parts, void* block) {
    if constexpr (Pool::kBeginsAllZero) {
      return parts.state.MarkFreePlainly(parts.layout, block);
    } else {
      return parts.state.SetCookie(block);
    }
  }

  // What a magazine may give or take of `count` blocks.
  COREPOOL_INLINE static std::size_t AtOnce(const PoolParts& parts, std::size_t count) {
    return count < parts.cache.limit ? count : parts.cache.limit;
  }

  // With caches: fills the front of `blocks` and returns how many; `error` is the
  // first. Goes on after a refused block unless `strictly`.
  std::size_t Gather(std::span<Block*> blocks, bool strictly, Error& error) {
    const auto& parts = pool().parts();
    std::size_t done = 0;
    if (strictly && blocks.size() > parts.layout.count()) {
      error = Exhausted().error;
      return 0;
    }
    while (done < blocks.size()) {
      std::size_t popped = 0;
      if constexpr (Cores::kRestartable) {
        if (parts.caching == corepool::Caching::kRseq) {
          const std::size_t wanted = AtOnce(parts, blocks.size() - done);
          if (Cores::PopMany(parts.cache.area, parts.cache.cores, blocks.data() + done,
                             wanted)) [[likely]] {
            popped = wanted;
          }
        }
      }
      if (popped == 0) [[unlikely]]
        popped = PopElsewhere(blocks.subspan(done));
      if (popped == 0) [[unlikely]] {
        // A call that asked for some, and got some, has not failed.
        if (!strictly && done > 0) break;
        const Error exhausted = Exhausted().error;
        if (error == Error::kOk) error = exhausted;
        break;
      }
      // A block that is refused changes places with the last one popped.
      std::size_t end = done + popped;
      while ((done += CountPrepared(blocks.subspan(done, end - done))) < end) {
        const Error refusal = Prepare(blocks[done]).error;
        if (refusal == Error::kOk) {
          ++done;
          continue;
        }
        if (error == Error::kOk) error = refusal;
        blocks[done] = blocks[--end];
      }
      if (strictly && error != Error::kOk) [[unlikely]]
        break;
    }
    return done;
  }

  // How many blocks at the front have been made ready to be pushed: all up to the first
  // that a few instructions are not enough for. Each loop works on copies, which what
  // is written to blocks cannot change.
  std::size_t CountRetired(std::span<Block* const> blocks) const {
    const BlockLayout layout = pool().parts().layout;
    const BlockState state = pool().parts().state;
    std::size_t i = 0;
    if (state.marks() == Marks::kCookie) {
      while (i < blocks.size() && layout.IsBlock(blocks[i]) &&
             state.SetCookie(blocks[i])) {
        ++i;
      }
      return i;
    }
    if (state.marks() == Marks::kNone && layout.AreBlocks(blocks)) [[likely]]
      return blocks.size();
    while (i < blocks.size() && layout.IsBlock(blocks[i]) &&
           state.MarkFreePlainly(layout, blocks[i])) {
      ++i;
    }
    return i;
  }
  // How many have been made their user's.
  std::size_t CountPrepared(std::span<Block* const> blocks) const {
    const BlockLayout layout = pool().parts().layout;
    const BlockState state = pool().parts().state;
    std::size_t i = 0;
    if (state.marks() == Marks::kNone) return blocks.size();
    if (pool().parts().path == FastPath::kByCookie) {
      while (i < blocks.size() && state.ClearCookie(blocks[i])) ++i;
    } else {
      while (i < blocks.size() && state.MarkAllocatedPlainly(layout, blocks[i])) ++i;
    }
    return i;
  }

  // With caches: pushes blocks that are ready.
  void Scatter(std::span<Block* const> blocks) {
    const auto& parts = pool().parts();
    while (!blocks.empty()) {
      std::size_t pushed = 0;
      if constexpr (Cores::kRestartable) {
        if (parts.caching == corepool::Caching::kRseq) {
          const std::size_t given = AtOnce(parts, blocks.size());
          if (Cores::PushMany(parts.cache.area, parts.cache.cores, parts.cache.limit,
                              blocks.data(), given)) [[likely]] {
            pushed = given;
          }
        }
      }
      if (pushed == 0) [[unlikely]]
        pushed = PushElsewhere(blocks);
      blocks = blocks.subspan(pushed);
    }
  }

  // The rest is out of line and makes its own view of the pool: a view made on the
  // fast path would have to be in memory in case it is needed.
  static Allocation As(const BlockPool::Got& got) {
    return {got.error, static_cast<Block*>(got.block)};
  }

  COREPOOL_COLD Allocation Exhausted() {
    if (!pool().is_initialized()) return {Error::kNotInitialized, nullptr};
    return {BlockPool(pool().parts(), pool().state_, this).Exhausted(), nullptr};
  }
  COREPOOL_COLD Allocation AllocateElsewhere() {
    return As(BlockPool(pool().parts(), pool().state_, this).Allocate());
  }
  COREPOOL_COLD Allocation Prepare(void* block) {
    return As(BlockPool(pool().parts(), pool().state_, this).Prepare(block));
  }
  COREPOOL_COLD Error RefuseAddress(const void* address) {
    if (address != nullptr && !pool().is_initialized()) return Error::kNotInitialized;
    return BlockPool(pool().parts(), pool().state_, this).RefuseAddress(address);
  }
  COREPOOL_COLD Error RefuseDoubleFree(lockfree::Index index, const void* block) {
    return BlockPool(pool().parts(), pool().state_, this)
        .RefuseDoubleFree(index, block);
  }
  COREPOOL_COLD Error FreeElsewhere(void* block) {
    const auto& parts = pool().parts();
    const auto index = static_cast<lockfree::Index>(parts.layout.IndexOf(block));
    return BlockPool(parts, pool().state_, this).Free(index, block);
  }
  [[gnu::noinline]] Allocation AllocateOutOfLine() {
    return As(BlockPool(pool().parts(), pool().state_, this).Allocate());
  }
  [[gnu::noinline]] Error FreeOutOfLine(void* block) {
    const auto& parts = pool().parts();
    const auto index = static_cast<lockfree::Index>(parts.layout.IndexOf(block));
    return BlockPool(parts, pool().state_, this).Free(index, block);
  }
  COREPOOL_COLD Error PushElsewhere(void* block) {
    BlockPool(pool().parts(), pool().state_, this).Push(&block, 1);
    return Error::kOk;
  }
  // As Free for what comes before pushing.
  COREPOOL_COLD Error RetireElsewhere(void* block) {
    const auto& parts = pool().parts();
    const BlockPool view(parts, pool().state_, this);
    const std::size_t index = parts.layout.IndexOf(block);
    return index < parts.layout.count()
               ? view.Retire(static_cast<lockfree::Index>(index), block)
               : view.RefuseAddress(block);
  }

  // In between is an array of untyped pointers.
  static constexpr std::size_t kChunk = 32;
  COREPOOL_COLD std::size_t PopElsewhere(std::span<Block*> blocks) {
    void* chunk[kChunk];
    const std::size_t popped =
        BlockPool(pool().parts(), pool().state_, this)
            .PopCached(chunk, blocks.size() < kChunk ? blocks.size() : kChunk);
    for (std::size_t i = 0; i < popped; ++i) {
      blocks[i] = static_cast<Block*>(chunk[i]);
    }
    return popped;
  }
  COREPOOL_COLD std::size_t PushElsewhere(std::span<Block* const> blocks) {
    void* chunk[kChunk];
    const std::size_t count = blocks.size() < kChunk ? blocks.size() : kChunk;
    for (std::size_t i = 0; i < count; ++i) chunk[i] = blocks[i];
    BlockPool(pool().parts(), pool().state_, this).Push(chunk, count);
    return count;
  }
  COREPOOL_COLD void TakeBack(std::span<Block*> blocks) {
    const BlockPool view(pool().parts(), pool().state_, this);
    for (Block* const block : blocks) view.TakeBack(block);
  }
};

}  // namespace corepool::engine

#endif  // COREPOOL_ENGINE_POOL_FACE_H_
