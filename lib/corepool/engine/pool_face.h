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
// handler and signal handler, on any core, at any instruction of any other call
// on the same pool; is lock-free: it repeats an attempt only after another call
// has succeeded; and takes no lock, calls no system and allocates no memory.
//
// Blocks are handed over like any memory: what a context wrote to a block before
// freeing it happens before what the next owner does with it.
//
// Misuse is reported to the misuse handler (misuse.h). If that returns, the call
// is refused with the error that it was reported as, and the pool is as before.
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
  // O(1) per attempt, one atomic read-modify-write; O(block size) with kFull.
  [[nodiscard]] COREPOOL_INLINE Block* Allocate() { return Take().block; }
  [[nodiscard]] COREPOOL_INLINE Allocation TryAllocate() { return Take(); }

  // Takes a block back. nullptr does nothing and is kOk. Misuse:
  //   kForeignPointer, kInteriorPointer, kMisalignedPointer
  //   kDoubleFree   of contexts that free one block at the same time, exactly
  //                 one is accepted
  //   kOverrun      (kFull) bytes behind the block were written to; the block is
  //                 taken back all the same
  // O(1) per attempt, at most two atomic read-modify-writes; O(block size) with
  // kFull.
  COREPOOL_INLINE Error Free(Block* block) {
    const auto& parts = pool().parts();
    const std::size_t index = parts.layout.IndexOf(block);
    if (index >= parts.space.count) [[unlikely]]
      return RefuseAddress(block);
    const auto pushed = static_cast<lockfree::Index>(index);
    if (parts.checking != corepool::Checking::kOff &&
        (parts.checking == corepool::Checking::kFull ||
         !parts.state.MarkFree(index, block))) [[unlikely]] {
      return FinishFree(pushed, block);
    }
    pool().state_.free_blocks.Push(parts.space, pushed);
    return Error::kOk;
  }

  // Fills `blocks` with that many blocks, or leaves it undefined, takes none and
  // says why, as TryAllocate does. O(size) per attempt; one atomic
  // read-modify-write, however many blocks.
  [[nodiscard]] Error AllocateBulk(std::span<void*> blocks) {
    return Explain(BlockPool(pool().parts(), pool().state_, this).AllocateBulk(blocks));
  }

  // Fills the front of `blocks` with as many blocks as there are and returns how
  // many. Cost as AllocateBulk.
  [[nodiscard]] std::size_t AllocateUpTo(std::span<void*> blocks) {
    return BlockPool(pool().parts(), pool().state_, this).AllocateUpTo(blocks);
  }

  // Takes back every block that Free would, all at once, reports each of the
  // others and returns the first error. O(size) per attempt; one atomic
  // read-modify-write, and one for each block unless checking is kOff.
  Error FreeBulk(std::span<void* const> blocks) {
    return BlockPool(pool().parts(), pool().state_, this).FreeBulk(blocks);
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

  // Whether `address` lies anywhere in the pool's blocks. Wait-free, O(1).
  [[nodiscard]] bool Owns(const void* address) const {
    return pool().parts().layout.Contains(address);
  }

  // Wait-free, O(1). Exact at rest; see PoolStats for what holds under traffic.
  [[nodiscard]] PoolStats Stats() const {
    return BlockPool(pool().parts(), pool().state_, this).Stats();
  }

  // Starts a new period for PoolStats::peak, at the number of blocks used now.
  // An allocation under way may count for either period.
  void ResetPeak() { BlockPool(pool().parts(), pool().state_, this).ResetPeak(); }

  // Walks the free list and checks that it and the blocks not on it partition the
  // pool. While other calls are running the list is walked several times, at
  // most, until it holds still for one walk. With `kAtRest` also verifies the
  // free blocks' contents; the caller then promises that nobody uses the pool
  // meanwhile, though blocks may be allocated. Not for interrupt handlers: O(N).
  enum class AuditMode { kRunning, kAtRest };
  [[nodiscard]] AuditReport Audit(AuditMode mode = AuditMode::kRunning) const {
    return BlockPool(pool().parts(), pool().state_, this)
        .Audit(mode == AuditMode::kAtRest);
  }

  // What the pool really does, where the options left it open. Wait-free, O(1).
  [[nodiscard]] corepool::Caching Caching() const { return corepool::Caching::kNone; }
  [[nodiscard]] corepool::Checking Checking() const { return pool().parts().checking; }
  [[nodiscard]] corepool::State State() const {
    return pool().parts().state.in_block() ? corepool::State::kCookie
                                           : corepool::State::kSide;
  }

 protected:
  constexpr PoolFace() = default;
  ~PoolFace() = default;
  PoolFace(const PoolFace&) = delete;
  PoolFace& operator=(const PoolFace&) = delete;

 private:
  const Pool& pool() const { return static_cast<const Pool&>(*this); }

  COREPOOL_INLINE Allocation Take() {
    const auto& parts = pool().parts();
    PoolState& state = pool().state_;
    const auto popped = state.free_blocks.Pop(parts.space);
    if (popped.index == parts.space.count) [[unlikely]]
      return Exhausted();
    const auto used =
        static_cast<lockfree::Index>(parts.space.count - popped.depth + 1);
    if (used > state.peak.load(lockfree::kRelaxed)) [[unlikely]] {
      BlockPool::RaisePeak(state, used);
    }
    void* const block = parts.layout.BlockAt(popped.index);
    if (parts.checking != corepool::Checking::kOff &&
        (parts.checking == corepool::Checking::kFull ||
         !parts.state.MarkAllocated(popped.index, block))) [[unlikely]] {
      return FinishAllocate(popped.index);
    }
    return {Error::kOk, static_cast<Block*>(block)};
  }

  // The rest is out of line and makes its own view of the pool: a view made on
  // the fast path would have to be in memory in case it is needed.
  Error Explain(Error error) const {
    return error == Error::kExhausted && !pool().is_initialized()
               ? Error::kNotInitialized
               : error;
  }
  COREPOOL_COLD Allocation Exhausted() {
    return {Explain(BlockPool(pool().parts(), pool().state_, this).Exhausted()),
            nullptr};
  }
  COREPOOL_COLD Allocation FinishAllocate(lockfree::Index index) {
    const auto result =
        BlockPool(pool().parts(), pool().state_, this).FinishAllocate(index);
    return {result.error, static_cast<Block*>(result.block)};
  }
  COREPOOL_COLD Error FinishFree(lockfree::Index index, void* block) {
    return BlockPool(pool().parts(), pool().state_, this).FinishFree(index, block);
  }
  COREPOOL_COLD Error RefuseAddress(const void* block) {
    return BlockPool(pool().parts(), pool().state_, this).RefuseAddress(block);
  }
};

}  // namespace corepool::engine

#endif  // COREPOOL_ENGINE_POOL_FACE_H_
