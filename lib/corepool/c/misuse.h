// Who is told when a pool is misused: corepool/misuse.h in C.

#ifndef COREPOOL_C_MISUSE_H_
#define COREPOOL_C_MISUSE_H_

#include <stddef.h>
#include <stdint.h>

#include "corepool/c/error.h"

#ifdef __cplusplus
extern "C" {
#endif

// No block of the pool.
#define COREPOOL_NO_INDEX ((size_t)-1)

// Who has a block, as far as anybody has told: a code address, or whatever the user
// chose (set_owner). 0: nobody knows.
typedef uintptr_t corepool_owner_tag_t;

// One misuse, as it was detected. Valid during the handler's call only.
typedef struct corepool_misuse_report_t {
  corepool_error_t kind;  // COREPOOL_FOREIGN_POINTER to COREPOOL_LEAK
  const void* pool;       // the pool object
  const char* pool_name;  // as in its options, or ""
  const void* block;      // the pointer given, or the block found damaged
  size_t index;           // of the block, or COREPOOL_NO_INDEX
  uint32_t core;          // that noticed; 0 where nobody can tell
  void* context;          // misuse_context of the options
  // COREPOOL_WRITE_AFTER_FREE and COREPOOL_OVERRUN: the first damaged byte, counted
  // from the block's start, or COREPOOL_NO_INDEX; eight bytes from there on, and what
  // they should be, as big-endian numbers.
  size_t offset;
  uint64_t found;
  uint64_t expected;
  corepool_owner_tag_t owner;  // who has the block, or had it last; 0 unless
                               // COREPOOL_CHECKING_FULL
} corepool_misuse_report_t;

// Called in the context of the operation that noticed, which may be an interrupt
// handler, and by several contexts at once. May use the pool. If it returns, the
// operation is refused with the report's kind, and the pool is sound.
typedef void (*corepool_misuse_handler_t)(const corepool_misuse_report_t* report);

// Sets the handler of all pools that have none of their own, those made in C++ too, and
// returns the one before, NULL if that was none of C. NULL stands for the default: it
// shows the report, on standard error where there is one, and aborts.
// [any; wait-free; O(1), 2 RMW]
corepool_misuse_handler_t corepool_set_misuse_handler(
    corepool_misuse_handler_t handler);

#ifdef __cplusplus
}
#endif

#endif  // COREPOOL_C_MISUSE_H_
