#include "corepool/lockfree/mpmc_ring.h"

#include <cstddef>
#include <new>

#include "corepool/lockfree/atomic.h"
#include "corepool/lockfree/tagged_index.h"

namespace corepool::lockfree {

template <Carry kCarry>
void MpmcRing<kCarry>::Reset(const Space& space, Word first_round) {
  const Word begin = first_round * Space::kRound * space.unit;
  for (Index i = 0; i < space.capacity; ++i)
    ::new (&space.SlotAt(i)) Atomic<Word>(begin);
  tail_.hint.store(begin, kRelaxed);
  head_.hint.store(begin, kRelaxed);
  if constexpr (Space::kCells) {
    for (Index i = 0; i < space.cell_count; ++i)
      ::new (&space.CellAt(i)) Atomic<Word>(0);
    spares_.top.store(0, kRelaxed);
    spares_.used.store(0, kRelaxed);
  }
}

template <Carry kCarry>
bool MpmcRing<kCarry>::IsEmpty(const Space& space) const {
  const Sight sight = Seek(head_, space, kHeadPasses);
  return space.Lead(sight.seen, sight.position) < space.Steps(Space::kFull);
}

template <Carry kCarry>
std::size_t MpmcRing<kCarry>::Size(const Space& space) const {
  if (space.capacity == 0) return 0;
  const Word head = Seek(head_, space, kHeadPasses).position;
  const Word tail = Seek(tail_, space, kTailPasses).position;
  // The tail, seen last, is no further back, nor more than one round further on unless
  // much has happened in between.
  const auto lead = space.Lead(tail, head);
  std::size_t size = space.capacity;
  if (lead == 0) size = std::size_t{space.IndexOf(tail)} - space.IndexOf(head);
  if (lead == space.Steps(Space::kRound)) {
    size += std::size_t{space.IndexOf(tail)} - space.IndexOf(head);
  }
  return size < space.capacity ? size : space.capacity;
}

template <Carry kCarry>
typename MpmcRing<kCarry>::Sight MpmcRing<kCarry>::Seek(const End& end,
                                                        const Space& space,
                                                        Word passes) {
  // Pairs with: E60 release in Publish.
  Word position = end.hint.load(kAcquire);
  for (int walked = 0;;) {
    // Pairs with: E61 release in Insert, InsertCell, Remove.
    const Word seen = space.SlotAt(space.IndexOf(position)).load(kSeqCst);
    if (space.Lead(seen, position) < space.Steps(passes)) return {position, seen};
    position = Advance(end, space, position, walked, passes);
  }
}

// Slots in front of the boundary are one phase further on than those behind it, and
// what has been passed stays so: what is left between the two marks shrinks by half,
// while the boundary itself may move on.
template <Carry kCarry>
Word MpmcRing<kCarry>::Bisect(const Space& space, Word passed, Word passes) {
  const Index index = space.IndexOf(passed);
  // Pairs with: E61 release in Insert, InsertCell, Remove.
  const Word seen = space.SlotAt(index).load(kSeqCst);
  // The last round in which the slot was passed.
  const Word steps = space.PhaseOf(seen) - passes * space.unit;
  const Word begin = (steps & ~(Space::kRound * space.unit - 1)) + index;
  Index low = 0;
  Index high = space.capacity;
  while (high - low > 1) {
    const auto middle = static_cast<Index>(low + (high - low) / 2);
    const Word position = space.Behind(begin, middle);
    // Pairs with: E61 release in Insert, InsertCell, Remove.
    const Word there = space.SlotAt(space.IndexOf(position)).load(kSeqCst);
    if (space.Lead(there, position) >= space.Steps(passes)) {
      low = middle;
    } else {
      high = middle;
    }
  }
  return space.Behind(begin, high);
}

template <Carry kCarry>
Index MpmcRing<kCarry>::PopSpare(const Space& space, Word& seen) {
  if constexpr (Space::kCells) {
    const TaggedIndex tagged(space.cell_count);
    // Pairs with: E62 release in PopSpare, PutSpare.
    seen = spares_.top.load(kAcquire);
    for (;;) {
      const Index number = tagged.IndexOf(seen);
      if (number == 0) return kNoCell;
      const auto cell = static_cast<Index>(number - 1);
      // Perhaps no link any more, but a value: then the swap fails.
      const Word stored = space.CellAt(cell).load(kRelaxed);
      const Index next =
          stored <= space.cell_count ? static_cast<Index>(stored) : Index{0};
      // E62. Pairs with: acquire in PopSpare, PutSpare: the link has been read.
      if (spares_.top.compare_exchange_strong(seen, tagged.With(seen, next), kAcqRel,
                                              kAcquire)) {
        return cell;
      }
    }
  } else {
    return kNoCell;
  }
}

template <Carry kCarry>
void MpmcRing<kCarry>::PutSpare(const Space& space, Index cell) {
  if constexpr (Space::kCells) {
    const TaggedIndex tagged(space.cell_count);
    // Pairs with: E62 release in PopSpare, PutSpare.
    Word seen = spares_.top.load(kAcquire);
    do {
      space.CellAt(cell).store(tagged.IndexOf(seen), kRelaxed);
      // E62. Pairs with: acquire in PopSpare, PutSpare: the cell has been read.
    } while (!spares_.top.compare_exchange_strong(
        seen, tagged.With(seen, static_cast<Index>(cell + 1)), kAcqRel, kAcquire));
  }
}

template <Carry kCarry>
Index MpmcRing<kCarry>::TakeSpare(const Space& space) {
  if constexpr (Space::kCells) {
    Word top = 0;
    const Index cell = PopSpare(space, top);
    if (cell != kNoCell) return cell;
    const Word spares = Word{space.cell_count} - space.capacity;
    Word used = spares_.used.load(kRelaxed);
    while (used < spares) {
      if (spares_.used.compare_exchange_strong(used, used + 1, kRelaxed, kRelaxed)) {
        return static_cast<Index>(space.capacity + used);
      }
    }
    return TakeFromSlots(space);
  } else {
    return kNoCell;
  }
}

// The slots behind the tail that are free have cells too, which they can be claimed for
// like the tail's. That there is none anywhere takes a proof: neither a slot's phase
// nor the stack's head ever comes back, so if two looks at all of them find the same,
// all of it held at one instant between the two.
template <Carry kCarry>
Index MpmcRing<kCarry>::TakeFromSlots(const Space& space) {
  Word top = 0;
  Word sum = 0;
  for (bool again = false;; again = true) {
    Word top_now = 0;
    const Index spare = PopSpare(space, top_now);
    if (spare != kNoCell) return spare;
    Word sum_now = 0;
    for (Index i = 0; i < space.capacity; ++i) {
      // Pairs with: E61 release in Insert, InsertCell, Remove.
      Word seen = space.SlotAt(i).load(kSeqCst);
      while ((space.PhaseOf(seen) & (Space::kRound - 1) * space.unit) == 0) {
        // Pairs with: E61 release in Remove: the cell has been read.
        if (space.SlotAt(i).compare_exchange_strong(seen, seen + space.unit, kSeqCst,
                                                    kSeqCst)) {
          return space.CellOf(seen, i);
        }
      }
      // Phases only grow: the sum stays the same only if all of them do.
      sum_now += space.PhaseOf(seen);
    }
    if (again && sum_now == sum && top_now == top) return kNoCell;
    sum = sum_now;
    top = top_now;
  }
}

template class MpmcRing<Carry::kInSlots>;
template class MpmcRing<Carry::kInCells>;

}  // namespace corepool::lockfree
