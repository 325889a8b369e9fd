// Functions of the user's that a pool calls: corepool/hooks.h in C, where it says what
// alarms promise.

#ifndef COREPOOL_C_HOOKS_H_
#define COREPOOL_C_HOOKS_H_

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

// What a pool has to tell.
typedef enum corepool_event_kind_t {
  COREPOOL_EVENT_USAGE_HIGH = 0,    // used has reached usage_percent of the capacity
  COREPOOL_EVENT_USAGE_NORMAL = 1,  // used has fallen below rearm_percent since
  COREPOOL_EVENT_FREE_LOW = 2,      // no more than low_free blocks are free
  COREPOOL_EVENT_FREE_NORMAL = 3,   // more than rearm_free are free again
  COREPOOL_EVENT_EXHAUSTED = 4      // an allocation got no block
} corepool_event_kind_t;

// One event. Valid during the hook's call only.
typedef struct corepool_pool_event_t {
  corepool_event_kind_t kind;
  const void* pool;       // the pool object
  const char* pool_name;  // as in its options, or ""
  size_t used;            // blocks, when the event came about; with caches an estimate
  size_t free;            // that is not too low. free is capacity - used
  size_t capacity;
  size_t number;  // of this alarm's events since init, from 1: odd ones raise it, even
                  // ones are back to normal. 0 for COREPOOL_EVENT_EXHAUSTED
  void* context;  // corepool_pool_hooks_t's
} corepool_pool_event_t;

typedef enum corepool_free_decision_t {
  COREPOOL_FREE = 0,  // go on and free the block
  COREPOOL_TAKEN = 1  // the hook has it: it stays allocated, until somebody frees it
} corepool_free_decision_t;

// A block that is about to be freed.
typedef struct corepool_free_request_t {
  const void* pool;
  const char* pool_name;
  void* block;   // the block's start, as given to free
  size_t index;  // of the block
  void* context;
} corepool_free_request_t;

// Of a percentage: no such alarm. Of a number of blocks, where 0 stands for no alarm:
// when none is free (see options.h).
#define COREPOOL_NO_ALARM 255
#define COREPOOL_WHEN_NONE_IS_FREE ((size_t)-2)

// Called in the context of the operation that gives rise to them, which may be an
// interrupt handler, and by several contexts at once. They may use the pool.
typedef struct corepool_pool_hooks_t {
  // Told of events. NULL: nobody is.
  void (*on_event)(const corepool_pool_event_t* event);
  // Asked before each block is freed. NULL: all are freed. The hook may free the block
  // itself, at any time, with free_directly, which asks nobody.
  corepool_free_decision_t (*on_free)(const corepool_free_request_t* request);
  void* context;  // handed to hooks

  // Of the capacity, rounded up, at most 100; 0 counts as 90 and 80.
  unsigned int usage_percent;
  unsigned int rearm_percent;
  // Blocks; 0: no such alarm. The second counts as the first if it is lower.
  size_t low_free;
  size_t rearm_free;
} corepool_pool_hooks_t;

#ifdef __cplusplus
}
#endif

#endif  // COREPOOL_C_HOOKS_H_
