// The operations of a pool of equal blocks: what every such pool is a face of.

#ifndef COREPOOL_ENGINE_BLOCK_POOL_H_
#define COREPOOL_ENGINE_BLOCK_POOL_H_

#include <cstddef>
#include <span>

#include "corepool/engine/block_fill.h"
#include "corepool/engine/pool_parts.h"
#include "corepool/error.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/stats.h"

namespace corepool::engine {

// A view of one pool, for everything but the few instructions of Allocate and
// Free that PoolFace has inline: those hand over here when something is amiss.
// Contracts of the public operations: pool_face.h.
class BlockPool {
 public:
  struct Result {
    Error error;
    void* block;
  };

  // `identity` is the pool's address for reports. All must outlive the view.
  BlockPool(const PoolParts& parts, PoolState& state, const void* identity)
      : parts_(parts), state_(state), identity_(identity) {}

  Error AllocateBulk(std::span<void*> blocks) const;
  std::size_t AllocateUpTo(std::span<void*> blocks) const;
  Error FreeBulk(std::span<void* const> blocks) const;

  PoolStats Stats() const;
  void ResetPeak() const;
  AuditReport Audit(bool at_rest) const;

  // Lays out a pool of which every block is free. Not concurrently with anything.
  void LayOut() const;

  // Counts an allocation that found nothing.
  Error Exhausted() const;
  // Hands out a popped block, by the long way that works for every block.
  Result FinishAllocate(lockfree::Index index) const;
  // Takes back block `index`, by the long way that works for every block.
  Error FinishFree(lockfree::Index index, void* block) const;
  // For an address that no block starts at; nullptr is legal.
  Error RefuseAddress(const void* block) const;

  // Notes that `used` blocks were allocated at once.
  static void RaisePeak(PoolState& state, lockfree::Index used);

 private:
  using Index = lockfree::Index;

  // Makes a popped block its user's. False if it was written to while free.
  bool Prepare(Index index, void* block) const;
  // Makes a user's block ready to be pushed. kDoubleFree: it is not the user's.
  // kOverrun: reported, but ready; refusing it would only lose the block.
  Error Retire(Index index, void* block) const;
  // Makes a popped block look as if it had never been popped.
  void Restore(Index index) const;
  // Pushes a popped chain again because its block `damaged` had been written to.
  Error PutBack(Index first, Index last, Index length, Index damaged) const;
  Error Report(Error kind, const void* block, std::size_t index) const;

  // Pops between `least` and `most` blocks into `blocks`; all of them or, when
  // one is found damaged, none.
  Error AllocateChain(Index least, Index most, void** blocks, Index& taken) const;
  // What Audit has to say about a block that it found on the free list.
  Error CheckFreeBlock(Index index, bool at_rest) const;
  BlockFill FillOf(void* block) const;

  const PoolParts& parts_;
  PoolState& state_;
  const void* identity_;
};

}  // namespace corepool::engine

#endif  // COREPOOL_ENGINE_BLOCK_POOL_H_
