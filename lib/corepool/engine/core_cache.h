// Per-core caches: how blocks get from and to magazines, and magazines from and to
// cores.

#ifndef COREPOOL_ENGINE_CORE_CACHE_H_
#define COREPOOL_ENGINE_CORE_CACHE_H_

#include <cstddef>
#include <cstdint>

#include "corepool/engine/pool_parts.h"
#include "corepool/lockfree/atomic.h"

namespace corepool::engine {

// A view of a pool with caches. The fast paths of kRseq are in PoolFace; everything
// else is here, and is right with or without them: no function needs a section to
// succeed.
//
// A free block is at every instant counted in exactly one place: in the header of one
// magazine, or on the loose stack. Blocks do not travel between caches; magazines do,
// by number, between a line, its second place and the depot. So a context that is
// stopped anywhere may keep magazines from being adopted, but no block from being
// found.
//
//   allocate   from the core's magazine; that being empty, adopt the line's second, or
//              a filled one of the depot; failing that, take one block: from the loose
//              stack, or from whatever magazine has any (stealing), or prove that none
//              has (see Search in core_cache.cc)
//   free       to the core's magazine; that being full, adopt the line's second, or an
//              empty one; failing that, to the loose stack
//
// Close to exhaustion stealing from a core costs a fence across cores. So the first
// such theft puts the pool under pressure: cores give up their magazines and share
// all blocks, until enough of them are free again.
//
// Design: magazines after Bonwick and Adams, "Magazines and Vmem" (USENIX 2001), which
// move blocks' containers; docs/decisions/0006 for what differs and why.
class CoreCache {
 public:
  CoreCache(const PoolParts& parts, PoolState& state) : parts_(parts), state_(state) {}

  // Puts all blocks from the loose stack, where they have not moved yet, into
  // magazines, so that neighbours go to the same core. Not concurrently with anything.
  void Distribute() const;
  // Leaves nothing in magazines, and all of them empty and in the depot. Not
  // concurrently with anything.
  void Reset() const;

  // Between 1 and `most` >= 1 blocks, or 0 if there was an instant during the call at
  // which none was free, and Evidence was `proof`. Lock-free.
  std::size_t Allocate(void** blocks, std::size_t most, lockfree::Word& proof) const;
  // The same number twice means that no block has come or gone in between. O(number of
  // magazines).
  lockfree::Word Evidence() const;
  // Takes all of them, or those up to one that has been freed twice, which is then in
  // `doubled` and refused. Returns how many it has dealt with, that one included.
  // Lock-free.
  std::size_t Free(void* const* blocks, std::size_t count, void*& doubled) const;
  // One attempt at one block, from and to the magazine of the caller's core; false if
  // Allocate or Free is needed. With kRseq and with kCas.
  bool PopByCore(void** block) const;
  bool PushByCore(void* block) const;
  bool PopLinked(void** block) const;
  bool PushLinked(lockfree::Index index) const;
  // Puts all magazines of all cores into the depot. Lock-free.
  void Flush() const;

  struct Snapshot {
    std::uint64_t free;
    std::uint64_t operations;  // blocks pushed and popped so far, together
    bool exact;                // of one instant
  };
  Snapshot Look() const;

  // What magazine `id` holds, for an audit at rest: with kRseq so many blocks in an
  // array, with kCas a list with this head, over the pool's nodes.
  lockfree::Index ArrayCount(lockfree::Index id) const;
  void* ArrayBlock(lockfree::Index id, lockfree::Index position) const;
  lockfree::Word ListHead(lockfree::Index id) const;

 private:
  const PoolParts& parts_;
  PoolState& state_;
};

}  // namespace corepool::engine

#endif  // COREPOOL_ENGINE_CORE_CACHE_H_
