#include "corepool/engine/linked_magazines.h"

#include <cstddef>

#include "corepool/engine/cache_parts.h"
#include "corepool/engine/pool_parts.h"
#include "corepool/lockfree/atomic.h"

namespace corepool::engine {

void LinkedMagazines::Load(MagazineRef ref, Index first, Index count) const {
  const lockfree::StackSpace& space = parts_.space;
  for (Index i = 0; i < count; ++i) {
    const auto index = static_cast<Index>(first + i);
    const bool last = i + 1u == count;
    space.SetNext(index, last ? space.count : static_cast<Index>(index + 1));
    space.SetDepth(index, static_cast<Index>(count - i));
  }
  At(ref).stack.ResetTo(space, first);
  At(ref).credit.store(count, lockfree::kRelaxed);
}

// Why pops and pushes look at the line once more after loading the head: whoever takes
// a magazine off its line changes the line first, and then touches the head before it
// credits the blocks. So a head from after that comes with a line from after that, and
// with a head from before that the swap fails: no block goes in or out uncounted.
bool LinkedMagazines::Pop(Index core, void** block) const {
  const MagazineRef current = Current(core);
  if (current == kNoMagazine) return false;
  Word seen = Look(current);
  if (IsEmpty(seen) || !IsCurrent(core, current)) return false;
  const Index top = parts_.space.tagged.IndexOf(seen);
  if (!At(current).stack.PopFrom(parts_.space, seen)) return false;
  *block = parts_.layout.BlockAt(top);
  return true;
}

bool LinkedMagazines::Push(Index core, Index index) const {
  const MagazineRef current = Current(core);
  if (current == kNoMagazine) return false;
  auto& stack = At(current).stack;
  Word seen = Look(current);
  return stack.DepthOf(parts_.space, seen) < cache_.limit && IsCurrent(core, current) &&
         stack.PushOnto(parts_.space, seen, index);
}

bool LinkedMagazines::PopMany(Index core, MagazineRef current, void** blocks,
                              Index count) const {
  if (current == kNoMagazine) return false;
  auto& stack = At(current).stack;
  Word seen = Look(current);
  while (IsCurrent(core, current)) {
    if (stack.DepthOf(parts_.space, seen) < count) return false;
    Index index = parts_.space.tagged.IndexOf(seen);
    if (!stack.PopChainFrom(parts_.space, seen, count)) continue;
    for (Index i = 0; i < count; ++i, index = parts_.space.Next(index)) {
      blocks[i] = parts_.layout.BlockAt(index);
    }
    return true;
  }
  return false;
}

bool LinkedMagazines::PushMany(Index core, MagazineRef current, void* const* blocks,
                               Index count) const {
  if (current == kNoMagazine) return false;
  auto& stack = At(current).stack;
  const auto index_of = [&](Index i) {
    return static_cast<Index>(parts_.layout.IndexOf(blocks[i]));
  };
  // The last block given ends up on top, as if freed one after another.
  for (Index i = 1; i < count; ++i) {
    parts_.space.SetNext(index_of(i), index_of(static_cast<Index>(i - 1)));
  }
  const Index top = index_of(static_cast<Index>(count - 1));
  Word seen = Look(current);
  while (IsCurrent(core, current)) {
    const Index depth = stack.DepthOf(parts_.space, seen);
    if (depth + count > cache_.limit) return false;
    if (stack.PushChainOnto(parts_.space, seen, depth, top, index_of(0), count)) {
      return true;
    }
  }
  return false;
}

bool LinkedMagazines::Exchange(Index core, MagazineRef from, MagazineRef to) const {
  Debit(to);
  MagazineRef expected = from;
  // E8. Pairs with: acquire in IsCurrent and in CoreCache's loads of lines.
  if (cache_.Line(core).current.compare_exchange_strong(expected, to, lockfree::kAcqRel,
                                                        lockfree::kRelaxed)) {
    return true;
  }
  Release(to);
  return false;
}

void LinkedMagazines::Debit(MagazineRef ref) const {
  auto& credit = At(ref).credit;
  Word seen = credit.load(lockfree::kAcquire);
  while (seen != 0) {
    const Word used = state_.TakeOut(seen);
    const Word counted = seen;
    // Who finds it debited finds TakeOut done.
    if (credit.compare_exchange_weak(seen, 0, lockfree::kAcqRel, lockfree::kAcquire)) {
      state_.peak.Raise(used);
      return;
    }
    state_.PutIn(counted);
  }
}

void LinkedMagazines::Release(MagazineRef ref) const {
  LinkedMagazine& magazine = At(ref);
  for (;;) {
    Word seen = Look(ref);
    const Word count = magazine.stack.DepthOf(parts_.space, seen);
    // Carried by Touch's release to whoever loads the head after it.
    magazine.credit.store(count, lockfree::kRelaxed);
    if (magazine.stack.Touch(parts_.space, seen)) {
      state_.transitions.Add(1);
      state_.PutIn(count);
      return;
    }
    // Thieves may have debited some already, for a credit that was not yet granted.
    const Word left = magazine.credit.exchange(0, lockfree::kAcqRel);
    if (left < count) state_.PutIn(count - left);
  }
}

void* LinkedMagazines::Take(MagazineRef ref, Word seen, MagazineRef*) const {
  LinkedMagazine& magazine = At(ref);
  Word credit = magazine.credit.load(lockfree::kAcquire);
  const bool free = credit != 0;  // else the block is outstanding already
  const Word used = free ? state_.TakeOut(1) : Word{0};
  const Index top = parts_.space.tagged.IndexOf(seen);
  if (!magazine.stack.PopFrom(parts_.space, seen)) {
    if (free) state_.PutIn(1);
    return nullptr;
  }
  if (free) {
    while (credit != 0 &&
           !magazine.credit.compare_exchange_weak(credit, credit - 1, lockfree::kAcqRel,
                                                  lockfree::kAcquire)) {
    }
    if (credit != 0) {
      state_.peak.Raise(used);
    } else {
      state_.PutIn(1);  // somebody has debited the whole since
    }
  }
  return parts_.layout.BlockAt(top);
}

MagazineRef LinkedMagazines::TakeOver(Index core) const {
  // E8. Pairs with: acquire in IsCurrent and in CoreCache's loads of lines.
  const MagazineRef ref =
      cache_.Line(core).current.exchange(kNoMagazine, lockfree::kAcqRel);
  if (ref != kNoMagazine) Release(ref);
  return ref;
}

}  // namespace corepool::engine
