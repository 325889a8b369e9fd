#include "corepool/c/compat/mynewt/sanity.h"

#include <cstddef>
#include <cstdint>

#include "corepool/c/compat/mynewt/books.h"
#include "corepool/c/compat/mynewt/free_list.h"
#include "corepool/c/compat/mynewt/watch.h"
#include "corepool/engine/block_state.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/port/peek.h"
#include "os/os_mempool.h"

namespace corepool::c::mynewt {
namespace {

using engine::StateUnit;
using lockfree::kAcqRel;
using lockfree::kAcquire;
using lockfree::kRelaxed;
using lockfree::kRelease;
using lockfree::Word;

// What came of a walk over the free list.
enum class Finding : std::uint8_t { kGood, kBad, kMoved };

// Looks at what a free block holds, without racing with anybody. Nobody else may read a
// block that somebody may get just then; so who gets one that is being looked at leaves
// it here, and takes another one (GetWatched).
class Look {
 public:
  Look(os_mempool& pool, Books& books) : pool_(pool), books_(books) {}

  // Block `index` was on the list when its head was `seen`.
  Finding At(Link index, Word seen) {
    lockfree::Atomic<StateUnit>& state = books_.states[index];
    StateUnit expected = kFree;
    if (!state.compare_exchange_strong(expected, kLookedAt, kAcquire, kRelaxed)) {
      // Somebody else looks at it, or has got it.
      return expected == kLookedAt ? Finding::kGood : Finding::kMoved;
    }
    const FreeList list(pool_, books_);
    Finding finding = Finding::kMoved;
    // It is on the list now, or else it may be its owner's, who is about to push it.
    // What it holds was written before it was pushed.
    if (list.StandsStill(seen)) {
      const Link next = list.Below(index);
      const void* const address = next == list.None() ? nullptr : list.BlockAt(next);
      const Watch watch(pool_, books_);
      finding = watch.IsIntact(list.BlockAt(index), address, false) ? Finding::kGood
                                                                    : Finding::kBad;
    }
    End(index);
    return finding;
  }

 private:
  void End(Link index) {
    StateUnit expected = kLookedAt;
    // E116. Release pairs with: acquire in Claim. Acquire pairs with: release in Claim.
    if (books_.states[index].compare_exchange_strong(expected, kFree, kRelease,
                                                     kAcquire)) {
      return;
    }
    // Parked: it is ours.
    books_.states[index].store(kFree, kRelaxed);
    FreeList(pool_, books_).Push(index);
  }

  os_mempool& pool_;
  Books& books_;
};

// Whether a listed block's first word is the pointer to the block below it. A pool
// without switches has nobody wait for those who look, so the block may be somebody's
// by now: then the head has moved, which the walk finds out before it believes this.
bool IsThreadedTo(const void* block, const void* next) {
  return !port::kCanPeek || port::Peek(block) == next;
}

Finding Walk(os_mempool& pool, Books& books) {
  const FreeList list(pool, books);
  const Word seen = list.Head();
  const std::uint32_t free = list.Free();
  const bool looks = books.Has(kCheck) || books.Has(kPoison);
  Link index = list.IsEmpty(seen) ? list.None() : list.TopOf(seen);
  std::uint32_t length = 0;
  Finding finding = Finding::kGood;
  while (index < list.None() && length < list.None() && finding == Finding::kGood) {
    if (books.states[index].load(kRelaxed) == kAllocated) finding = Finding::kBad;
    if (looks && finding == Finding::kGood) finding = Look(pool, books).At(index, seen);
    ++length;
    const Link below = list.Below(index);
    if (!looks && books.IsThreaded() && below <= list.None()) {
      const void* const next = below == list.None() ? nullptr : list.BlockAt(below);
      if (!IsThreadedTo(list.BlockAt(index), next)) finding = Finding::kBad;
    }
    index = below;
  }
  if (finding == Finding::kMoved || !list.StandsStill(seen)) return Finding::kMoved;
  if (finding == Finding::kBad || index != list.None()) return Finding::kBad;
  // With narrow words the count may be ahead of the list.
  if (kCountInHead ? length != free : length > free) return Finding::kBad;
  return Finding::kGood;
}

}  // namespace

void FillAll(os_mempool& pool, Books& books, bool afresh) {
  if (books.layout.stride() == 0) return;  // it was never made
  const FreeList list(pool, books);
  const Watch watch(pool, books);
  for (Link index = 0; index < list.None(); ++index) {
    watch.Mark(list.BlockAt(index));
    watch.SetGuard(list.BlockAt(index));
  }
  list.Fill(afresh);
}

bool IsSane(os_mempool& pool) {
  Books& books = BooksOf(pool);
  const FreeList list(pool, books);
  // What users can overwrite by mistake.
  const engine::BlockLayout& layout = books.layout;
  if (pool.mp_num_blocks != layout.count()) return false;
  if (layout.count() == 0) return list.Free() == 0;
  if (pool.mp_membuf_addr != reinterpret_cast<std::uintptr_t>(layout.InRow(0))) {
    return false;
  }
  const os_memblock* const first = FirstOf(pool).load(kRelaxed);
  if (first != nullptr && !layout.IsBlock(first)) return false;
  if (list.Free() > layout.count() || list.MinFree() > layout.count()) return false;

  const Watch watch(pool, books);
  for (Link index = 0; index < list.None(); ++index) {
    if (!watch.IsGuarded(list.BlockAt(index), false)) return false;
  }
  constexpr int kAttempts = 8;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const Finding finding = Walk(pool, books);
    if (finding != Finding::kMoved) return finding == Finding::kGood;
  }
  return true;  // as far as could be seen
}

}  // namespace corepool::c::mynewt
