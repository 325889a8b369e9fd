// Pools of blocks by class of urgency, each with a reserve that nobody else can take:
// corepool/priority_pool.h in C, which says what a reserve promises.

#ifndef COREPOOL_C_PRIORITY_POOL_H_
#define COREPOOL_C_PRIORITY_POOL_H_

#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "corepool/c/error.h"
#include "corepool/c/hooks.h"
#include "corepool/c/misuse.h"
#include "corepool/c/options.h"
#include "corepool/c/stats.h"
#include "corepool/c/storage.h"
#include "corepool/c/wait.h"

#ifdef __cplusplus
extern "C" {
#endif

#define COREPOOL_MAX_PRIORITY_CLASSES 16
#define COREPOOL_NO_CLASS ((size_t)-1)

// Of corepool_priority_class_t.
#define COREPOOL_RESERVE_ALL ((size_t)-1)
#define COREPOOL_NO_RESERVE ((size_t)-2)
#define COREPOOL_BORROW_NONE ((uint32_t)0)
#define COREPOOL_BORROW_LOWER ((uint32_t)1 << 31)  // all after it

// One class. Its number is its place in the table; a lower number is more urgent.
typedef struct corepool_priority_class_t {
  const char* name;    // for reports; must outlive the pool. NULL: ""
  size_t block_size;   // bytes that a block's user may write; at least 1
  size_t block_count;  // for each core if per_core. 0: always exhausted, though it may
                       // borrow
  size_t reserve;      // blocks that only this class may take; 0 counts as
                       // COREPOOL_RESERVE_ALL
  uint32_t borrows;    // the classes that it may borrow of: bit k for class k
  bool per_core;       // each core has blocks of its own
  size_t attempts;     // most compare-and-swaps of an allocate_from_interrupt; 0 counts
                       // as 8
  const corepool_pool_hooks_t* hooks;  // as of corepool_pool_options_t
} corepool_priority_class_t;

// What all classes have in common, as of corepool_pool_options_t.
typedef struct corepool_priority_pool_options_t {
  size_t alignment;
  corepool_checking_t checking;
  corepool_caching_t caching;
  corepool_state_t state;
  size_t cores;
  bool measure_time;  // corepool_class_stats_t::worst_cycles
  const char* name;   // in reports of pointers that belong to no class
  corepool_misuse_handler_t misuse_handler;
  void* misuse_context;
  corepool_waiters_t* waiters;  // for blocks of any class
} corepool_priority_pool_options_t;

// All-zero, it has no classes.
typedef struct corepool_priority_pool_t {
  alignas(COREPOOL_OBJECT_ALIGNMENT) unsigned char opaque[COREPOOL_PRIORITY_POOL_BYTES];
} corepool_priority_pool_t;

// What one class tells about itself. Of several cores' blocks `pool` has the sums.
typedef struct corepool_class_stats_t {
  corepool_pool_stats_t pool;   // of its blocks, whoever has them
  size_t borrowed;              // blocks of other classes that it has
  size_t lent;                  // its blocks that other classes have
  size_t lent_peak;             // most at once since reset_peak
  uint64_t refused_by_reserve;  // calls of other classes that it refused because all
                                // that it may lend was lent
  uint64_t contended;           // calls that ended with COREPOOL_CONTENDED
  uint64_t worst_cycles;        // longest allocation since reset_worst
} corepool_class_stats_t;

// `options` may be NULL in all of these: the defaults.
// [default: any; lock-free; O(classes)]

// Whether a pool could be made with these; bytes of memory that init needs, 0 if they
// are not valid; what it must be aligned to, 1 if they are not.
// [any; wait-free; O(classes)]
corepool_error_t corepool_priority_pool_validate(
    const corepool_priority_class_t* classes, size_t class_count,
    const corepool_priority_pool_options_t* options);
size_t corepool_priority_pool_required_bytes(
    const corepool_priority_class_t* classes, size_t class_count,
    const corepool_priority_pool_options_t* options);
size_t corepool_priority_pool_required_alignment(
    const corepool_priority_class_t* classes, size_t class_count,
    const corepool_priority_pool_options_t* options);

// Makes a pool with these classes in `memory`, which must stay valid until deinit. The
// table need not stay. Errors, all of which leave the pool as it was:
// COREPOOL_INVALID_COUNT (no class, too many classes or blocks), COREPOOL_INVALID_CLASS
// (`borrows` names one that is not in the table), and as corepool_fixed_pool_init.
// [alone; O(N)]
corepool_error_t corepool_priority_pool_init(
    corepool_priority_pool_t* pool, const corepool_priority_class_t* classes,
    size_t class_count, const corepool_priority_pool_options_t* options, void* memory,
    size_t bytes);
// Gives the memory back; and makes all blocks free again, nothing borrowed or lent.
// COREPOOL_NOT_INITIALIZED, or COREPOOL_BLOCKS_IN_USE, which changes nothing.
// [alone; O(N)]
corepool_error_t corepool_priority_pool_deinit(corepool_priority_pool_t* pool,
                                               corepool_leaks_t leaks);
corepool_error_t corepool_priority_pool_clear(corepool_priority_pool_t* pool,
                                              corepool_leaks_t leaks);

// A block of the class's block_size, or of at least `size` bytes; or NULL, and
// try_allocate tells why: COREPOOL_EXHAUSTED (there was an instant at which no block
// that the class may take was to be had), COREPOOL_TOO_LARGE, COREPOOL_INVALID_SIZE,
// COREPOOL_INVALID_CLASS, COREPOOL_NOT_INITIALIZED, COREPOOL_CONTENDED (per_core only);
// misuse as corepool_fixed_pool_try_allocate.
// [O(classes); as corepool_fixed_pool_allocate while the class has blocks, 4 RMW more
// to borrow]
void* corepool_priority_pool_allocate(corepool_priority_pool_t* pool, size_t cls);
void* corepool_priority_pool_allocate_sized(corepool_priority_pool_t* pool, size_t cls,
                                            size_t size);
corepool_allocation_t corepool_priority_pool_try_allocate(
    corepool_priority_pool_t* pool, size_t cls);
corepool_allocation_t corepool_priority_pool_try_allocate_sized(
    corepool_priority_pool_t* pool, size_t cls, size_t size);

// The same in a bounded number of steps, whatever others do: after `attempts` failed
// compare-and-swaps, COREPOOL_CONTENDED.
// [wait-free; O(classes + attempts); misuse and alarms aside]
void* corepool_priority_pool_allocate_from_interrupt(corepool_priority_pool_t* pool,
                                                     size_t cls);
void* corepool_priority_pool_allocate_sized_from_interrupt(
    corepool_priority_pool_t* pool, size_t cls, size_t size);
corepool_allocation_t corepool_priority_pool_try_allocate_from_interrupt(
    corepool_priority_pool_t* pool, size_t cls);
corepool_allocation_t corepool_priority_pool_try_allocate_sized_from_interrupt(
    corepool_priority_pool_t* pool, size_t cls, size_t size);

// As try_allocate, but waits for a block if there is none, as
// corepool_fixed_pool_allocate_until.
// [threads; blocking; as corepool_priority_pool_try_allocate]
corepool_allocation_t corepool_priority_pool_allocate_until(
    corepool_priority_pool_t* pool, size_t cls, corepool_ticks_t deadline,
    uint8_t priority);
corepool_allocation_t corepool_priority_pool_allocate_sized_until(
    corepool_priority_pool_t* pool, size_t cls, size_t size, corepool_ticks_t deadline,
    uint8_t priority);

// Takes a block of any class back, from any core; and without asking the hook. Misuse
// as corepool_fixed_pool_free.
// [O(classes); as corepool_fixed_pool_free, 3 RMW more if borrowed]
corepool_error_t corepool_priority_pool_free(corepool_priority_pool_t* pool,
                                             void* block);
corepool_error_t corepool_priority_pool_free_directly(corepool_priority_pool_t* pool,
                                                      void* block);

// With full checking: who has a block. [any; wait-free; O(classes)]
corepool_error_t corepool_priority_pool_set_owner(corepool_priority_pool_t* pool,
                                                  const void* block,
                                                  corepool_owner_tag_t owner);
corepool_owner_tag_t corepool_priority_pool_owner_of(
    const corepool_priority_pool_t* pool, const void* block);

// The class of the block at `address`, whoever has it; COREPOOL_NO_CLASS if it is in
// none. [any; wait-free; O(classes)]
size_t corepool_priority_pool_class_of(const corepool_priority_pool_t* pool,
                                       const void* address);

// 0 before init. [any; wait-free; O(1)]
size_t corepool_priority_pool_class_count(const corepool_priority_pool_t* pool);

// All-zero, and "", if there is no such class; false if there is no such row. Exact at
// rest. [any; wait-free; O(magazines); O(cores) for a per_core class]
corepool_class_stats_t corepool_priority_pool_stats_of(
    const corepool_priority_pool_t* pool, size_t cls);
const char* corepool_priority_pool_name_of(const corepool_priority_pool_t* pool,
                                           size_t cls);
bool corepool_priority_pool_stats_at(const corepool_priority_pool_t* pool, size_t row,
                                     corepool_pool_row_t* info);
// Reports to the misuse handler. [any; wait-free; O(classes * cores)]
uint64_t corepool_priority_pool_misuses(const corepool_priority_pool_t* pool);

// Start new periods for peaks, and for worst_cycles. COREPOOL_INVALID_CLASS,
// COREPOOL_NOT_INITIALIZED. [O(cores)]
corepool_error_t corepool_priority_pool_reset_peak(corepool_priority_pool_t* pool,
                                                   size_t cls);
corepool_error_t corepool_priority_pool_reset_worst(corepool_priority_pool_t* pool,
                                                    size_t cls);

// As of a fixed pool, of all classes. [O(classes * cores)]
void corepool_priority_pool_flush_caches(corepool_priority_pool_t* pool);
// [threads; O(N); at rest alone]
corepool_audit_report_t corepool_priority_pool_audit(
    const corepool_priority_pool_t* pool, corepool_audit_mode_t mode);

#ifdef __cplusplus
}
#endif

#endif  // COREPOOL_C_PRIORITY_POOL_H_
