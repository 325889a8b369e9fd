// A process-wide list of pools, for reports, consoles and debuggers:
// corepool/registry.h in C. Pools of C and C++ are on the same list.

#ifndef COREPOOL_C_REGISTRY_H_
#define COREPOOL_C_REGISTRY_H_

#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "corepool/c/dynamic_pool.h"
#include "corepool/c/error.h"
#include "corepool/c/fixed_pool.h"
#include "corepool/c/multi_pool.h"
#include "corepool/c/priority_pool.h"
#include "corepool/c/quad_pool.h"
#include "corepool/c/stats.h"
#include "corepool/c/storage.h"

#ifdef __cplusplus
extern "C" {
#endif

// A copy of what is known of a registered pool.
#define COREPOOL_NAME_BYTES 32
typedef struct corepool_pool_info_t {
  corepool_pool_row_t row;         // stats and label
  char name[COREPOOL_NAME_BYTES];  // cut off where it does not fit
  uint64_t serial;  // of the registration, from 1 on: larger for later ones
  size_t number;    // of the row, from 0 on, of the pool's
} corepool_pool_info_t;

// Keeps a pool registered. All-zero, it does not.
typedef struct corepool_registry_entry_t {
  alignas(
      COREPOOL_OBJECT_ALIGNMENT) unsigned char opaque[COREPOOL_REGISTRY_ENTRY_BYTES];
} corepool_registry_entry_t;

// A place in the list; all-zero before its beginning. One context at a time. It holds
// nothing: it may be kept for any time, and copied.
typedef struct corepool_registry_cursor_t {
  uint64_t opaque[2];
} corepool_registry_cursor_t;

// Put the pool on the list: after its init; it must be taken off before its deinit.
// Name and pool must outlive the registration; the name need not be unique.
// COREPOOL_ALREADY_INITIALIZED, and nothing has changed, if the entry is registered;
// COREPOOL_NOT_INITIALIZED if the pool has never been. [owner; lock-free; O(1), 3 RMW]
corepool_error_t corepool_registry_add_fixed_pool(corepool_registry_entry_t* entry,
                                                  const char* name,
                                                  const corepool_fixed_pool_t* pool);
corepool_error_t corepool_registry_add_multi_pool(corepool_registry_entry_t* entry,
                                                  const char* name,
                                                  const corepool_multi_pool_t* pool);
corepool_error_t corepool_registry_add_dynamic_pool(
    corepool_registry_entry_t* entry, const char* name,
    const corepool_dynamic_pool_t* pool);
corepool_error_t corepool_registry_add_priority_pool(
    corepool_registry_entry_t* entry, const char* name,
    const corepool_priority_pool_t* pool);
corepool_error_t corepool_registry_add_quad_pool(corepool_registry_entry_t* entry,
                                                 const char* name,
                                                 const corepool_quad_pool_t* pool);

// Takes the pool off the list, then waits until nobody is looking at it any more.
// COREPOOL_NOT_INITIALIZED if it is not registered. Threads only.
// [threads; blocking; O(pools); and one grace period]
corepool_error_t corepool_registry_remove(corepool_registry_entry_t* entry);

// Copies what comes next, in order of registration; false, and `info` is as it was, if
// there is nothing. [any; lock-free; O(pools), 2 RMW; and as the pool's stats]
bool corepool_registry_next(corepool_registry_cursor_t* cursor,
                            corepool_pool_info_t* info);
// The same for row `row` of the pool of that name; of several, the one registered
// first. [any; lock-free; O(pools), 2 RMW; and as the pool's stats]
bool corepool_registry_find(const char* name, corepool_pool_info_t* info, size_t row);
// How many pools are registered. [any; lock-free; O(pools), 2 RMW]
size_t corepool_registry_count(void);

#ifdef __cplusplus
}
#endif

#endif  // COREPOOL_C_REGISTRY_H_
