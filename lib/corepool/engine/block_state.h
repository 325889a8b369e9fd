// Whether a block is free, told in O(1).

#ifndef COREPOOL_ENGINE_BLOCK_STATE_H_
#define COREPOOL_ENGINE_BLOCK_STATE_H_

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "corepool/config.h"
#include "corepool/engine/block_layout.h"
#include "corepool/lockfree/atomic.h"

namespace corepool::engine {

// The mark in the first word of a free block. Compared only, never followed.
using Cookie = std::uintptr_t;

// The mark in the side array. A byte, unless the CPU cannot swap bytes.
using StateUnit =
    std::conditional_t<lockfree::Atomic<std::uint8_t>::is_always_lock_free,
                       std::uint8_t, std::uint32_t>;

// How a pool knows which of its blocks are free.
enum class Marks : std::uint8_t {
  kNone,    // it does not
  kCookie,  // a free block's first word holds its cookie. Who writes to a free block
            // and then frees it again is not caught before the block is popped, nor
            // are contexts that free one block at the same time
  kUsed,    // as kCookie, and the block's unit says whether it has ever been allocated;
            // blocks that have not need no cookie. For pools in all-zero memory
  kSide,    // the block's unit says it. As kCookie, whatever is written to the block
  kExact,   // the block's unit says it, and is swapped: of several contexts that free
            // one block at once one is believed. The cookie, if there is one, only
            // tells of writes to free blocks
};

// All-zero units say that every block is free. Operations are O(1), and wait-free where
// the CPU swaps by itself. Their accesses are relaxed: a block passes from context to
// context through the free list, whose edges E1 and E7 order them.
class BlockState {
 public:
  // One unit of `units` for each block, unless marks are kNone: with kCookie they only
  // say what is listed. Cookies differ from pool to pool by their key.
  constexpr BlockState(Marks marks, bool cookies, lockfree::Atomic<StateUnit>* units,
                       Cookie key)
      // Blocks with cookies are aligned, so an odd cookie is no block's address, nor 0.
      : marks_(marks), cookies_(cookies), key_(key | 1), units_(units) {}

  // Called by whoever frees a block, before it goes on the free list. False if it is
  // free already; then nothing has changed.
  COREPOOL_INLINE bool MarkFree(std::size_t index, void* block) const {
    switch (marks_) {
      case Marks::kNone: return true;
      case Marks::kUsed:
        if (units_[index].load(lockfree::kRelaxed) == kFree) [[unlikely]]
          return false;
        [[fallthrough]];
      case Marks::kCookie: return SetCookie(block);
      case Marks::kSide:
        if (units_[index].load(lockfree::kRelaxed) != kAllocated) return false;
        units_[index].store(kFree, lockfree::kRelaxed);
        return true;
      case Marks::kExact:
        if (units_[index].exchange(kFree, lockfree::kRelaxed) == kFree) return false;
        MarkMemory(block);
        return true;
    }
    return true;
  }

  enum class Taken : std::uint8_t {
    kGood,
    kDamaged,    // it was written to while it was free
    kAllocated,  // it is somebody's: it had been freed twice
    kUnknown,    // one of the two
  };

  // Called by whoever took a block out of a magazine or off a free list. Unless it is
  // good nothing has changed.
  COREPOOL_INLINE Taken MarkAllocated(std::size_t index, void* block) const {
    switch (marks_) {
      case Marks::kNone: return Taken::kGood;
      case Marks::kUsed:
        if (units_[index].load(lockfree::kRelaxed) == kFree) {
          units_[index].store(kAllocated, lockfree::kRelaxed);
          return Taken::kGood;
        }
        [[fallthrough]];
      case Marks::kCookie: return ClearCookie(block) ? Taken::kGood : Taken::kUnknown;
      case Marks::kSide:
        if (units_[index].load(lockfree::kRelaxed) != kFree) return Taken::kAllocated;
        units_[index].store(kAllocated, lockfree::kRelaxed);
        return Taken::kGood;
      case Marks::kExact:
        if (!IsIntact(index, block)) return Taken::kDamaged;
        units_[index].store(kAllocated, lockfree::kRelaxed);
        return Taken::kGood;
    }
    return Taken::kGood;
  }

  // What MarkAllocated would say; nothing changes. Only for blocks that nobody else may
  // write to.
  Taken Inspect(std::size_t index, const void* block) const {
    switch (marks_) {
      case Marks::kNone: return Taken::kGood;
      case Marks::kUsed:
      case Marks::kCookie:
        return IsIntact(index, block) ? Taken::kGood : Taken::kUnknown;
      case Marks::kSide: return IsAllocated(index) ? Taken::kAllocated : Taken::kGood;
      case Marks::kExact:
        return IsIntact(index, block) ? Taken::kGood : Taken::kDamaged;
    }
    return Taken::kGood;
  }

  // The same where plain loads and stores are enough, for blocks out of a magazine,
  // which have all been freed before. False if they are not enough, or if something is
  // wrong; then nothing has changed.
  COREPOOL_INLINE bool MarkAllocatedPlainly(const BlockLayout& layout,
                                            void* block) const {
    if (marks_ == Marks::kCookie || marks_ == Marks::kUsed) return ClearCookie(block);
    if (marks_ == Marks::kSide) {
      return MarkAllocated(layout.IndexInRow(block), block) == Taken::kGood;
    }
    return marks_ == Marks::kNone;
  }
  COREPOOL_INLINE bool MarkFreePlainly(const BlockLayout& layout, void* block) const {
    if (marks_ == Marks::kCookie) return SetCookie(block);
    if (marks_ == Marks::kUsed || marks_ == Marks::kSide) {
      return MarkFree(layout.IndexInRow(block), block);
    }
    return marks_ == Marks::kNone;
  }

  // What both come to with kCookie. SetCookie: false if it is there already.
  // ClearCookie: false if it is not there; an allocated block must not hold it by
  // chance of what nobody wrote to it.
  COREPOOL_INLINE bool SetCookie(void* block) const {
    lockfree::Atomic<Cookie>& word = *WordOf(block);
    const Cookie cookie = CookieFor(block);
    if (word.load(lockfree::kRelaxed) == cookie) [[unlikely]]
      return false;
    word.store(cookie, lockfree::kRelaxed);
    return true;
  }
  COREPOOL_INLINE bool ClearCookie(void* block) const {
    lockfree::Atomic<Cookie>& word = *WordOf(block);
    if (word.load(lockfree::kRelaxed) != CookieFor(block)) [[unlikely]]
      return false;
    word.store(0, lockfree::kRelaxed);
    return true;
  }

  // For a block that MarkAllocated would find good, and that needs no clearing.
  void SetAllocated(std::size_t index) const {
    if (HasUnits()) units_[index].store(kAllocated, lockfree::kRelaxed);
  }

  // As all-zero units are. Not concurrently with anything.
  void Reset(std::size_t index) const {
    if (marks_ != Marks::kNone) units_[index].store(kFree, lockfree::kRelaxed);
  }

  // Whether MarkFree would find it free already.
  bool LooksFree(std::size_t index, void* block) const {
    if (marks_ == Marks::kNone) return false;
    if (HasUnits()) return !IsAllocated(index);
    if (marks_ == Marks::kUsed && units_[index].load(lockfree::kRelaxed) == kFree) {
      return true;
    }
    return WordOf(block)->load(lockfree::kRelaxed) == CookieFor(block);
  }

  // Whether the unit says that the block is in use, for an audit. Never without units.
  bool IsAllocated(std::size_t index) const {
    return HasUnits() && units_[index].load(lockfree::kRelaxed) == kAllocated;
  }
  // Whether units tell free blocks from others.
  bool HasUnits() const { return marks_ == Marks::kSide || marks_ == Marks::kExact; }

  // Where a block that is freed twice may get past MarkFree: called before it goes on a
  // linked list, which no block may be on twice. False if it is there, or about to be.
  bool MarkListed(std::size_t index) const {
    if (marks_ == Marks::kNone || marks_ == Marks::kExact) return true;
    return units_[index].exchange(kListed, lockfree::kRelaxed) != kListed;
  }
  // Called by whoever took it off. Blocks may be on the list from the start, unmarked.
  void MarkUnlisted(std::size_t index) const {
    if (marks_ == Marks::kNone || marks_ == Marks::kExact) return;
    if (units_[index].load(lockfree::kRelaxed) != kListed) return;
    units_[index].store(marks_ == Marks::kUsed ? kAllocated : kFree,
                        lockfree::kRelaxed);
  }

  // Writes the cookie, if there are any. For the block's owner.
  void MarkMemory(void* block) const {
    if (cookies_) WordOf(block)->store(CookieFor(block), lockfree::kRelaxed);
  }

  // Whether a free block holds its cookie, if it should. Only for blocks that nobody
  // else may write to.
  COREPOOL_INLINE bool IsIntact(std::size_t index, const void* block) const {
    if (!cookies_) return true;
    if (marks_ == Marks::kUsed && units_[index].load(lockfree::kRelaxed) == kFree) {
      return true;
    }
    return CookieIn(block) == CookieFor(block);
  }

  // What the free block's first word holds, and what it should. Only with cookies.
  Cookie CookieIn(const void* block) const {
    return static_cast<const lockfree::Atomic<Cookie>*>(block)->load(
        lockfree::kRelaxed);
  }
  Cookie CookieFor(const void* block) const {
    return reinterpret_cast<std::uintptr_t>(block) ^ key_;
  }

  constexpr bool cookies() const { return cookies_; }
  constexpr Marks marks() const { return marks_; }

 private:
  static constexpr StateUnit kFree = 0;
  static constexpr StateUnit kAllocated = 1;
  static constexpr StateUnit kListed = 2;  // free, and on a list

  // The block is raw memory while it is free, and its user is done with it, or
  // has not begun, whenever this is called.
  static lockfree::Atomic<Cookie>* WordOf(void* block) {
    return static_cast<lockfree::Atomic<Cookie>*>(block);
  }

  Marks marks_;
  bool cookies_;
  Cookie key_;
  lockfree::Atomic<StateUnit>* units_;
};

}  // namespace corepool::engine

#endif  // COREPOOL_ENGINE_BLOCK_STATE_H_
