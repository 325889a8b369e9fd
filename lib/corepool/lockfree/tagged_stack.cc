#include "corepool/lockfree/tagged_stack.h"

#include <cstdint>

#include "corepool/lockfree/atomic.h"
#include "corepool/lockfree/backoff.h"

namespace corepool::lockfree {

template <Fresh kFresh>
void BasicTaggedStack<kFresh>::PushChain(const StackSpace& space, Index first,
                                         Index last, Index length) {
  Backoff backoff;
  Word seen = Head(space);
  while (!PushChainOnto(space, seen, DepthOf(space, seen), first, last, length)) {
    backoff.Wait();
  }
}

template <Fresh kFresh>
bool BasicTaggedStack<kFresh>::PushChainOnto(const StackSpace& space, Word& seen,
                                             Index depth, Index first, Index last,
                                             Index length) {
  Index above = static_cast<Index>(depth + length);
  Index index = first;
  for (Index i = 1; i < length; ++i, index = space.Next(index)) {
    space.SetDepth(index, above--);
  }
  space.SetDepth(last, above);
  space.SetNext(last, space.tagged.IndexOf(seen));
  const Word wanted = space.tagged.With(seen, first, length);
  // E1. Pairs with: acquire in Pop, PopChain, Push, PushChain, Head.
  return Swap(space, seen, wanted, kRelease);
}

template <Fresh kFresh>
typename BasicTaggedStack<kFresh>::Chain BasicTaggedStack<kFresh>::PopChain(
    const StackSpace& space, Index least, Index most) {
  Backoff backoff;
  Word seen = Head(space);
  for (;;) {
    const Index top = space.tagged.IndexOf(seen);
    const Index depth = DepthOf(space, seen);
    if (depth < least) {
      // The depth is that of `top` now; it belongs to the head we saw only if
      // the head has not moved.
      const Word again = Head(space);
      if (again == seen) return {top, 0, depth};
      seen = again;
      continue;
    }
    const Index taken = depth < most ? depth : most;
    if (PopChainFrom(space, seen, taken)) return {top, taken, depth};
    backoff.Wait();
  }
}

template <Fresh kFresh>
bool BasicTaggedStack<kFresh>::PopChainFrom(const StackSpace& space, Word& seen,
                                            Index length) {
  Index below = space.tagged.IndexOf(seen);
  // A walk over nodes that others are pushing again can go anywhere, even to
  // the bottom too soon, but never out of the array nor on for ever.
  for (Index walked = 0; walked < length; ++walked) {
    if (below == space.count) {
      seen = Head(space);
      return false;
    }
    below = space.Next(below);
  }
  const Word wanted = space.tagged.With(seen, below, length);
  // Release pairs with: E2 acquire in the next Pop or PopChain, Head, StandsStill.
  // Acquire pairs with: E1 release in Push, PushChain.
  return Swap(space, seen, wanted, kAcqRel);
}

template <Fresh kFresh>
typename BasicTaggedStack<kFresh>::Snapshot BasicTaggedStack<kFresh>::Look(
    const StackSpace& space) const {
  constexpr int kAttempts = 8;
  constexpr int kWordBits = static_cast<int>(sizeof(Word) * 8);
  Snapshot snapshot{};
  for (int attempt = 0; attempt < kAttempts && !snapshot.exact; ++attempt) {
    const Word noted = half_rounds_.load(kRelaxed);
    const Word head = Head(space);
    snapshot.depth = DepthOf(space, head);
    snapshot.exact = Head(space) == head && half_rounds_.load(kRelaxed) == noted;

    const Word highest_bit = head >> (kWordBits - 1);
    const std::uint64_t half_rounds =
        std::uint64_t{noted} + ((noted & 1) != highest_bit ? 1 : 0);
    snapshot.operations = space.tagged.TagOf(head);
    // A stack of no indices has a tag as wide as the word, and no operations.
    if (half_rounds > 1) {
      snapshot.operations += half_rounds / 2 << space.tagged.tag_bits();
    }
  }
  return snapshot;
}

template class BasicTaggedStack<Fresh::kFull>;
template class BasicTaggedStack<Fresh::kEmpty>;

}  // namespace corepool::lockfree
