// Whether a block is free: told in O(1), and so that of two contexts that free
// it at once exactly one is believed.

#ifndef COREPOOL_ENGINE_BLOCK_STATE_H_
#define COREPOOL_ENGINE_BLOCK_STATE_H_

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "corepool/config.h"
#include "corepool/lockfree/atomic.h"

namespace corepool::engine {

// The mark in the first word of a free block. Compared only, never followed, so
// a block that was written to after it was freed can mislead nobody.
using Cookie = std::uintptr_t;

// The mark in the side array. A byte, unless the CPU cannot swap bytes.
using StateUnit =
    std::conditional_t<lockfree::Atomic<std::uint8_t>::is_always_lock_free,
                       std::uint8_t, std::uint32_t>;

// What kFull writes behind each block's user bytes.
using Guard = std::uint64_t;

// All operations are wait-free where the CPU swaps by itself, and O(1). Their
// accesses are relaxed: a block passes from context to context through the free
// list, whose edge E1 orders them.
class BlockState {
 public:
  // `states` is nullptr for cookies. A cookie's `key` differs from pool to pool;
  // all-zero states say that every block is free.
  constexpr BlockState(lockfree::Atomic<StateUnit>* states, Cookie key)
      : states_(states), key_(key) {}

  // Called by whoever frees the block, before it goes on the free list. False if
  // the block is marked free already; then nothing has changed.
  COREPOOL_INLINE bool MarkFree(std::size_t index, void* block) const {
    if (states_ != nullptr) {
      return states_[index].exchange(kFree, lockfree::kRelaxed) != kFree;
    }
    const Cookie cookie = CookieFor(block);
    return WordOf(block)->exchange(cookie, lockfree::kRelaxed) != cookie;
  }

  // Called by whoever took the block off the free list. False if the mark has
  // been overwritten while the block was free; then nothing has changed.
  COREPOOL_INLINE bool MarkAllocated(std::size_t index, void* block) const {
    if (states_ != nullptr) {
      states_[index].store(kAllocated, lockfree::kRelaxed);
      return true;
    }
    lockfree::Atomic<Cookie>* word = WordOf(block);
    if (word->load(lockfree::kRelaxed) != CookieFor(block)) return false;
    word->store(0, lockfree::kRelaxed);
    return true;
  }

  // Makes the mark say "free", whatever it said. For the block's owner.
  void Restore(std::size_t index, void* block) const {
    if (states_ != nullptr) {
      states_[index].store(kFree, lockfree::kRelaxed);
    } else {
      WordOf(block)->store(CookieFor(block), lockfree::kRelaxed);
    }
  }

  // Reads the mark. With cookies, only of a block that nobody else may write to.
  bool IsMarkedFree(std::size_t index, void* block) const {
    return states_ != nullptr
               ? states_[index].load(lockfree::kRelaxed) == kFree
               : WordOf(block)->load(lockfree::kRelaxed) == CookieFor(block);
  }

  bool in_block() const { return states_ == nullptr; }

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
  Cookie key_;
};

}  // namespace corepool::engine

#endif  // COREPOOL_ENGINE_BLOCK_STATE_H_
