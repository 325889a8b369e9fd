// The sizes that pools have, in ascending order.

#ifndef COREPOOL_C_COMPAT_MICROTBX_SIZE_LIST_H_
#define COREPOOL_C_COMPAT_MICROTBX_SIZE_LIST_H_

#include <cstddef>

#include "corepool/config.h"
#include "corepool/lockfree/atomic.h"

namespace corepool::microtbx {

// A linked list in an array, of which nothing is ever taken off. A size takes the first
// slot that is free; it is linked before another takes the next one, by whoever comes:
// so of all that link a size, none finds another one on its way onto the list, and what
// they write is the same.
//
// Any context. Lookups are wait-free; Add is lock-free: it repeats a step only for a
// size that somebody else adds.
class SizeList {
 public:
  using Id = lockfree::Index;
  static constexpr Id kMost = COREPOOL_MICROTBX_MOST_POOLS;
  static constexpr Id kNone = kMost;

  constexpr SizeList() = default;

  // In ascending order of size, from First to kNone.
  Id First() const {
    // Pairs with: E80 release in Link.
    return ToId(first_.load(lockfree::kAcquire));
  }
  Id Next(Id id) const {
    // Pairs with: E80 release in Link.
    return ToId(slots_[id].next.load(lockfree::kAcquire));
  }
  // Of an id that is on the list.
  std::size_t SizeOf(Id id) const { return slots_[id].size.load(lockfree::kRelaxed); }

  // The first that is at least so large.
  COREPOOL_INLINE Id AtLeast(std::size_t size) const {
    Id id = First();
    while (id != kNone && SizeOf(id) < size) id = Next(id);
    return id;
  }
  // The one that is so large.
  Id Exactly(std::size_t size) const {
    const Id id = AtLeast(size);
    return id != kNone && SizeOf(id) == size ? id : kNone;
  }
  // Whether Add could add a size now.
  bool HasRoom() const { return slots_[kMost - 1].size.load(lockfree::kRelaxed) == 0; }

  // The same; puts it on the list first if need be. kNone: no slot is free. `size` is
  // not 0. O(sizes^2) at most.
  Id Add(std::size_t size);

 private:
  struct Slot {
    lockfree::Atomic<std::size_t> size{};     // 0: free
    lockfree::Atomic<lockfree::Word> next{};  // as ToId has it; 0: not linked
  };

  // The end of the list is kNone + 1 where a slot's `next` can also be unset, and 0 too
  // in `first_`.
  static Id ToId(lockfree::Word word) {
    return word == 0 ? kNone : static_cast<Id>(word - 1);
  }
  void Link(Id id);

  lockfree::Atomic<lockfree::Word> first_{};
  Slot slots_[kMost];
};

}  // namespace corepool::microtbx

#endif  // COREPOOL_C_COMPAT_MICROTBX_SIZE_LIST_H_
