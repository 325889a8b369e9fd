// A lock-free stack of indices: the free list of every pool.

#ifndef COREPOOL_LOCKFREE_TAGGED_STACK_H_
#define COREPOOL_LOCKFREE_TAGGED_STACK_H_

#include <atomic>
#include <cstdint>
#include <type_traits>

#include "corepool/config.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/lockfree/backoff.h"
#include "corepool/lockfree/tagged_index.h"

namespace corepool::lockfree {

// One index's place on the stack. Kept in a side array, never in the block: the
// loser of a race for the top reads the node of a block that somebody else has
// taken by then, and that somebody writes to the block as he likes.
//
// Both fields are stored as the difference to what they are on a fresh stack of
// all indices in ascending order, so all-zero memory is such a stack.
struct StackNode {
  Atomic<Index> next{};   // the index below this one, `count` at the bottom
  Atomic<Index> depth{};  // how many indices are on the stack from here down
};

// The nodes of one stack; the same for all calls on it. Plain memory that only has to
// outlive the stack.
struct StackSpace {
  // `indices` at most kMostIndices.
  constexpr StackSpace(StackNode* all_nodes, Index indices)
      : nodes(all_nodes), count(indices), tagged(indices) {}

  Index Next(Index index) const {
    return static_cast<Index>(nodes[index].next.load(kRelaxed) + index + 1);
  }
  // How far it is from `index` to the one below, modulo 2^(bits of a Word).
  COREPOOL_INLINE Word DistanceToNext(Index index) const {
    using Signed = std::make_signed_t<Index>;
    const Index stored = nodes[index].next.load(kRelaxed);
    return static_cast<Word>(static_cast<Signed>(stored)) + 1;
  }
  void SetNext(Index index, Index next) const {
    nodes[index].next.store(static_cast<Index>(next - index - 1), kRelaxed);
  }

  // Relaxed will do where a successful compare-and-swap of the head follows, or
  // has made the caller the index's owner; a second look at the head needs more.
  Index Depth(Index index, std::memory_order order = kRelaxed) const {
    const Index stored = nodes[index].depth.load(order);
    return static_cast<Index>(stored + count - index);
  }
  void SetDepth(Index index, Index depth) const {
    const auto stored = static_cast<Index>(depth - count + index);
    // E3. Pairs with: acquire in Look, PopChain.
    nodes[index].depth.store(stored, kRelease);
  }

  // As all-zero memory is. Not concurrently with anything.
  void Reset() const {
    for (Index index = 0; index < count; ++index) {
      nodes[index].next.store(0, kRelaxed);
      nodes[index].depth.store(0, kRelaxed);
    }
  }

  // SetNext and SetDepth for an index that is to lie on top of `below`.
  //
  // A block that was taken off the stack mostly returns to the same depth, and the
  // store is left out then: its value hangs on a load that hangs on the head, and
  // the compare-and-swap that follows would wait for it (docs/decisions/0002).
  COREPOOL_INLINE void SetAbove(Index index, Index below) const {
    StackNode& node = nodes[index];
    SetNext(index, below);
    const Index under = below == count ? Index{0} : nodes[below].depth.load(kRelaxed);
    const auto stored = static_cast<Index>(under + (index + 1 - below));
    if (node.depth.load(kRelaxed) != stored) [[unlikely]] {
      // E3. Pairs with: acquire in Look, PopChain.
      node.depth.store(stored, kRelease);
    }
  }

  StackNode* nodes;    // nodes[0..count)
  Index count;         // of indices; also the index that means "none"
  TaggedIndex tagged;  // how the head's word is laid out
};

// What all-zero memory is: a stack of all indices in ascending order, with index 0 on
// top, or a stack of none.
enum class Fresh : std::uint8_t { kFull, kEmpty };

// Treiber's stack with a tagged head ("Systems Programming: Coping with
// Parallelism", IBM RJ 5118, 1986). The same StackSpace must be passed to every call.
// Several stacks may share one, as long as no index is on two of them.
//
// Any core, thread or interrupt handler may call anything at any time. Lock-free: an
// attempt fails only because another call has changed the head, or because the CPU's
// store-conditional failed for reasons of its own (which it may not do for ever).
// Linearization point of every change: its successful compare-and-swap.
//
// Orders (numbers as in docs/memory_ordering.md):
//   E1  the release of a push, with the acquire of every later look at the head:
//       who sees an index on top sees its node, and what its last owner wrote to
//       the block. Later pops do not cut this off: each is a read-modify-write,
//       hence part of the push's release sequence.
//   E2  the release of a pop, or of StandsStill, with the acquire of the next pop and
//       of a snapshot: who sees the stack as a pop left it also sees what the popping
//       thread had seen before, and comes after what it had read.
//   E3  the release of a node's depth, with the acquire of those who look at the
//       head, then at the depth, then at the head again: a depth from after the
//       index was popped must not go with a head from before.
// A pop needs no E3 for the node it reads: its compare-and-swap, being a release
// too, cannot precede the pop that would have let somebody change the node.
template <Fresh kFresh>
class BasicTaggedStack {
 public:
  struct Popped {
    Index index;  // the topmost index; `count` if there was none
    Index depth;  // how many were on the stack, this one included
  };
  struct Chain {
    Index first;  // follow StackSpace::Next for the others, `taken` in all
    Index taken;  // 0 if there were too few
    Index depth;  // how many were on the stack before
  };
  struct Snapshot {
    Index depth;
    std::uint64_t operations;  // indices pushed and popped so far, together
    bool exact;  // false: the fields are from different instants, each right then
  };

  // O(1) per attempt; one atomic read-modify-write.
  COREPOOL_INLINE Popped Pop(const StackSpace& space) {
    Backoff backoff;
    Word seen = Head(space);
    for (;;) {
      const Index top = space.tagged.IndexOf(seen);
      if (top == space.count) [[unlikely]]
        return {top, 0};
      if (PopFrom(space, seen)) [[likely]]
        return {top, space.Depth(top)};
      backoff.Wait();
    }
  }

  // One attempt to pop the top of `seen`, which must have one. If it fails, `seen` is
  // the head as it is now.
  COREPOOL_INLINE bool PopFrom(const StackSpace& space, Word& seen) {
    const Index top = space.tagged.IndexOf(seen);
    // Outdated if another call has popped `top` meanwhile; the tag knows.
    const Word wanted =
        space.tagged.Moved(seen, space.DistanceToNext(top) * Removed(space, seen));
    // Release pairs with: E2 acquire in the next Pop or PopChain, Head, StandsStill.
    // Acquire pairs with: E1 release in Push, PushChain.
    return Swap(space, seen, wanted, kAcqRel);
  }

  // `index` must not be on the stack. O(1) per attempt; one atomic
  // read-modify-write.
  COREPOOL_INLINE void Push(const StackSpace& space, Index index) {
    Backoff backoff;
    Word seen = Head(space);
    if constexpr (COREPOOL_SABOTAGE_LINK != 0) {
      space.SetAbove(index, space.tagged.IndexOf(seen));
      while (!Swap(space, seen, space.tagged.With(seen, index), kRelease)) {
      }
      return;
    }
    while (!PushOnto(space, seen, index)) [[unlikely]]
      backoff.Wait();
  }

  // One attempt to push `index` onto `seen`. If it fails, `seen` is the head as it is
  // now.
  COREPOOL_INLINE bool PushOnto(const StackSpace& space, Word& seen, Index index) {
    space.SetAbove(index, space.tagged.IndexOf(seen));
    const Word wanted = space.tagged.With(seen, index);
    // E1. Pairs with: acquire in Pop, PopChain, Push, PushChain, Head.
    return Swap(space, seen, wanted, kRelease);
  }

  // One attempt to make every call that has loaded the head as `seen` fail, without
  // changing anything but the tag; counts as an operation. If it fails, `seen` is the
  // head as it is now.
  bool Touch(const StackSpace& space, Word& seen) {
    const Word wanted = space.tagged.With(seen, space.tagged.IndexOf(seen));
    // Pairs with: acquire in Head, Pop, PopChain, Push, PushChain.
    return Swap(space, seen, wanted, kAcqRel);
  }

  // Pushes `length` >= 1 indices at once: `first` becomes the top, `last` the
  // lowest; the nodes from first to last must be linked by SetNext. O(length) per
  // attempt; one atomic read-modify-write.
  void PushChain(const StackSpace& space, Index first, Index last, Index length);
  // One attempt, onto `seen`, of which the depth is `depth`.
  bool PushChainOnto(const StackSpace& space, Word& seen, Index depth, Index first,
                     Index last, Index length);

  // Pops `most` indices at once, or as many as there are, but none if there are
  // fewer than `least` >= 1. O(taken) per attempt; one atomic read-modify-write.
  Chain PopChain(const StackSpace& space, Index least, Index most);
  // One attempt to pop the topmost `length` >= 1 of `seen`.
  bool PopChainFrom(const StackSpace& space, Word& seen, Index length);

  // How many indices are on a stack of which the head was `seen`; wrong if it has
  // changed since, which a later Head tells.
  Index DepthOf(const StackSpace& space, Word seen) const {
    // Pairs with: E3 release in SetDepth, SetAbove.
    return DepthFrom(space, space.tagged.IndexOf(seen), kAcquire);
  }

  // Depth and operations of one instant, if one is found in a few attempts (only
  // steady traffic prevents it). Wait-free.
  Snapshot Look(const StackSpace& space) const;

  // The head's word. Every change makes it a larger number, up to a wrap of the tag.
  COREPOOL_INLINE Word Head(const StackSpace& space) const {
    // Pairs with: E1 and E2 releases.
    return Code(space, head_.load(kAcquire));
  }

  // Whether nothing has been pushed or popped since Head returned `seen`, up to a
  // wrap of the tag; then what was read from the nodes meanwhile, in any order,
  // belongs together. O(1); one atomic read-modify-write, which changes nothing.
  bool StandsStill(const StackSpace& space, Word seen) {
    Word stored = Code(space, seen);
    // E2: whoever pops next, and may then change a node, comes after our reads.
    // Release pairs with: acquire in Pop, PopChain. Acquire pairs with: E1, E2
    // releases.
    return head_.compare_exchange_strong(stored, stored, kAcqRel, kRelaxed);
  }

  // With `top` on top, whose nodes the caller has set, or none for `count`; no
  // operations so far. Not concurrently with anything.
  void ResetTo(const StackSpace& space, Index top) {
    head_.store(Code(space, top), kRelaxed);
    half_rounds_.store(0, kRelaxed);
  }

  // As all-zero memory is, no operations so far. The nodes are the caller's to reset
  // (StackSpace::Reset). Not concurrently with anything.
  void Reset() {
    head_.store(0, kRelaxed);
    half_rounds_.store(0, kRelaxed);
  }

 private:
  // 1, or 0 for a pop that leaves what it takes.
  COREPOOL_INLINE static constexpr Word Removed(const StackSpace& space, Word seen) {
    if constexpr (COREPOOL_SABOTAGE_DOUBLE == 0) return 1;
    return space.tagged.TagOf(seen) % 4096 == 4095 ? 0 : 1;
  }
  static Index DepthFrom(const StackSpace& space, Index top,
                         std::memory_order order = kRelaxed) {
    return top == space.count ? Index{0} : space.Depth(top, order);
  }

  // Between the head's word and how it is stored: for a stack that begins empty, the
  // index that means "none" is stored as 0.
  static constexpr Word Code(const StackSpace& space, Word word) {
    return kFresh == Fresh::kEmpty ? word ^ space.count : word;
  }

  // One attempt to change the head. If it fails, `seen` is the head as it is now.
  COREPOOL_INLINE bool Swap(const StackSpace& space, Word& seen, Word wanted,
                            std::memory_order order) {
    Word stored = Code(space, seen);
    // What a failed attempt has seen is acquired, as in Head.
    if (!head_.compare_exchange_weak(stored, Code(space, wanted), order, kAcquire))
        [[unlikely]] {
      seen = Code(space, stored);
      return false;
    }
    NoteHalfRound(seen, wanted);
    return true;
  }

  // The tag is the word's high part and only grows, so its highest bit flips once in
  // half a round. Counting half rounds, not whole ones, lets Look see from the bit
  // that somebody stands between his compare-and-swap and counting it.
  COREPOOL_INLINE void NoteHalfRound(Word before, Word after) {
    using Signed = std::make_signed_t<Word>;
    if (static_cast<Signed>(before ^ after) < 0) [[unlikely]] {
      half_rounds_.fetch_add(1, kRelaxed);
    }
  }

  Atomic<Word> head_{};         // TaggedIndex of the top
  Atomic<Word> half_rounds_{};  // how often the tag's highest bit has flipped
};

using TaggedStack = BasicTaggedStack<Fresh::kFull>;
extern template class BasicTaggedStack<Fresh::kFull>;
extern template class BasicTaggedStack<Fresh::kEmpty>;

}  // namespace corepool::lockfree

#endif  // COREPOOL_LOCKFREE_TAGGED_STACK_H_
