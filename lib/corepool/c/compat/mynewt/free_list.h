// The free list of a Mynewt pool.

#ifndef COREPOOL_C_COMPAT_MYNEWT_FREE_LIST_H_
#define COREPOOL_C_COMPAT_MYNEWT_FREE_LIST_H_

#include <cstddef>
#include <cstdint>

#include "corepool/c/compat/mynewt/books.h"
#include "corepool/config.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/lockfree/backoff.h"
#include "os/os_mempool.h"

namespace corepool::c::mynewt {

// Treiber's stack with a tagged head, as lockfree::TaggedStack, but with the number of
// free blocks in the head, where C reads it as mp_num_free:
//
//   | tag: 32 bits or more | index: bit_width(blocks) | free blocks: 16 |
//
// so that it is exact, and costs nothing; the low-water mark is what each pop has left.
// Where words have 32 bits only, the head is {tag, index + 1}, and the count is apart,
// changed before a push and after a pop: exact at rest, and at most too high by the
// calls under way, and so is what the low-water mark is taken from.
//
// Links lie beside the blocks: a pop that comes too late reads a link of a block that
// is somebody's, and must not race with what he writes. That the blocks' first words
// hold pointers to the next ones, as C expects, is for readers at rest; a block's are
// written before it is pushed, by who owns it until then, and who pops it owns it. As
// long as a block is on the list the block below it is the same, so all of them are
// right always. slh_first is written just before the head, which is cheaper than after
// it. It is right at rest: an attempt that succeeds began by reading the head that the
// success before it wrote, and so writes slh_first after that one; and a pop that wrote
// there and then finds nothing has a last success of its own (Settle), which changes
// the tag only.
//
// Orders, as docs/memory_ordering.md has them:
//   E110  the release of a push, with the acquire of every later look at the head
//   E111  the release of a pop, Settle or StandsStill, with the acquire of the next
class FreeList {
 public:
  using Word = lockfree::Word;

  COREPOOL_INLINE FreeList(os_mempool& pool, Books& books)
      : pool_(pool), books_(books) {}
  COREPOOL_INLINE explicit FreeList(os_mempool& pool) : FreeList(pool, BooksOf(pool)) {}

  struct Popped {
    Link index;
    Link next;           // what was below it; the number of blocks if nothing
    std::uint32_t left;  // blocks on the list now; not with narrow words
  };

  // False if there was an instant at which nothing was on the list. One
  // read-modify-write per attempt.
  COREPOOL_INLINE bool Pop(Popped& popped) const {
    lockfree::Backoff backoff;
    Word seen = Head();
    if (IsEmpty(seen)) [[unlikely]]
      return false;
    for (;;) {
      const Link top = TopOf(seen);
      // Outdated if another call has popped `top` meanwhile; the tag knows.
      const Link next = books_.links[top].load(lockfree::kRelaxed);
      const std::uint32_t left = CountOf(seen) - 1;
      const Word wanted = books_.tagged.With(seen, Payload(next, left));
      ShowFirst(next);
      // Release pairs with: E111 acquire in the next Pop, Head, StandsStill.
      // Acquire pairs with: E110 release in Push.
      if (head().compare_exchange_weak(seen, wanted, lockfree::kAcqRel,
                                       lockfree::kAcquire)) [[likely]] {
        popped = {top, next, left};
        return true;
      }
      backoff.Wait();
      if (IsEmpty(seen) && Settle(seen)) [[unlikely]]
        return false;
    }
  }

  // What follows a pop, for its block's new owner.
  COREPOOL_INLINE void NotePop(const Popped& popped) const {
    std::uint32_t left = popped.left;
    if constexpr (!kCountInHead) {
      constexpr std::uint32_t kLess = ~std::uint32_t{0};
      left = NarrowCountOf(pool_).fetch_add(kLess, lockfree::kRelaxed) - 1;
    }
    NoteLow(left);
  }

  // Somebody found nothing: with narrow words, what the low-water mark has not heard
  // of.
  void NoteEmpty() const {
    if constexpr (!kCountInHead) NoteLow(0);
  }

  // For the block's owner, who is none from here on. One read-modify-write per attempt.
  COREPOOL_INLINE void Push(Link index) const {
    if constexpr (!kCountInHead) NarrowCountOf(pool_).fetch_add(1, lockfree::kRelaxed);
    lockfree::Backoff backoff;
    Word seen = Head();
    for (;;) {
      const Link below = IsEmpty(seen) ? None() : TopOf(seen);
      books_.links[index].store(below, lockfree::kRelaxed);
      Thread(index, below);
      const Word wanted = books_.tagged.With(seen, Payload(index, CountOf(seen) + 1));
      ShowFirst(index);
      // E110. Pairs with: acquire in Pop, Head, StandsStill.
      if (head().compare_exchange_weak(seen, wanted, lockfree::kRelease,
                                       lockfree::kAcquire)) [[likely]] {
        return;
      }
      backoff.Wait();
    }
  }

  // Lays out all blocks, in ascending order. Not concurrently with anything.
  void Fill(bool afresh) const {
    const Link count = None();
    for (Link index = 0; index < count; ++index) {
      const auto next = static_cast<Link>(index + 1);
      books_.links[index].store(next, lockfree::kRelaxed);
      books_.states[index].store(kFree, lockfree::kRelaxed);
      Thread(index, next);
    }
    const Word before = afresh ? 0 : head().load(lockfree::kRelaxed);
    const Word payload = count == 0 ? 0 : Payload(0, count);
    head().store(books_.tagged.With(before, static_cast<lockfree::Index>(payload)),
                 lockfree::kRelaxed);
    if constexpr (!kCountInHead) {
      NarrowCountOf(pool_).store(count, lockfree::kRelaxed);
    }
    LowWaterOf(pool_).store(count, lockfree::kRelaxed);
    ShowFirst(0);
  }

  COREPOOL_INLINE Word Head() const {
    // Pairs with: E110 and E111 releases.
    return head().load(lockfree::kAcquire);
  }
  // Whether nothing has been pushed or popped since Head returned `seen`; then what was
  // read of links and listed blocks meanwhile belongs together. One read-modify-write,
  // which changes nothing.
  bool StandsStill(Word seen) const {
    // E111: whoever pops next comes after our reads. Release pairs with: acquire in
    // Pop. Acquire pairs with: E110 and E111 releases.
    return head().compare_exchange_strong(seen, seen, lockfree::kAcqRel,
                                          lockfree::kRelaxed);
  }

  COREPOOL_INLINE bool IsEmpty(Word seen) const {
    return kCountInHead ? CountOf(seen) == 0 : books_.tagged.IndexOf(seen) == 0;
  }
  // Of a head that is not empty.
  COREPOOL_INLINE Link TopOf(Word seen) const {
    const lockfree::Index payload = books_.tagged.IndexOf(seen);
    return static_cast<Link>(kCountInHead ? Wide{payload} >> 16 : payload - 1u);
  }
  Link Below(Link index) const { return books_.links[index].load(lockfree::kRelaxed); }

  std::uint32_t Free() const {
    if constexpr (kCountInHead) return CountOf(Head());
    return NarrowCountOf(pool_).load(lockfree::kRelaxed) & 0xffff;
  }
  std::uint32_t MinFree() const {
    return LowWaterOf(pool_).load(lockfree::kRelaxed) & 0xffff;
  }

  COREPOOL_INLINE Link None() const { return pool_.mp_num_blocks; }
  COREPOOL_INLINE void* BlockAt(Link index) const { return books_.layout.InRow(index); }

  // The widest index of `blocks` blocks, as TaggedIndex wants it.
  static constexpr lockfree::Index MostPayload(std::uint32_t blocks) {
    return static_cast<lockfree::Index>(kCountInHead ? (blocks << 16 | 0xffff)
                                                     : blocks);
  }

 private:
  // Where C looks for the first free block.
  COREPOOL_INLINE void ShowFirst(Link index) const {
    auto* const first =
        index == None() ? nullptr : static_cast<os_memblock*>(BlockAt(index));
    FirstOf(pool_).store(first, lockfree::kRelaxed);
  }

  // Takes back what the calling pop has shown. Then there was an instant at which
  // nothing was on the list; otherwise `seen` is a head that shows something again.
  bool Settle(Word& seen) const {
    do {
      const Word settled = books_.tagged.With(seen, books_.tagged.IndexOf(seen));
      ShowFirst(None());
      // Release pairs with: E111 acquire in the next Pop, Head, StandsStill.
      // Acquire pairs with: E110 and E111 releases.
      if (head().compare_exchange_strong(seen, settled, lockfree::kAcqRel,
                                         lockfree::kAcquire)) {
        return true;
      }
    } while (IsEmpty(seen));
    return false;
  }

  COREPOOL_INLINE lockfree::Atomic<Word>& head() const {
    if constexpr (kCountInHead) return WideHeadOf(pool_);
    return books_.narrow_head;
  }
  // Of a wide head.
  COREPOOL_INLINE static std::uint32_t CountOf(Word seen) {
    return static_cast<std::uint32_t>(seen & 0xffff);
  }
  COREPOOL_INLINE lockfree::Index Payload(Link top, std::uint32_t count) const {
    if constexpr (kCountInHead) {
      return static_cast<lockfree::Index>(std::uint32_t{top} << 16 | count);
    }
    return static_cast<lockfree::Index>(top == None() ? 0 : top + 1);
  }

  COREPOOL_INLINE void Thread(Link index, Link below) const {
    if (!books_.IsThreaded()) [[unlikely]]
      return;
    const void* const next = below == None() ? nullptr : BlockAt(below);
    __builtin_memcpy(BlockAt(index), &next, sizeof(next));
  }

  COREPOOL_INLINE void NoteLow(std::uint32_t left) const {
    LowWater& low = LowWaterOf(pool_);
    std::uint32_t seen = low.load(lockfree::kRelaxed);
    while (left < seen) [[unlikely]] {
      if (low.compare_exchange_weak(seen, left, lockfree::kRelaxed,
                                    lockfree::kRelaxed)) {
        return;
      }
    }
  }

  os_mempool& pool_;
  Books& books_;
};

}  // namespace corepool::c::mynewt

#endif  // COREPOOL_C_COMPAT_MYNEWT_FREE_LIST_H_
