// The operations of a pool of equal blocks: what every such pool is a face of.

#ifndef COREPOOL_ENGINE_BLOCK_POOL_H_
#define COREPOOL_ENGINE_BLOCK_POOL_H_

#include <cstddef>
#include <cstdint>

#include "corepool/engine/block_fill.h"
#include "corepool/engine/core_cache.h"
#include "corepool/engine/pool_parts.h"
#include "corepool/engine/wait_table.h"
#include "corepool/error.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/lockfree/tagged_stack.h"
#include "corepool/misuse.h"
#include "corepool/options.h"
#include "corepool/stats.h"

namespace corepool::engine {

// A view of one pool, for everything but the few instructions of Allocate and Free
// that PoolFace has inline: those hand over here when something is amiss, having
// decided what. Contracts of the public operations: pool_face.h.
class BlockPool {
 public:
  using Index = lockfree::Index;

  // Whether what becomes free goes to those who wait: always, but for what they
  // themselves are served by.
  enum class Serving : bool { kNo, kYes };

  // Both must outlive the view.
  BlockPool(const PoolParts& parts, PoolState& state, Serving serving = Serving::kYes)
      : parts_(parts), state_(state), serving_(serving) {}

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

  // Takes back a user's block, or refuses it; or leaves it to the hook on_free.
  Error Free(Index index, void* block) const;
  // Whether the hook on_free, if there is one, keeps the block, or is not asked because
  // the block is free; `error` is then what Free is to return.
  bool IsSettledByHook(Index index, void* block, Error& error) const;
  // The same without asking the hook.
  Error FreeDirectly(Index index, void* block) const;
  // Makes a user's block ready to be pushed. kDoubleFree: it is not the user's.
  // kOverrun: reported, but ready; refusing it would only lose the block.
  Error Retire(Index index, void* block) const;
  // Pushes blocks that are ready. kDoubleFree: one, refused and reported, had got past
  // Retire although it is free.
  Error Push(void* const* blocks, std::size_t count) const;

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
  // Grows the pool first, if it can.
  std::size_t PopOrProve(void** blocks, std::size_t most, lockfree::Word& proof) const;
  lockfree::Word Evidence() const;
  // The same for one block and with a bound: `attempts` falls by one for each
  // compare-and-swap that might take a block (noting a new peak is as many more). With
  // caches only the magazine of the caller's core and the loose stack are looked at.
  enum class Found : std::uint8_t {
    kBlock,
    kNone,     // proved; never with caches
    kUnknown,  // the bound was reached, or other cores' caches may have some
  };
  Found PopWithin(std::size_t& attempts, void** block, lockfree::Word& proof) const;
  // Frees a user's block as if it had never been allocated.
  void TakeBack(void* block) const;
  // For those who wait (WaitOperations); a view that does not serve. nullptr: none was
  // free.
  void* TakeForWaiter(bool& again) const;
  // To be called when so many blocks have become free.
  void ServeWaiters(std::size_t freed) const {
    if (parts_.waiters != nullptr && serving_ == Serving::kYes &&
        parts_.waiters->IsAwaited()) [[unlikely]] {
      parts_.waiters->Serve(freed);
    }
  }
  void FlushCaches() const;
  // Not concurrently with anything.
  void FlushQuarantine() const;

  PoolStats Stats() const;
  void ResetPeak() const;
  AuditReport Audit(AuditMode mode) const;

  // Lays out a pool of which every block is free, its nodes and states all-zero, in new
  // caches, and from the start also in magazines unless it is to be as all-zero memory.
  // Not concurrently with anything.
  void LayOut(bool as_all_zero = false) const;
  // What must be done before the memory is given back.
  void Abandon() const;
  // LayOut for a pool in use, if the policy lets it.
  Error Clear(Leaks leaks, bool as_all_zero) const;
  // What Leaks says about blocks that are allocated. kBlocksInUse: to be refused. If
  // they are reported, the free list is of no use any more. Not concurrently with
  // anything.
  Error SettleLeaks(Leaks leaks) const;

  // kUnsupported without owners. Nothing else is checked.
  Error SetOwner(Index index, OwnerTag owner) const;
  OwnerTag OwnerOf(Index index) const;

  // For a call that found nothing.
  Error Exhausted() const;
  // For an address that no block starts at; nullptr is legal.
  Error RefuseAddress(const void* address) const;
  // For a call with one of the pool's blocks that must not be.
  Error Refuse(Error kind, Index index, const void* block) const;
  // For a block that is free already.
  Error RefuseDoubleFree(Index index, const void* block) const;
  // The same if it looks free; kOk if it does not.
  Error RefuseIfFree(Index index, void* block) const;

  // Collects blocks and frees them all at once; without caches. If a hook is to be
  // asked, frees one at a time, with or without.
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
  // Without caches: steps of the free list, of which alarms are told.
  Alarms::Seen LookAtAlarms() const;
  // Tells alarms that one step has led from so many blocks on the list to so many.
  void NoteListed(const Alarms::Seen& seen, Index before, Index after) const;
  lockfree::TaggedStack::Popped PopListed() const;
  lockfree::TaggedStack::Chain PopListed(Index least, Index most) const;
  void PushListed(Index first, Index last, Index length) const;
  // How many blocks are off the list, at an instant during the call. Lock-free.
  lockfree::Word CountInUse() const;
  // Without caches: after indices have been burned, which are nobody's.
  void TellAlarmsOfBurned() const;
  // Whether the hook on_free keeps the block.
  bool IsTaken(Index index, void* block) const;
  // Links every free block's node to itself.
  void MarkFreeNodes() const;
  void MarkFreeNodes(lockfree::Word head) const;
  // The core's magazine's block, or a place for one, if that is quickly done.
  bool PopQuickly(void** block) const;
  bool PushQuickly(Index index, void* block) const;
  // PopOrProve for what has grown already.
  std::size_t PopBornOrProve(void** blocks, std::size_t most,
                             lockfree::Word& proof) const;
  std::size_t PopOrGrow(void** blocks, std::size_t most, lockfree::Word& proof) const;
  // Puts all blocks on the free list, and below them what may still be grown. Not
  // concurrently with anything.
  void LinkBornAndUnborn() const;
  // Between 1 and `most` new blocks; 0 if one has been freed meanwhile, somebody else
  // has grown the pool, or growth is over.
  std::size_t Grow(void** blocks, std::size_t most) const;
  // Blocks that are allocated, if so many indices are on lists.
  lockfree::Word UsedAt(std::uint64_t on_lists, lockfree::Word burned) const {
    const lockfree::Word gone =
        parts_.space.count - static_cast<lockfree::Word>(on_lists);
    return gone > burned ? gone - burned : 0;
  }
  // Indices that neither are on a list nor stand for a block.
  lockfree::Word Burned() const {
    return parts_.growth == nullptr ? 0 : parts_.growth->Burned();
  }
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
                             lockfree::Word& proof) const {
    return parts_.growth == nullptr ? PopBornOrProve(blocks, most, proof)
                                    : PopOrGrow(blocks, most, proof);
  }
  // What Audit has to say about a block that it found to be free.
  Error CheckFreeBlock(Index index, AuditMode mode) const;
  // Walks a list that begins with `head`, and adds to `report`. Indices that are no
  // block yet add to `unborn`.
  void AuditList(lockfree::Word head, AuditMode mode, AuditReport& report,
                 std::size_t& unborn) const;
  // The same for all arrays and the quarantine, at rest. Returns how many blocks are in
  // quarantine.
  std::size_t AuditArrays(AuditReport& report) const;
  // Undoes what AuditList has noted in a list's nodes.
  void ForgetMarks(lockfree::Word head) const;

  const PoolParts& parts_;
  PoolState& state_;
  const Serving serving_;
};

}  // namespace corepool::engine

#endif  // COREPOOL_ENGINE_BLOCK_POOL_H_
