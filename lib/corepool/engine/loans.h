// How many of a pool's blocks others have, so that they never have too many.

#ifndef COREPOOL_ENGINE_LOANS_H_
#define COREPOOL_ENGINE_LOANS_H_

#include <bit>

#include "corepool/config.h"
#include "corepool/lockfree/atomic.h"

namespace corepool::engine {

// How a word of Loans is laid out: {version, count}, the count in as few bits as the
// most that may be lent at once needs. Every change raises the version by one, and so
// the word as an integer, up to a wrap: a word that is the same has not changed.
struct LoanTerms {
  constexpr LoanTerms() = default;
  constexpr explicit LoanTerms(lockfree::Index most_lent)
      : most(most_lent), version(lockfree::Word{1} << std::bit_width(most_lent)) {}

  constexpr lockfree::Word CountOf(lockfree::Word word) const {
    return word & (version - 1);
  }
  constexpr bool IsFull(lockfree::Word word) const { return CountOf(word) >= most; }

  lockfree::Word most = 0;
  lockfree::Word version = 1;  // what the version's lowest bit is worth
};

// A block is lent from before it is taken until after it is back, so at every instant
//   blocks that borrowers have, or are taking, or are putting back <= count <= most
// and the lender can count on all others. Zero-initialised: nothing is lent. Any
// context.
class Loans {
 public:
  lockfree::Word Look() const {
    // E16. Pairs with: releases in Lend, Return.
    return word_.load(lockfree::kAcquire);
  }

  // One attempt to lend one more than when the word was `seen`, which must not be full.
  // If it fails, `seen` is the word as it is now.
  bool Lend(const LoanTerms& terms, lockfree::Word& seen) {
    if constexpr (COREPOOL_SABOTAGE_LOANS != 0) {
      word_.fetch_add(terms.version + 1, lockfree::kAcqRel);
      return true;
    }
    // E16. Acquire pairs with: release in Return: the block that makes room for this
    // one is found. Release pairs with: acquire in Look: who sees the loan, and
    // concludes that there was nothing to have, sees what its borrower had seen.
    return word_.compare_exchange_weak(seen, seen + terms.version + 1,
                                       lockfree::kAcqRel, lockfree::kAcquire);
  }

  // Nothing is lent any more. Not concurrently with anything.
  void Reset() { word_.store(0, lockfree::kRelaxed); }

  // After the block has been pushed, or was not to be had. Wait-free where the CPU adds
  // by itself.
  void Return(const LoanTerms& terms) {
    // E16. Pairs with: acquire in Look, Lend.
    word_.fetch_add(terms.version - 1, lockfree::kRelease);
  }

 private:
  lockfree::Atomic<lockfree::Word> word_{};
};

}  // namespace corepool::engine

#endif  // COREPOOL_ENGINE_LOANS_H_
