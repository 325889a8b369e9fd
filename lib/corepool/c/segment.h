// A memory region that is carved into pieces for good: corepool/segment.h in C.

#ifndef COREPOOL_C_SEGMENT_H_
#define COREPOOL_C_SEGMENT_H_

#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "corepool/c/error.h"
#include "corepool/c/options.h"
#include "corepool/c/storage.h"

#ifdef __cplusplus
extern "C" {
#endif

// All-zero, it has no memory.
typedef struct corepool_segment_t {
  alignas(COREPOOL_OBJECT_ALIGNMENT) unsigned char opaque[COREPOOL_SEGMENT_BYTES];
} corepool_segment_t;

// What one allocation from a segment came to.
typedef struct corepool_segment_allocation_t {
  corepool_error_t error;  // COREPOOL_OK, or one of those of try_allocate
  void* memory;            // NULL unless COREPOOL_OK
  size_t missing;          // COREPOOL_EXHAUSTED: so many bytes more and it would have
                           // succeeded; otherwise 0
} corepool_segment_allocation_t;

// The same for several blocks at once.
typedef struct corepool_segment_blocks_t {
  corepool_error_t error;
  void* memory;    // the first block
  size_t count;    // 0 unless COREPOOL_OK
  size_t stride;   // bytes from one block to the next
  size_t missing;  // bytes, for one block
} corepool_segment_blocks_t;

typedef struct corepool_segment_stats_t {
  size_t size;       // bytes
  size_t used;       // bytes gone, with what alignment has cost
  size_t remaining;  // size - used
  size_t padding_alignment;
  size_t pools;  // initialised in it
} corepool_segment_stats_t;

// A segment as it was when it was looked at.
#define COREPOOL_SEGMENT_NAME_BYTES 32
typedef struct corepool_segment_info_t {
  char name[COREPOOL_SEGMENT_NAME_BYTES];  // cut off if longer
  const void* memory;
  corepool_segment_stats_t stats;
} corepool_segment_info_t;

// Where an iteration over all segments stands; all-zero before the first.
typedef struct corepool_segment_cursor_t {
  uint64_t opaque[1];
} corepool_segment_cursor_t;

// In all of these an `alignment` of 0 stands for the default, as of malloc.
// [default: any; lock-free; O(1)]

// All of `memory`, which must stay valid until deinit, as must `name`, "" if NULL.
// `padding_alignment` is what allocate_hardware aligns and pads to; 0 counts as 1.
// Errors, which leave everything as it was: COREPOOL_NULL_MEMORY,
// COREPOOL_INVALID_SIZE, COREPOOL_INVALID_ALIGNMENT, COREPOOL_TOO_LARGE,
// COREPOOL_ALREADY_REGISTERED (a segment has exactly this memory),
// COREPOOL_OVERLAPPING_MEMORY, COREPOOL_ALREADY_INITIALIZED.
// [alone; blocking; O(segments)]
corepool_error_t corepool_segment_init(corepool_segment_t* segment, const char* name,
                                       void* memory, size_t bytes,
                                       size_t padding_alignment);

// Gives the memory back. COREPOOL_NOT_INITIALIZED; COREPOOL_BLOCKS_IN_USE while dynamic
// pools are initialised in it. [alone; blocking; O(segments)]
corepool_error_t corepool_segment_deinit(corepool_segment_t* segment);
// Starts anew, with all bytes remaining. Errors as deinit. [alone; blocking; O(1)]
corepool_error_t corepool_segment_clear(corepool_segment_t* segment);

// `size` bytes with undefined contents; or NULL, and try_allocate tells why, having
// taken nothing: COREPOOL_EXHAUSTED, COREPOOL_INVALID_SIZE, COREPOOL_INVALID_ALIGNMENT,
// COREPOOL_NOT_INITIALIZED. [O(1), 1 RMW]
void* corepool_segment_allocate(corepool_segment_t* segment, size_t size,
                                size_t alignment);
corepool_segment_allocation_t corepool_segment_try_allocate(corepool_segment_t* segment,
                                                            size_t size,
                                                            size_t alignment);

// The same for memory that hardware reads or writes: aligned and padded to the
// segment's padding. [O(1), 1 RMW]
void* corepool_segment_allocate_hardware(corepool_segment_t* segment, size_t size,
                                         size_t alignment);
corepool_segment_allocation_t corepool_segment_try_allocate_hardware(
    corepool_segment_t* segment, size_t size, size_t alignment);

// As many blocks of `size` bytes as there is room for, at least 1 and at most `most`,
// one after the other. Errors as try_allocate. [O(1), 1 RMW]
corepool_segment_blocks_t corepool_segment_allocate_up_to(corepool_segment_t* segment,
                                                          size_t most, size_t size,
                                                          size_t alignment);

// The largest size that could be allocated now; 0 for an alignment that is none.
// [any; wait-free; O(1)]
size_t corepool_segment_remaining(const corepool_segment_t* segment, size_t alignment);

// [any; wait-free; O(1)]
size_t corepool_segment_size(const corepool_segment_t* segment);
size_t corepool_segment_used(const corepool_segment_t* segment);
size_t corepool_segment_padding_alignment(const corepool_segment_t* segment);
const char* corepool_segment_name(const corepool_segment_t* segment);
bool corepool_segment_is_initialized(const corepool_segment_t* segment);
bool corepool_segment_owns(const corepool_segment_t* segment, const void* address);
corepool_segment_stats_t corepool_segment_stats(const corepool_segment_t* segment);

// The next initialised segment, in order of their init; false, and `info` untouched,
// after the last. [threads; blocking; O(segments)]
bool corepool_segment_next(corepool_segment_cursor_t* cursor,
                           corepool_segment_info_t* info);

#ifdef __cplusplus
}
#endif

#endif  // COREPOOL_C_SEGMENT_H_
