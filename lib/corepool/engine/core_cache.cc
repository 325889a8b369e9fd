#include "corepool/engine/core_cache.h"

#include <cstddef>
#include <cstdint>

#include "corepool/config.h"
#include "corepool/engine/array_magazines.h"
#include "corepool/engine/cache_parts.h"
#include "corepool/engine/linked_magazines.h"
#include "corepool/engine/pool_parts.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/lockfree/backoff.h"
#include "corepool/options.h"
#include "corepool/port/cores.h"
#include "corepool/port/port.h"
#include "corepool/port/trace.h"

namespace corepool::engine {
namespace {

using lockfree::Index;
using lockfree::Word;

// The protocol, for either kind of magazines.
template <class Magazines>
class Protocol {
 public:
  Protocol(const PoolParts& parts, PoolState& state)
      : parts_(parts),
        state_(state),
        cache_(parts.cache),
        depot_(*parts.cache.state),
        magazines_(parts) {}

  void Reset() const {
    for (Index core = 0; core < cache_.cores; ++core) {
      cache_.Line(core).current.store(kNoMagazine, lockfree::kRelaxed);
      cache_.Line(core).previous.store(kNoMagazine, lockfree::kRelaxed);
    }
    for (Index id = 0; id < cache_.ids.count; ++id) {
      magazines_.Load(cache_.RefOf(id), parts_.space.count, 0);
    }
    cache_.ids.Reset();
    depot_.Reset();
  }

  void Distribute() const {
    const Index blocks = BlocksSoFar();
    Index loaded = 0;
    for (Index first = 0; first < blocks; ++loaded) {
      const auto rest = static_cast<Index>(blocks - first);
      const Index count = rest < cache_.limit ? rest : cache_.limit;
      const Index id = depot_.empty.Pop(cache_.ids).index;
      magazines_.Load(cache_.RefOf(id), first, count);
      first = static_cast<Index>(first + count);
    }
    // A fresh depot gives numbers in order.
    for (Index id = loaded; id-- > 0;) depot_.filled.Push(cache_.ids, id);
    state_.free_blocks.ResetTo(parts_.space, blocks);
  }

  std::size_t Allocate(void** blocks, std::size_t most, Word& proof) const {
    for (int attempt = 0;; ++attempt) {
      const Index core = AdoptingCore(attempt);
      if (core < cache_.cores) {
        const MagazineRef current = Current(core);
        const Index held = magazines_.CountOf(current, magazines_.Look(current));
        const Index wanted = NoMoreThan(cache_.limit, most);
        // What a magazine cannot give whole is taken from another, if there is one:
        // what is left in the first is then no obstacle to giving back the whole.
        if (held < wanted && attempt == 0 && Adopt(core, current, TakeFilled(core))) {
          continue;
        }
        const Index count = held < wanted ? held : wanted;
        if (count > 0 && magazines_.PopMany(core, current, blocks, count)) return count;
        if (held == 0 && Adopt(core, current, TakeFilled(core))) continue;
        if (held > 0) continue;
      }
      if (PopLoose(blocks) || PopStowed(blocks)) return 1;
      const Found found = Search();
      if (found.block != nullptr) {
        *blocks = found.block;
        return 1;
      }
      if (found.exhausted) {
        proof = found.sum;
        return 0;
      }
    }
  }

  std::size_t Free(void* const* blocks, std::size_t count, void*& doubled) const {
    const std::size_t all = count;
    for (int attempt = 0; count > 0; ++attempt) {
      const Index core = AdoptingCore(attempt);
      if (core < cache_.cores) {
        const MagazineRef current = Current(core);
        const Index held = current == kNoMagazine
                               ? cache_.limit
                               : magazines_.CountOf(current, magazines_.Look(current));
        const auto room =
            held < cache_.limit ? static_cast<Index>(cache_.limit - held) : Index{0};
        const Index wanted = NoMoreThan(cache_.limit, count);
        if (room < wanted && attempt == 0 &&
            Adopt(core, current, TakeWithRoom(core, wanted))) {
          continue;
        }
        const Index given = room < wanted ? room : wanted;
        if (given > 0 && magazines_.PushMany(core, current, blocks, given)) {
          blocks += given;
          count -= given;
          attempt = -1;
          continue;
        }
        if (room == 0 && Adopt(core, current, TakeWithRoom(core, 1))) continue;
        if (room > 0) continue;
      }
      --count;
      if (!PushLoose(*blocks)) {
        doubled = *blocks;
        break;
      }
      ++blocks;
    }
    return all - count;
  }

  void Flush() const {
    for (Index core = 0; core < cache_.cores; ++core) {
      Stow(magazines_.TakeOver(core));
      Stow(TakePrevious(core));
    }
  }

  CoreCache::Snapshot Look() const {
    constexpr int kAttempts = 8;
    CoreCache::Snapshot snapshot{};
    for (int attempt = 0; attempt < kAttempts && !snapshot.exact; ++attempt) {
      const std::uint64_t transitions = depot_.transitions.Get();
      const Word before = Evidence();
      snapshot = {0, 0, false};
      for (Index id = 0; id < cache_.ids.count; ++id) {
        const MagazineRef ref = cache_.RefOf(id);
        const Word seen = magazines_.Look(ref);
        snapshot.free += magazines_.CountOf(ref, seen);
        snapshot.operations += magazines_.OperationsOf(ref, seen);
      }
      const auto loose = state_.free_blocks.Look(parts_.space);
      snapshot.free += loose.depth;
      snapshot.operations += loose.operations;
      snapshot.operations -= transitions;
      snapshot.exact = Evidence() == before && depot_.transitions.Get() == transitions;
    }
    return snapshot;
  }

  // The sum of all words that count free blocks, each of which grows with every change.
  Word Evidence() const {
    Word sum = state_.free_blocks.Head(parts_.space);
    for (Index id = 0; id < cache_.ids.count; ++id) {
      sum += magazines_.Look(cache_.RefOf(id));
    }
    return sum;
  }

 private:
  struct Found {
    void* block;
    bool exhausted;
    Word sum;  // of all words, if exhausted
  };

  // The caller's core, unless it must do without: it has no line, its attempts on one
  // have failed too often (a debugger that steps through a section lets none succeed),
  // or blocks are too few for cores to have some for themselves.
  Index AdoptingCore(int attempt) const {
    constexpr int kAttempts = 8;
    if (attempt >= kAttempts || depot_.pressure.load(lockfree::kRelaxed) != 0 ||
        !Magazines::Enable()) {
      return cache_.cores;
    }
    const std::uint32_t core = port::Cores::Index();
    return core < cache_.cores ? static_cast<Index>(core) : cache_.cores;
  }

  MagazineRef Current(Index core) const {
    // Pairs with: E8 releases.
    return cache_.Line(core).current.load(lockfree::kAcquire);
  }

  // False if there is nothing to adopt.
  bool Adopt(Index core, MagazineRef from, MagazineRef to) const {
    if (to == kNoMagazine) return false;
    if (!magazines_.Exchange(core, from, to)) {
      Stow(to);
      return true;
    }
    if (from != kNoMagazine) {
      magazines_.Release(from);
      // E8. Pairs with: acquire in TakePrevious.
      Stow(cache_.Line(core).previous.exchange(from, lockfree::kAcqRel));
    }
    return true;
  }

  // Puts a magazine that is nobody's into the depot.
  void Stow(MagazineRef ref) const {
    if (ref == kNoMagazine) return;
    const Index id = cache_.IdOf(ref);
    if (magazines_.IsEmpty(magazines_.Look(ref))) {
      depot_.empty.Push(cache_.ids, id);
    } else {
      depot_.filled.Push(cache_.ids, id);
    }
  }

  MagazineRef TakePrevious(Index core) const {
    auto& previous = cache_.Line(core).previous;
    if (previous.load(lockfree::kRelaxed) == kNoMagazine) return kNoMagazine;
    // E8. Pairs with: release in Adopt.
    return previous.exchange(kNoMagazine, lockfree::kAcqRel);
  }

  // A magazine with blocks in it, which nobody else can adopt now.
  MagazineRef TakeFilled(Index core) const {
    MagazineRef ref = TakePrevious(core);
    for (;;) {
      if (ref != kNoMagazine) {
        if (!magazines_.IsEmpty(magazines_.Look(ref))) return ref;
        depot_.empty.Push(cache_.ids, cache_.IdOf(ref));
      }
      const Index id = depot_.filled.Pop(cache_.ids).index;
      if (id == cache_.ids.count) return kNoMagazine;
      ref = cache_.RefOf(id);
    }
  }

  // One with room for so many, or an empty one.
  MagazineRef TakeWithRoom(Index core, Index wanted) const {
    const MagazineRef ref = TakePrevious(core);
    if (ref != kNoMagazine) {
      const Index held = magazines_.CountOf(ref, magazines_.Look(ref));
      if (held + wanted <= cache_.limit) return ref;
      Stow(ref);
    }
    const Index id = depot_.empty.Pop(cache_.ids).index;
    return id == cache_.ids.count ? kNoMagazine : cache_.RefOf(id);
  }

  static Index NoMoreThan(Index limit, std::size_t count) {
    return count < limit ? static_cast<Index>(count) : limit;
  }

  bool PopLoose(void** block) const {
    // Saves the count for those who find nothing.
    if (LooseIsEmpty(state_.free_blocks.Head(parts_.space))) return false;
    const Word used = depot_.TakeOut(1);
    lockfree::Backoff backoff;
    for (Word seen = state_.free_blocks.Head(parts_.space); !LooseIsEmpty(seen);
         backoff.Wait()) {
      const Index index = parts_.space.tagged.IndexOf(seen);
      if (!state_.free_blocks.PopFrom(parts_.space, seen)) continue;
      parts_.state.MarkUnlisted(index);
      depot_.peak.Raise(used);
      *block = parts_.layout.BlockAt(index);
      return true;
    }
    depot_.PutIn(1);
    return false;
  }

  // One block out of the depot, for callers that do not adopt.
  bool PopStowed(void** block) const {
    const Index id = depot_.filled.Pop(cache_.ids).index;
    if (id == cache_.ids.count) return false;
    const MagazineRef ref = cache_.RefOf(id);
    const Word seen = magazines_.Look(ref);
    MagazineRef off_line = kNoMagazine;  // it is on none
    *block = magazines_.IsEmpty(seen) ? nullptr : magazines_.Take(ref, seen, &off_line);
    Stow(ref);
    return *block != nullptr;
  }

  bool PushLoose(void* block) const {
    const auto index = static_cast<Index>(parts_.layout.IndexOf(block));
    if (!parts_.state.MarkListed(index)) return false;
    state_.free_blocks.Push(parts_.space, index);
    depot_.PutIn(1);
    RelievePressure();
    return true;
  }

  // Below an index that is no block yet there is none.
  bool LooseIsEmpty(Word head) const {
    return !parts_.layout.HasBlock(parts_.space.tagged.IndexOf(head));
  }

  // Without those that a pool may still grow.
  Index BlocksSoFar() const {
    return parts_.growth == nullptr ? parts_.space.count
                                    : static_cast<Index>(parts_.growth->popped.Get());
  }

  // A block, from wherever there is one; or nothing, because another call has changed
  // something; or the proof that there was an instant at which there was none.
  //
  // The proof: every word that counts free blocks (a magazine's, the loose stack's)
  // grows with every change. If all of them said 0 when first read, and their sum is
  // the same when they are read again, none has changed between its two readings; so
  // at the instant between the two rounds all of them said 0. And what they count is
  // all there is, for no block travels outside of them.
  Found Search() const {
    const Index count = cache_.ids.count;
    const Index first = FirstToSearch();
    Word sum = 0;
    for (Index i = 0; i < count; ++i) {
      const Index id =
          static_cast<Index>(i + first < count ? i + first : i + first - count);
      const MagazineRef ref = cache_.RefOf(id);
      const Word seen = magazines_.Look(ref);
      if (!magazines_.IsEmpty(seen)) return Steal(ref, seen);
      sum += seen;
    }
    const Word head = state_.free_blocks.Head(parts_.space);
    if (!LooseIsEmpty(head)) return {nullptr, false, 0};
    sum += head;
    return {nullptr, COREPOOL_SABOTAGE_COLLECT != 0 || Evidence() == sum, sum};
  }

  // Spread over the magazines, so that thieves do not all go for the same one.
  Index FirstToSearch() const {
    const std::uint64_t core = port::Cores::Index();
    return core < cache_.cores
               ? static_cast<Index>(core * cache_.ids.count / cache_.cores)
               : Index{0};
  }

  Found Steal(MagazineRef ref, Word seen) const {
    MagazineRef taken_over = kNoMagazine;
    void* const block = magazines_.Take(ref, seen, &taken_over);
    if (taken_over != kNoMagazine) {
      Stow(taken_over);
      depot_.pressure.store(1, lockfree::kRelaxed);
    }
    if (block != nullptr) {
      depot_.steals.Add(1);
      port::Trace::Stolen(parts_.identity, parts_.name, block);
    }
    return {block, false, 0};
  }

  // Blocks are plenty again if every core could fill its magazine and as many were
  // left: then nobody needs to take a core's own.
  void RelievePressure() const {
    if (depot_.pressure.load(lockfree::kRelaxed) == 0) return;
    const std::uint64_t cached = std::uint64_t{cache_.cores} * cache_.limit;
    const std::uint64_t plenty = cached + cached / 2;
    const Index blocks = BlocksSoFar();
    const std::uint64_t most = blocks / 2;
    const Word head = state_.free_blocks.Head(parts_.space);
    const std::uint64_t unborn = parts_.space.count - std::uint64_t{blocks};
    if (state_.free_blocks.DepthOf(parts_.space, head) >=
        unborn + (plenty < most ? plenty : most)) {
      depot_.pressure.store(0, lockfree::kRelaxed);
    }
  }

  const PoolParts& parts_;
  PoolState& state_;
  const CacheParts& cache_;
  CacheState& depot_;
  Magazines magazines_;
};

// Calls `use` with the protocol of the pool's kind.
template <class C, class Use>
auto With(const PoolParts& parts, PoolState& state, const Use& use) {
  if constexpr (C::kRestartable) {
    if (parts.caching == Caching::kRseq) {
      return use(Protocol<ArrayMagazines<C>>(parts, state));
    }
  }
  return use(Protocol<LinkedMagazines>(parts, state));
}

template <class C>
bool PopBy(const CacheParts& cache, void** block) {
  if constexpr (C::kRestartable) {
    return C::PopAndPrefetch(cache.area, cache.cores, block);
  }
  return false;
}

template <class C>
bool PushBy(const CacheParts& cache, void* block) {
  if constexpr (C::kRestartable) {
    return C::Push(cache.area, cache.cores, cache.limit, block);
  }
  return false;
}

}  // namespace

std::size_t CoreCache::Allocate(void** blocks, std::size_t most, Word& proof) const {
  return With<port::Cores>(parts_, state_, [&](const auto& protocol) {
    return protocol.Allocate(blocks, most, proof);
  });
}

Word CoreCache::Evidence() const {
  return With<port::Cores>(parts_, state_,
                           [](const auto& protocol) { return protocol.Evidence(); });
}

std::size_t CoreCache::Free(void* const* blocks, std::size_t count,
                            void*& doubled) const {
  return With<port::Cores>(parts_, state_, [&](const auto& protocol) {
    return protocol.Free(blocks, count, doubled);
  });
}

bool CoreCache::PopByCore(void** block) const {
  return PopBy<port::Cores>(parts_.cache, block);
}

bool CoreCache::PushByCore(void* block) const {
  return PushBy<port::Cores>(parts_.cache, block);
}

bool CoreCache::PopLinked(void** block) const {
  const std::uint32_t core = port::Cores::Index();
  return core < parts_.cache.cores &&
         LinkedMagazines(parts_).Pop(static_cast<Index>(core), block);
}

bool CoreCache::PushLinked(Index index) const {
  const std::uint32_t core = port::Cores::Index();
  return core < parts_.cache.cores &&
         LinkedMagazines(parts_).Push(static_cast<Index>(core), index);
}

void CoreCache::Reset() const {
  With<port::Cores>(parts_, state_, [](const auto& protocol) { protocol.Reset(); });
}

void CoreCache::Distribute() const {
  With<port::Cores>(parts_, state_,
                    [](const auto& protocol) { protocol.Distribute(); });
}

void CoreCache::Flush() const {
  With<port::Cores>(parts_, state_, [](const auto& protocol) { protocol.Flush(); });
}

CoreCache::Snapshot CoreCache::Look() const {
  return With<port::Cores>(parts_, state_,
                           [](const auto& protocol) { return protocol.Look(); });
}

Index CoreCache::ArrayCount(Index id) const {
  if constexpr (port::Cores::kRestartable) {
    const auto& magazine = ArrayMagazine::At(parts_.cache, parts_.cache.RefOf(id));
    return MagazineHeader::CountOf(magazine.header.load(lockfree::kRelaxed));
  }
  return 0;
}

void* CoreCache::ArrayBlock(Index id, Index position) const {
  if constexpr (port::Cores::kRestartable) {
    return ArrayMagazine::At(parts_.cache, parts_.cache.RefOf(id)).BlockAt(position);
  }
  return nullptr;
}

Word CoreCache::ListHead(Index id) const {
  return LinkedMagazines(parts_).Look(parts_.cache.RefOf(id));
}

}  // namespace corepool::engine
