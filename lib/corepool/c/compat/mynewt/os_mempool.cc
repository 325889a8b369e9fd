// Blocks: what os_mempool.h declares, but for the list of pools.

#include "os/os_mempool.h"

#include <cstddef>
#include <cstdint>
#include <new>

#include "corepool/base/align.h"
#include "corepool/c/compat/mynewt/arena.h"
#include "corepool/c/compat/mynewt/books.h"
#include "corepool/c/compat/mynewt/free_list.h"
#include "corepool/c/compat/mynewt/pool_table.h"
#include "corepool/c/compat/mynewt/sanity.h"
#include "corepool/c/compat/mynewt/watch.h"
#include "corepool/config.h"
#include "corepool/engine/block_layout.h"
#include "corepool/engine/block_state.h"
#include "corepool/error.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/lockfree/tagged_index.h"

namespace corepool::c::mynewt {
namespace {

using engine::StateUnit;
using lockfree::kAcquire;
using lockfree::kRelaxed;
using lockfree::kRelease;

// Where the blocks of a pool lie.
struct Plan {
  std::uint32_t room;
  std::size_t stride;
  std::size_t bytes;
};

// False if no object can be as large.
bool MakePlan(std::uint16_t blocks, std::uint32_t block_size, std::uint32_t switches,
              Plan& plan) {
  const std::size_t alignment = switches & kAlignmentMask;
  const base::CheckedSize room = base::CheckedSize{block_size}.AlignedUp(alignment);
  base::CheckedSize stride = room;
  if ((switches & kGuard) != 0) stride = stride + alignment;
  const base::CheckedSize bytes = stride * blocks;
  plan = {static_cast<std::uint32_t>(room.value()), stride.value(), bytes.value()};
  return !bytes.overflowed() && bytes.value() <= std::size_t{PTRDIFF_MAX} &&
         plan.room >= block_size;
}

os_error_t Init(os_mempool* mp, std::uint16_t blocks, std::uint32_t block_size,
                void* membuf, char* name, std::uint32_t switches) {
  if (mp == nullptr || block_size == 0) return OS_INVALID_PARM;
  if (membuf == nullptr && blocks != 0) return OS_INVALID_PARM;
  const std::uint32_t alignment = switches & kAlignmentMask;
  if (reinterpret_cast<std::uintptr_t>(membuf) % alignment != 0) {
    return OS_MEM_NOT_ALIGNED;
  }
  Plan plan;
  if (!MakePlan(blocks, block_size, switches, plan)) return OS_INVALID_PARM;
  if (std::size_t{blocks} > lockfree::kMostIndices) return OS_ENOMEM;
  Slot* const slot = PoolTable::Begin(mp, blocks, membuf, plan.bytes);
  if (slot == nullptr) return OS_ENOMEM;

  mp->mp_block_size = block_size;
  mp->mp_num_blocks = blocks;
  mp->mp_flags = (switches & kExtended) != 0 ? OS_MEMPOOL_F_EXT : 0;
  mp->mp_membuf_addr = reinterpret_cast<std::uintptr_t>(membuf);
  mp->mp_list.stqe_next = nullptr;
  mp->name = name;
  const Run& run = PoolTable::RunOf(*slot);
  auto* const books = ::new (mp->corepool_books) Books{
      .layout = {static_cast<std::byte*>(membuf), plan.stride, blocks},
      .links = Arena::LinksOf(run),
      .states = Arena::StatesOf(run),
      .tagged = lockfree::TaggedIndex(FreeList::MostPayload(blocks)),
      .narrow_head = 0,
      .switches = switches,
      .room = plan.room,
  };
  FillAll(*mp, *books, true);
  PoolTable::List(*slot, mp);
  return OS_OK;
}

COREPOOL_COLD os_error_t RefuseAddress(const os_mempool& pool, const Books& books,
                                       const void* block) {
  Watch(pool, books)
      .ReportPut(books.layout.Diagnose(block, books.switches & kAlignmentMask), block);
  return OS_INVALID_PARM;
}

COREPOOL_COLD os_error_t RefuseDoublePut(const os_mempool& pool, const Books& books,
                                         const void* block) {
  Watch(pool, books).ReportPut(Error::kDoubleFree, block);
  return OS_INVALID_PARM;
}

// What a watched block that has been popped is still to go through: false if it cannot
// be had, because it is being looked at.
bool Claim(os_mempool& pool, Books& books, const FreeList::Popped& popped) {
  lockfree::Atomic<StateUnit>& state = books.states[popped.index];
  StateUnit seen = kFree;
  // Pairs with: E116 release in Look::End (nobody reads the block any more).
  while (!state.compare_exchange_strong(seen, kAllocated, kAcquire, kRelaxed)) {
    // Release pairs with: E116 acquire in Look::End (that the block was popped).
    if (seen == kLookedAt &&
        state.compare_exchange_strong(seen, kParked, kRelease, kRelaxed)) {
      return false;
    }
    // Whatever else it is does not keep it from being allocated.
  }
  const FreeList list(pool, books);
  void* const block = list.BlockAt(popped.index);
  const void* const next =
      popped.next == list.None() ? nullptr : list.BlockAt(popped.next);
  const Watch watch(pool, books);
  if (books.Has(kCheck) || books.Has(kPoison)) {
    (void)watch.IsIntact(block, next, true);
  }
  if (!watch.IsGuarded(block, true)) watch.SetGuard(block);
  return true;
}

COREPOOL_COLD void* GetWatched(os_mempool& pool, Books& books) {
  const FreeList list(pool, books);
  FreeList::Popped popped;
  while (list.Pop(popped)) {
    const bool claimed = Claim(pool, books, popped);
    list.NotePop(popped);
    if (claimed) return list.BlockAt(popped.index);
  }
  list.NoteEmpty();
  return nullptr;
}

// `block` is one of the pool's.
COREPOOL_INLINE os_error_t PutBlock(os_mempool& pool, Books& books, void* block) {
  const auto index = static_cast<Link>(books.layout.IndexInRow(block));
  StateUnit expected = kAllocated;
  // Of contexts that put one block at the same time one is believed. Relaxed: the push
  // is the release.
  if (!books.states[index].compare_exchange_strong(expected, kFree, kRelaxed, kRelaxed))
      [[unlikely]] {
    return RefuseDoublePut(pool, books, block);
  }
  if ((books.switches & kWatched) != 0) [[unlikely]] {
    const Watch watch(pool, books);
    if (!watch.IsGuarded(block, true)) watch.SetGuard(block);
    watch.Mark(block);
  }
  FreeList(pool, books).Push(index);
  return OS_OK;
}

// Leaves it to the callback.
COREPOOL_COLD os_error_t PutByCallback(os_mempool& pool, Books& books, void* block) {
  auto& extended = reinterpret_cast<os_mempool_ext&>(pool);
  os_mempool_put_fn* const callback = extended.mpe_put_cb;
  if (callback == nullptr) return PutBlock(pool, books, block);
  if (books.states[books.layout.IndexInRow(block)].load(kRelaxed) != kAllocated) {
    return RefuseDoublePut(pool, books, block);
  }
  return callback(&extended, block, extended.mpe_put_arg);
}

}  // namespace
}  // namespace corepool::c::mynewt

using corepool::c::mynewt::Books;
using corepool::c::mynewt::BooksOf;
using corepool::c::mynewt::FreeList;

extern "C" {

os_error_t corepool_mynewt_init(os_mempool* mp, std::uint16_t blocks,
                                std::uint32_t block_size, void* membuf, char* name,
                                std::uint32_t switches) {
  return corepool::c::mynewt::Init(mp, blocks, block_size, membuf, name, switches);
}

os_error_t corepool_mynewt_ext_init(os_mempool_ext* mpe, std::uint16_t blocks,
                                    std::uint32_t block_size, void* membuf, char* name,
                                    std::uint32_t switches) {
  if (mpe == nullptr) return OS_INVALID_PARM;
  // Blocks of extended pools have no guard.
  const os_error_t error = corepool::c::mynewt::Init(
      &mpe->mpe_mp, blocks, block_size, membuf, name,
      (switches & ~std::uint32_t{corepool::c::mynewt::kGuard}) |
          corepool::c::mynewt::kExtended);
  if (error != OS_OK) return error;
  mpe->mpe_put_cb = nullptr;
  mpe->mpe_put_arg = nullptr;
  return OS_OK;
}

os_error_t os_mempool_clear(os_mempool* mp) {
  if (mp == nullptr) return OS_INVALID_PARM;
  corepool::c::mynewt::FillAll(*mp, BooksOf(*mp), false);
  return OS_OK;
}

bool os_mempool_is_sane(const os_mempool* mp) {
  // Nothing changes that anybody could see.
  return mp != nullptr && corepool::c::mynewt::IsSane(const_cast<os_mempool&>(*mp));
}

int os_memblock_from(const os_mempool* mp, const void* block_addr) {
  return mp != nullptr && BooksOf(*mp).layout.IsBlock(block_addr) ? 1 : 0;
}

void* os_memblock_get(os_mempool* mp) {
  using namespace corepool;
  if (mp == nullptr) [[unlikely]]
    return nullptr;
  Books& books = BooksOf(*mp);
  if ((books.switches & c::mynewt::kWatched) != 0) [[unlikely]]
    return c::mynewt::GetWatched(*mp, books);
  const FreeList list(*mp, books);
  FreeList::Popped popped;
  if (!list.Pop(popped)) [[unlikely]] {
    list.NoteEmpty();
    return nullptr;
  }
  books.states[popped.index].store(c::mynewt::kAllocated, lockfree::kRelaxed);
  list.NotePop(popped);
  return list.BlockAt(popped.index);
}

os_error_t os_memblock_put_from_cb(os_mempool* mp, void* block_addr) {
  if (mp == nullptr || block_addr == nullptr) [[unlikely]]
    return OS_INVALID_PARM;
  Books& books = BooksOf(*mp);
  if (!books.layout.IsBlock(block_addr)) [[unlikely]]
    return corepool::c::mynewt::RefuseAddress(*mp, books, block_addr);
  return corepool::c::mynewt::PutBlock(*mp, books, block_addr);
}

os_error_t os_memblock_put(os_mempool* mp, void* block_addr) {
  if (mp == nullptr || block_addr == nullptr) [[unlikely]]
    return OS_INVALID_PARM;
  Books& books = BooksOf(*mp);
  if (!books.layout.IsBlock(block_addr)) [[unlikely]]
    return corepool::c::mynewt::RefuseAddress(*mp, books, block_addr);
  if (books.Has(corepool::c::mynewt::kExtended)) {
    return corepool::c::mynewt::PutByCallback(*mp, books, block_addr);
  }
  return corepool::c::mynewt::PutBlock(*mp, books, block_addr);
}

}  // extern "C"
