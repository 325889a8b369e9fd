/* Memory maps: blocks of one size. */

#ifndef _MEMORY_MAP_H
#define _MEMORY_MAP_H

#include <corepool_zephyr.h>
#include <microkernel/base_api.h>
#include <nanokernel.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Sets *mptr to a block of the map; or to NULL, and returns RC_FAIL or RC_TIME, as
 * _task_mem_pool_alloc does. Who may call it: as that. */
extern int _task_mem_map_alloc(kmemory_map_t mmap, void** mptr, int32_t time);
/* Takes back the block at *mptr, and sets that to NULL. What is no allocated block of
 * the map is reported and otherwise ignored. From any context. */
extern void _task_mem_map_free(kmemory_map_t mmap, void** mptr);
/* How many blocks are allocated; 0 if there is no such map. From any context. */
extern int task_mem_map_used_get(kmemory_map_t map);

#define task_mem_map_free(m, p) _task_mem_map_free(m, p)

#if !defined(COREPOOL_ZEPHYR_API)
#define task_mem_map_alloc(...)                                                       \
  COREPOOL_ZEPHYR_FIFTH(__VA_ARGS__, 0, COREPOOL_ZEPHYR_MAP_3, COREPOOL_ZEPHYR_MAP_2, \
                        0)(__VA_ARGS__)
#define COREPOOL_ZEPHYR_MAP_2(m, p) _task_mem_map_alloc(m, p, TICKS_NONE)
#define COREPOOL_ZEPHYR_MAP_3(m, p, t) _task_mem_map_alloc(m, p, t)
#elif COREPOOL_ZEPHYR_API == 2015
#define task_mem_map_alloc(m, p) _task_mem_map_alloc(m, p, TICKS_NONE)
#else
#define task_mem_map_alloc(m, p, t) _task_mem_map_alloc(m, p, t)
#endif

#if !defined(COREPOOL_ZEPHYR_API) || COREPOOL_ZEPHYR_API == 2015
#define task_mem_map_alloc_wait(m, p) _task_mem_map_alloc(m, p, TICKS_UNLIMITED)
#ifdef CONFIG_SYS_CLOCK_EXISTS
#define task_mem_map_alloc_wait_timeout(m, p, t) _task_mem_map_alloc(m, p, t)
#endif
#endif

/* A map in the memory of this file, usable when main begins; elsewhere
 * `extern const kmemory_map_t name;`. */
#define DEFINE_MEM_MAP(name, blocks, block_size)                                   \
  COREPOOL_ZEPHYR_ID(kmemory_map_t, name);                                         \
  COREPOOL_ZEPHYR_ALIGNED static unsigned char                                     \
      corepool_map_memory_##name[COREPOOL_ZEPHYR_MAP_BYTES(blocks, block_size)];   \
  COREPOOL_ZEPHYR_AT_START(name) {                                                 \
    corepool_zephyr_must(                                                          \
        corepool_zephyr_map_create(&corepool_id_##name, #name, blocks, block_size, \
                                   corepool_map_memory_##name,                     \
                                   sizeof corepool_map_memory_##name),             \
        #name);                                                                    \
  }                                                                                \
  extern const kmemory_map_t name;

#ifdef __cplusplus
}
#endif

#endif /* _MEMORY_MAP_H */
