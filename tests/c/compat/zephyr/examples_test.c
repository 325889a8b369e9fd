/* The examples of "Memory Pools", the manual of Zephyr's microkernel, verbatim: they
 * compile, and do what the manual says. The pools are those of seed.mdef. */

#include <string.h>
#include <zephyr.h>

#include "tests/c/check.h"

static int warnings;

/* One of them prints a character constant. */
#define printf(text) (++warnings)

static void *filled;

static void RequestWithNoConditions(void)
{
  struct k_block block;

  task_mem_pool_alloc_wait(&block, MYPOOL, 80);

  memset(block.pointer_to_data, 0, 80);

  filled = block.pointer_to_data;
  CHECK(block.req_size == 80);
  CHECK(block.pool_id == MYPOOL);
  task_mem_pool_free(&block);
}

static struct k_block got;

static void RequestWithAConditionalTimeOut(void)
{
  struct k_block block;

  if (task_mem_pool_alloc_wait_timeout(&block, MYPOOL, 80, 5) == RC_OK) {
      /* use memory block */
  } else {
      printf('Memory allocation timeout');
  }

  got = block;
}

static void RequestWithANoBlockingCondition(void)
{
  struct k_block block;

  if (task_mem_pool_alloc (&block, MYPOOL, 80) == RC_OK) {
      /* use memory block */
  } else {
      printf('Memory allocation timeout');
  }

  got = block;
}

static void FreeABlockBackToAPool(int size)
{
  struct k_block block;

  task_mem_pool_alloc(&block, MYPOOL, size);
      /* use memory block */
  task_mem_pool_free(&block);
}

static void ManuallyDefragment(void)
{
  task_mem_pool_defragment(MYPOOL);
}

int main(void)
{
  struct k_block all[8];
  struct k_block large;
  int i;

  RequestWithNoConditions();
  CHECK(filled != NULL);

  RequestWithAConditionalTimeOut();
  CHECK(warnings == 0 && got.pointer_to_data != NULL);
  task_mem_pool_free(&got);
  RequestWithANoBlockingCondition();
  CHECK(warnings == 0 && got.pointer_to_data != NULL);
  task_mem_pool_free(&got);

  for (i = 0; i < 8; ++i) CHECK(task_mem_pool_alloc(&all[i], MYPOOL, 256) == RC_OK);
  RequestWithAConditionalTimeOut();
  CHECK(warnings == 1 && got.pointer_to_data == NULL);
  RequestWithANoBlockingCondition();
  CHECK(warnings == 2 && got.pointer_to_data == NULL);
  for (i = 0; i < 8; ++i) task_mem_pool_free(&all[i]);

  for (i = 0; i < 1000; ++i) FreeABlockBackToAPool(i);
  ManuallyDefragment();
  CHECK(task_mem_pool_alloc(&large, MYPOOL, 1024) == RC_OK);
  task_mem_pool_free(&large);

  /* The other pools of the manual's MDEF file. */
  CHECK(task_mem_pool_alloc(&large, MY_POOL, 8192) == RC_OK);
  CHECK(task_mem_pool_alloc(&got, MY_POOL, 1) == RC_FAIL);
  CHECK(large.pool_id == MY_POOL);
  for (i = 0; i < 5; ++i) {
    CHECK(task_mem_pool_alloc(&all[i], SECOND_POOL_ID, 1024) == RC_OK);
  }
  CHECK(task_mem_pool_alloc(&got, SECOND_POOL_ID, 1) == RC_FAIL);
  task_mem_pool_free(&large);
  for (i = 0; i < 5; ++i) task_mem_pool_free(&all[i]);
#undef printf
  return CheckResult();
}
