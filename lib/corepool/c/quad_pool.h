// A pool of blocks of many sizes, split in four and merged again: corepool/quad_pool.h
// in C.

#ifndef COREPOOL_C_QUAD_POOL_H_
#define COREPOOL_C_QUAD_POOL_H_

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

// Into how many a block is split, and how many are merged into one.
typedef enum corepool_split_factor_t {
  COREPOOL_SPLIT_QUAD = 0,   // four
  COREPOOL_SPLIT_BINARY = 1  // two: the classical buddy system
} corepool_split_factor_t;

// What is looked for first when no free block of the wanted size is left over from a
// split. All of them find every free block before a request fails.
typedef enum corepool_merge_policy_t {
  COREPOOL_SPLIT_FIRST = 0,  // a larger block to split
  COREPOOL_MERGE_FIRST = 1,  // smaller blocks to merge: keeps large blocks whole
  COREPOOL_SPLIT_ONLY = 2    // as the first; others are merged by defragment, and where
                             // a request would fail otherwise
} corepool_merge_policy_t;

typedef struct corepool_quad_pool_options_t {
  size_t min_block_size;  // bytes of the smallest blocks; at least 1
  size_t max_block_size;  // min_block_size * 4^n, or * 2^n
  size_t block_count;     // of the largest; 0 makes a pool always exhausted
  size_t alignment;       // of every block; a power of two that divides min_block_size.
                          // 0: the largest such up to that of malloc
  corepool_split_factor_t split;
  corepool_merge_policy_t merge;
  corepool_checking_t checking;  // not full
  bool measure_peak;             // counts how much is used at every call
  const char* name;              // for reports; must outlive the pool. NULL: ""
  corepool_misuse_handler_t misuse_handler;
  void* misuse_context;
  corepool_waiters_t* waiters;
} corepool_quad_pool_options_t;

// All-zero, it is a pool without blocks.
typedef struct corepool_quad_pool_t {
  alignas(COREPOOL_OBJECT_ALIGNMENT) unsigned char opaque[COREPOOL_QUAD_POOL_BYTES];
} corepool_quad_pool_t;

// The legal sizes next to those that were asked for; 0 where there is none.
typedef struct corepool_quad_geometries_t {
  size_t max_below;  // with the min_block_size of the options: the largest
  size_t max_above;  // max_block_size that is not above theirs; the next one
  size_t min_below;  // with their max_block_size: the largest min_block_size that
  size_t min_above;  // is not above theirs; the next one
} corepool_quad_geometries_t;

// What one level tells about itself; level 0 are the smallest blocks.
typedef struct corepool_quad_level_stats_t {
  size_t block_size;  // bytes
  size_t capacity;    // blocks of this size in the whole pool
  size_t used;        // allocated as blocks of this size
  size_t free;        // that could be allocated, if nothing else were
  uint64_t failures;  // requests that got no block of this size
} corepool_quad_level_stats_t;

// [default: any; lock-free; O(1)]

// Whether a pool could be made with these options: COREPOOL_OK, COREPOOL_INVALID_SIZE,
// COREPOOL_INVALID_GEOMETRY, COREPOOL_INVALID_ALIGNMENT, COREPOOL_INVALID_COUNT,
// COREPOOL_TOO_LARGE or COREPOOL_UNSUPPORTED. [any; wait-free; O(1)]
corepool_error_t corepool_quad_pool_validate(
    const corepool_quad_pool_options_t* options);
corepool_quad_geometries_t corepool_quad_pool_nearest_geometries(
    const corepool_quad_pool_options_t* options);

// Bytes of memory that init needs, 0 if the options are not valid, and what it must be
// aligned to, 1 if they are not; the same of both regions of init_apart.
// [any; wait-free; O(1)]
size_t corepool_quad_pool_required_bytes(const corepool_quad_pool_options_t* options);
size_t corepool_quad_pool_required_alignment(
    const corepool_quad_pool_options_t* options);
size_t corepool_quad_pool_required_block_bytes(
    const corepool_quad_pool_options_t* options);
size_t corepool_quad_pool_required_block_alignment(
    const corepool_quad_pool_options_t* options);
size_t corepool_quad_pool_required_bookkeeping_bytes(
    const corepool_quad_pool_options_t* options);
size_t corepool_quad_pool_bookkeeping_alignment(void);

// Makes a pool in `memory`, which must stay valid until deinit; or with bookkeeping and
// blocks apart. Errors, all of which leave everything as it was: those of validate,
// COREPOOL_NULL_MEMORY, COREPOOL_MISALIGNED_MEMORY, COREPOOL_MEMORY_TOO_SMALL,
// COREPOOL_OVERLAPPING_MEMORY, COREPOOL_ALREADY_INITIALIZED; of the waiters,
// COREPOOL_TOO_MANY and COREPOOL_NOT_INITIALIZED. [alone; O(N)]
corepool_error_t corepool_quad_pool_init(corepool_quad_pool_t* pool,
                                         const corepool_quad_pool_options_t* options,
                                         void* memory, size_t bytes);
corepool_error_t corepool_quad_pool_init_apart(
    corepool_quad_pool_t* pool, const corepool_quad_pool_options_t* options,
    void* blocks, size_t block_bytes, void* bookkeeping, size_t bookkeeping_bytes);
// Gives the memory back; and makes everything free again. COREPOOL_NOT_INITIALIZED, or
// COREPOOL_BLOCKS_IN_USE, which changes nothing. [alone; O(N)]
corepool_error_t corepool_quad_pool_deinit(corepool_quad_pool_t* pool,
                                           corepool_leaks_t leaks);
corepool_error_t corepool_quad_pool_clear(corepool_quad_pool_t* pool,
                                          corepool_leaks_t leaks);

// Between init and deinit. [any; wait-free; O(1)]
bool corepool_quad_pool_is_initialized(const corepool_quad_pool_t* pool);

// A block of at least `size` bytes with undefined contents; or NULL, and try_allocate
// tells why: COREPOOL_INVALID_SIZE, COREPOOL_TOO_LARGE, COREPOOL_EXHAUSTED (there was
// an instant at which no such block was free, whatever could have been merged),
// COREPOOL_NOT_INITIALIZED. [O(N); O(1) and 1 RMW where a block lies ready]
void* corepool_quad_pool_allocate(corepool_quad_pool_t* pool, size_t size);
corepool_allocation_t corepool_quad_pool_try_allocate(corepool_quad_pool_t* pool,
                                                      size_t size);
// The same, but waits for a block if there is none, as
// corepool_fixed_pool_allocate_until.
// [threads; blocking; as corepool_quad_pool_try_allocate]
corepool_allocation_t corepool_quad_pool_allocate_until(corepool_quad_pool_t* pool,
                                                        size_t size,
                                                        corepool_ticks_t deadline,
                                                        uint8_t priority);

// Takes a block back. NULL does nothing and is COREPOOL_OK. COREPOOL_NOT_INITIALIZED;
// misuse: COREPOOL_FOREIGN_POINTER, COREPOOL_MISALIGNED_POINTER,
// COREPOOL_INTERIOR_POINTER, COREPOOL_DOUBLE_FREE; COREPOOL_WRONG_SIZE if the block is
// none that `size` bytes are allocated in.
// [O(1), 1-5 RMW; wait-free where the CPU adds by itself]
corepool_error_t corepool_quad_pool_free(corepool_quad_pool_t* pool, void* block);
corepool_error_t corepool_quad_pool_free_sized(corepool_quad_pool_t* pool, void* block,
                                               size_t size);

// What tells the allocated block that starts at `block` from those that start there
// before and after it, unless 2^11 come in between; 0 if none does.
// [wait-free; O(1)]
uint16_t corepool_quad_pool_stamp_of(const corepool_quad_pool_t* pool,
                                     const void* block);
// corepool_quad_pool_free_sized, of the block with that stamp only: another one is as
// good as free already (COREPOOL_DOUBLE_FREE). With 0 of any.
// [O(1), 1-5 RMW; wait-free where the CPU adds by itself]
corepool_error_t corepool_quad_pool_free_stamped(corepool_quad_pool_t* pool,
                                                 void* block, size_t size,
                                                 uint16_t stamp);

// A block of at least `size` bytes with the first bytes of `block`, in its place: the
// same one if that is of the level that `size` wants, else another, and `block` has
// been freed. If that fails, `block` is as before. [O(size); and as allocate and free]
void* corepool_quad_pool_reallocate(corepool_quad_pool_t* pool, void* block,
                                    size_t size);
corepool_allocation_t corepool_quad_pool_try_reallocate(corepool_quad_pool_t* pool,
                                                        void* block, size_t size);

// Fills `blocks` with `count` blocks of at least `size` bytes, or takes none; fills the
// front with as many as there are, and returns how many; takes back every block that
// free would, and returns the first error. [O(count); each as allocate and free]
corepool_error_t corepool_quad_pool_allocate_bulk(corepool_quad_pool_t* pool,
                                                  size_t size, void** blocks,
                                                  size_t count);
size_t corepool_quad_pool_allocate_up_to(corepool_quad_pool_t* pool, size_t size,
                                         void** blocks, size_t count);
corepool_error_t corepool_quad_pool_free_bulk(corepool_quad_pool_t* pool,
                                              void* const* blocks, size_t count);

// Merges what can be merged now, instead of when it is wanted.
// [O(N / 16); 4 RMW for every merge]
void corepool_quad_pool_defragment(corepool_quad_pool_t* pool);

// Bytes of the largest block that could be allocated; 0 if there is none. Exact at
// rest. [any; wait-free; O(levels * N / 16)]
size_t corepool_quad_pool_largest_free(const corepool_quad_pool_t* pool);

// Bytes of the allocated block that starts at `address`, 0 if none does; whether it
// lies anywhere in the blocks; the number of the smallest block at whose place it is,
// or COREPOOL_NO_INDEX; and the address of that place. [any; wait-free; O(1)]
size_t corepool_quad_pool_size_of(const corepool_quad_pool_t* pool,
                                  const void* address);
bool corepool_quad_pool_owns(const corepool_quad_pool_t* pool, const void* address);
size_t corepool_quad_pool_index_of(const corepool_quad_pool_t* pool,
                                   const void* address);
void* corepool_quad_pool_block_at(const corepool_quad_pool_t* pool, size_t index);

// min_block_size at level 0, max_block_size at the last; 0 if there is no such level.
// [any; wait-free; O(1)]
int corepool_quad_pool_levels(const corepool_quad_pool_t* pool);
size_t corepool_quad_pool_block_size_at(const corepool_quad_pool_t* pool, int level);

// All of it is exact at rest. `stats` counts in smallest blocks; `stats_at` has level
// number `row` in blocks of its own, and is false if there is none.
// [any; wait-free; O(N)]
corepool_quad_level_stats_t corepool_quad_pool_level_stats_at(
    const corepool_quad_pool_t* pool, int level);
corepool_pool_stats_t corepool_quad_pool_stats(const corepool_quad_pool_t* pool);
bool corepool_quad_pool_stats_at(const corepool_quad_pool_t* pool, size_t row,
                                 corepool_pool_row_t* info);
// Starts a new period for `peak`. [any; wait-free; O(N); O(1) with measure_peak]
void corepool_quad_pool_reset_peak(corepool_quad_pool_t* pool);

// Draws what is where, a character for each of the smallest blocks: '.' is free, a
// digit or letter begins an allocated block of that level, and '-' continues it. Fills
// the front of `text` and returns how many characters the whole has. No zero is put at
// the end. [any; wait-free; O(N)]
size_t corepool_quad_pool_map(const corepool_quad_pool_t* pool, char* text,
                              size_t room);

// Checks that no two blocks overlap, and at rest that nothing is lost.
// [threads; O(N * levels); at rest alone]
corepool_audit_report_t corepool_quad_pool_audit(const corepool_quad_pool_t* pool,
                                                 corepool_audit_mode_t mode);

#ifdef __cplusplus
}
#endif

#endif  // COREPOOL_C_QUAD_POOL_H_
