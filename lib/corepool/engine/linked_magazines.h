// Magazines for compare-and-swap: short stacks of indices.

#ifndef COREPOOL_ENGINE_LINKED_MAGAZINES_H_
#define COREPOOL_ENGINE_LINKED_MAGAZINES_H_

#include <cstddef>
#include <cstdint>

#include "corepool/engine/cache_parts.h"
#include "corepool/engine/pool_parts.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/lockfree/tagged_stack.h"
#include "corepool/port/port.h"

namespace corepool::engine {

struct alignas(port::Port::kInterferenceBytes) LinkedMagazine {
  lockfree::BasicTaggedStack<lockfree::Fresh::kEmpty> stack;
  // Its blocks that are not outstanding: how many it held when it left its line, less
  // what was stolen since; 0 on a line. Too low only if it went onto a line and off it
  // again while a thief stood still; then those blocks stay outstanding until the next
  // time. Raised after all else is done, and lowered after TakeOut, so that blocks are
  // counted twice rather than not at all.
  lockfree::Atomic<lockfree::Word> credit{};
};

// Every magazine is a stack that anybody may change at any time, so a stale idea of
// whose it is does no harm; which core it belongs to only keeps cores out of each
// other's way. It shares its nodes with the pool's loose stack.
//
// One of the two kinds that CoreCache can be made of; see ArrayMagazines for what the
// functions do.
class LinkedMagazines {
 public:
  using Word = lockfree::Word;
  using Index = lockfree::Index;

  explicit LinkedMagazines(const PoolParts& parts)
      : parts_(parts), cache_(parts.cache), state_(*parts.cache.state) {}

  void Load(MagazineRef ref, Index first, Index count) const;
  static bool Enable() { return true; }

  Word Look(MagazineRef ref) const { return At(ref).stack.Head(parts_.space); }
  bool IsEmpty(Word seen) const {
    return parts_.space.tagged.IndexOf(seen) == parts_.space.count;
  }
  Index CountOf(MagazineRef ref, Word seen) const {
    return At(ref).stack.DepthOf(parts_.space, seen);
  }
  std::uint64_t OperationsOf(MagazineRef ref, Word) const {
    return At(ref).stack.Look(parts_.space).operations;
  }

  // One attempt at one block, from and to the magazine that is now core `core`'s. False
  // if it is empty (full), or if something came between.
  bool Pop(Index core, void** block) const;
  bool Push(Index core, Index index) const;

  bool PopMany(Index core, MagazineRef current, void** blocks, Index count) const;
  bool PushMany(Index core, MagazineRef current, void* const* blocks,
                Index count) const;
  bool Exchange(Index core, MagazineRef from, MagazineRef to) const;
  void Release(MagazineRef ref) const;
  void* Take(MagazineRef ref, Word seen, MagazineRef* taken_over) const;
  MagazineRef TakeOver(Index core) const;

 private:
  LinkedMagazine& At(MagazineRef ref) const {
    return *reinterpret_cast<LinkedMagazine*>(cache_.area + ref);
  }
  MagazineRef Current(Index core) const {
    // Pairs with: E8 release in Exchange, TakeOver.
    return cache_.Line(core).current.load(lockfree::kAcquire);
  }
  bool IsCurrent(Index core, MagazineRef ref) const { return Current(core) == ref; }
  // What it holds is outstanding from now on, and has been counted as such before
  // anybody can see it.
  void Debit(MagazineRef ref) const;

  const PoolParts& parts_;
  const CacheParts& cache_;
  CacheState& state_;
};

}  // namespace corepool::engine

#endif  // COREPOOL_ENGINE_LINKED_MAGAZINES_H_
