// A pool of equal blocks that grows from a segment: corepool/dynamic_pool.h in C, which
// says what differs from a fixed pool.

#ifndef COREPOOL_C_DYNAMIC_POOL_H_
#define COREPOOL_C_DYNAMIC_POOL_H_

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

// Of corepool_dynamic_pool_options_t::maximum. 0 counts as the first.
#define COREPOOL_UNLIMITED ((size_t)-1)  // as many as the segment has room for
#define COREPOOL_NO_BLOCKS ((size_t)-2)  // a pool that is always exhausted

typedef struct corepool_dynamic_pool_options_t {
  size_t block_size;  // bytes that a block's user may write; at least 1
  size_t alignment;   // of every block; a power of two. 0: as malloc
  size_t initial;     // blocks that init takes from the segment
  size_t maximum;     // blocks, at least `initial`
  size_t growth;      // blocks that are taken at once when none is free; 0 counts as 1
  bool hardware;      // for blocks that hardware reads or writes: padded as the segment
                      // says, and never touched while free
  corepool_checking_t checking;
  corepool_caching_t caching;
  corepool_state_t state;
  size_t cores;      // as of corepool_pool_options_t, and all
  const char* name;  // that follows
  corepool_misuse_handler_t misuse_handler;
  void* misuse_context;
  const corepool_pool_hooks_t* hooks;
  corepool_waiters_t* waiters;
} corepool_dynamic_pool_options_t;

// All-zero, it is a pool without blocks.
typedef struct corepool_dynamic_pool_t {
  alignas(COREPOOL_OBJECT_ALIGNMENT) unsigned char opaque[COREPOOL_DYNAMIC_POOL_BYTES];
} corepool_dynamic_pool_t;

// [default: any; lock-free; O(1)]

// Bytes that init needs besides the blocks, for a segment of which `segment_bytes` are
// left and that pads to `padding_alignment` (0 counts as 1); 0 if init would refuse.
// And what they must be aligned to. [any; wait-free; O(1)]
size_t corepool_dynamic_pool_required_bookkeeping_bytes(
    const corepool_dynamic_pool_options_t* options, size_t segment_bytes,
    size_t padding_alignment);
size_t corepool_dynamic_pool_bookkeeping_alignment(void);
// The same for the segment as it is now. [any; wait-free; O(1)]
size_t corepool_dynamic_pool_required_bookkeeping_bytes_in(
    const corepool_dynamic_pool_options_t* options, const corepool_segment_t* segment);

// Makes a pool in `segment`, which must stay initialised until deinit, with
// `bookkeeping`, which must not lie in it and must stay valid. Errors, which leave
// everything as it was: COREPOOL_INVALID_SIZE, COREPOOL_INVALID_ALIGNMENT,
// COREPOOL_INVALID_COUNT, COREPOOL_TOO_LARGE, COREPOOL_INVALID_HOOKS,
// COREPOOL_UNSUPPORTED, COREPOOL_SEGMENT_EXHAUSTED (the initial blocks do not fit);
// of bookkeeping COREPOOL_NULL_MEMORY, COREPOOL_MISALIGNED_MEMORY,
// COREPOOL_MEMORY_TOO_SMALL, COREPOOL_OVERLAPPING_MEMORY; COREPOOL_NOT_INITIALIZED (the
// segment, or the waiters), COREPOOL_ALREADY_INITIALIZED, COREPOOL_TOO_MANY (the
// waiters are another pool's). [alone; lock-free; O(maximum)]
corepool_error_t corepool_dynamic_pool_init(
    corepool_dynamic_pool_t* pool, const corepool_dynamic_pool_options_t* options,
    corepool_segment_t* segment, void* bookkeeping, size_t bytes);
// The same with bookkeeping from another segment: COREPOOL_OVERLAPPING_MEMORY if it is
// the same one, COREPOOL_EXHAUSTED if it has no room. [alone; lock-free; O(maximum)]
corepool_error_t corepool_dynamic_pool_init_from_segments(
    corepool_dynamic_pool_t* pool, const corepool_dynamic_pool_options_t* options,
    corepool_segment_t* segment, corepool_segment_t* bookkeeping);

// Ends the pool; its blocks do not go back to the segment. COREPOOL_NOT_INITIALIZED, or
// COREPOOL_BLOCKS_IN_USE. [alone; lock-free; O(magazines); O(N) if leaks are reported]
corepool_error_t corepool_dynamic_pool_deinit(corepool_dynamic_pool_t* pool,
                                              corepool_leaks_t leaks);
// All blocks that have been grown are free again. Errors as deinit.
// [alone; lock-free; O(N)]
corepool_error_t corepool_dynamic_pool_clear(corepool_dynamic_pool_t* pool,
                                             corepool_leaks_t leaks);

// Blocks that could be allocated now without a free in between, and that the pool could
// still grow by. [any; wait-free; O(magazines)]
size_t corepool_dynamic_pool_available(const corepool_dynamic_pool_t* pool);
size_t corepool_dynamic_pool_growable(const corepool_dynamic_pool_t* pool);

// As they were given; 0 and NULL without init. [any; wait-free; O(1)]
size_t corepool_dynamic_pool_maximum(const corepool_dynamic_pool_t* pool);
const corepool_segment_t* corepool_dynamic_pool_segment(
    const corepool_dynamic_pool_t* pool);

// All that follows as of corepool_fixed_pool_t, with COREPOOL_SEGMENT_EXHAUSTED: no
// block is free, and the segment has no room for another.
// [O(magazines); O(growth) and some 10 RMW more to grow]
void* corepool_dynamic_pool_allocate(corepool_dynamic_pool_t* pool);
corepool_allocation_t corepool_dynamic_pool_try_allocate(corepool_dynamic_pool_t* pool);

// [threads; blocking; as corepool_dynamic_pool_allocate]
corepool_allocation_t corepool_dynamic_pool_allocate_until(
    corepool_dynamic_pool_t* pool, corepool_ticks_t deadline, uint8_t priority);

// [O(1), 0-8 RMW; a block's address is looked up, O(1) expected]
corepool_error_t corepool_dynamic_pool_free(corepool_dynamic_pool_t* pool, void* block);
corepool_error_t corepool_dynamic_pool_free_directly(corepool_dynamic_pool_t* pool,
                                                     void* block);

// [O(count); each as corepool_dynamic_pool_allocate or corepool_dynamic_pool_free]
corepool_error_t corepool_dynamic_pool_allocate_bulk(corepool_dynamic_pool_t* pool,
                                                     void** blocks, size_t count);
size_t corepool_dynamic_pool_allocate_up_to(corepool_dynamic_pool_t* pool,
                                            void** blocks, size_t count);
corepool_error_t corepool_dynamic_pool_free_bulk(corepool_dynamic_pool_t* pool,
                                                 void* const* blocks, size_t count);

// [O(cores); with rseq also as many system calls]
void corepool_dynamic_pool_flush_caches(corepool_dynamic_pool_t* pool);
// [alone; O(quarantine)]
void corepool_dynamic_pool_flush_quarantine(corepool_dynamic_pool_t* pool);

// [any; wait-free; O(1)]
bool corepool_dynamic_pool_is_initialized(const corepool_dynamic_pool_t* pool);
corepool_error_t corepool_dynamic_pool_set_owner(corepool_dynamic_pool_t* pool,
                                                 const void* block,
                                                 corepool_owner_tag_t owner);
corepool_owner_tag_t corepool_dynamic_pool_owner_of(const corepool_dynamic_pool_t* pool,
                                                    const void* block);
size_t corepool_dynamic_pool_index_of(const corepool_dynamic_pool_t* pool,
                                      const void* address);
void* corepool_dynamic_pool_block_at(const corepool_dynamic_pool_t* pool, size_t index);
bool corepool_dynamic_pool_looks_free(const corepool_dynamic_pool_t* pool, void* block);
bool corepool_dynamic_pool_owns(const corepool_dynamic_pool_t* pool,
                                const void* address);
corepool_caching_t corepool_dynamic_pool_caching(const corepool_dynamic_pool_t* pool);
corepool_checking_t corepool_dynamic_pool_checking(const corepool_dynamic_pool_t* pool);
corepool_state_t corepool_dynamic_pool_state(const corepool_dynamic_pool_t* pool);

// [any; wait-free; O(magazines)]
corepool_pool_stats_t corepool_dynamic_pool_stats(const corepool_dynamic_pool_t* pool);
// [O(1), 1 RMW]
void corepool_dynamic_pool_reset_peak(corepool_dynamic_pool_t* pool);
// [threads; O(N); at rest alone]
corepool_audit_report_t corepool_dynamic_pool_audit(const corepool_dynamic_pool_t* pool,
                                                    corepool_audit_mode_t mode);

#ifdef __cplusplus
}
#endif

#endif  // COREPOOL_C_DYNAMIC_POOL_H_
