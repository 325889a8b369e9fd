// The operations of a pool of equal blocks: what every such pool is a face of.

#ifndef COREPOOL_ENGINE_BLOCK_POOL_H_
#define COREPOOL_ENGINE_BLOCK_POOL_H_

#include <cstddef>

#include "corepool/engine/block_fill.h"
#include "corepool/engine/core_cache.h"
#include "corepool/engine/pool_parts.h"
#include "corepool/error.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/options.h"
#include "corepool/stats.h"

namespace corepool::engine {

// A view of one pool, for everything but the few instructions of Allocate and Free
// that PoolFace has inline: those hand over here when something is amiss, having
// decided what. Contracts of the public operations: pool_face.h.
class BlockPool {
 public:
  using Index = lockfree::Index;

  // Both must outlive the view.
  BlockPool(const PoolParts& parts, PoolState& state) : parts_(parts), state_(state) {}

  // A block for a user, from wherever the pool keeps them.
  struct Got {
    Error error;
    void* block;  // nullptr unless kOk
  };
  Got Allocate() const;
  // The same where the first place to look at has just been found empty.
  Got AllocateSlowly() const;
  // What comes between popping a block and its user: it is marked as allocated, or
  // refused and reported.
  Got Prepare(void* block) const;

  // Takes back a user's block, or refuses it.
  Error Free(Index index, void* block) const;
  // Makes a user's block ready to be pushed. kDoubleFree: it is not the user's.
  // kOverrun: reported, but ready; refusing it would only lose the block.
  Error Retire(Index index, void* block) const;
  // Pushes blocks that are ready.
  void Push(void* const* blocks, std::size_t count) const;

  // Without caches: blocks that the caller has taken off the list, linked by their
  // nodes from `first` on. HandOut makes each of them a user's; its link is good until
  // then.
  struct Chain {
    Error error;
    Index first;
    Index length;  // 0 if error is not kOk
  };
  void* HandOut(Index index) const;
  // Exactly `length` >= 1 blocks.
  Chain AllocateExactly(std::size_t length) const;
  // Between 1 and `most` >= 1 blocks.
  Chain AllocateUpTo(std::size_t most) const;

  // Between 1 and `most` >= 1 blocks that have not been prepared; or 0 if there was an
  // instant during the call at which none was free. `proof` is then what Evidence was
  // at that instant, and as long as it is the same, there has been none since.
  std::size_t PopOrProve(void** blocks, std::size_t most, lockfree::Word& proof) const;
  lockfree::Word Evidence() const;
  // Frees a user's block as if it had never been allocated.
  void TakeBack(void* block) const;
  void FlushCaches() const;
  void FlushQuarantine() const;

  PoolStats Stats() const;
  void ResetPeak() const;
  AuditReport Audit(AuditMode mode) const;

  // Lays out a pool of which every block is free. Not concurrently with anything.
  void LayOut() const;
  // What must be done before the memory is given back.
  void Abandon() const;

  // For a call that found nothing.
  Error Exhausted() const;
  // For an address that no block starts at; nullptr is legal.
  Error RefuseAddress(const void* address) const;
  // For a call with one of the pool's blocks that must not be.
  Error Refuse(Error kind, Index index, const void* block) const;
  // For a block that is free already.
  Error RefuseDoubleFree(Index index, const void* block) const;

  // Without caches: collects blocks and frees them all at once.
  class FreeBatch {
   public:
    explicit FreeBatch(const BlockPool& pool) : pool_(pool) {}
    void Add(void* block);
    // The first error of all Adds.
    Error Commit();

   private:
    const BlockPool& pool_;
    Error error_ = Error::kOk;
    Index top_ = 0;
    Index bottom_ = 0;
    Index length_ = 0;
  };

 private:
  // The core's magazine's block, or a place for one, if that is quickly done.
  bool PopQuickly(void** block) const;
  bool PushQuickly(Index index, void* block) const;
  bool cached() const { return parts_.caching != Caching::kNone; }
  CoreCache caches() const { return CoreCache(parts_, state_); }
  Chain AllocateChain(Index least, Index most, bool refuse_damaged) const;

  // What a free block's memory shows: kOk, or what has been done to it, and where.
  struct Finding {
    Error error = Error::kOk;
    Damage damage = {};
  };
  Finding Examine(Index index, void* block) const;
  Finding BrokenCookie(const void* block) const;
  // Leaves a free block's memory as Examine wants to see it.
  void MarkMemory(void* block) const;
  Got RefuseDamaged(const Finding& finding, Index index, void* block) const;
  Got Withhold(const Finding& finding, Index index, const void* block) const;
  Error Report(Error kind, const void* block, std::size_t index,
               const Damage& damage = {}) const;
  // kFull: what remains to be done for a block that becomes its user's.
  void Equip(void* block) const;
  // Tells a memory checker, if there is one, that nobody may touch a free block; and
  // that the pool, or its user, does so again.
  void Forbid(void* block) const;
  void Allow(void* block) const;
  // PopOrProve where blocks come from unless they are in quarantine.
  std::size_t PopFreeOrProve(void** blocks, std::size_t most,
                             lockfree::Word& proof) const;
  // What Audit has to say about a block that it found to be free.
  Error CheckFreeBlock(Index index, AuditMode mode) const;
  // Walks a list that begins with `head`, or at rest all arrays and the quarantine, and
  // adds to `report`. Returns how many blocks are in quarantine.
  void AuditList(lockfree::Word head, AuditMode mode, AuditReport& report) const;
  std::size_t AuditArrays(AuditReport& report) const;
  // Undoes what AuditList has noted in a list's nodes.
  void ForgetMarks(lockfree::Word head) const;

  const PoolParts& parts_;
  PoolState& state_;
};

}  // namespace corepool::engine

#endif  // COREPOOL_ENGINE_BLOCK_POOL_H_
