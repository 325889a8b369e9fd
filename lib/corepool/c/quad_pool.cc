#include "corepool/c/quad_pool.h"

#include <cstddef>
#include <cstdint>

#include "corepool/c/internal/convert.h"
#include "corepool/c/internal/quad_pool_box.h"
#include "corepool/quad_pool.h"
#include "corepool/quad_pool_options.h"
#include "corepool/stats.h"

namespace corepool::c {
static_assert(static_cast<int>(COREPOOL_SPLIT_QUAD) ==
                  static_cast<int>(SplitFactor::kQuad) &&
              static_cast<int>(COREPOOL_SPLIT_BINARY) ==
                  static_cast<int>(SplitFactor::kBinary));
static_assert(static_cast<int>(COREPOOL_SPLIT_FIRST) ==
                  static_cast<int>(MergePolicy::kSplitFirst) &&
              static_cast<int>(COREPOOL_MERGE_FIRST) ==
                  static_cast<int>(MergePolicy::kMergeFirst) &&
              static_cast<int>(COREPOOL_SPLIT_ONLY) ==
                  static_cast<int>(MergePolicy::kSplitOnly));

static QuadPoolOptions FromC(const corepool_quad_pool_options_t& options) {
  QuadPoolOptions result;
  result.min_block_size = options.min_block_size;
  result.max_block_size = options.max_block_size;
  result.block_count = options.block_count;
  result.alignment = options.alignment;
  result.split = FromC<SplitFactor>(options.split);
  result.merge = FromC<MergePolicy>(options.merge);
  result.checking = FromC(options.checking);
  result.measure_peak = options.measure_peak;
  result.name = OrEmpty(options.name);
  result.waiters = WaitersOf(options.waiters);
  return result;
}

}  // namespace corepool::c

namespace c = corepool::c;
using corepool::c::Of;

corepool_error_t corepool_quad_pool_validate(
    const corepool_quad_pool_options_t* options) {
  return c::ForC(corepool::Validate(c::FromC(*options)));
}

corepool_quad_geometries_t corepool_quad_pool_nearest_geometries(
    const corepool_quad_pool_options_t* options) {
  const auto found = corepool::NearestGeometries(c::FromC(*options));
  return {.max_below = found.max_below,
          .max_above = found.max_above,
          .min_below = found.min_below,
          .min_above = found.min_above};
}

size_t corepool_quad_pool_required_bytes(const corepool_quad_pool_options_t* options) {
  return corepool::RequiredBytes(c::FromC(*options));
}

size_t corepool_quad_pool_required_alignment(
    const corepool_quad_pool_options_t* options) {
  return corepool::RequiredAlignment(c::FromC(*options));
}

size_t corepool_quad_pool_required_block_bytes(
    const corepool_quad_pool_options_t* options) {
  return corepool::RequiredBlockBytes(c::FromC(*options));
}

size_t corepool_quad_pool_required_block_alignment(
    const corepool_quad_pool_options_t* options) {
  return corepool::RequiredBlockAlignment(c::FromC(*options));
}

size_t corepool_quad_pool_required_bookkeeping_bytes(
    const corepool_quad_pool_options_t* options) {
  return corepool::RequiredBookkeepingBytes(c::FromC(*options));
}

size_t corepool_quad_pool_bookkeeping_alignment(void) {
  return corepool::kQuadBookkeepingAlignment;
}

corepool_error_t corepool_quad_pool_init(corepool_quad_pool_t* pool,
                                         const corepool_quad_pool_options_t* options,
                                         void* memory, size_t bytes) {
  using Box = c::Box<corepool_quad_pool_t>;
  corepool::QuadPool& made = Box::Make(pool);
  if (made.is_initialized()) return COREPOOL_ALREADY_INITIALIZED;
  corepool::QuadPoolOptions wanted = c::FromC(*options);
  Box::RestOf(pool).Set(wanted, options->misuse_handler, options->misuse_context);
  return c::ForC(made.Init(wanted, c::Bytes(memory, bytes)));
}

corepool_error_t corepool_quad_pool_init_apart(
    corepool_quad_pool_t* pool, const corepool_quad_pool_options_t* options,
    void* blocks, size_t block_bytes, void* bookkeeping, size_t bookkeeping_bytes) {
  using Box = c::Box<corepool_quad_pool_t>;
  corepool::QuadPool& made = Box::Make(pool);
  if (made.is_initialized()) return COREPOOL_ALREADY_INITIALIZED;
  corepool::QuadPoolOptions wanted = c::FromC(*options);
  Box::RestOf(pool).Set(wanted, options->misuse_handler, options->misuse_context);
  return c::ForC(made.Init(wanted, c::Bytes(blocks, block_bytes),
                           c::Bytes(bookkeeping, bookkeeping_bytes)));
}

corepool_error_t corepool_quad_pool_deinit(corepool_quad_pool_t* pool,
                                           corepool_leaks_t leaks) {
  return c::ForC(Of(pool).Deinit(c::FromC(leaks)));
}

corepool_error_t corepool_quad_pool_clear(corepool_quad_pool_t* pool,
                                          corepool_leaks_t leaks) {
  return c::ForC(Of(pool).Clear(c::FromC(leaks)));
}

bool corepool_quad_pool_is_initialized(const corepool_quad_pool_t* pool) {
  return Of(pool).is_initialized();
}

void* corepool_quad_pool_allocate(corepool_quad_pool_t* pool, size_t size) {
  return Of(pool).Allocate(size);
}

corepool_allocation_t corepool_quad_pool_try_allocate(corepool_quad_pool_t* pool,
                                                      size_t size) {
  return c::AllocationForC(Of(pool).TryAllocate(size));
}

corepool_allocation_t corepool_quad_pool_allocate_until(corepool_quad_pool_t* pool,
                                                        size_t size,
                                                        corepool_ticks_t deadline,
                                                        uint8_t priority) {
  return c::AllocationForC(Of(pool).AllocateUntil(size, deadline, priority));
}

corepool_error_t corepool_quad_pool_free(corepool_quad_pool_t* pool, void* block) {
  return c::ForC(Of(pool).Free(block));
}

corepool_error_t corepool_quad_pool_free_sized(corepool_quad_pool_t* pool, void* block,
                                               size_t size) {
  return c::ForC(Of(pool).Free(block, size));
}

uint16_t corepool_quad_pool_stamp_of(const corepool_quad_pool_t* pool,
                                     const void* block) {
  return Of(pool).StampOf(block);
}

corepool_error_t corepool_quad_pool_free_stamped(corepool_quad_pool_t* pool,
                                                 void* block, size_t size,
                                                 uint16_t stamp) {
  return c::ForC(Of(pool).Free(block, size, stamp));
}

void* corepool_quad_pool_reallocate(corepool_quad_pool_t* pool, void* block,
                                    size_t size) {
  return Of(pool).Reallocate(block, size);
}

corepool_allocation_t corepool_quad_pool_try_reallocate(corepool_quad_pool_t* pool,
                                                        void* block, size_t size) {
  return c::AllocationForC(Of(pool).TryReallocate(block, size));
}

corepool_error_t corepool_quad_pool_allocate_bulk(corepool_quad_pool_t* pool,
                                                  size_t size, void** blocks,
                                                  size_t count) {
  return c::ForC(Of(pool).AllocateBulk(size, {blocks, count}));
}

size_t corepool_quad_pool_allocate_up_to(corepool_quad_pool_t* pool, size_t size,
                                         void** blocks, size_t count) {
  return Of(pool).AllocateUpTo(size, {blocks, count});
}

corepool_error_t corepool_quad_pool_free_bulk(corepool_quad_pool_t* pool,
                                              void* const* blocks, size_t count) {
  return c::ForC(Of(pool).FreeBulk({blocks, count}));
}

void corepool_quad_pool_defragment(corepool_quad_pool_t* pool) {
  Of(pool).Defragment();
}

size_t corepool_quad_pool_largest_free(const corepool_quad_pool_t* pool) {
  return Of(pool).LargestFree();
}

size_t corepool_quad_pool_size_of(const corepool_quad_pool_t* pool,
                                  const void* address) {
  return Of(pool).SizeOf(address);
}

bool corepool_quad_pool_owns(const corepool_quad_pool_t* pool, const void* address) {
  return Of(pool).Owns(address);
}

size_t corepool_quad_pool_index_of(const corepool_quad_pool_t* pool,
                                   const void* address) {
  return Of(pool).IndexOf(address);
}

void* corepool_quad_pool_block_at(const corepool_quad_pool_t* pool, size_t index) {
  return Of(pool).BlockAt(index);
}

int corepool_quad_pool_levels(const corepool_quad_pool_t* pool) {
  return Of(pool).levels();
}

size_t corepool_quad_pool_block_size_at(const corepool_quad_pool_t* pool, int level) {
  return Of(pool).BlockSizeAt(level);
}

corepool_quad_level_stats_t corepool_quad_pool_level_stats_at(
    const corepool_quad_pool_t* pool, int level) {
  const auto stats = Of(pool).LevelStatsAt(level);
  return {.block_size = stats.block_size,
          .capacity = stats.capacity,
          .used = stats.used,
          .free = stats.free,
          .failures = stats.failures};
}

corepool_pool_stats_t corepool_quad_pool_stats(const corepool_quad_pool_t* pool) {
  return c::ForC(Of(pool).Stats());
}

bool corepool_quad_pool_stats_at(const corepool_quad_pool_t* pool, size_t row,
                                 corepool_pool_row_t* info) {
  corepool::PoolRow found;
  if (!Of(pool).StatsAt(row, found)) return false;
  *info = c::ForC(found);
  return true;
}

void corepool_quad_pool_reset_peak(corepool_quad_pool_t* pool) { Of(pool).ResetPeak(); }

size_t corepool_quad_pool_map(const corepool_quad_pool_t* pool, char* text,
                              size_t room) {
  return Of(pool).Map({text, room});
}

corepool_audit_report_t corepool_quad_pool_audit(const corepool_quad_pool_t* pool,
                                                 corepool_audit_mode_t mode) {
  return c::ForC(Of(pool).Audit(c::FromC(mode)));
}
