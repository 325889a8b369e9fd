// Freed blocks that are kept from being used again for a while (Checking::kFull), so
// that who still writes to them is found out.

#ifndef COREPOOL_ENGINE_QUARANTINE_H_
#define COREPOOL_ENGINE_QUARANTINE_H_

#include <cstddef>

#include "corepool/config.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/lockfree/tagged_index.h"

namespace corepool::engine {

// A ring of tagged indices, one for each block that it can hold. A block that comes in
// takes the place of the one that has been there longest, which comes out. Between that
// and being pushed it is in its freer's hands, and the free has not happened yet as far
// as others can tell: there is as much in quarantine as before.
//
// Who finds no block anywhere else takes one from here: blocks in quarantine are free
// as far as exhaustion goes.
//
// Any context; lock-free: a compare-and-swap fails only because another has succeeded.
// Linearization point of every change: its compare-and-swap.
class Quarantine {
 public:
  using Word = lockfree::Word;
  using Index = lockfree::Index;

  // Holds none.
  constexpr Quarantine() = default;
  // For `places` blocks at once, of indices below `blocks`; on BytesFor(places) bytes
  // of memory, aligned as a Word.
  constexpr Quarantine(lockfree::Atomic<Word>* words, Index places, Index blocks)
      : words_(words), places_(places), tagged_(blocks), none_(blocks) {}

  static constexpr std::size_t BytesFor(std::size_t places) {
    return places == 0 ? 0 : (places + 1) * sizeof(lockfree::Atomic<Word>);
  }

  constexpr bool exists() const { return places_ != 0; }
  constexpr Index places() const { return places_; }
  // The index that means "no block".
  constexpr Index none() const { return none_; }

  // Empties it for a pool of which every block is free. Not concurrently with anything.
  void Reset() const {
    for (Index place = 0; place < places_; ++place) {
      At(place).store(none_, lockfree::kRelaxed);
    }
    if (exists()) Ticket().store(0, lockfree::kRelaxed);
  }

  // A block goes in; returns the one that comes out, if any. O(1) per attempt; two
  // atomic read-modify-writes.
  Index Exchange(Index index) const {
    const Word ticket = Ticket().fetch_add(1, lockfree::kRelaxed);
    lockfree::Atomic<Word>& place = At(static_cast<Index>(ticket % places_));
    Word seen = place.load(lockfree::kRelaxed);
    // E30. Pairs with: acquire here, in Take and in Sum.
    while (!place.compare_exchange_weak(seen, tagged_.With(seen, index),
                                        lockfree::kAcqRel, lockfree::kRelaxed)) {
    }
    return tagged_.IndexOf(seen);
  }

  // Takes out one of the blocks that have been there longest; or none, and then `sum`
  // is what Sum would have been if nothing had changed since the call began. O(places).
  Index Take(Word& sum) const {
    const Word first = Ticket().load(lockfree::kRelaxed) % places_;
    sum = 0;
    for (Index i = 0; i < places_; ++i) {
      lockfree::Atomic<Word>& place = At(static_cast<Index>((first + i) % places_));
      // Pairs with: E30 releases.
      Word seen = place.load(lockfree::kAcquire);
      while (tagged_.IndexOf(seen) != none_) {
        // E30. Pairs with: acquire in Exchange, here and in Sum.
        if (place.compare_exchange_weak(seen, tagged_.With(seen, none_),
                                        lockfree::kAcqRel, lockfree::kAcquire)) {
          return tagged_.IndexOf(seen);
        }
      }
      sum += seen;
    }
    return none_;
  }

  // The same number twice means that no block has come or gone in between: every word
  // grows with every change, up to a wrap of its tag. O(places).
  Word Sum() const {
    Word sum = 0;
    for (Index place = 0; place < places_; ++place) {
      // Pairs with: E30 releases.
      sum += At(place).load(lockfree::kAcquire);
    }
    return sum;
  }

  // What is in place `place`: a block's index, or none().
  Index IndexAt(Index place) const {
    return tagged_.IndexOf(At(place).load(lockfree::kRelaxed));
  }
  // How many blocks there are; while others are at work, how many there have been about
  // now. O(places).
  Index Count() const {
    Index count = 0;
    for (Index place = 0; place < places_; ++place) {
      count = static_cast<Index>(count + (IndexAt(place) != none_ ? 1 : 0));
    }
    return count;
  }

 private:
  lockfree::Atomic<Word>& Ticket() const { return words_[0]; }
  lockfree::Atomic<Word>& At(Index place) const {
    return words_[std::size_t{place} + 1];
  }

  lockfree::Atomic<Word>* words_ = nullptr;
  Index places_ = 0;
  lockfree::TaggedIndex tagged_{0};
  Index none_ = 0;
};

}  // namespace corepool::engine

#endif  // COREPOOL_ENGINE_QUARANTINE_H_
