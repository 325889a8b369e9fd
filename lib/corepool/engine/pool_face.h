// What FixedPool and StaticPool have in common: their operations on blocks.

#ifndef COREPOOL_ENGINE_POOL_FACE_H_
#define COREPOOL_ENGINE_POOL_FACE_H_

#include <cstddef>
#include <span>

#include "corepool/config.h"
#include "corepool/engine/block_pool.h"
#include "corepool/engine/pool_parts.h"
#include "corepool/error.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/misuse.h"
#include "corepool/options.h"
#include "corepool/stats.h"

namespace corepool::engine {

// Unless said otherwise, every function may be called by any thread, interrupt
// handler and signal handler, on any core, at any instruction of any other call on the
// same pool; takes no lock, calls no system and allocates no memory; and is lock-free:
// an attempt fails only because another call has succeeded. (CPUs with a
// store-conditional may repeat it a few times for reasons of their own.)
//
// Blocks are handed over like any memory: what a context wrote to a block before
// freeing it happens before what the next owner does with it.
//
// Misuse is reported to the misuse handler (misuse.h). If that returns, the call is
// refused, with the error that it was reported as, unless its comment says otherwise;
// the pool is sound in any case.
template <class Pool, class Block>
class PoolFace {
 public:
  struct Allocation {
    Error error;   // kOk, kExhausted, kNotInitialized or kWriteAfterFree
    Block* block;  // nullptr unless kOk
  };

  // A block of block_size bytes, aligned as the options say, with undefined
  // contents; or nullptr, and TryAllocate tells why:
  //   kExhausted        there was an instant during the call at which every block
  //                     was allocated
  //   kNotInitialized   the pool has no memory
  //   kWriteAfterFree   misuse: the next free block was written to. It has been
  //                     made good and is free; the next call will have it
  // O(1) per attempt and O(block size) with kFull. One atomic read-modify-write, two
  // if more blocks are used than ever before.
  [[nodiscard]] COREPOOL_INLINE Block* Allocate() { return TryAllocate().block; }
  [[nodiscard]] COREPOOL_INLINE Allocation TryAllocate() {
    const auto& parts = pool().parts();
    PoolState& state = pool().state_;
    const auto popped = state.free_blocks.Pop(parts.space);
    const lockfree::Index index = popped.index;
    if (index == parts.space.count) [[unlikely]]
      return Exhausted();
    void* const block = parts.layout.BlockAt(index);
    if (parts.checking != corepool::Checking::kOff) {
      if (parts.checking == corepool::Checking::kFull) [[unlikely]] {
        const Error error = PrepareFull(index);
        if (error != Error::kOk) return {error, nullptr};
      } else if (!parts.state.MarkAllocated(index, block)) [[unlikely]] {
        return RefuseDamaged(index);
      }
    }
    const auto used =
        static_cast<lockfree::Index>(parts.space.count - popped.depth + 1);
    if (used > state.peak.load(lockfree::kRelaxed)) [[unlikely]] {
      BlockPool::RaisePeak(state, used);
    }
    return {Error::kOk, static_cast<Block*>(block)};
  }

  // Takes a block back. nullptr does nothing and is kOk; kNotInitialized if the pool
  // has no memory. Misuse:
  //   kForeignPointer, kInteriorPointer, kMisalignedPointer
  //   kDoubleFree   the block is free. Of contexts that free one block at the same
  //                 time exactly one is accepted. (A pointer to a block that has been
  //                 allocated again in between is not told from its new owner's.)
  //   kOverrun      (kFull) bytes behind the block were written to; the block is
  //                 taken back all the same
  // O(1) per attempt and O(block size) with kFull. Two atomic read-modify-writes, one
  // with kOff.
  COREPOOL_INLINE Error Free(Block* block) {
    const auto& parts = pool().parts();
    const std::size_t found = parts.layout.IndexOf(block);
    if (found >= parts.space.count) [[unlikely]]
      return RefuseAddress(block);
    const auto index = static_cast<lockfree::Index>(found);
    if (parts.checking != corepool::Checking::kOff) {
      if (parts.checking == corepool::Checking::kFull) [[unlikely]] {
        return FreeFull(index, block);
      }
      if (!parts.state.MarkFree(index, block)) [[unlikely]] {
        return RefuseDoubleFree(index, block);
      }
    }
    pool().state_.free_blocks.Push(parts.space, index);
    return Error::kOk;
  }

  // Fills `blocks` with that many blocks, or leaves it as it is, takes none and says
  // why, as TryAllocate does; kNullMemory if `blocks` has a size but no place. O(size)
  // per attempt; one atomic read-modify-write for the whole, and one for a new peak.
  [[nodiscard]] Error AllocateBulk(std::span<Block*> blocks) {
    if (blocks.empty()) return Error::kOk;
    if (blocks.data() == nullptr) return Error::kNullMemory;
    if (!pool().is_initialized()) return Error::kNotInitialized;
    const auto& parts = pool().parts();
    const BlockPool view(parts, pool().state_, this);
    const auto chain = view.AllocateExactly(blocks.size());
    Fill(blocks, view, chain);
    return chain.error;
  }

  // Fills the front of `blocks` with as many blocks as there are and returns how
  // many. Blocks found written to while they were free are reported, made good and
  // among them. Cost as AllocateBulk.
  [[nodiscard]] std::size_t AllocateUpTo(std::span<Block*> blocks) {
    if (blocks.empty() || blocks.data() == nullptr || !pool().is_initialized()) {
      return 0;
    }
    const auto& parts = pool().parts();
    const BlockPool view(parts, pool().state_, this);
    const auto chain = view.AllocateUpTo(blocks.size());
    Fill(blocks, view, chain);
    return chain.length;
  }

  // Takes back every block that Free would, all at once, reports each of the others
  // and returns the first error (kNullMemory as AllocateBulk). `blocks` must not lie in
  // one of them. O(size) per attempt; one atomic read-modify-write for the whole and,
  // unless checking is kOff, one for each block.
  Error FreeBulk(std::span<Block* const> blocks) {
    if (blocks.empty()) return Error::kOk;
    if (blocks.data() == nullptr) return Error::kNullMemory;
    if (!pool().is_initialized()) return Error::kNotInitialized;
    const auto& parts = pool().parts();
    const BlockPool view(parts, pool().state_, this);
    BlockPool::FreeBatch batch(view);
    for (Block* const block : blocks) batch.Add(block);
    return batch.Commit();
  }

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

  // Wait-free, O(1). Exact at rest; see PoolStats for what holds under traffic.
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
  // eight times. O(N), so not for interrupt handlers.
  [[nodiscard]] AuditReport Audit(AuditMode mode = AuditMode::kRunning) const {
    return BlockPool(pool().parts(), pool().state_, this).Audit(mode);
  }

  // What the pool really does, where the options left it open. Wait-free, O(1).
  [[nodiscard]] corepool::Caching Caching() const { return corepool::Caching::kNone; }
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

  void Fill(std::span<Block*> blocks, const BlockPool& view,
            const BlockPool::Chain& chain) const {
    lockfree::Index index = chain.first;
    for (lockfree::Index i = 0; i < chain.length; ++i) {
      const lockfree::Index next = pool().parts().space.Next(index);
      blocks[i] = static_cast<Block*>(view.HandOut(index));
      index = next;
    }
  }

  // The rest is out of line and makes its own view of the pool: a view made on the
  // fast path would have to be in memory in case it is needed.
  COREPOOL_COLD Allocation Exhausted() {
    if (!pool().is_initialized()) return {Error::kNotInitialized, nullptr};
    return {BlockPool(pool().parts(), pool().state_, this).Exhausted(), nullptr};
  }
  COREPOOL_COLD Allocation RefuseDamaged(lockfree::Index index) {
    return {BlockPool(pool().parts(), pool().state_, this).RefuseDamaged(index),
            nullptr};
  }
  COREPOOL_COLD Error RefuseAddress(const void* address) {
    if (address != nullptr && !pool().is_initialized()) return Error::kNotInitialized;
    return BlockPool(pool().parts(), pool().state_, this).RefuseAddress(address);
  }
  COREPOOL_COLD Error RefuseDoubleFree(lockfree::Index index, const void* block) {
    return BlockPool(pool().parts(), pool().state_, this)
        .RefuseDoubleFree(index, block);
  }
  COREPOOL_COLD Error PrepareFull(lockfree::Index index) {
    return BlockPool(pool().parts(), pool().state_, this).PrepareFull(index);
  }
  COREPOOL_COLD Error FreeFull(lockfree::Index index, void* block) {
    return BlockPool(pool().parts(), pool().state_, this).FreeFull(index, block);
  }
};

}  // namespace corepool::engine

#endif  // COREPOOL_ENGINE_POOL_FACE_H_
