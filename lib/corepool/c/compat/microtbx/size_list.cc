#include "corepool/c/compat/microtbx/size_list.h"

#include <cstddef>

#include "corepool/lockfree/atomic.h"

namespace corepool::microtbx {

using lockfree::Word;

SizeList::Id SizeList::Add(std::size_t size) {
  for (Id id = 0; id < kMost; ++id) {
    std::size_t seen = 0;
    if (slots_[id].size.compare_exchange_strong(seen, size, lockfree::kRelaxed,
                                                lockfree::kRelaxed)) {
      seen = size;
    }
    Link(id);
    if (seen == size) return id;
  }
  return kNone;
}

// All sizes in slots before this one are on the list, and none behind it, unless this
// one is on it too.
void SizeList::Link(Id id) {
  const std::size_t size = SizeOf(id);
  for (;;) {
    lockfree::Atomic<Word>* link = &first_;
    // Pairs with: E80 release below.
    Word next = link->load(lockfree::kAcquire);
    while (ToId(next) != kNone && SizeOf(ToId(next)) < size) {
      link = &slots_[ToId(next)].next;
      next = link->load(lockfree::kAcquire);
    }
    if (ToId(next) == id) return;
    // Set once; others, which link larger sizes behind this one, change it later.
    Word unset = 0;
    slots_[id].next.compare_exchange_strong(unset, Word{ToId(next)} + 1,
                                            lockfree::kRelease, lockfree::kRelaxed);
    // E80. Pairs with: acquire in First, Next, here. Fails if it has been linked there
    // already. No link ever holds for a second time what it held before, for only ever
    // smaller sizes are put in front of those that it led to.
    if (link->compare_exchange_strong(next, Word{id} + 1, lockfree::kAcqRel,
                                      lockfree::kAcquire)) {
      return;
    }
  }
}

}  // namespace corepool::microtbx
