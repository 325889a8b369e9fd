// Whether a block is free, told in O(1).

#ifndef COREPOOL_ENGINE_BLOCK_STATE_H_
#define COREPOOL_ENGINE_BLOCK_STATE_H_

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "corepool/config.h"
#include "corepool/lockfree/atomic.h"

namespace corepool::engine {

// The mark in the first word of a free block. Compared only, never followed.
using Cookie = std::uintptr_t;

// What kFull writes behind each block's user bytes.
using Guard = std::uint64_t;

// The mark in the side array. A byte, unless the CPU cannot swap bytes.
using StateUnit =
    std::conditional_t<lockfree::Atomic<std::uint8_t>::is_always_lock_free,
                       std::uint8_t, std::uint32_t>;

// A block is free if its unit in the side array says so, and that is exact: whatever
// users write to blocks, of several contexts that free one block at once one is
// believed. All-zero units say that every block is free.
// With cookies, the first word of a free block is marked too, and tells that somebody
// wrote to the block after it was freed.
//
// All operations are O(1), and wait-free where the CPU swaps by itself. Their
// accesses are relaxed: a block passes from context to context through the free list,
// whose edge E1 orders them.
class BlockState {
 public:
  // One unit of `states` for each block. Cookies differ from pool to pool by their key.
  constexpr BlockState(lockfree::Atomic<StateUnit>* states, bool cookies, Cookie key)
      // Blocks with cookies are aligned, so an odd cookie is no block's address, nor 0.
      : states_(states), cookies_(cookies), key_(key | 1) {}

  // Called by whoever frees a block, before it goes on the free list. False if it is
  // free already; then nothing has changed.
  COREPOOL_INLINE bool MarkFree(std::size_t index, void* block) const {
    if (states_[index].exchange(kFree, lockfree::kRelaxed) == kFree) return false;
    MarkMemory(block);
    return true;
  }

  // Called by whoever took the block off the free list. False if the cookie has been
  // overwritten while the block was free; then nothing has changed.
  COREPOOL_INLINE bool MarkAllocated(std::size_t index, void* block) const {
    if (!IsIntact(block)) return false;
    SetAllocated(index);
    return true;
  }

  // The second half of MarkAllocated.
  COREPOOL_INLINE void SetAllocated(std::size_t index) const {
    states_[index].store(kAllocated, lockfree::kRelaxed);
  }

  bool IsAllocated(std::size_t index) const {
    return states_[index].load(lockfree::kRelaxed) != kFree;
  }

  // Writes the cookie, if there are any. For the block's owner.
  COREPOOL_INLINE void MarkMemory(void* block) const {
    if (cookies_) WordOf(block)->store(CookieFor(block), lockfree::kRelaxed);
  }

  // Whether a free block holds its cookie, if there are any. Only for blocks that
  // nobody else may write to.
  COREPOOL_INLINE bool IsIntact(void* block) const {
    return !cookies_ || WordOf(block)->load(lockfree::kRelaxed) == CookieFor(block);
  }

  constexpr bool cookies() const { return cookies_; }

 private:
  static constexpr StateUnit kFree = 0;
  static constexpr StateUnit kAllocated = 1;

  Cookie CookieFor(const void* block) const {
    return reinterpret_cast<std::uintptr_t>(block) ^ key_;
  }

  // The block is raw memory while it is free, and its user is done with it, or
  // has not begun, whenever this is called.
  static lockfree::Atomic<Cookie>* WordOf(void* block) {
    return static_cast<lockfree::Atomic<Cookie>*>(block);
  }

  lockfree::Atomic<StateUnit>* states_;
  bool cookies_;
  Cookie key_;
};

}  // namespace corepool::engine

#endif  // COREPOOL_ENGINE_BLOCK_STATE_H_
