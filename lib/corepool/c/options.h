// What a pool is asked to be: corepool/options.h in C.
//
// All-zero options are the defaults, of every structure: what is not mentioned in
// { .block_size = 64, .block_count = 10 } need not be. Where 0 itself is meant, and
// means something else, there is a constant that says so, such as COREPOOL_NO_SPILLS.
//
// Objects must be all-zero before their init, as static ones are; on the stack
// initialise them with {0}. They must not be moved or copied.

#ifndef COREPOOL_C_OPTIONS_H_
#define COREPOOL_C_OPTIONS_H_

#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "corepool/c/error.h"
#include "corepool/c/hooks.h"
#include "corepool/c/misuse.h"
#include "corepool/c/storage.h"

#ifdef __cplusplus
extern "C" {
#endif

// How much misuse is looked for.
typedef enum corepool_checking_t {
  COREPOOL_CHECKING_BASIC = 0,   // double frees, bad pointers, writes to the start of
                                 // free blocks
  COREPOOL_CHECKING_OFF = 1,     // bad pointers only
  COREPOOL_CHECKING_STRICT = 2,  // as basic, and exact with caches too
  COREPOOL_CHECKING_FULL = 3     // as basic; patterns, guards and owners, for tests
} corepool_checking_t;

// How free blocks are kept close to the cores that use them.
typedef enum corepool_caching_t {
  COREPOOL_CACHING_AUTOMATIC = 0,
  COREPOOL_CACHING_RSEQ = 1,  // per-core magazines, by restartable sequences
  COREPOOL_CACHING_CAS = 2,   // per-core magazines, by compare-and-swap
  COREPOOL_CACHING_NONE = 3   // one shared free list
} corepool_caching_t;

// Where it is noted that a block is free.
typedef enum corepool_state_t {
  COREPOOL_STATE_AUTOMATIC = 0,
  COREPOOL_STATE_COOKIE = 1,  // in its first word
  COREPOOL_STATE_SIDE = 2     // beside the blocks: free blocks are never touched
} corepool_state_t;

// What deinit and clear do about blocks that are still allocated.
typedef enum corepool_leaks_t {
  COREPOOL_LEAKS_REFUSE = 0,  // refuse, with COREPOOL_BLOCKS_IN_USE: nothing changes
  COREPOOL_LEAKS_REPORT = 1,  // report each to the misuse handler, and go on
  COREPOOL_LEAKS_ABORT = 2,   // report each, and halt
  COREPOOL_LEAKS_IGNORE = 3   // go on
} corepool_leaks_t;

// How closely audit looks.
typedef enum corepool_audit_mode_t {
  COREPOOL_AUDIT_RUNNING = 0,  // while other calls are running
  COREPOOL_AUDIT_AT_REST = 1   // the caller promises that none is
} corepool_audit_mode_t;

typedef struct corepool_waiters_t corepool_waiters_t;

typedef struct corepool_pool_options_t {
  size_t block_size;   // bytes that a block's user may write; at least 1
  size_t block_count;  // 0 makes a pool that is always exhausted
  size_t alignment;    // of every block; a power of two. 0: as malloc
  corepool_checking_t checking;
  corepool_caching_t caching;
  corepool_state_t state;
  size_t cores;      // that get caches; 0: as many as the machine has, at most 64
  const char* name;  // for reports; must outlive the pool. NULL: ""
  corepool_misuse_handler_t misuse_handler;  // NULL: see corepool_set_misuse_handler
  void* misuse_context;                      // handed to the misuse handler
  const corepool_pool_hooks_t* hooks;        // must outlive the pool. NULL: none
  size_t quarantine;            // COREPOOL_CHECKING_FULL only: so many freed blocks are
                                // kept from being used again
  corepool_waiters_t* waiters;  // who may wait for blocks; must outlive the pool. NULL:
                                // nobody
} corepool_pool_options_t;

// What an allocation came to.
typedef struct corepool_allocation_t {
  corepool_error_t error;
  void* block;  // NULL unless COREPOOL_OK
} corepool_allocation_t;

#ifdef __cplusplus
}
#endif

#endif  // COREPOOL_C_OPTIONS_H_
