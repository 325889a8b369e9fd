// What the library keeps of a Mynewt pool: in the pool itself, behind what Mynewt
// declares, and beside the blocks. Why so: docs/compat/mynewt.md.

#ifndef COREPOOL_C_COMPAT_MYNEWT_BOOKS_H_
#define COREPOOL_C_COMPAT_MYNEWT_BOOKS_H_

#include <bit>
#include <cstddef>
#include <cstdint>

#include "corepool/config.h"
#include "corepool/engine/block_layout.h"
#include "corepool/engine/block_state.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/lockfree/tagged_index.h"
#include "os/os_mempool.h"

namespace corepool::c::mynewt {

// A block's number, or the number of blocks, which means "none".
using Link = std::uint16_t;

// What a block is, as a unit of the side array says. All-zero is free.
enum State : engine::StateUnit {
  kFree,
  kAllocated,
  kLookedAt,  // on the free list, and os_mempool_is_sane reads what it holds
  kParked,    // the same, but popped meanwhile: to be pushed by who looks at it
};

// The bits of COREPOOL_MYNEWT_SWITCHES, and one more.
enum Switch : std::uint32_t {
  kAlignmentMask = 0xff,
  kCheck = 0x100,
  kPoison = 0x200,
  kGuard = 0x400,
  kExtended = 0x800,
};
// With any of these a get or put has more to do than to move the block.
inline constexpr std::uint32_t kWatched = kCheck | kPoison | kGuard;

// In os_mempool::corepool_books. All-zero is a pool without blocks. Changed by init
// only.
struct Books {
  engine::BlockLayout layout;
  lockfree::Atomic<Link>* links;                // of each block: the one below it
  lockfree::Atomic<engine::StateUnit>* states;  // of each block
  lockfree::TaggedIndex tagged;
  // The free list's head where a word has no room for a count; see free_list.h.
  lockfree::Atomic<lockfree::Word> narrow_head;
  std::uint32_t switches;
  std::uint32_t room;  // bytes of a block that are its user's; behind it is the guard

  // Whether free blocks hold a pointer to the next one.
  bool IsThreaded() const { return room >= sizeof(os_memblock); }
  bool Has(Switch which) const { return (switches & which) != 0; }
};
static_assert(sizeof(Books) <= sizeof(os_mempool::corepool_books));
static_assert(alignof(Books) <= alignof(os_mempool));

// Through void*: what C declares as plain memory is something else here, and C does not
// touch it, or touches it at rest.
template <class T>
COREPOOL_INLINE T& ViewAs(void* memory) {
  return *static_cast<T*>(memory);
}

COREPOOL_INLINE Books& BooksOf(os_mempool& pool) {
  return ViewAs<Books>(pool.corepool_books);
}
inline const Books& BooksOf(const os_mempool& pool) {
  return BooksOf(const_cast<os_mempool&>(pool));
}

// Fields that C declares, and reads at rest, but that the library changes atomically.

COREPOOL_INLINE lockfree::Atomic<os_memblock*>& FirstOf(os_mempool& pool) {
  return ViewAs<lockfree::Atomic<os_memblock*>>(&pool.slh_first);
}

// Holds mp_min_free in its low half, and zeros.
using LowWater = lockfree::Atomic<std::uint32_t>;
COREPOOL_INLINE LowWater& LowWaterOf(os_mempool& pool) {
  return ViewAs<LowWater>(&pool.corepool_low_water);
}

// Holds mp_num_free in its low 16 bits.
using Wide = std::uint64_t;
inline constexpr bool kCountInHead = sizeof(lockfree::Word) == sizeof(Wide);
COREPOOL_INLINE lockfree::Atomic<lockfree::Word>& WideHeadOf(os_mempool& pool) {
  return ViewAs<lockfree::Atomic<lockfree::Word>>(&pool.corepool_head);
}
// The same where words are narrow: the half of it with mp_num_free, and nothing else.
COREPOOL_INLINE lockfree::Atomic<std::uint32_t>& NarrowCountOf(os_mempool& pool) {
  const std::size_t offset = std::endian::native == std::endian::big ? 4 : 0;
  return ViewAs<lockfree::Atomic<std::uint32_t>>(
      reinterpret_cast<unsigned char*>(&pool.corepool_head) + offset);
}

static_assert(sizeof(lockfree::Atomic<lockfree::Word>) == sizeof(lockfree::Word));
static_assert(sizeof(lockfree::Atomic<os_memblock*>) == sizeof(os_memblock*));

}  // namespace corepool::c::mynewt

#endif  // COREPOOL_C_COMPAT_MYNEWT_BOOKS_H_
