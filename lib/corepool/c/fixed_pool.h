// A pool of equal blocks in memory that the caller provides: corepool/fixed_pool.h and
// what it says of contexts, hand-over of blocks and misuse, in C.
//
//   static corepool_fixed_pool_t pool;
//   static COREPOOL_FIXED_POOL_MEMORY(memory, 64, 100);
//   ...
//   if (corepool_fixed_pool_init(
//           &pool, &(corepool_pool_options_t){.block_size = 64, .block_count = 100},
//           memory, sizeof memory) != COREPOOL_OK) ...
//   void* block = corepool_fixed_pool_allocate(&pool);  // anywhere
//   corepool_fixed_pool_free(&pool, block);             // anywhere else

#ifndef COREPOOL_C_FIXED_POOL_H_
#define COREPOOL_C_FIXED_POOL_H_

#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "corepool/c/error.h"
#include "corepool/c/misuse.h"
#include "corepool/c/options.h"
#include "corepool/c/stats.h"
#include "corepool/c/storage.h"
#include "corepool/c/wait.h"

#ifdef __cplusplus
extern "C" {
#endif

// All-zero, it is a pool without blocks.
typedef struct corepool_fixed_pool_t {
  alignas(COREPOOL_OBJECT_ALIGNMENT) unsigned char opaque[COREPOOL_FIXED_POOL_BYTES];
} corepool_fixed_pool_t;

// Memory for corepool_fixed_pool_init: an array `name`, enough for `count` blocks of
// `size` bytes with default alignment, automatic caching or none, and any checking but
// full. The second is for COREPOOL_CACHING_NONE. It may be more than
// corepool_fixed_pool_required_bytes, which only a running program can know.
#define COREPOOL_FIXED_POOL_MEMORY(name, size, count) \
  alignas(16) unsigned char                           \
      name[((size_t)(count)) * ((((size_t)(size)) + 15) / 16 * 16 + 64) + 2048]
#define COREPOOL_FIXED_POOL_MEMORY_UNCACHED(name, size, count) \
  alignas(16) unsigned char                                    \
      name[((size_t)(count)) * ((((size_t)(size)) + 15) / 16 * 16 + 9) + 32]

// [default: any; lock-free; O(1)]

// Whether a pool could be made with these options: COREPOOL_OK,
// COREPOOL_INVALID_SIZE, COREPOOL_INVALID_ALIGNMENT, COREPOOL_INVALID_COUNT,
// COREPOOL_TOO_LARGE or COREPOOL_UNSUPPORTED. Does not look at hooks.
// [any; wait-free; O(1)]
corepool_error_t corepool_fixed_pool_validate(const corepool_pool_options_t* options);

// Bytes of memory that init needs, 0 if the options are not valid, and what it must be
// aligned to, 1 if they are not. [any; wait-free; O(1)]
size_t corepool_fixed_pool_required_bytes(const corepool_pool_options_t* options);
size_t corepool_fixed_pool_required_alignment(const corepool_pool_options_t* options);

// The same for init_apart: bytes of both regions, and what the bookkeeping's must be
// aligned to. [any; wait-free; O(1)]
size_t corepool_fixed_pool_required_block_bytes(const corepool_pool_options_t* options);
size_t corepool_fixed_pool_required_bookkeeping_bytes(
    const corepool_pool_options_t* options);
size_t corepool_fixed_pool_bookkeeping_alignment(void);

// Makes a pool in `memory`, which must stay valid until deinit. Errors, all of which
// leave everything as it was: those of validate, COREPOOL_INVALID_HOOKS,
// COREPOOL_NULL_MEMORY, COREPOOL_MISALIGNED_MEMORY, COREPOOL_MEMORY_TOO_SMALL,
// COREPOOL_OVERLAPPING_MEMORY, COREPOOL_ALREADY_INITIALIZED; of the waiters,
// COREPOOL_TOO_MANY (they are another pool's) and COREPOOL_NOT_INITIALIZED.
// [alone; lock-free; O(N)]
corepool_error_t corepool_fixed_pool_init(corepool_fixed_pool_t* pool,
                                          const corepool_pool_options_t* options,
                                          void* memory, size_t bytes);
// The same with bookkeeping and blocks apart: for blocks in memory that a DMA engine
// writes to, that is not cached or not always powered. [alone; lock-free; O(N)]
corepool_error_t corepool_fixed_pool_init_apart(corepool_fixed_pool_t* pool,
                                                const corepool_pool_options_t* options,
                                                void* blocks, size_t block_bytes,
                                                void* bookkeeping,
                                                size_t bookkeeping_bytes);

// Gives the memory back. COREPOOL_NOT_INITIALIZED, or COREPOOL_BLOCKS_IN_USE (also if
// somebody waits), which changes nothing.
// [alone; lock-free; O(magazines); O(N) if leaks are reported]
corepool_error_t corepool_fixed_pool_deinit(corepool_fixed_pool_t* pool,
                                            corepool_leaks_t leaks);

// All blocks are free again, as after init, statistics too. Errors as deinit.
// [alone; lock-free; O(N)]
corepool_error_t corepool_fixed_pool_clear(corepool_fixed_pool_t* pool,
                                           corepool_leaks_t leaks);

// Between init and deinit. [any; wait-free; O(1)]
bool corepool_fixed_pool_is_initialized(const corepool_fixed_pool_t* pool);

// A block of block_size bytes with undefined contents; or NULL, and try_allocate tells
// why: COREPOOL_EXHAUSTED (there was an instant during the call at which every block
// was allocated), COREPOOL_NOT_INITIALIZED; misuse: COREPOOL_WRITE_AFTER_FREE,
// COREPOOL_OVERRUN, COREPOOL_DOUBLE_FREE of the next free block.
// [O(magazines); O(1) and 1-2 RMW without caches, mostly 0 with rseq, 8 to adopt]
void* corepool_fixed_pool_allocate(corepool_fixed_pool_t* pool);
corepool_allocation_t corepool_fixed_pool_try_allocate(corepool_fixed_pool_t* pool);

// The same, but waits for a block until `deadline`, in ticks of the waiters' port;
// those with the lowest `priority` come first. Besides: COREPOOL_TIMED_OUT,
// COREPOOL_TOO_MANY (as many wait as may), COREPOOL_UNSUPPORTED (the pool has no
// waiters, and the deadline is not COREPOOL_NO_WAIT). [threads; blocking; as
// corepool_fixed_pool_allocate]
corepool_allocation_t corepool_fixed_pool_allocate_until(corepool_fixed_pool_t* pool,
                                                         corepool_ticks_t deadline,
                                                         uint8_t priority);

// Takes a block back, or leaves it to the hook on_free. NULL does nothing and is
// COREPOOL_OK. COREPOOL_NOT_INITIALIZED; misuse: COREPOOL_FOREIGN_POINTER,
// COREPOOL_INTERIOR_POINTER, COREPOOL_MISALIGNED_POINTER, COREPOOL_DOUBLE_FREE,
// COREPOOL_OVERRUN. [O(1), 0-8 RMW; 1-2 without caches, mostly 0 with rseq, 8 to adopt]
corepool_error_t corepool_fixed_pool_free(corepool_fixed_pool_t* pool, void* block);
// The same without asking the hook: for the hook itself.
// [as corepool_fixed_pool_free]
corepool_error_t corepool_fixed_pool_free_directly(corepool_fixed_pool_t* pool,
                                                   void* block);

// Fills `blocks` with `count` blocks; or takes none, fills it with NULL and says why,
// as try_allocate; COREPOOL_NULL_MEMORY if there is no place. [O(count); without caches
// 1-2 RMW]
corepool_error_t corepool_fixed_pool_allocate_bulk(corepool_fixed_pool_t* pool,
                                                   void** blocks, size_t count);
// Fills the front of `blocks` with as many as there are and returns how many.
// [O(count); without caches 1-2 RMW]
size_t corepool_fixed_pool_allocate_up_to(corepool_fixed_pool_t* pool, void** blocks,
                                          size_t count);
// Takes back every block that free would, and returns the first error.
// [O(count); without caches 1 RMW, and 1 for each block unless checking is off]
corepool_error_t corepool_fixed_pool_free_bulk(corepool_fixed_pool_t* pool,
                                               void* const* blocks, size_t count);

// Puts what rests in the caches of all cores where every core takes from first.
// [O(cores); with rseq also as many system calls]
void corepool_fixed_pool_flush_caches(corepool_fixed_pool_t* pool);
// Makes the blocks in quarantine as free as all others. [alone; O(quarantine)]
void corepool_fixed_pool_flush_quarantine(corepool_fixed_pool_t* pool);

// With full checking: says who has a block, and who has it, 0 if nobody has told.
// Misuse as free; COREPOOL_UNSUPPORTED. [any; wait-free; O(1)]
corepool_error_t corepool_fixed_pool_set_owner(corepool_fixed_pool_t* pool,
                                               const void* block,
                                               corepool_owner_tag_t owner);
corepool_owner_tag_t corepool_fixed_pool_owner_of(const corepool_fixed_pool_t* pool,
                                                  const void* block);

// The number of the block that starts at `address`, or COREPOOL_NO_INDEX; and block
// number `index`, or NULL. [any; wait-free; O(1)]
size_t corepool_fixed_pool_index_of(const corepool_fixed_pool_t* pool,
                                    const void* address);
void* corepool_fixed_pool_block_at(const corepool_fixed_pool_t* pool, size_t index);

// Whether free would refuse `block`, a block of this pool, as free already; false with
// checking off. [any; wait-free; O(1)]
bool corepool_fixed_pool_looks_free(const corepool_fixed_pool_t* pool, void* block);

// Whether `address` lies anywhere from the first block to the end of the last.
// [any; wait-free; O(1)]
bool corepool_fixed_pool_owns(const corepool_fixed_pool_t* pool, const void* address);

// Exact at rest. [any; wait-free; O(magazines)]
corepool_pool_stats_t corepool_fixed_pool_stats(const corepool_fixed_pool_t* pool);
// Starts a new period for `peak`. [O(1), 1 RMW]
void corepool_fixed_pool_reset_peak(corepool_fixed_pool_t* pool);

// Walks the free list and checks that it is one; at rest also that every other block is
// allocated, and what free blocks contain. [threads; O(N); at rest alone]
corepool_audit_report_t corepool_fixed_pool_audit(const corepool_fixed_pool_t* pool,
                                                  corepool_audit_mode_t mode);

// What the pool really does, where the options left it open. [any; wait-free; O(1)]
corepool_caching_t corepool_fixed_pool_caching(const corepool_fixed_pool_t* pool);
corepool_checking_t corepool_fixed_pool_checking(const corepool_fixed_pool_t* pool);
corepool_state_t corepool_fixed_pool_state(const corepool_fixed_pool_t* pool);

#ifdef __cplusplus
}
#endif

#endif  // COREPOOL_C_FIXED_POOL_H_
