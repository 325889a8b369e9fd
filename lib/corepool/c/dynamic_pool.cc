#include "corepool/c/dynamic_pool.h"

#include <cstddef>
#include <cstdint>

#include "corepool/c/internal/convert.h"
#include "corepool/c/internal/dynamic_pool_box.h"
#include "corepool/c/internal/owners.h"
#include "corepool/c/internal/segment_box.h"
#include "corepool/dynamic_pool.h"
#include "corepool/dynamic_pool_options.h"
#include "corepool/error.h"
#include "corepool/port/return_address.h"
#include "corepool/segment.h"

namespace corepool::c {
static_assert(COREPOOL_UNLIMITED == kUnlimited && COREPOOL_NO_BLOCKS == kNone);

static DynamicPoolOptions FromC(const corepool_dynamic_pool_options_t& options) {
  DynamicPoolOptions result;
  SetCommon(result, options);
  result.block_size = options.block_size;
  result.initial = options.initial;
  result.maximum = OrDefault(options.maximum, kUnlimited, kNone);
  result.growth = OrDefault(options.growth, 1);
  result.hardware = options.hardware;
  return result;
}

namespace {

// In the segment, or segments, that `init` has.
template <class Init>
corepool_error_t Create(corepool_dynamic_pool_t* pool,
                        const corepool_dynamic_pool_options_t& options,
                        const Init& init) {
  using PoolBox = Box<corepool_dynamic_pool_t>;
  DynamicPool& made = PoolBox::Make(pool);
  if (made.is_initialized()) return COREPOOL_ALREADY_INITIALIZED;
  DynamicPoolOptions wanted = FromC(options);
  PoolBox::RestOf(pool).Set(wanted, options);
  return ForC(init(made, wanted));
}

}  // namespace
}  // namespace corepool::c

namespace c = corepool::c;
using corepool::c::Of;

size_t corepool_dynamic_pool_required_bookkeeping_bytes(
    const corepool_dynamic_pool_options_t* options, size_t segment_bytes,
    size_t padding_alignment) {
  return corepool::RequiredBookkeepingBytes(c::FromC(*options), segment_bytes,
                                            c::OrDefault(padding_alignment, 1));
}

size_t corepool_dynamic_pool_bookkeeping_alignment(void) {
  return corepool::kDynamicBookkeepingAlignment;
}

size_t corepool_dynamic_pool_required_bookkeeping_bytes_in(
    const corepool_dynamic_pool_options_t* options, const corepool_segment_t* segment) {
  return c::With(segment, [&](const corepool::Segment& in) {
    return corepool::RequiredBookkeepingBytes(c::FromC(*options), in);
  });
}

corepool_error_t corepool_dynamic_pool_init(
    corepool_dynamic_pool_t* pool, const corepool_dynamic_pool_options_t* options,
    corepool_segment_t* segment, void* bookkeeping, size_t bytes) {
  return c::Create(pool, *options, [&](auto& made, const auto& wanted) {
    return c::With(segment, [&](corepool::Segment& in) {
      return made.Init(wanted, in, c::Bytes(bookkeeping, bytes));
    });
  });
}

corepool_error_t corepool_dynamic_pool_init_from_segments(
    corepool_dynamic_pool_t* pool, const corepool_dynamic_pool_options_t* options,
    corepool_segment_t* segment, corepool_segment_t* bookkeeping) {
  return c::Create(pool, *options, [&](auto& made, const auto& wanted) {
    return c::With(segment, [&](corepool::Segment& in) {
      return c::With(bookkeeping, [&](corepool::Segment& beside) {
        return made.Init(wanted, in, beside);
      });
    });
  });
}

corepool_error_t corepool_dynamic_pool_deinit(corepool_dynamic_pool_t* pool,
                                              corepool_leaks_t leaks) {
  return c::ForC(Of(pool).Deinit(c::FromC(leaks)));
}

corepool_error_t corepool_dynamic_pool_clear(corepool_dynamic_pool_t* pool,
                                             corepool_leaks_t leaks) {
  return c::ForC(Of(pool).Clear(c::FromC(leaks)));
}

bool corepool_dynamic_pool_is_initialized(const corepool_dynamic_pool_t* pool) {
  return Of(pool).is_initialized();
}

size_t corepool_dynamic_pool_available(const corepool_dynamic_pool_t* pool) {
  return Of(pool).Available();
}

size_t corepool_dynamic_pool_growable(const corepool_dynamic_pool_t* pool) {
  return Of(pool).Growable();
}

size_t corepool_dynamic_pool_maximum(const corepool_dynamic_pool_t* pool) {
  return Of(pool).maximum();
}

// A segment lies where its handle begins.
const corepool_segment_t* corepool_dynamic_pool_segment(
    const corepool_dynamic_pool_t* pool) {
  return reinterpret_cast<const corepool_segment_t*>(Of(pool).segment());
}

void* corepool_dynamic_pool_allocate(corepool_dynamic_pool_t* pool) {
  return c::Owned(pool, Of(pool).Allocate(), corepool::port::ReturnAddress());
}

corepool_allocation_t corepool_dynamic_pool_try_allocate(
    corepool_dynamic_pool_t* pool) {
  return c::AllocationFor(pool, Of(pool).TryAllocate(),
                          corepool::port::ReturnAddress());
}

corepool_allocation_t corepool_dynamic_pool_allocate_until(
    corepool_dynamic_pool_t* pool, corepool_ticks_t deadline, uint8_t priority) {
  return c::AllocationFor(pool, Of(pool).AllocateUntil(deadline, priority),
                          corepool::port::ReturnAddress());
}

corepool_error_t corepool_dynamic_pool_free(corepool_dynamic_pool_t* pool,
                                            void* block) {
  return c::ForC(Of(pool).Free(block));
}

corepool_error_t corepool_dynamic_pool_free_directly(corepool_dynamic_pool_t* pool,
                                                     void* block) {
  return c::ForC(Of(pool).FreeDirectly(block));
}

corepool_error_t corepool_dynamic_pool_allocate_bulk(corepool_dynamic_pool_t* pool,
                                                     void** blocks, size_t count) {
  const corepool::Error error = Of(pool).AllocateBulk({blocks, count});
  if (error == corepool::Error::kOk) {
    c::AllOwned(pool, {blocks, count}, corepool::port::ReturnAddress());
  }
  return c::ForC(error);
}

size_t corepool_dynamic_pool_allocate_up_to(corepool_dynamic_pool_t* pool,
                                            void** blocks, size_t count) {
  const size_t got = Of(pool).AllocateUpTo({blocks, count});
  c::AllOwned(pool, {blocks, got}, corepool::port::ReturnAddress());
  return got;
}

corepool_error_t corepool_dynamic_pool_free_bulk(corepool_dynamic_pool_t* pool,
                                                 void* const* blocks, size_t count) {
  return c::ForC(Of(pool).FreeBulk({blocks, count}));
}

void corepool_dynamic_pool_flush_caches(corepool_dynamic_pool_t* pool) {
  Of(pool).FlushCaches();
}

void corepool_dynamic_pool_flush_quarantine(corepool_dynamic_pool_t* pool) {
  Of(pool).FlushQuarantine();
}

corepool_error_t corepool_dynamic_pool_set_owner(corepool_dynamic_pool_t* pool,
                                                 const void* block,
                                                 corepool_owner_tag_t owner) {
  return c::ForC(Of(pool).SetOwner(block, owner));
}

corepool_owner_tag_t corepool_dynamic_pool_owner_of(const corepool_dynamic_pool_t* pool,
                                                    const void* block) {
  return Of(pool).OwnerOf(block);
}

size_t corepool_dynamic_pool_index_of(const corepool_dynamic_pool_t* pool,
                                      const void* address) {
  return Of(pool).IndexOf(address);
}

void* corepool_dynamic_pool_block_at(const corepool_dynamic_pool_t* pool,
                                     size_t index) {
  return Of(pool).BlockAt(index);
}

bool corepool_dynamic_pool_looks_free(const corepool_dynamic_pool_t* pool,
                                      void* block) {
  return Of(pool).LooksFree(block);
}

bool corepool_dynamic_pool_owns(const corepool_dynamic_pool_t* pool,
                                const void* address) {
  return Of(pool).Owns(address);
}

corepool_pool_stats_t corepool_dynamic_pool_stats(const corepool_dynamic_pool_t* pool) {
  return c::ForC(Of(pool).Stats());
}

void corepool_dynamic_pool_reset_peak(corepool_dynamic_pool_t* pool) {
  Of(pool).ResetPeak();
}

corepool_audit_report_t corepool_dynamic_pool_audit(const corepool_dynamic_pool_t* pool,
                                                    corepool_audit_mode_t mode) {
  return c::ForC(Of(pool).Audit(c::FromC(mode)));
}

corepool_caching_t corepool_dynamic_pool_caching(const corepool_dynamic_pool_t* pool) {
  return static_cast<corepool_caching_t>(Of(pool).Caching());
}

corepool_checking_t corepool_dynamic_pool_checking(
    const corepool_dynamic_pool_t* pool) {
  return c::ForC(Of(pool).Checking());
}

corepool_state_t corepool_dynamic_pool_state(const corepool_dynamic_pool_t* pool) {
  return static_cast<corepool_state_t>(Of(pool).State());
}
