// What a pool tells about itself: corepool/stats.h in C.

#ifndef COREPOOL_C_STATS_H_
#define COREPOOL_C_STATS_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "corepool/c/error.h"

#ifdef __cplusplus
extern "C" {
#endif

// used, free, allocations and frees are of one instant where `exact` is true.
typedef struct corepool_pool_stats_t {
  size_t capacity;    // blocks in the pool
  size_t free;        // capacity - used
  size_t used;        // blocks allocated
  size_t peak;        // most blocks ever used at once, since reset_peak
  size_t block_size;  // bytes that a block's user may write
  size_t stride;      // bytes from one block to the next

  size_t cores;              // that have a cache of their own
  size_t magazine_size;      // most blocks in one such cache
  size_t bookkeeping_bytes;  // of memory, besides the blocks

  // Since init. At rest allocations - frees + withheld == used.
  uint64_t allocations;  // blocks handed out, bulks counted by block
  uint64_t frees;        // blocks taken back
  uint64_t failures;     // calls that got none for want of blocks
  uint64_t misuses;      // reports to the misuse handler
  uint64_t steals;       // blocks that one core took from another's cache
  uint64_t withheld;     // blocks, damaged or freed twice, that nobody gets any more

  int tag_bits;  // of the free list's tag, which guards against ABA: see
                 // corepool_pool_stats_tag_wrap_microseconds

  size_t quarantined;  // blocks among the used ones that have been freed

  bool exact;
} corepool_pool_stats_t;

// One line of a report on pools.
#define COREPOOL_LABEL_BYTES 16
typedef struct corepool_pool_row_t {
  corepool_pool_stats_t stats;
  char label[COREPOOL_LABEL_BYTES];  // what tells it from the pool's other rows, or ""
} corepool_pool_row_t;

// What audit found.
typedef struct corepool_audit_report_t {
  corepool_error_t error;  // COREPOOL_OK; COREPOOL_CORRUPTED, COREPOOL_WRITE_AFTER_FREE
                           // or COREPOOL_OVERRUN
  size_t index;            // a block that shows the fault, or COREPOOL_NO_INDEX
  size_t free;             // blocks walked over on the free list
  size_t used;             // all others
  bool inconclusive;       // traffic changed the list during every walk
} corepool_audit_report_t;

// How many free blocks cores may keep from others' first look.
// [any; wait-free; O(1)]
size_t corepool_pool_stats_cache_bound(const corepool_pool_stats_t* stats);

// For how many microseconds a pool must be kept busy at `rate` allocations and frees a
// second, while one context stands still in the middle of an operation, before that
// context could be deceived. [any; wait-free; O(1)]
uint64_t corepool_pool_stats_tag_wrap_microseconds(const corepool_pool_stats_t* stats,
                                                   uint64_t rate);

#ifdef __cplusplus
}
#endif

#endif  // COREPOOL_C_STATS_H_
