#include "corepool/lockfree/tagged_stack.h"

#include <cstdint>

#include "corepool/lockfree/atomic.h"
#include "corepool/lockfree/backoff.h"

namespace corepool::lockfree {

void TaggedStack::PushChain(const StackSpace& space, Index first, Index last,
                            Index length) {
  Backoff backoff;
  // Pairs with: E1 release in Push, PushChain.
  Word seen = head_.load(kAcquire);
  for (;;) {
    const Index top = space.tagged.IndexOf(seen);
    Index depth = static_cast<Index>(DepthFrom(space, top) + length);
    Index index = first;
    for (Index i = 1; i < length; ++i, index = space.Next(index)) {
      space.SetDepth(index, depth--);
    }
    space.SetDepth(last, depth);
    space.SetNext(last, top);
    const Word wanted = space.tagged.With(seen, first, length);
    // E1. Pairs with: acquire in Pop, PopChain, Push, PushChain, Head.
    if (head_.compare_exchange_weak(seen, wanted, kRelease, kAcquire)) {
      NoteHalfRound(seen, wanted);
      return;
    }
    backoff.Wait();
  }
}

TaggedStack::Chain TaggedStack::PopChain(const StackSpace& space, Index least,
                                         Index most) {
  Backoff backoff;
  // Pairs with: E1 release in Push, PushChain.
  Word seen = head_.load(kAcquire);
  for (;;) {
    const Index top = space.tagged.IndexOf(seen);
    // Pairs with: E3 release in SetDepth, SetAbove.
    const Index depth = DepthFrom(space, top, kAcquire);
    if (depth < least) {
      // The depth is that of `top` now; it belongs to the head we saw only if
      // the head has not moved. Pairs with: E1 release in Push, PushChain.
      const Word again = head_.load(kAcquire);
      if (again == seen) return {top, 0, depth};
      seen = again;
      continue;
    }
    const Index taken = depth < most ? depth : most;
    Index below = top;
    Index walked = 0;
    // A walk over nodes that others are pushing again can go anywhere, even to
    // the bottom too soon, but never out of the array nor on for ever.
    while (walked < taken && below != space.count) {
      below = space.Next(below);
      ++walked;
    }
    if (walked == taken) {
      const Word wanted = space.tagged.With(seen, below, taken);
      // Release pairs with: E2 acquire in the next Pop or PopChain, Head, StandsStill.
      // Acquire pairs with: E1 release in Push, PushChain.
      if (head_.compare_exchange_weak(seen, wanted, kAcqRel, kAcquire)) {
        NoteHalfRound(seen, wanted);
        return {top, taken, depth};
      }
    } else {
      // Pairs with: E1 release in Push, PushChain.
      seen = head_.load(kAcquire);
    }
    backoff.Wait();
  }
}

TaggedStack::Snapshot TaggedStack::Look(const StackSpace& space) const {
  constexpr int kAttempts = 8;
  constexpr int kWordBits = static_cast<int>(sizeof(Word) * 8);
  Snapshot snapshot{};
  for (int attempt = 0; attempt < kAttempts && !snapshot.exact; ++attempt) {
    const Word noted = half_rounds_.load(kRelaxed);
    const Word head = Head();
    // Pairs with: E3 release in SetDepth, SetAbove.
    snapshot.depth = DepthFrom(space, space.tagged.IndexOf(head), kAcquire);
    snapshot.exact = Head() == head && half_rounds_.load(kRelaxed) == noted;

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

void TaggedStack::Reset(const StackSpace& space) {
  for (Index index = 0; index < space.count; ++index) {
    space.nodes[index].next.store(0, kRelaxed);
    space.nodes[index].depth.store(0, kRelaxed);
  }
  head_.store(0, kRelaxed);
  half_rounds_.store(0, kRelaxed);
}

}  // namespace corepool::lockfree
