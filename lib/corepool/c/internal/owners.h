// Who has a block: the caller of a function of C, not that function.

#ifndef COREPOOL_C_INTERNAL_OWNERS_H_
#define COREPOOL_C_INTERNAL_OWNERS_H_

#include <span>

#include "corepool/c/internal/box.h"
#include "corepool/c/internal/convert.h"
#include "corepool/config.h"
#include "corepool/misuse.h"
#include "corepool/port/return_address.h"

namespace corepool::c {

// `owner` is port::ReturnAddress() in the function that C calls.
template <class Handle>
COREPOOL_INLINE void* Owned(Handle* pool, void* block, OwnerTag owner) {
  if (block != nullptr && Box<Handle>::RestOf(pool).has_owners) [[unlikely]] {
    (void)Of(pool).SetOwner(block, owner);
  }
  return block;
}
template <class Handle, class Allocation>
COREPOOL_INLINE corepool_allocation_t AllocationFor(Handle* pool, const Allocation& got,
                                                    OwnerTag owner) {
  (void)Owned(pool, got.block, owner);
  return AllocationForC(got);
}
template <class Handle>
void AllOwned(Handle* pool, std::span<void* const> blocks, OwnerTag owner) {
  for (void* const block : blocks) (void)Owned(pool, block, owner);
}

}  // namespace corepool::c

#endif  // COREPOOL_C_INTERNAL_OWNERS_H_
