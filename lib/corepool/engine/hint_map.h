// Where to look first: one bit for each of many things.

#ifndef COREPOOL_ENGINE_HINT_MAP_H_
#define COREPOOL_ENGINE_HINT_MAP_H_

#include <bit>
#include <cstddef>

#include "corepool/config.h"
#include "corepool/lockfree/atomic.h"

namespace corepool::engine {

// A view. Bits are hints: whoever makes a thing worth looking at sets its bit
// afterwards; whoever finds that it is not clears the bit and looks once more. So a bit
// that ought to be set is missing only while a context stands between those steps, and
// nothing may depend on it. Every function is lock-free; Set and Clear are O(1).
class HintMap {
 public:
  using Word = lockfree::Word;

  // Words of an overview for so many things: none if one word has room for all.
  static constexpr std::size_t OverviewsFor(std::size_t count) {
    return count <= kBits ? 0 : WordsOf(WordsOf(count));
  }
  static constexpr std::size_t WordsFor(std::size_t count) {
    return OverviewsFor(count) + WordsOf(count);
  }

  // The overview, one bit for each word of hints that is not 0, and then the hints.
  HintMap(lockfree::Atomic<Word>* words, std::size_t overviews)
      : overview_(words), overviews_(overviews), hints_(words + overviews) {}

  COREPOOL_INLINE void Set(std::size_t index) const {
    SetIn(hints_[index / kBits], index % kBits);
    if (overviews_ == 0) return;
    SetIn(overview_[index / kBits / kBits], index / kBits % kBits);
  }
  void Clear(std::size_t index) const { ClearIn(hints_[index / kBits], index % kBits); }

  // The lowest whose bit is set, or `none`. O(count / 4096).
  COREPOOL_INLINE std::size_t First(std::size_t none) const {
    if (overviews_ == 0) [[likely]] {
      const Word hints = hints_->load(lockfree::kSeqCst);
      return hints == 0 ? none : static_cast<std::size_t>(std::countr_zero(hints));
    }
    for (std::size_t i = 0; i < overviews_; ++i) {
      for (Word seen = overview_[i].load(lockfree::kSeqCst); seen != 0;
           seen = overview_[i].load(lockfree::kSeqCst)) {
        const std::size_t word =
            i * kBits + static_cast<std::size_t>(std::countr_zero(seen));
        const Word hints = hints_[word].load(lockfree::kSeqCst);
        if (hints != 0) [[likely]]
          return word * kBits + static_cast<std::size_t>(std::countr_zero(hints));
        ClearIn(overview_[i], word % kBits);
        if (hints_[word].load(lockfree::kSeqCst) != 0)
          SetIn(overview_[i], word % kBits);
      }
    }
    return none;
  }

 private:
  static constexpr std::size_t kBits = sizeof(Word) * 8;

  static constexpr std::size_t WordsOf(std::size_t bits) {
    return (bits + kBits - 1) / kBits;
  }

  // All sequentially consistent (E72): of one who sets and one who clears, at least one
  // sees what the other has done, or did before.
  COREPOOL_INLINE static void SetIn(lockfree::Atomic<Word>& word, std::size_t bit) {
    const Word mask = Word{1} << bit;
    if ((word.load(lockfree::kSeqCst) & mask) == 0) {
      word.fetch_or(mask, lockfree::kSeqCst);
    }
  }
  static void ClearIn(lockfree::Atomic<Word>& word, std::size_t bit) {
    word.fetch_and(~(Word{1} << bit), lockfree::kSeqCst);
  }

  lockfree::Atomic<Word>* overview_;
  std::size_t overviews_;
  lockfree::Atomic<Word>* hints_;
};

}  // namespace corepool::engine

#endif  // COREPOOL_ENGINE_HINT_MAP_H_
