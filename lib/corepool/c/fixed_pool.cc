#include "corepool/c/fixed_pool.h"

#include <cstddef>
#include <cstdint>

#include "corepool/c/internal/convert.h"
#include "corepool/c/internal/fixed_pool_box.h"
#include "corepool/c/internal/owners.h"
#include "corepool/fixed_pool.h"
#include "corepool/misuse.h"
#include "corepool/options.h"
#include "corepool/port/return_address.h"

namespace corepool::c {
namespace {

using PoolBox = Box<corepool_fixed_pool_t>;

[[gnu::noinline]] FixedPool::Allocation Allocate(corepool_fixed_pool_t* pool,
                                                 OwnerTag owner) {
  const FixedPool::Allocation got = Of(pool).TryAllocate();
  (void)Owned(pool, got.block, owner);
  return got;
}
[[gnu::noinline]] Error Free(corepool_fixed_pool_t* pool, void* block) {
  return Of(pool).Free(block);
}

// Whether there is a pool at all need not be known first: zeros have no cookies, and no
// block is theirs.
COREPOOL_INLINE FixedPool::Allocation AllocateQuickly(corepool_fixed_pool_t* pool) {
  return PoolBox::Peek(pool).AllocateByCookieOr(
      [pool, owner = port::ReturnAddress()] { return Allocate(pool, owner); });
}
COREPOOL_INLINE Error FreeQuickly(corepool_fixed_pool_t* pool, void* block) {
  return PoolBox::Peek(pool).FreeByCookieOr(block, [=] { return Free(pool, block); });
}

}  // namespace
}  // namespace corepool::c

namespace c = corepool::c;
using corepool::c::Of;

corepool_error_t corepool_fixed_pool_validate(const corepool_pool_options_t* options) {
  return c::ForC(corepool::Validate(c::FromC(*options)));
}

size_t corepool_fixed_pool_required_bytes(const corepool_pool_options_t* options) {
  return corepool::RequiredBytes(c::FromC(*options));
}

size_t corepool_fixed_pool_required_alignment(const corepool_pool_options_t* options) {
  return corepool::RequiredAlignment(c::FromC(*options));
}

size_t corepool_fixed_pool_required_block_bytes(
    const corepool_pool_options_t* options) {
  return corepool::RequiredBlockBytes(c::FromC(*options));
}

size_t corepool_fixed_pool_required_bookkeeping_bytes(
    const corepool_pool_options_t* options) {
  return corepool::RequiredBookkeepingBytes(c::FromC(*options));
}

size_t corepool_fixed_pool_bookkeeping_alignment(void) {
  return corepool::kBookkeepingAlignment;
}

corepool_error_t corepool_fixed_pool_init(corepool_fixed_pool_t* pool,
                                          const corepool_pool_options_t* options,
                                          void* memory, size_t bytes) {
  corepool::FixedPool& made = c::PoolBox::Make(pool);
  if (made.is_initialized()) return COREPOOL_ALREADY_INITIALIZED;
  corepool::PoolOptions wanted = c::FromC(*options);
  c::PoolBox::RestOf(pool).Set(wanted, *options);
  return c::ForC(made.Init(wanted, c::Bytes(memory, bytes)));
}

corepool_error_t corepool_fixed_pool_init_apart(corepool_fixed_pool_t* pool,
                                                const corepool_pool_options_t* options,
                                                void* blocks, size_t block_bytes,
                                                void* bookkeeping,
                                                size_t bookkeeping_bytes) {
  corepool::FixedPool& made = c::PoolBox::Make(pool);
  if (made.is_initialized()) return COREPOOL_ALREADY_INITIALIZED;
  corepool::PoolOptions wanted = c::FromC(*options);
  c::PoolBox::RestOf(pool).Set(wanted, *options);
  return c::ForC(made.Init(wanted, c::Bytes(blocks, block_bytes),
                           c::Bytes(bookkeeping, bookkeeping_bytes)));
}

corepool_error_t corepool_fixed_pool_deinit(corepool_fixed_pool_t* pool,
                                            corepool_leaks_t leaks) {
  return c::ForC(Of(pool).Deinit(c::FromC(leaks)));
}

corepool_error_t corepool_fixed_pool_clear(corepool_fixed_pool_t* pool,
                                           corepool_leaks_t leaks) {
  return c::ForC(Of(pool).Clear(c::FromC(leaks)));
}

bool corepool_fixed_pool_is_initialized(const corepool_fixed_pool_t* pool) {
  return Of(pool).is_initialized();
}

void* corepool_fixed_pool_allocate(corepool_fixed_pool_t* pool) {
  return c::AllocateQuickly(pool).block;
}

corepool_allocation_t corepool_fixed_pool_try_allocate(corepool_fixed_pool_t* pool) {
  return c::AllocationForC(c::AllocateQuickly(pool));
}

corepool_allocation_t corepool_fixed_pool_allocate_until(corepool_fixed_pool_t* pool,
                                                         corepool_ticks_t deadline,
                                                         uint8_t priority) {
  return c::AllocationFor(pool, Of(pool).AllocateUntil(deadline, priority),
                          corepool::port::ReturnAddress());
}

corepool_error_t corepool_fixed_pool_free(corepool_fixed_pool_t* pool, void* block) {
  return c::ForC(c::FreeQuickly(pool, block));
}

corepool_error_t corepool_fixed_pool_free_directly(corepool_fixed_pool_t* pool,
                                                   void* block) {
  return c::ForC(Of(pool).FreeDirectly(block));
}

corepool_error_t corepool_fixed_pool_allocate_bulk(corepool_fixed_pool_t* pool,
                                                   void** blocks, size_t count) {
  const corepool::Error error = Of(pool).AllocateBulk({blocks, count});
  if (error == corepool::Error::kOk) {
    c::AllOwned(pool, {blocks, count}, corepool::port::ReturnAddress());
  }
  return c::ForC(error);
}

size_t corepool_fixed_pool_allocate_up_to(corepool_fixed_pool_t* pool, void** blocks,
                                          size_t count) {
  const size_t got = Of(pool).AllocateUpTo({blocks, count});
  c::AllOwned(pool, {blocks, got}, corepool::port::ReturnAddress());
  return got;
}

corepool_error_t corepool_fixed_pool_free_bulk(corepool_fixed_pool_t* pool,
                                               void* const* blocks, size_t count) {
  return c::ForC(Of(pool).FreeBulk({blocks, count}));
}

void corepool_fixed_pool_flush_caches(corepool_fixed_pool_t* pool) {
  Of(pool).FlushCaches();
}

void corepool_fixed_pool_flush_quarantine(corepool_fixed_pool_t* pool) {
  Of(pool).FlushQuarantine();
}

corepool_error_t corepool_fixed_pool_set_owner(corepool_fixed_pool_t* pool,
                                               const void* block,
                                               corepool_owner_tag_t owner) {
  return c::ForC(Of(pool).SetOwner(block, owner));
}

corepool_owner_tag_t corepool_fixed_pool_owner_of(const corepool_fixed_pool_t* pool,
                                                  const void* block) {
  return Of(pool).OwnerOf(block);
}

size_t corepool_fixed_pool_index_of(const corepool_fixed_pool_t* pool,
                                    const void* address) {
  return Of(pool).IndexOf(address);
}

void* corepool_fixed_pool_block_at(const corepool_fixed_pool_t* pool, size_t index) {
  return Of(pool).BlockAt(index);
}

bool corepool_fixed_pool_looks_free(const corepool_fixed_pool_t* pool, void* block) {
  return Of(pool).LooksFree(block);
}

bool corepool_fixed_pool_owns(const corepool_fixed_pool_t* pool, const void* address) {
  return Of(pool).Owns(address);
}

corepool_pool_stats_t corepool_fixed_pool_stats(const corepool_fixed_pool_t* pool) {
  return c::ForC(Of(pool).Stats());
}

void corepool_fixed_pool_reset_peak(corepool_fixed_pool_t* pool) {
  Of(pool).ResetPeak();
}

corepool_audit_report_t corepool_fixed_pool_audit(const corepool_fixed_pool_t* pool,
                                                  corepool_audit_mode_t mode) {
  return c::ForC(Of(pool).Audit(c::FromC(mode)));
}

corepool_caching_t corepool_fixed_pool_caching(const corepool_fixed_pool_t* pool) {
  return static_cast<corepool_caching_t>(Of(pool).Caching());
}

corepool_checking_t corepool_fixed_pool_checking(const corepool_fixed_pool_t* pool) {
  return c::ForC(Of(pool).Checking());
}

corepool_state_t corepool_fixed_pool_state(const corepool_fixed_pool_t* pool) {
  return static_cast<corepool_state_t>(Of(pool).State());
}
