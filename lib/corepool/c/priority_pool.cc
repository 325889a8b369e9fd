#include "corepool/c/priority_pool.h"

#include <cstddef>
#include <cstdint>
#include <span>

#include "corepool/c/internal/callbacks.h"
#include "corepool/c/internal/convert.h"
#include "corepool/c/internal/owners.h"
#include "corepool/c/internal/priority_pool_box.h"
#include "corepool/options.h"
#include "corepool/port/return_address.h"
#include "corepool/priority_class.h"
#include "corepool/priority_pool.h"
#include "corepool/stats.h"

namespace corepool::c {
static_assert(COREPOOL_MAX_PRIORITY_CLASSES == kMaxPriorityClasses);
static_assert(COREPOOL_NO_CLASS == kNoClass && COREPOOL_RESERVE_ALL == kReserveAll &&
              COREPOOL_NO_RESERVE == kNone && COREPOOL_BORROW_NONE == kBorrowNone &&
              COREPOOL_BORROW_LOWER == kBorrowLower);

static constexpr corepool_priority_pool_options_t kDefaults = {};
static const corepool_priority_pool_options_t& OrDefaults(
    const corepool_priority_pool_options_t* options) {
  return options == nullptr ? kDefaults : *options;
}

static PriorityPoolOptions FromC(const corepool_priority_pool_options_t& options) {
  PriorityPoolOptions result;
  SetCommon(result, options);
  result.measure_time = options.measure_time;
  return result;
}

static corepool_class_stats_t ForC(const ClassStats& stats) {
  return {.pool = ForC(stats.pool),
          .borrowed = stats.borrowed,
          .lent = stats.lent,
          .lent_peak = stats.lent_peak,
          .refused_by_reserve = stats.refused_by_reserve,
          .contended = stats.contended,
          .worst_cycles = stats.worst_cycles};
}

namespace {

// A table of C as C++ has it, of so many classes at most that one too many is told.
class Classes {
 public:
  Classes(const corepool_priority_class_t* classes, std::size_t count)
      : count_(count < kMost ? count : kMost) {
    for (std::size_t i = 0; i < count_; ++i) {
      const corepool_priority_class_t& from = classes[i];
      table_[i] = {.name = OrEmpty(from.name),
                   .block_size = from.block_size,
                   .block_count = from.block_count,
                   .reserve = OrDefault(from.reserve, kReserveAll, kNone),
                   .borrows = from.borrows,
                   .per_core = from.per_core,
                   .attempts = OrDefault(from.attempts, PriorityClass{}.attempts)};
    }
  }
  // Hooks of C++ are kept in `hooks`.
  void SetHooks(const corepool_priority_class_t* classes, PoolHooks* hooks) {
    for (std::size_t i = 0; i < count_ && i < kMaxPriorityClasses; ++i) {
      if (classes[i].hooks == nullptr) continue;
      hooks[i] = HooksOf(classes[i].hooks);
      table_[i].hooks = &hooks[i];
    }
  }
  std::span<const PriorityClass> all() const { return {table_, count_}; }

 private:
  static constexpr std::size_t kMost = kMaxPriorityClasses + 1;
  PriorityClass table_[kMost];
  std::size_t count_;
};

}  // namespace
}  // namespace corepool::c

namespace c = corepool::c;
using corepool::c::Of;

corepool_error_t corepool_priority_pool_validate(
    const corepool_priority_class_t* classes, size_t class_count,
    const corepool_priority_pool_options_t* options) {
  return c::ForC(corepool::Validate(c::Classes(classes, class_count).all(),
                                    c::FromC(c::OrDefaults(options))));
}

size_t corepool_priority_pool_required_bytes(
    const corepool_priority_class_t* classes, size_t class_count,
    const corepool_priority_pool_options_t* options) {
  return corepool::RequiredBytes(c::Classes(classes, class_count).all(),
                                 c::FromC(c::OrDefaults(options)));
}

size_t corepool_priority_pool_required_alignment(
    const corepool_priority_class_t* classes, size_t class_count,
    const corepool_priority_pool_options_t* options) {
  return corepool::RequiredAlignment(c::Classes(classes, class_count).all(),
                                     c::FromC(c::OrDefaults(options)));
}

corepool_error_t corepool_priority_pool_init(
    corepool_priority_pool_t* pool, const corepool_priority_class_t* classes,
    size_t class_count, const corepool_priority_pool_options_t* options, void* memory,
    size_t bytes) {
  using Box = c::Box<corepool_priority_pool_t>;
  corepool::PriorityPool& made = Box::Make(pool);
  if (made.class_count() != 0) return COREPOOL_ALREADY_INITIALIZED;
  const corepool_priority_pool_options_t& from = c::OrDefaults(options);
  corepool::PriorityPoolOptions wanted = c::FromC(from);
  c::PriorityCallbacks& callbacks = Box::RestOf(pool);
  callbacks.misuse.Set(wanted, from.misuse_handler, from.misuse_context);
  callbacks.has_owners = wanted.checking == corepool::Checking::kFull;
  c::Classes table(classes, class_count);
  table.SetHooks(classes, callbacks.hooks);
  return c::ForC(made.Init(table.all(), wanted, c::Bytes(memory, bytes)));
}

corepool_error_t corepool_priority_pool_deinit(corepool_priority_pool_t* pool,
                                               corepool_leaks_t leaks) {
  return c::ForC(Of(pool).Deinit(c::FromC(leaks)));
}

corepool_error_t corepool_priority_pool_clear(corepool_priority_pool_t* pool,
                                              corepool_leaks_t leaks) {
  return c::ForC(Of(pool).Clear(c::FromC(leaks)));
}

void* corepool_priority_pool_allocate(corepool_priority_pool_t* pool, size_t cls) {
  return c::Owned(pool, Of(pool).Allocate(cls), corepool::port::ReturnAddress());
}

corepool_allocation_t corepool_priority_pool_try_allocate(
    corepool_priority_pool_t* pool, size_t cls) {
  return c::AllocationFor(pool, Of(pool).TryAllocate(cls),
                          corepool::port::ReturnAddress());
}

void* corepool_priority_pool_allocate_sized(corepool_priority_pool_t* pool, size_t cls,
                                            size_t size) {
  return c::Owned(pool, Of(pool).Allocate(cls, size), corepool::port::ReturnAddress());
}

corepool_allocation_t corepool_priority_pool_try_allocate_sized(
    corepool_priority_pool_t* pool, size_t cls, size_t size) {
  return c::AllocationFor(pool, Of(pool).TryAllocate(cls, size),
                          corepool::port::ReturnAddress());
}

void* corepool_priority_pool_allocate_from_interrupt(corepool_priority_pool_t* pool,
                                                     size_t cls) {
  return c::Owned(pool, Of(pool).AllocateFromInterrupt(cls),
                  corepool::port::ReturnAddress());
}

corepool_allocation_t corepool_priority_pool_try_allocate_from_interrupt(
    corepool_priority_pool_t* pool, size_t cls) {
  return c::AllocationFor(pool, Of(pool).TryAllocateFromInterrupt(cls),
                          corepool::port::ReturnAddress());
}

void* corepool_priority_pool_allocate_sized_from_interrupt(
    corepool_priority_pool_t* pool, size_t cls, size_t size) {
  return c::Owned(pool, Of(pool).AllocateFromInterrupt(cls, size),
                  corepool::port::ReturnAddress());
}

corepool_allocation_t corepool_priority_pool_try_allocate_sized_from_interrupt(
    corepool_priority_pool_t* pool, size_t cls, size_t size) {
  return c::AllocationFor(pool, Of(pool).TryAllocateFromInterrupt(cls, size),
                          corepool::port::ReturnAddress());
}

corepool_allocation_t corepool_priority_pool_allocate_until(
    corepool_priority_pool_t* pool, size_t cls, corepool_ticks_t deadline,
    uint8_t priority) {
  return c::AllocationFor(pool, Of(pool).AllocateUntil(cls, deadline, priority),
                          corepool::port::ReturnAddress());
}

corepool_allocation_t corepool_priority_pool_allocate_sized_until(
    corepool_priority_pool_t* pool, size_t cls, size_t size, corepool_ticks_t deadline,
    uint8_t priority) {
  return c::AllocationFor(pool, Of(pool).AllocateUntil(cls, size, deadline, priority),
                          corepool::port::ReturnAddress());
}

corepool_error_t corepool_priority_pool_free(corepool_priority_pool_t* pool,
                                             void* block) {
  return c::ForC(Of(pool).Free(block));
}

corepool_error_t corepool_priority_pool_free_directly(corepool_priority_pool_t* pool,
                                                      void* block) {
  return c::ForC(Of(pool).FreeDirectly(block));
}

corepool_error_t corepool_priority_pool_set_owner(corepool_priority_pool_t* pool,
                                                  const void* block,
                                                  corepool_owner_tag_t owner) {
  return c::ForC(Of(pool).SetOwner(block, owner));
}

corepool_owner_tag_t corepool_priority_pool_owner_of(
    const corepool_priority_pool_t* pool, const void* block) {
  return Of(pool).OwnerOf(block);
}

size_t corepool_priority_pool_class_of(const corepool_priority_pool_t* pool,
                                       const void* address) {
  return Of(pool).ClassOf(address);
}

size_t corepool_priority_pool_class_count(const corepool_priority_pool_t* pool) {
  return Of(pool).class_count();
}

corepool_class_stats_t corepool_priority_pool_stats_of(
    const corepool_priority_pool_t* pool, size_t cls) {
  return c::ForC(Of(pool).StatsOf(cls));
}

const char* corepool_priority_pool_name_of(const corepool_priority_pool_t* pool,
                                           size_t cls) {
  return Of(pool).NameOf(cls);
}

bool corepool_priority_pool_stats_at(const corepool_priority_pool_t* pool, size_t row,
                                     corepool_pool_row_t* info) {
  corepool::PoolRow found;
  if (!Of(pool).StatsAt(row, found)) return false;
  *info = c::ForC(found);
  return true;
}

uint64_t corepool_priority_pool_misuses(const corepool_priority_pool_t* pool) {
  return Of(pool).Misuses();
}

corepool_error_t corepool_priority_pool_reset_peak(corepool_priority_pool_t* pool,
                                                   size_t cls) {
  return c::ForC(Of(pool).ResetPeak(cls));
}

corepool_error_t corepool_priority_pool_reset_worst(corepool_priority_pool_t* pool,
                                                    size_t cls) {
  return c::ForC(Of(pool).ResetWorst(cls));
}

void corepool_priority_pool_flush_caches(corepool_priority_pool_t* pool) {
  Of(pool).FlushCaches();
}

corepool_audit_report_t corepool_priority_pool_audit(
    const corepool_priority_pool_t* pool, corepool_audit_mode_t mode) {
  return c::ForC(Of(pool).Audit(c::FromC(mode)));
}
