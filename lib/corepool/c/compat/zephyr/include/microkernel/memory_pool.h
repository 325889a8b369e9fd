/* Memory pools: blocks of many sizes, split in four and merged again. */

#ifndef _MEMORY_POOL_H
#define _MEMORY_POOL_H

#include <microkernel/base_api.h>
#include <nanokernel.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Which of the original's interfaces it is, if the program is to be held to one:
 *   2015  task_mem_pool_alloc(b, p, s), _wait and _wait_timeout, as macros
 *   2016  task_mem_pool_alloc(b, p, s, ticks), a function, and no other
 * Not defined: all of them, task_mem_pool_alloc by the number of its arguments. */
#ifdef COREPOOL_ZEPHYR_API
#if COREPOOL_ZEPHYR_API != 2015 && COREPOOL_ZEPHYR_API != 2016
#error COREPOOL_ZEPHYR_API is either 2015 or 2016
#endif
#endif

/* A block of at least `size` bytes of pool `p`, described in `b`; a size of 0 or less
 * asks for a smallest block. RC_OK; RC_FAIL, with TICKS_NONE at once if there is none,
 * and whatever the ticks if there can never be: the size is more than the pool's
 * largest, there is no such pool, or it has no blocks; RC_TIME if there was none for so
 * many ticks. Unless it is RC_OK, both pointers of `b` are NULL. With TICKS_NONE from
 * any context, interrupt handlers too; else threads only. */
extern int _task_mem_pool_alloc(struct k_block* b, kmemory_pool_t p, int size,
                                int32_t ticks);

/* The same: the form of 2016. */
extern int task_mem_pool_alloc(struct k_block* blockptr, kmemory_pool_t pool_id,
                               int reqsize, int32_t timeout);

/* Takes the block back; from any context. What is no descriptor of an allocated block
 * is reported (corepool_zephyr_on_misuse) and otherwise ignored; one of a call that
 * failed, or NULL, is ignored. */
extern void task_mem_pool_free(struct k_block* b);

/* Merges what can be merged now instead of when it is wanted, and offers it to those
 * who wait. From any context. */
extern void task_mem_pool_defragment(kmemory_pool_t p);

/* A block of the heap, HEAP_SIZE of the MDEF file; NULL if there is none. Never waits;
 * from any context. */
extern void* task_malloc(uint32_t size);
/* Takes it back; NULL is ignored. From any context. */
extern void task_free(void* ptr);

#if !defined(COREPOOL_ZEPHYR_API) || COREPOOL_ZEPHYR_API == 2015

#ifdef COREPOOL_ZEPHYR_API
#define task_mem_pool_alloc(b, p, s) _task_mem_pool_alloc(b, p, s, TICKS_NONE)
#else
#define task_mem_pool_alloc(...)                                                     \
  COREPOOL_ZEPHYR_FIFTH(__VA_ARGS__, COREPOOL_ZEPHYR_POOL_4, COREPOOL_ZEPHYR_POOL_3, \
                        0, 0)(__VA_ARGS__)
#define COREPOOL_ZEPHYR_POOL_3(b, p, s) _task_mem_pool_alloc(b, p, s, TICKS_NONE)
#define COREPOOL_ZEPHYR_POOL_4(b, p, s, t) _task_mem_pool_alloc(b, p, s, t)
#endif

#define task_mem_pool_alloc_wait(b, p, s) _task_mem_pool_alloc(b, p, s, TICKS_UNLIMITED)

#ifdef CONFIG_SYS_CLOCK_EXISTS
#define task_mem_pool_alloc_wait_timeout(b, p, s, t) _task_mem_pool_alloc(b, p, s, t)
#endif

#endif

#ifdef __cplusplus
}
#endif

#endif /* _MEMORY_POOL_H */
