#include "corepool/c/multi_pool.h"

#include <cstddef>
#include <cstdint>
#include <span>

#include "corepool/c/internal/convert.h"
#include "corepool/c/internal/multi_pool_box.h"
#include "corepool/c/internal/owners.h"
#include "corepool/c/internal/segment_box.h"
#include "corepool/error.h"
#include "corepool/misuse.h"
#include "corepool/multi_pool.h"
#include "corepool/multi_pool_options.h"
#include "corepool/port/return_address.h"
#include "corepool/segment.h"
#include "corepool/stats.h"

namespace corepool::c {
static_assert(COREPOOL_SPILL_TO_ANY == kSpillToAny && COREPOOL_NO_SPILLS == kNone &&
              COREPOOL_NO_EXTENSIONS == kNone);

static constexpr corepool_multi_pool_options_t kDefaults = {};
static const corepool_multi_pool_options_t& OrDefaults(
    const corepool_multi_pool_options_t* options) {
  return options == nullptr ? kDefaults : *options;
}

static MultiPoolOptions FromC(const corepool_multi_pool_options_t& options) {
  MultiPoolOptions result;
  result.pools = FromC(options.pools);
  result.most_spills = OrDefault(options.most_spills, kSpillToAny, kNone);
  result.most_extensions =
      OrDefault(options.most_extensions, MultiPoolOptions{}.most_extensions, kNone);
  result.count_sizes_up_to = options.count_sizes_up_to;
  return result;
}

static SizeClassOptions FromC(const corepool_size_class_options_t& options) {
  return {options.block_size, options.block_count};
}

static corepool_size_class_stats_t ForC(const SizeClassStats& stats) {
  return {.banks = stats.banks,
          .blocks = ForC(stats.blocks),
          .spills_in = stats.spills_in,
          .spills_out = stats.spills_out};
}

namespace {

[[gnu::noinline]] MultiPool::Allocation Allocate(corepool_multi_pool_t* pool,
                                                 std::size_t size, OwnerTag owner) {
  const MultiPool::Allocation got = Of(pool).TryAllocate(size);
  (void)Owned(pool, got.block, owner);
  return got;
}
[[gnu::noinline]] Error Free(corepool_multi_pool_t* pool, void* block) {
  return Of(pool).Free(block);
}
[[gnu::noinline]] Error Free(corepool_multi_pool_t* pool, void* block,
                             std::size_t size) {
  return Of(pool).Free(block, size);
}

COREPOOL_INLINE MultiPool::Allocation AllocateQuickly(corepool_multi_pool_t* pool,
                                                      std::size_t size) {
  if (!Box<corepool_multi_pool_t>::IsMade(pool)) [[unlikely]]
    return Allocate(pool, size, 0);
  return Of(pool).AllocateByCookieOr(
      size, [=, owner = port::ReturnAddress()] { return Allocate(pool, size, owner); });
}
// With or without size.
template <class... Size>
COREPOOL_INLINE Error FreeQuickly(corepool_multi_pool_t* pool, void* block,
                                  Size... size) {
  if (!Box<corepool_multi_pool_t>::IsMade(pool)) [[unlikely]]
    return Free(pool, block, size...);
  return Of(pool).FreeByCookieOr(block, size...,
                                 [=] { return Free(pool, block, size...); });
}

// A table of C as C++ has it, of so many classes at most that one too many is told.
class Classes {
 public:
  Classes(const corepool_size_class_options_t* classes, std::size_t count)
      : count_(count < kMost ? count : kMost) {
    for (std::size_t i = 0; i < count_; ++i) table_[i] = FromC(classes[i]);
  }
  std::span<const SizeClassOptions> all() const { return {table_, count_}; }

 private:
  static constexpr std::size_t kMost = kMostSizeClasses + 1;
  SizeClassOptions table_[kMost];
  std::size_t count_;
};

}  // namespace
}  // namespace corepool::c

namespace c = corepool::c;
using corepool::c::Of;

corepool_error_t corepool_multi_pool_validate(
    const corepool_size_class_options_t* classes, size_t class_count,
    const corepool_multi_pool_options_t* options) {
  return c::ForC(corepool::Validate(c::Classes(classes, class_count).all(),
                                    c::FromC(c::OrDefaults(options))));
}

size_t corepool_multi_pool_required_bytes(
    const corepool_size_class_options_t* classes, size_t class_count,
    const corepool_multi_pool_options_t* options) {
  return corepool::RequiredBytes(c::Classes(classes, class_count).all(),
                                 c::FromC(c::OrDefaults(options)));
}

size_t corepool_multi_pool_required_alignment(
    const corepool_size_class_options_t* classes, size_t class_count,
    const corepool_multi_pool_options_t* options) {
  return corepool::RequiredAlignment(c::Classes(classes, class_count).all(),
                                     c::FromC(c::OrDefaults(options)));
}

corepool_error_t corepool_multi_pool_init(corepool_multi_pool_t* pool,
                                          const corepool_size_class_options_t* classes,
                                          size_t class_count,
                                          const corepool_multi_pool_options_t* options,
                                          void* memory, size_t bytes) {
  using Box = c::Box<corepool_multi_pool_t>;
  corepool::MultiPool& made = Box::Make(pool);
  if (made.is_initialized()) return COREPOOL_ALREADY_INITIALIZED;
  corepool::MultiPoolOptions wanted = c::FromC(c::OrDefaults(options));
  Box::RestOf(pool).Set(wanted.pools, c::OrDefaults(options).pools);
  return c::ForC(made.Init(c::Classes(classes, class_count).all(), wanted,
                           c::Bytes(memory, bytes)));
}

corepool_error_t corepool_multi_pool_deinit(corepool_multi_pool_t* pool,
                                            corepool_leaks_t leaks) {
  return c::ForC(Of(pool).Deinit(c::FromC(leaks)));
}

corepool_error_t corepool_multi_pool_clear(corepool_multi_pool_t* pool,
                                           corepool_leaks_t leaks) {
  return c::ForC(Of(pool).Clear(c::FromC(leaks)));
}

bool corepool_multi_pool_is_initialized(const corepool_multi_pool_t* pool) {
  return Of(pool).is_initialized();
}

corepool_error_t corepool_multi_pool_extend(corepool_multi_pool_t* pool,
                                            const corepool_size_class_options_t* added,
                                            void* memory, size_t bytes) {
  return c::ForC(Of(pool).Extend(c::FromC(*added), c::Bytes(memory, bytes)));
}

corepool_error_t corepool_multi_pool_extend_from_segment(
    corepool_multi_pool_t* pool, const corepool_size_class_options_t* added,
    corepool_segment_t* segment) {
  return c::With(segment, [&](corepool::Segment& from) {
    return c::ForC(Of(pool).Extend(c::FromC(*added), from));
  });
}

size_t corepool_multi_pool_required_extension_bytes(
    const corepool_multi_pool_t* pool, const corepool_size_class_options_t* added) {
  return Of(pool).RequiredExtensionBytes(c::FromC(*added));
}

void* corepool_multi_pool_allocate(corepool_multi_pool_t* pool, size_t size) {
  return c::AllocateQuickly(pool, size).block;
}

corepool_allocation_t corepool_multi_pool_try_allocate(corepool_multi_pool_t* pool,
                                                       size_t size) {
  return c::AllocationForC(c::AllocateQuickly(pool, size));
}

corepool_allocation_t corepool_multi_pool_allocate_until(corepool_multi_pool_t* pool,
                                                         size_t size,
                                                         corepool_ticks_t deadline,
                                                         uint8_t priority) {
  return c::AllocationFor(pool, Of(pool).AllocateUntil(size, deadline, priority),
                          corepool::port::ReturnAddress());
}

corepool_error_t corepool_multi_pool_free(corepool_multi_pool_t* pool, void* block) {
  return c::ForC(c::FreeQuickly(pool, block));
}

corepool_error_t corepool_multi_pool_free_sized(corepool_multi_pool_t* pool,
                                                void* block, size_t size) {
  return c::ForC(c::FreeQuickly(pool, block, size));
}

corepool_error_t corepool_multi_pool_free_directly(corepool_multi_pool_t* pool,
                                                   void* block) {
  return c::ForC(Of(pool).FreeDirectly(block));
}

void* corepool_multi_pool_reallocate(corepool_multi_pool_t* pool, void* block,
                                     size_t size) {
  return c::Owned(pool, Of(pool).Reallocate(block, size),
                  corepool::port::ReturnAddress());
}

corepool_allocation_t corepool_multi_pool_try_reallocate(corepool_multi_pool_t* pool,
                                                         void* block, size_t size) {
  return c::AllocationFor(pool, Of(pool).TryReallocate(block, size),
                          corepool::port::ReturnAddress());
}

corepool_error_t corepool_multi_pool_allocate_bulk(corepool_multi_pool_t* pool,
                                                   size_t size, void** blocks,
                                                   size_t count) {
  const corepool::Error error = Of(pool).AllocateBulk(size, {blocks, count});
  if (error == corepool::Error::kOk) {
    c::AllOwned(pool, {blocks, count}, corepool::port::ReturnAddress());
  }
  return c::ForC(error);
}

corepool_error_t corepool_multi_pool_free_bulk(corepool_multi_pool_t* pool,
                                               void* const* blocks, size_t count) {
  return c::ForC(Of(pool).FreeBulk({blocks, count}));
}

size_t corepool_multi_pool_size_of(const corepool_multi_pool_t* pool,
                                   const void* address) {
  return Of(pool).SizeOf(address);
}

bool corepool_multi_pool_owns(const corepool_multi_pool_t* pool, const void* address) {
  return Of(pool).Owns(address);
}

corepool_error_t corepool_multi_pool_set_owner(corepool_multi_pool_t* pool,
                                               const void* block,
                                               corepool_owner_tag_t owner) {
  return c::ForC(Of(pool).SetOwner(block, owner));
}

corepool_owner_tag_t corepool_multi_pool_owner_of(const corepool_multi_pool_t* pool,
                                                  const void* block) {
  return Of(pool).OwnerOf(block);
}

size_t corepool_multi_pool_largest_size(const corepool_multi_pool_t* pool) {
  return Of(pool).LargestSize();
}

size_t corepool_multi_pool_class_count(const corepool_multi_pool_t* pool) {
  return Of(pool).class_count();
}

corepool_size_class_stats_t corepool_multi_pool_stats_for(
    const corepool_multi_pool_t* pool, size_t size) {
  return c::ForC(Of(pool).StatsFor(size));
}

// By size, each looked up: C++ fills a span of its own kind, which may be of any
// length.
size_t corepool_multi_pool_class_stats(const corepool_multi_pool_t* pool,
                                       corepool_size_class_stats_t* classes,
                                       size_t room) {
  size_t filled = 0;
  corepool::PoolRow row;
  while (filled < room && Of(pool).StatsAt(filled, row)) {
    classes[filled++] = c::ForC(Of(pool).StatsFor(row.stats.block_size));
  }
  return filled;
}

corepool_pool_stats_t corepool_multi_pool_stats(const corepool_multi_pool_t* pool) {
  return c::ForC(Of(pool).Stats());
}

bool corepool_multi_pool_stats_at(const corepool_multi_pool_t* pool, size_t row,
                                  corepool_pool_row_t* info) {
  corepool::PoolRow found;
  if (!Of(pool).StatsAt(row, found)) return false;
  *info = c::ForC(found);
  return true;
}

void corepool_multi_pool_reset_peak(corepool_multi_pool_t* pool) {
  Of(pool).ResetPeak();
}

void corepool_multi_pool_flush_caches(corepool_multi_pool_t* pool) {
  Of(pool).FlushCaches();
}

corepool_audit_report_t corepool_multi_pool_audit(const corepool_multi_pool_t* pool,
                                                  corepool_audit_mode_t mode) {
  return c::ForC(Of(pool).Audit(c::FromC(mode)));
}

corepool_advice_t corepool_multi_pool_advise(const corepool_multi_pool_t* pool,
                                             corepool_advised_class_t* table,
                                             size_t room) {
  constexpr size_t kMost = 16;
  corepool::AdvisedClass advised[kMost];
  const corepool::Advice advice =
      Of(pool).Advise({advised, room < kMost ? room : kMost});
  for (size_t i = 0; i < advice.classes; ++i) {
    table[i] = {advised[i].block_size, advised[i].requests};
  }
  return {.classes = advice.classes,
          .requests = advice.requests,
          .wasted = advice.wasted,
          .wasted_as_is = advice.wasted_as_is,
          .too_large_as_is = advice.too_large_as_is};
}

void corepool_multi_pool_reset_sizes(corepool_multi_pool_t* pool) {
  Of(pool).ResetSizes();
}
