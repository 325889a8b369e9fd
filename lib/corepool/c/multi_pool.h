// A pool of blocks of several sizes: corepool/multi_pool.h in C.
//
//   static const corepool_size_class_options_t kClasses[] = {{16, 8}, {32, 8}, {64,
//   8}}; static corepool_multi_pool_t pool;
//   ...
//   if (corepool_multi_pool_init(&pool, kClasses, 3, NULL, memory, sizeof memory) !=
//       COREPOOL_OK) ...
//   void* block = corepool_multi_pool_allocate(&pool, 12);
//   corepool_multi_pool_free(&pool, block);

#ifndef COREPOOL_C_MULTI_POOL_H_
#define COREPOOL_C_MULTI_POOL_H_

#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "corepool/c/error.h"
#include "corepool/c/misuse.h"
#include "corepool/c/options.h"
#include "corepool/c/segment.h"
#include "corepool/c/stats.h"
#include "corepool/c/storage.h"
#include "corepool/c/wait.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct corepool_size_class_options_t {
  size_t block_size;   // bytes, 1 to 2^31
  size_t block_count;  // 0 makes a class that is always exhausted
} corepool_size_class_options_t;

// Of corepool_multi_pool_options_t.
#define COREPOOL_SPILL_TO_ANY ((size_t)-1)
#define COREPOOL_NO_SPILLS ((size_t)-2)
#define COREPOOL_NO_EXTENSIONS ((size_t)-2)

typedef struct corepool_multi_pool_options_t {
  corepool_pool_options_t pools;  // of every class, but for block_size and block_count
  // How many classes beyond the best fit may serve a request when the best is
  // exhausted; 0 counts as COREPOOL_SPILL_TO_ANY.
  size_t most_spills;
  // How often extend can succeed, at most 128; 0 counts as 16.
  size_t most_extensions;
  // Counts requests by size, up to this many bytes, for advise. 0: does not.
  size_t count_sizes_up_to;
} corepool_multi_pool_options_t;

// All-zero, it is a pool without classes.
typedef struct corepool_multi_pool_t {
  alignas(COREPOOL_OBJECT_ALIGNMENT) unsigned char opaque[COREPOOL_MULTI_POOL_BYTES];
} corepool_multi_pool_t;

// What one class tells about itself.
typedef struct corepool_size_class_stats_t {
  size_t banks;                  // 1, and 1 for each extension of the class
  corepool_pool_stats_t blocks;  // of all banks together
  uint64_t spills_in;            // blocks allocated here for want of smaller ones
  uint64_t spills_out;  // requests that went to larger classes for want of these
} corepool_size_class_stats_t;

// A class that advise recommends.
typedef struct corepool_advised_class_t {
  size_t block_size;
  uint64_t requests;  // that it would have served
} corepool_advised_class_t;

typedef struct corepool_advice_t {
  size_t classes;            // in the table
  uint64_t requests;         // that were counted
  uint64_t wasted;           // bytes that blocks of the table would have been larger
                             // than asked for, in all requests together
  uint64_t wasted_as_is;     // the same with the pool's own classes
  uint64_t too_large_as_is;  // requests larger than all of the pool's own classes
} corepool_advice_t;

// `options` may be NULL in all of these: the defaults.
// [default: any; lock-free; O(banks)]

// Whether a pool could be made with these; bytes of memory that init needs, 0 if they
// are not valid; what it must be aligned to, 1 if they are not.
// [any; wait-free; O(classes)]
corepool_error_t corepool_multi_pool_validate(
    const corepool_size_class_options_t* classes, size_t class_count,
    const corepool_multi_pool_options_t* options);
size_t corepool_multi_pool_required_bytes(const corepool_size_class_options_t* classes,
                                          size_t class_count,
                                          const corepool_multi_pool_options_t* options);
size_t corepool_multi_pool_required_alignment(
    const corepool_size_class_options_t* classes, size_t class_count,
    const corepool_multi_pool_options_t* options);

// Makes the classes, in any order, in `memory`, which must stay valid until deinit.
// Errors, all of which leave everything as it was: those of validate and
// corepool_fixed_pool_init. [alone; O(N)]
corepool_error_t corepool_multi_pool_init(corepool_multi_pool_t* pool,
                                          const corepool_size_class_options_t* classes,
                                          size_t class_count,
                                          const corepool_multi_pool_options_t* options,
                                          void* memory, size_t bytes);
// Gives all memory back, also that of extensions; and makes all blocks free again.
// COREPOOL_NOT_INITIALIZED, or COREPOOL_BLOCKS_IN_USE, which changes nothing.
// [alone; O(N)]
corepool_error_t corepool_multi_pool_deinit(corepool_multi_pool_t* pool,
                                            corepool_leaks_t leaks);
corepool_error_t corepool_multi_pool_clear(corepool_multi_pool_t* pool,
                                           corepool_leaks_t leaks);

// Between init and deinit. [any; wait-free; O(1)]
bool corepool_multi_pool_is_initialized(const corepool_multi_pool_t* pool);

// Adds blocks to the class of that size, or makes a class of a new size, while other
// calls go on. COREPOOL_NOT_INITIALIZED; COREPOOL_TOO_MANY if there have been
// most_extensions; otherwise as init. [threads; O(block_count + banks^2)]
corepool_error_t corepool_multi_pool_extend(corepool_multi_pool_t* pool,
                                            const corepool_size_class_options_t* added,
                                            void* memory, size_t bytes);
// The same with memory from a segment, which must stay initialised until deinit.
// COREPOOL_SEGMENT_EXHAUSTED if it has too little left.
// [threads; O(block_count + banks^2)]
corepool_error_t corepool_multi_pool_extend_from_segment(
    corepool_multi_pool_t* pool, const corepool_size_class_options_t* added,
    corepool_segment_t* segment);
// Bytes of memory that both need; 0 if `added` is not valid. [any; wait-free; O(1)]
size_t corepool_multi_pool_required_extension_bytes(
    const corepool_multi_pool_t* pool, const corepool_size_class_options_t* added);

// A block of at least `size` bytes: of the class with the smallest such blocks; if
// those are all allocated, of the next larger one that has a free block; or NULL, and
// try_allocate tells why: COREPOOL_INVALID_SIZE (0 bytes), COREPOOL_TOO_LARGE,
// COREPOOL_EXHAUSTED, COREPOOL_NOT_INITIALIZED, or as corepool_fixed_pool_try_allocate.
// [O(banks); as corepool_fixed_pool_allocate while the class has blocks]
void* corepool_multi_pool_allocate(corepool_multi_pool_t* pool, size_t size);
corepool_allocation_t corepool_multi_pool_try_allocate(corepool_multi_pool_t* pool,
                                                       size_t size);
// The same, but waits for a block if there is none, as
// corepool_fixed_pool_allocate_until. COREPOOL_TOO_LARGE at once.
// [threads; blocking; as corepool_multi_pool_allocate]
corepool_allocation_t corepool_multi_pool_allocate_until(corepool_multi_pool_t* pool,
                                                         size_t size,
                                                         corepool_ticks_t deadline,
                                                         uint8_t priority);

// Takes a block back, as corepool_fixed_pool_free; faster where it is known what size
// was asked for (COREPOOL_WRONG_SIZE: misuse, the block has less); and without asking
// the hook.
// [O(log banks); O(1) for classes made by init alone, as corepool_fixed_pool_free]
corepool_error_t corepool_multi_pool_free(corepool_multi_pool_t* pool, void* block);
corepool_error_t corepool_multi_pool_free_sized(corepool_multi_pool_t* pool,
                                                void* block, size_t size);
corepool_error_t corepool_multi_pool_free_directly(corepool_multi_pool_t* pool,
                                                   void* block);

// A block of at least `size` bytes with the first bytes of `block`, in its place: the
// same one if it is large enough, else another, and `block` has been freed. If that
// fails, `block` is as before. [O(size); and as allocate and free]
void* corepool_multi_pool_reallocate(corepool_multi_pool_t* pool, void* block,
                                     size_t size);
corepool_allocation_t corepool_multi_pool_try_reallocate(corepool_multi_pool_t* pool,
                                                         void* block, size_t size);

// Fills `blocks` with `count` blocks of at least `size` bytes, or takes none. Takes
// back every block that free would, and returns the first error. [O(count); each as
// allocate and free]
corepool_error_t corepool_multi_pool_allocate_bulk(corepool_multi_pool_t* pool,
                                                   size_t size, void** blocks,
                                                   size_t count);
corepool_error_t corepool_multi_pool_free_bulk(corepool_multi_pool_t* pool,
                                               void* const* blocks, size_t count);

// Bytes that the user of the block that starts at `address` may write, 0 if none does;
// whether one does; and who has it, with full checking.
// [any; wait-free; O(log banks)]
size_t corepool_multi_pool_size_of(const corepool_multi_pool_t* pool,
                                   const void* address);
bool corepool_multi_pool_owns(const corepool_multi_pool_t* pool, const void* address);
corepool_error_t corepool_multi_pool_set_owner(corepool_multi_pool_t* pool,
                                               const void* block,
                                               corepool_owner_tag_t owner);
corepool_owner_tag_t corepool_multi_pool_owner_of(const corepool_multi_pool_t* pool,
                                                  const void* block);

// Largest size that can be allocated; how many classes there are.
// [any; wait-free; O(1)]
size_t corepool_multi_pool_largest_size(const corepool_multi_pool_t* pool);
size_t corepool_multi_pool_class_count(const corepool_multi_pool_t* pool);

// Of the class that serves `size`, or of none, all 0; of all classes, in ascending
// order of block size, as far as there is room (returns how many); of all together,
// peak being the sum of peaks; and of class number `row`, false if there is none. [any;
// wait-free; O(banks)]
corepool_size_class_stats_t corepool_multi_pool_stats_for(
    const corepool_multi_pool_t* pool, size_t size);
size_t corepool_multi_pool_class_stats(const corepool_multi_pool_t* pool,
                                       corepool_size_class_stats_t* classes,
                                       size_t room);
corepool_pool_stats_t corepool_multi_pool_stats(const corepool_multi_pool_t* pool);
bool corepool_multi_pool_stats_at(const corepool_multi_pool_t* pool, size_t row,
                                  corepool_pool_row_t* info);

// As of a fixed pool, of every class.
void corepool_multi_pool_reset_peak(corepool_multi_pool_t* pool);
void corepool_multi_pool_flush_caches(corepool_multi_pool_t* pool);
// [threads; O(N); at rest alone]
corepool_audit_report_t corepool_multi_pool_audit(const corepool_multi_pool_t* pool,
                                                  corepool_audit_mode_t mode);

// The class table, of `room` classes, at most 16, that would have wasted least for the
// sizes asked for since init or reset_sizes. Some 8 KiB of stack.
// [threads; wait-free; O(128^2 * classes)]
corepool_advice_t corepool_multi_pool_advise(const corepool_multi_pool_t* pool,
                                             corepool_advised_class_t* table,
                                             size_t room);
// [alone; O(cores)]
void corepool_multi_pool_reset_sizes(corepool_multi_pool_t* pool);

#ifdef __cplusplus
}
#endif

#endif  // COREPOOL_C_MULTI_POOL_H_
