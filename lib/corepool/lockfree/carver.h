// A region of memory that is carved from its front, never to be put together again.

#ifndef COREPOOL_LOCKFREE_CARVER_H_
#define COREPOOL_LOCKFREE_CARVER_H_

#include <cstddef>

#include "corepool/lockfree/atomic.h"

namespace corepool::lockfree {

// One word says how many bytes are gone. It only grows until Reset, so a
// compare-and-swap that finds the number it expects finds the very state (no ABA, and
// no tag). An attempt that fails takes nothing: bytes are lost to alignment only.
//
// Any core, thread or interrupt handler may call anything but Reset at any time.
// Lock-free: an attempt fails only because another call has taken some (or because of
// the CPU's store-conditional). Linearization point of Take: its successful
// compare-and-swap, or the load that left too little.
class Carver {
 public:
  constexpr Carver() = default;

  // `size` bytes from `begin` on, at most PTRDIFF_MAX and not past the last address.
  // Not concurrently with anything.
  void Reset(std::byte* begin, std::size_t size);

  struct Piece {
    std::byte* begin;     // nullptr if there was no room for one
    std::size_t count;    // pieces taken
    std::size_t missing;  // bytes that one more would have needed; saturates
  };
  // As many pieces of `length` >= 1 bytes as there is room for, up to `most` >= 1, one
  // behind the other, the first of them aligned to `alignment`, a power of two. O(1)
  // per attempt, one atomic read-modify-write.
  Piece Take(std::size_t length, std::size_t alignment, std::size_t most = 1);

  // How many such pieces there is room for. Once it is 0 it stays so. Wait-free, O(1).
  std::size_t CountOf(std::size_t length, std::size_t alignment) const;
  // Bytes from the next aligned address on, or 0. Wait-free, O(1).
  std::size_t Room(std::size_t alignment) const;

  std::byte* begin() const { return begin_; }
  std::size_t size() const { return size_; }
  // Bytes gone. Wait-free, O(1).
  std::size_t used() const {
    // Pairs with: E40 release in Take.
    return static_cast<std::size_t>(used_.load(kAcquire));
  }

 private:
  static_assert(sizeof(Word) >= sizeof(std::size_t));

  // From `used` bytes on to the next aligned address; it may be beyond the end.
  std::size_t Skip(std::size_t used, std::size_t alignment) const;

  std::byte* begin_ = nullptr;
  std::size_t size_ = 0;
  Atomic<Word> used_{};
};

}  // namespace corepool::lockfree

#endif  // COREPOOL_LOCKFREE_CARVER_H_
