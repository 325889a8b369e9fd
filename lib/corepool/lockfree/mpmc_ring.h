// The slots of a bounded queue with any number of producers and consumers.

#ifndef COREPOOL_LOCKFREE_MPMC_RING_H_
#define COREPOOL_LOCKFREE_MPMC_RING_H_

#include <bit>
#include <cstddef>
#include <type_traits>

#include "corepool/config.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/lockfree/tagged_index.h"
#include "corepool/port/port.h"

namespace corepool::lockfree {

// Where a ring keeps its values: in the slots themselves, beside the phase, or in cells
// that the slots name, because a value is as wide as a word.
enum class Carry : unsigned char { kInSlots, kInCells };

// The memory of one ring; the same for all calls on it. All-zero words are an empty
// ring at position 0.
template <Carry kCarry>
struct RingSpace {
  static constexpr bool kCells = kCarry == Carry::kInCells;

  // Steps of a slot's phase: what it is in this round of the ring, and the next.
  //   0  free: it has a cell, which nobody uses
  //   1  claimed: a producer has taken the cell, or several want it (cells only)
  //   kFull   it has a value
  //   kRound  free in the next round
  static constexpr Word kFull = kCells ? 2 : 1;
  static constexpr Word kRound = kCells ? 4 : 2;

  // A word, of a slot or of a position, is {phase, low}. `low` is an index of a slot
  // in a position, and the value, or the cell's number, in a slot; it takes the low
  // `low_bits`, and the phase all others.
  static constexpr Word UnitFor(int low_bits) {
    if constexpr (COREPOOL_SABOTAGE_TAG_BITS > 0) {
      low_bits = static_cast<int>(sizeof(Word) * 8) - COREPOOL_SABOTAGE_TAG_BITS -
                 static_cast<int>(std::bit_width(kRound - 1));
    }
    return Word{1} << low_bits;
  }

  constexpr Word PhaseOf(Word word) const { return word & ~(unit - 1); }
  constexpr Word LowOf(Word word) const { return word & (unit - 1); }
  constexpr Index IndexOf(Word position) const {
    return static_cast<Index>(LowOf(position));
  }
  // How many steps, times unit, the phase of `word` is beyond that of `position`.
  constexpr std::make_signed_t<Word> Lead(Word word, Word position) const {
    return static_cast<std::make_signed_t<Word>>(PhaseOf(word) - PhaseOf(position));
  }
  constexpr std::make_signed_t<Word> Steps(Word steps) const {
    return static_cast<std::make_signed_t<Word>>(steps * unit);
  }
  // The position `distance` behind; at most one round.
  COREPOOL_INLINE constexpr Word Behind(Word position, Index distance) const {
    const Word index = LowOf(position) + distance;
    return index < capacity ? position + distance
                            : position + distance - capacity + kRound * unit;
  }
  static constexpr bool IsBefore(Word position, Word other) {
    return static_cast<std::make_signed_t<Word>>(position - other) < 0;
  }

  // Cells are stored as the difference to those of an all-zero ring.
  constexpr Index CellOf(Word word, Index slot) const {
    return static_cast<Index>(LowOf(word) ^ slot);
  }

  // Bits of a slot's word that number its rounds.
  constexpr int round_bits() const {
    return std::countl_zero(unit) + 1 - static_cast<int>(std::bit_width(kRound - 1));
  }

  // Words that a slot takes, with the cell that it begins with.
  static constexpr std::size_t kStride = kCells ? 2 : 1;
  // How many words a ring needs; one at least.
  static constexpr std::size_t WordCount(std::size_t capacity, std::size_t spares) {
    return kCells ? 2 * (capacity + spares) : capacity;
  }
  Atomic<Word>& SlotAt(Index index) const { return words[PlaceOf(index) * kStride]; }
  // Beside the slot, in the same cache line: mostly the same contexts use both.
  Atomic<Word>& CellAt(Index cell) const { return words[PlaceOf(cell) * kStride + 1]; }

  // Neighbours lie in different cache lines, or a producer and a consumer at its heels
  // would take one from each other for every value: that took twice the time. But they
  // lie near: a bulk does not touch a line for each value for long.
  static constexpr Index kGroup = 128;
  static constexpr Index kLineSlots =
      static_cast<Index>(port::Port::kInterferenceBytes / sizeof(Word) / kStride);
  static constexpr Index kGroupLines = kGroup / kLineSlots;
  COREPOOL_INLINE constexpr Index PlaceOf(Index index) const {
    const auto within = static_cast<Index>(index % kGroup);
    const auto begin = static_cast<Index>(index - within);
    if (capacity < kGroup || begin > capacity - kGroup) return index;
    return static_cast<Index>(begin + within % kGroupLines * kLineSlots +
                              within / kGroupLines);
  }

  Atomic<Word>* words;
  Word unit;  // one step of a phase
  Index capacity;
  Index cell_count;  // capacity and spares
};

// First in, first out. A slot says in one word which round it is in, whether it has a
// value, and which; so one load of the slot at the tail proves that the ring is full,
// and one load of the slot at the head that it is empty. Where head and tail are, two
// hints tell. They are never ahead of the truth; whoever finds that one is behind
// walks on from it, past slots that tell by their phase that they are done with. So
// nobody waits for a context that stands still between its step and the hint's.
//
// Any core, thread or interrupt handler may call anything at any time. Lock-free: an
// attempt fails only because the slot has changed, which it does at most kRound times a
// round. Linearization points: the compare-and-swap that makes a slot full (free), and
// the load of a full slot at the tail (of one that is not full at the head).
//
// With cells a producer needs one that is its own, to write to before anybody can see
// it. It takes the one that the slot at the tail has; if somebody has taken that, but
// stands still, one of the spare cells, and whoever comes first has the slot. The cell
// of a slot that is free again is free again, so consumers touch no other shared word.
//
// Sources: Tsigas and Zhang, "A Simple, Fast and Scalable Non-Blocking Concurrent FIFO
// Queue for Shared Memory Multiprocessor Systems", SPAA 2001 (slots decide, head and
// tail lag); Shann, Huang and Chen, "A Practical Nonblocking Queue Algorithm Using
// Compare-and-Swap", ICPADS 2000 (a counter in each slot); and docs/decisions/0017.
template <Carry kCarry>
class MpmcRing {
 public:
  using Space = RingSpace<kCarry>;

  constexpr MpmcRing() = default;

  // Of no slots, whose one word is all-zero: full and empty for ever.
  struct Closed {};
  constexpr MpmcRing(Closed, const Space& space)
      : tail_{{Space::kRound * space.unit}}, head_{} {}

  // Becomes one of those. Not concurrently with anything.
  void Close(const Space& space) {
    tail_.hint.store(Space::kRound * space.unit, kRelaxed);
    head_.hint.store(0, kRelaxed);
  }

  // Begins at that round, of which only the low round_bits() count, in memory that has
  // not been used yet. Not concurrently with anything.
  void Reset(const Space& space, Word first_round);

  // False, and nothing has happened, if the ring is full: there was an instant at which
  // it had `capacity` values or, kInCells only, at which there were cell_count values
  // and other calls of Enqueue, together. One atomic read-modify-write, two kInCells,
  // per attempt; O(log capacity) if the hint was far behind; O(capacity) if no cell was
  // to be had.
  COREPOOL_INLINE bool Enqueue(const Space& space, Word value) {
    // Pairs with: E60 release in Publish.
    Word position = tail_.hint.load(kAcquire);
    if (!Insert(space, position, value)) [[unlikely]]
      return false;
    Publish(tail_, space.Behind(position, 1));
    return true;
  }

  // False, and `value` is as before, if the ring was empty at some instant. One atomic
  // read-modify-write per attempt.
  COREPOOL_INLINE bool Dequeue(const Space& space, Word& value) {
    // Pairs with: E60 release in Publish.
    Word position = head_.hint.load(kAcquire);
    if (!Remove(space, position, value)) [[unlikely]]
      return false;
    Publish(head_, space.Behind(position, 1));
    return true;
  }

  // One by one, until next() has no more values (take(value) wants no more) or the
  // ring is full (empty). The hint is moved once. Returns how many.
  template <class Next>
  std::size_t EnqueueEach(const Space& space, std::size_t most, const Next& next) {
    return Repeat(tail_, space, most, [&](Word& position, std::size_t i) {
      return Insert(space, position, next(i));
    });
  }
  template <class Take>
  std::size_t DequeueEach(const Space& space, std::size_t most, const Take& take) {
    return Repeat(head_, space, most, [&](Word& position, std::size_t i) {
      Word value;
      if (!Remove(space, position, value)) return false;
      take(i, value);
      return true;
    });
  }

  // Whether it was empty at some instant. O(1), O(log capacity) if the hint was behind.
  bool IsEmpty(const Space& space) const;
  // 0 to capacity; exact if nobody changes it meanwhile.
  std::size_t Size(const Space& space) const;

 private:
  struct alignas(port::Port::kInterferenceBytes) End {
    Atomic<Word> hint{};  // a position; all before it have been passed by this end
  };
  static constexpr Index kNoCell = static_cast<Index>(~Index{0});

  // What makes a position passed: steps of its slot beyond its own phase.
  static constexpr Word kTailPasses = Space::kFull;
  static constexpr Word kHeadPasses = Space::kRound;

  // At `position` or behind, where it leaves `position`. A slot is most likely to be
  // written to, so its line is fetched for that: read first and then written to, it
  // would cross from core to core twice. Sequentially consistent, so
  // that who has enqueued here and then finds another ring empty, and who did it the
  // other way round, cannot both be right (E61).
  COREPOOL_INLINE bool Insert(const Space& space, Word& position, Word value) {
    if constexpr (Space::kCells) {
      return InsertCell(space, position, value);
    } else {
      const Word begin = position;
      for (int walked = 0;;) {
        Atomic<Word>& slot = space.SlotAt(space.IndexOf(position));
        port::Port::PrefetchForWrite(&slot);
        // Pairs with: E61 release in Insert, Remove.
        Word seen = slot.load(kSeqCst);
        const auto lead = space.Lead(seen, position);
        if (lead == 0) [[likely]] {
          // E61. Pairs with: acquire in Insert, Remove, Seek.
          const Word wanted = space.PhaseOf(seen) + Space::kFull * space.unit + value;
          if (slot.compare_exchange_strong(seen, wanted, kSeqCst, kRelaxed)) {
            return true;
          }
        } else if (lead < 0) {
          if (position != begin) Publish(tail_, position);
          return false;
        } else {
          position = Advance(tail_, space, position, walked, kTailPasses);
        }
      }
    }
  }

  COREPOOL_INLINE bool InsertCell(const Space& space, Word& position, Word value) {
    const Word begin = position;
    Index mine = kNoCell;
    int patience = kPatience;
    for (int walked = 0;;) {
      const Index index = space.IndexOf(position);
      Atomic<Word>& slot = space.SlotAt(index);
      port::Port::PrefetchForWrite(&slot);
      // Pairs with: E61 release in InsertCell, Remove.
      Word seen = slot.load(kSeqCst);
      const auto lead = space.Lead(seen, position);
      if (lead < 0) {
        if (mine != kNoCell) PutSpare(space, mine);
        if (position != begin) Publish(tail_, position);
        return false;
      }
      if (lead >= space.Steps(Space::kFull)) {
        position = Advance(tail_, space, position, walked, kTailPasses);
        continue;
      }
      if (mine == kNoCell) [[likely]] {
        if (lead == 0) [[likely]] {
          // Pairs with: E61 release in Remove: the cell has been read.
          if (!slot.compare_exchange_strong(seen, seen + space.unit, kSeqCst,
                                            kRelaxed)) {
            continue;
          }
          mine = space.CellOf(seen, index);
          seen += space.unit;
        } else if (patience-- > 0) {
          port::Port::Pause();
          continue;
        } else {
          mine = TakeSpare(space);
          if (mine == kNoCell) return false;
        }
        space.CellAt(mine).store(value, kRelaxed);
      }
      const Word wanted =
          space.PhaseOf(position) + Space::kFull * space.unit + Word(mine ^ index);
      const bool has_cell = space.Lead(seen, position) == 0;
      // E61. Pairs with: acquire in InsertCell, Remove, Seek.
      if (slot.compare_exchange_strong(seen, wanted, kSeqCst, kRelaxed)) [[likely]] {
        if (has_cell) PutSpare(space, space.CellOf(seen, index));
        return true;
      }
    }
  }

  COREPOOL_INLINE bool Remove(const Space& space, Word& position, Word& value) {
    const Word begin = position;
    for (int walked = 0;;) {
      const Index index = space.IndexOf(position);
      Atomic<Word>& slot = space.SlotAt(index);
      port::Port::PrefetchForWrite(&slot);
      // Pairs with: E61 release in Insert, InsertCell, Remove.
      Word seen = slot.load(kSeqCst);
      const auto lead = space.Lead(seen, position);
      if (lead == space.Steps(Space::kFull)) [[likely]] {
        Word found = space.LowOf(seen);
        if constexpr (Space::kCells) {
          // Whoever comes first may have given the cell away: then the swap fails.
          found = space.CellAt(space.CellOf(seen, index)).load(kRelaxed);
        }
        const Word wanted = seen + (Space::kRound - Space::kFull) * space.unit;
        // E61. Pairs with: acquire in Insert, InsertCell: the cell has been read.
        if (slot.compare_exchange_strong(seen, wanted, kSeqCst, kRelaxed)) [[likely]] {
          value = found;
          return true;
        }
      } else if (lead < space.Steps(Space::kFull)) {
        if (position != begin) Publish(head_, position);
        return false;
      } else {
        position = Advance(head_, space, position, walked, kHeadPasses);
      }
    }
  }

  template <class Step>
  std::size_t Repeat(End& end, const Space& space, std::size_t most, const Step& step) {
    // Pairs with: E60 release in Publish.
    Word position = end.hint.load(kAcquire);
    std::size_t done = 0;
    while (done < most && step(position, done)) {
      position = space.Behind(position, 1);
      ++done;
    }
    if (done != 0) Publish(end, position);
    return done;
  }

  // Not for good if a slower context stores an older position just after; others then
  // walk.
  COREPOOL_INLINE static void Publish(End& end, Word position) {
    if (Space::IsBefore(end.hint.load(kRelaxed), position)) {
      // E60. Pairs with: acquire in Enqueue, Dequeue, Repeat, Advance, Seek.
      end.hint.store(position, kRelease);
    }
  }

  // A later position than one that this end has passed: by the hint if it knows more,
  // step by step as long as that may be quicker, and then by bisection.
  COREPOOL_INLINE static Word Advance(const End& end, const Space& space, Word position,
                                      int& walked, Word passes) {
    // Pairs with: E60 release in Publish.
    const Word hinted = end.hint.load(kAcquire);
    if (Space::IsBefore(position, hinted)) return hinted;
    if (++walked % kWalk == 0) [[unlikely]]
      return Bisect(space, position, passes);
    return space.Behind(position, 1);
  }
  static constexpr int kWalk = 16;
  // Looks, with a pause each, at a slot that somebody has claimed, before a spare cell
  // is taken: mostly he is just about to fill it. It halved the time of four producers.
  static constexpr int kPatience = 4;

  struct Sight {
    Word position;  // one that the end had not passed when its slot was seen,
    Word seen;      // so; all before it had been passed
  };
  static Sight Seek(const End& end, const Space& space, Word passes);
  static Word Bisect(const Space& space, Word passed, Word passes);

  // kInCells only. Spare cells are on a stack, linked through the cells, or have not
  // been used yet. kNoCell if none was free, in slots neither, at some instant.
  Index TakeSpare(const Space& space);
  void PutSpare(const Space& space, Index cell);
  Index PopSpare(const Space& space, Word& seen);
  Index TakeFromSlots(const Space& space);

  struct Spares {
    Atomic<Word> top{};   // TaggedIndex of a cell's number + 1; 0 is none
    Atomic<Word> used{};  // spare cells that have ever been used
  };
  struct NoSpares {};

  End tail_;
  End head_;
  [[no_unique_address]] std::conditional_t<Space::kCells, Spares, NoSpares> spares_;
};

extern template class MpmcRing<Carry::kInSlots>;
extern template class MpmcRing<Carry::kInCells>;

}  // namespace corepool::lockfree

#endif  // COREPOOL_LOCKFREE_MPMC_RING_H_
