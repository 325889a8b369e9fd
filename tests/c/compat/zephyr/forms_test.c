/* The interfaces of 2015 and of 2016, each alone and both together: COREPOOL_ZEPHYR_API
 * says which. Also for compilers of C from before 1999, and of C++. */

#include <corepool_zephyr.h>
#include <microkernel.h>
#include <microkernel/base_api.h>
#include <microkernel/memory_map.h>
#include <microkernel/memory_pool.h>
#include <microkernel/task.h>
#include <microkernel/ticks.h>
#include <misc/printk.h>
#include <nanokernel.h>
#include <sys_clock.h>
#include <zephyr.h>

#include "tests/c/check.h"

COREPOOL_ZEPHYR_DEFINE_POOL(POOL, 64, 256, 1);
DEFINE_MEM_MAP(MAP, 1, 32)

#if !defined(COREPOOL_ZEPHYR_API) || COREPOOL_ZEPHYR_API == 2015
static void Form2015(void) {
  struct k_block block, more;
  void *mapped, *another;

  CHECK(task_mem_pool_alloc(&block, POOL, 100) == RC_OK);
  CHECK(task_mem_pool_alloc(&more, POOL, 100) == RC_FAIL);
  CHECK(task_mem_pool_alloc_wait_timeout(&more, POOL, 100, 1) == RC_TIME);
  task_mem_pool_free(&block);
  CHECK(task_mem_pool_alloc_wait(&block, POOL, 100) == RC_OK);
  task_mem_pool_free(&block);
  CHECK(task_mem_map_alloc(MAP, &mapped) == RC_OK);
  CHECK(task_mem_map_alloc(MAP, &another) == RC_FAIL);
  CHECK(task_mem_map_alloc_wait_timeout(MAP, &another, 1) == RC_TIME);
  task_mem_map_free(MAP, &mapped);
  CHECK(task_mem_map_alloc_wait(MAP, &mapped) == RC_OK);
  task_mem_map_free(MAP, &mapped);
}
#else
#if defined(task_mem_pool_alloc_wait) || defined(task_mem_pool_alloc)
#error only a function
#endif
#endif

#if !defined(COREPOOL_ZEPHYR_API) || COREPOOL_ZEPHYR_API == 2016
static void Form2016(void) {
  int (*const function)(struct k_block*, kmemory_pool_t, int, int32_t) =
      &task_mem_pool_alloc;
  struct k_block block, more;
  void *mapped, *another;

  CHECK(task_mem_pool_alloc(&block, POOL, 100, TICKS_NONE) == RC_OK);
  CHECK(task_mem_pool_alloc(&more, POOL, 100, TICKS_NONE) == RC_FAIL);
  CHECK(task_mem_pool_alloc(&more, POOL, 100, 1) == RC_TIME);
  CHECK(task_mem_pool_alloc(&more, POOL, 257, 1) == RC_FAIL);
  task_mem_pool_free(&block);
  CHECK(function(&block, POOL, 100, TICKS_UNLIMITED) == RC_OK);
  task_mem_pool_free(&block);
  CHECK(task_mem_map_alloc(MAP, &mapped, TICKS_UNLIMITED) == RC_OK);
  CHECK(task_mem_map_alloc(MAP, &another, TICKS_NONE) == RC_FAIL);
  CHECK(task_mem_map_alloc(MAP, &another, 1) == RC_TIME);
  task_mem_map_free(MAP, &mapped);
}
#endif

int main(void) {
#if !defined(COREPOOL_ZEPHYR_API) || COREPOOL_ZEPHYR_API == 2015
  Form2015();
#endif
#if !defined(COREPOOL_ZEPHYR_API) || COREPOOL_ZEPHYR_API == 2016
  Form2016();
#endif
  printk("microkernel\n");
  CHECK(corepool_zephyr_misuse_count() == 0);
  return CheckResult();
}
