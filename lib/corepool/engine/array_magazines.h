// Magazines for restartable sections: arrays of addresses.

#ifndef COREPOOL_ENGINE_ARRAY_MAGAZINES_H_
#define COREPOOL_ENGINE_ARRAY_MAGAZINES_H_

#include <cstddef>
#include <cstdint>

#include "corepool/config.h"
#include "corepool/engine/cache_parts.h"
#include "corepool/engine/pool_parts.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/port/cores.h"

namespace corepool::engine {

// The header's fields; layout and rules in port::CoreArea.
struct MagazineHeader {
  using Word = std::uint64_t;
  using Index = lockfree::Index;

  static constexpr bool IsOwned(Word header) { return (header & kMask) != 0; }
  static constexpr Index CountOf(Word header) {
    return static_cast<Index>(IsOwned(header) ? (header & kMask) - 1
                                              : (header >> kBits) & kMask);
  }
  // Changes of the magazine so far, modulo 2^46.
  static constexpr Word VersionOf(Word header) {
    return header / port::CoreArea::kVersion;
  }
  // The first version, shared, with `count` blocks.
  static constexpr Word Fresh(Index count) { return Word{count} << kBits; }
  // The next version, shared or owned, with `count` blocks.
  static constexpr Word Shared(Word header, Index count) {
    return Next(header) | Word{count} << kBits;
  }
  static constexpr Word Owned(Word header, Index count) {
    return Next(header) | (Word{count} + 1);
  }

 private:
  static constexpr int kBits = port::CoreArea::kCountBits;
  static constexpr Word kMask = port::CoreArea::kCountMask;
  static constexpr Word Next(Word header) {
    return (VersionOf(header) + 1) * port::CoreArea::kVersion;
  }
};

struct ArrayMagazine {
  lockfree::Atomic<std::uint64_t> header{};
  lockfree::Atomic<std::uint64_t> entries[1]{};  // the first of them

  static constexpr std::size_t BytesFor(std::size_t limit) {
    return port::CoreArea::kHeaderBytes +
           (port::CoreArea::kGuardEntries + limit) * port::CoreArea::kEntryBytes;
  }
  static ArrayMagazine& At(const CacheParts& cache, MagazineRef ref) {
    return *reinterpret_cast<ArrayMagazine*>(cache.area + ref);
  }
  // `position` below the number of blocks; later ones were pushed later.
  void* BlockAt(lockfree::Index position) const {
    const std::uint64_t entry =
        entries[port::CoreArea::kGuardEntries + position].load(lockfree::kRelaxed);
    return reinterpret_cast<void*>(static_cast<std::uintptr_t>(entry));
  }
};

// A magazine is either owned, and then changed only by sections that run on the core
// whose line refers to it; or shared, and then changed only by compare-and-swap, by
// anyone, and never grows. It becomes owned on a line, and shared again by whoever has
// taken it off the line and knows that no section is at work on it any more. Only
// blocks in shared magazines are not outstanding.
//
// One of the two kinds that CoreCache can be made of; `C` as port::Cores.
template <class C>
class ArrayMagazines {
 public:
  using Word = lockfree::Word;
  using Index = lockfree::Index;

  explicit ArrayMagazines(const PoolParts& parts)
      : parts_(parts), cache_(parts.cache), state_(*parts.cache.state) {}

  // Puts `count` blocks in a row into a shared magazine, the first on top. Not
  // concurrently with anything.
  void Load(MagazineRef ref, Index first, Index count) const {
    for (Index i = 0; i < count; ++i) {
      const void* const block = parts_.layout.BlockAt(first + (count - 1u - i));
      At(ref).entries[port::CoreArea::kGuardEntries + i].store(
          reinterpret_cast<std::uintptr_t>(block), lockfree::kRelaxed);
    }
    At(ref).header.store(MagazineHeader::Fresh(count), lockfree::kRelaxed);
  }

  // Whether magazines can be adopted at all.
  static bool Enable() { return C::Enable(); }

  // The word of which every change is an increase, for the questions that follow.
  Word Look(MagazineRef ref) const {
    // Pairs with: E7 releases.
    return At(ref).header.load(lockfree::kAcquire);
  }
  bool IsEmpty(Word seen) const { return MagazineHeader::CountOf(seen) == 0; }
  Index CountOf(MagazineRef, Word seen) const { return MagazineHeader::CountOf(seen); }
  // Blocks pushed and popped so far, and the magazine's share in `transitions`: 2 for
  // each time that it was owned, as if the last were over already.
  std::uint64_t OperationsOf(MagazineRef, Word seen) const {
    return MagazineHeader::VersionOf(seen) + (MagazineHeader::IsOwned(seen) ? 1 : 0);
  }

  // Blocks from and to the magazine of core `core`, which was just seen to be
  // `current`: all or none of them. False if it holds too few (has too little room), or
  // if something came between.
  bool PopMany(Index core, MagazineRef current, void** blocks, Index count) const {
    const Word seen = Look(current);
    if (MagazineHeader::CountOf(seen) < count) return false;
    if (!MagazineHeader::IsOwned(seen) && !Own(core, current, seen)) return false;
    return C::PopMany(cache_.area, cache_.cores, blocks, count);
  }
  bool PushMany(Index core, MagazineRef current, void* const* blocks,
                Index count) const {
    if (current == kNoMagazine) return false;
    const Word seen = Look(current);
    if (MagazineHeader::CountOf(seen) + count > cache_.limit) return false;
    if (!MagazineHeader::IsOwned(seen) && !Own(core, current, seen)) return false;
    return C::PushMany(cache_.area, cache_.cores, cache_.limit, blocks, count);
  }

  // Replaces the magazine of core `core`, which runs the caller. Then no section is at
  // work on `from`: any that was has been interrupted by us.
  bool Exchange(Index core, MagazineRef from, MagazineRef to) const {
    return C::SwapOnCore(cache_.area, core, from, &cache_.Line(core).current, from, to);
  }

  // Makes a magazine everybody's after Exchange or TakeOver has taken it off its line.
  void Release(MagazineRef ref) const {
    for (Word seen = Look(ref); MagazineHeader::IsOwned(seen); seen = Look(ref)) {
      Share(ref, seen);
    }
  }

  // A block of a magazine that was `seen` to hold some; nullptr if another call has
  // changed something meanwhile. If the magazine was a core's own, it is off the line
  // now, and for the caller to put into the depot: `*taken_over`.
  void* Take(MagazineRef ref, Word seen, MagazineRef* taken_over) const {
    if (!MagazineHeader::IsOwned(seen)) return Pop(ref, seen);
    for (Index core = 0; core < cache_.cores; ++core) {
      // Pairs with: the release of SwapOnCore in Exchange.
      if (cache_.Line(core).current.load(lockfree::kAcquire) != ref) continue;
      if (!TakeOff(core, ref)) return nullptr;
      *taken_over = ref;
      return Pop(ref, Look(ref));
    }
    // Somebody stands between taking it off its line and sharing it. Sections that
    // were at work on it then either commit before the fence, and the header is not
    // what we have seen, or never.
    if constexpr (COREPOOL_SABOTAGE_HELP == 0) {
      C::FenceAll();
      Share(ref, seen);
    }
    return nullptr;
  }

  // Takes the magazine off the line of any core; kNoMagazine if there is none or
  // another call was quicker.
  MagazineRef TakeOver(Index core) const {
    // Pairs with: the release of SwapOnCore in Exchange.
    const MagazineRef ref = cache_.Line(core).current.load(lockfree::kAcquire);
    return ref != kNoMagazine && TakeOff(core, ref) ? ref : kNoMagazine;
  }

 private:
  ArrayMagazine& At(MagazineRef ref) const { return ArrayMagazine::At(cache_, ref); }

  // On core `core`, while its line refers to `ref`.
  bool Own(Index core, MagazineRef ref, Word seen) const {
    const Index count = MagazineHeader::CountOf(seen);
    const Word used = state_.TakeOut(count);
    if (!C::SwapOnCore(cache_.area, core, ref, &At(ref).header, seen,
                       MagazineHeader::Owned(seen, count))) {
      state_.PutIn(count);
      return false;
    }
    state_.peak.Raise(used);
    state_.transitions.Add(2);
    return true;
  }

  bool TakeOff(Index core, MagazineRef ref) const {
    MagazineRef expected = ref;
    // Pairs with: acquire of whoever looks at the line.
    if (!cache_.Line(core).current.compare_exchange_strong(
            expected, kNoMagazine, lockfree::kAcqRel, lockfree::kRelaxed)) {
      return false;
    }
    // Sections that still saw it there.
    C::Fence(core);
    Release(ref);
    return true;
  }

  void Share(MagazineRef ref, Word seen) const {
    const Index count = MagazineHeader::CountOf(seen);
    // E7. Pairs with: acquire in Look.
    if (At(ref).header.compare_exchange_strong(seen,
                                               MagazineHeader::Shared(seen, count),
                                               lockfree::kAcqRel, lockfree::kRelaxed)) {
      state_.PutIn(count);
    }
  }

  // Off a magazine that was seen to be shared.
  void* Pop(MagazineRef ref, Word seen) const {
    const Index count = MagazineHeader::CountOf(seen);
    if (count == 0 || MagazineHeader::IsOwned(seen)) return nullptr;
    void* const block = At(ref).BlockAt(static_cast<Index>(count - 1));
    const Word used = state_.TakeOut(1);
    // E7, E8. Pairs with: acquire in Look. A release as well: see E2.
    if (!At(ref).header.compare_exchange_strong(
            seen, MagazineHeader::Shared(seen, static_cast<Index>(count - Removed(seen))),
            lockfree::kAcqRel, lockfree::kRelaxed)) {
      state_.PutIn(1);
      return nullptr;
    }
    state_.peak.Raise(used);
    return block;
  }

  // 1, or 0 for a pop that leaves what it takes.
  static constexpr Index Removed(Word seen) {
    if constexpr (COREPOOL_SABOTAGE_DOUBLE == 0) return 1;
    return MagazineHeader::VersionOf(seen) % 4096 == 4095 ? 0 : 1;
  }

  const PoolParts& parts_;
  const CacheParts& cache_;
  CacheState& state_;
};

}  // namespace corepool::engine

#endif  // COREPOOL_ENGINE_ARRAY_MAGAZINES_H_
