/* Tasks that wait, on one core with ticks that only pass when they are told to: who
 * gets what, when, and who runs next. */

#include <corepool_zephyr.h>
#include <corepool_zephyr_baton.h>
#include <stdio.h>
#include <string.h>
#include <zephyr.h>

#include "tests/c/check.h"

COREPOOL_ZEPHYR_DEFINE_POOL(POOL, 64, 1024, 2);
COREPOOL_ZEPHYR_DEFINE_POOL(LARGE, 64, 4096, 1);
DEFINE_MEM_MAP(MAP, 2, 32)

/* What tasks tell of themselves, in order. */
static char told[400];

static void Tell(const char* name, int result) {
  char line[40];

  snprintf(line, sizeof line, "%s:%d ", name, result);
  strncat(told, line, sizeof told - strlen(told) - 1);
}

static void ExpectTold(const char* expected) {
  if (strcmp(told, expected) != 0) fprintf(stderr, "told: %s\n", told);
  CHECK(strcmp(told, expected) == 0);
  told[0] = '\0';
}

struct waiter {
  const char* name;
  kmemory_pool_t pool;
  int size;
  int32_t ticks;
  struct k_block block;
};

static void WaitForBlock(void* argument) {
  struct waiter* const self = argument;

  Tell(self->name,
       _task_mem_pool_alloc(&self->block, self->pool, self->size, self->ticks));
}

static struct k_block all[64];
static int taken;

static void TakeAll(kmemory_pool_t pool, int size) {
  taken = 0;
  while (task_mem_pool_alloc(&all[taken], pool, size) == RC_OK) ++taken;
}

static void GiveAll(int from) {
  while (taken > from) task_mem_pool_free(&all[--taken]);
}

/* "When a memory block becomes available it is given to the highest priority task that
 * has waited the longest"; and that runs before the less urgent one's next statement.
 */
static void TheMostUrgentThenTheLongestWaiting(void) {
  static struct waiter late = {"late", 0, 1000, TICKS_UNLIMITED, {0}};
  static struct waiter one = {"one", 0, 1000, TICKS_UNLIMITED, {0}};
  static struct waiter two = {"two", 0, 1000, TICKS_UNLIMITED, {0}};

  late.pool = one.pool = two.pool = POOL;
  TakeAll(POOL, 1024);
  corepool_zephyr_baton_begin();
  corepool_zephyr_baton_start(8, &WaitForBlock, &late);
  corepool_zephyr_baton_start(3, &WaitForBlock, &one);
  corepool_zephyr_baton_start(3, &WaitForBlock, &two);
  corepool_zephyr_baton_advance(1000000);
  ExpectTold("");
  task_mem_pool_free(&all[0]);
  ExpectTold("one:0 ");
  task_mem_pool_free(&all[1]);
  ExpectTold("two:0 ");
  task_mem_pool_free(&one.block);
  ExpectTold("late:0 ");
  task_mem_pool_free(&two.block);
  task_mem_pool_free(&late.block);
  corepool_zephyr_baton_end();
}

/* "Waits up to 5 ticks." */
static void ForSoManyTicks(void) {
  static struct waiter first = {"first", 0, 80, 5, {0}};
  static struct waiter second = {"second", 0, 80, 5, {0}};
  static struct waiter never = {"never", 0, 2000, TICKS_UNLIMITED, {0}};

  first.pool = second.pool = never.pool = POOL;
  TakeAll(POOL, 256);
  CHECK(taken == 8);
  corepool_zephyr_baton_begin();
  corepool_zephyr_baton_start(7, &WaitForBlock, &first);
  corepool_zephyr_baton_advance(4);
  ExpectTold("");
  corepool_zephyr_baton_advance(1);
  ExpectTold("first:2 ");
  CHECK(first.block.pointer_to_data == NULL);
  corepool_zephyr_baton_start(7, &WaitForBlock, &second);
  corepool_zephyr_baton_advance(4);
  GiveAll(7);
  ExpectTold("second:0 ");
  /* What no block could satisfy is refused at once. */
  corepool_zephyr_baton_start(7, &WaitForBlock, &never);
  ExpectTold("never:1 ");
  task_mem_pool_free(&second.block);
  GiveAll(0);
  corepool_zephyr_baton_end();
}

/* The system's ticks need not be the port's: 50 a second are two of the baton's each.
 */
static void TicksAreAsLongAsTheSystemSays(void) {
  static struct waiter slow = {"slow", 0, 80, 5, {0}};
  const int before = sys_clock_ticks_per_sec;

  CHECK(before == 100);
  slow.pool = POOL;
  TakeAll(POOL, 1024);
  corepool_zephyr_baton_begin();
  sys_clock_ticks_per_sec = 50;
  corepool_zephyr_baton_start(7, &WaitForBlock, &slow);
  corepool_zephyr_baton_advance(9);
  ExpectTold("");
  corepool_zephyr_baton_advance(1);
  ExpectTold("slow:2 ");
  sys_clock_ticks_per_sec = before;
  GiveAll(0);
  corepool_zephyr_baton_end();
}

/* A free looks at all who wait, in order; who cannot be served is passed over, and
 * served when merging makes a block, without having to defragment. */
static void LargeOnesArePassedOverNotForgotten(void) {
  static struct waiter large = {"large", 0, 600, TICKS_UNLIMITED, {0}};
  static struct waiter small = {"small", 0, 64, TICKS_UNLIMITED, {0}};
  struct k_block passing;
  int i;

  large.pool = small.pool = POOL;
  TakeAll(POOL, 64);
  CHECK(taken == 32);
  corepool_zephyr_baton_begin();
  corepool_zephyr_baton_start(3, &WaitForBlock, &large);
  corepool_zephyr_baton_start(8, &WaitForBlock, &small);
  task_mem_pool_free(&all[0]);
  ExpectTold("small:0 ");
  task_mem_pool_free(&all[1]);
  CHECK(task_mem_pool_alloc(&passing, POOL, 64) == RC_OK);
  for (i = 16; i < 31; ++i) task_mem_pool_free(&all[i]);
  task_mem_pool_defragment(POOL);
  ExpectTold("");
  task_mem_pool_free(&all[31]);
  ExpectTold("large:0 ");
  CHECK(large.block.address_in_pool == all[16].address_in_pool);
  for (i = 2; i < 16; ++i) task_mem_pool_free(&all[i]);
  task_mem_pool_free(&passing);
  task_mem_pool_free(&small.block);
  task_mem_pool_free(&large.block);
  corepool_zephyr_baton_end();
}

/* "Big waiters can starve": not in a pool that keeps strict order. */
static void InStrictOrderLargeOnesDoNotStarve(void) {
  static unsigned char memory[COREPOOL_ZEPHYR_POOL_BYTES(64, 1024, 1) + 128];
  const struct corepool_zephyr_pool strict = {"strict", 64,     1024,         1,
                                              1,        memory, sizeof memory};
  static struct waiter large = {"large", 0, 1024, TICKS_UNLIMITED, {0}};
  static struct waiter small = {"small", 0, 64, 3, {0}};
  kmemory_pool_t pool;

  CHECK(corepool_zephyr_pool_create(&pool, &strict) == RC_OK);
  large.pool = small.pool = pool;
  TakeAll(pool, 64);
  CHECK(taken == 16);
  corepool_zephyr_baton_begin();
  corepool_zephyr_baton_start(3, &WaitForBlock, &large);
  corepool_zephyr_baton_start(8, &WaitForBlock, &small);
  task_mem_pool_free(&all[0]);
  ExpectTold("");
  corepool_zephyr_baton_advance(3);
  ExpectTold("small:2 ");
  CHECK(corepool_zephyr_pool_delete(pool) == RC_FAIL);
  while (taken > 1) task_mem_pool_free(&all[--taken]);
  ExpectTold("large:0 ");
  task_mem_pool_free(&large.block);
  corepool_zephyr_baton_end();
  CHECK(corepool_zephyr_pool_delete(pool) == RC_OK);
}

/* A descriptor that was handed over is as good as any. */
static void HandedOverBlocksAreValidated(void) {
  static struct waiter taker = {"taker", 0, 4096, TICKS_UNLIMITED, {0}};
  const uint64_t before = corepool_zephyr_misuse_count();
  struct k_block stale;

  taker.pool = LARGE;
  TakeAll(LARGE, 4096);
  stale = all[0];
  corepool_zephyr_baton_begin();
  corepool_zephyr_baton_start(3, &WaitForBlock, &taker);
  GiveAll(0);
  ExpectTold("taker:0 ");
  CHECK(taker.block.address_in_pool == stale.address_in_pool);
  task_mem_pool_free(&stale);
  CHECK(corepool_zephyr_misuse_count() == before + 1);
  task_mem_pool_free(&taker.block);
  CHECK(corepool_zephyr_misuse_count() == before + 1);
  corepool_zephyr_baton_end();
}

static void* mapped;

static void WaitForMap(void* argument) {
  Tell("map", task_mem_map_alloc_wait_timeout(MAP, &mapped, *(int32_t*)argument));
}

static void MapsHandOverToo(void) {
  static int32_t ticks = 4;
  void* block[2];

  CHECK(task_mem_map_alloc(MAP, &block[0]) == RC_OK);
  CHECK(task_mem_map_alloc(MAP, &block[1]) == RC_OK);
  corepool_zephyr_baton_begin();
  corepool_zephyr_baton_start(3, &WaitForMap, &ticks);
  corepool_zephyr_baton_advance(4);
  ExpectTold("map:2 ");
  CHECK(mapped == NULL);
  corepool_zephyr_baton_start(3, &WaitForMap, &ticks);
  task_mem_map_free(MAP, &block[1]);
  ExpectTold("map:0 ");
  CHECK(mapped != NULL && task_mem_map_used_get(MAP) == 2);
  task_mem_map_free(MAP, &mapped);
  task_mem_map_free(MAP, &block[0]);
  corepool_zephyr_baton_end();
}

/* More tasks than have places wait all the same, and look again every tick. */
static void AnyNumberOfTasksMayWait(void) {
  enum { kTasks = COREPOOL_ZEPHYR_WAITERS + 4 };
  static struct waiter tasks[kTasks];
  struct k_block block;
  int served = 0;
  int i;

  CHECK(task_mem_pool_alloc(&block, LARGE, 4096) == RC_OK);
  corepool_zephyr_baton_begin();
  for (i = 0; i < kTasks; ++i) {
    tasks[i].name = "";
    tasks[i].pool = LARGE;
    tasks[i].size = 4096;
    tasks[i].ticks = i == kTasks - 1 ? 7 : TICKS_UNLIMITED;
    corepool_zephyr_baton_start(5, &WaitForBlock, &tasks[i]);
  }
  corepool_zephyr_baton_advance(6);
  ExpectTold("");
  corepool_zephyr_baton_advance(1);
  ExpectTold(":2 ");
  task_mem_pool_free(&block);
  while (served < kTasks - 1) {
    for (i = 0; i < kTasks; ++i) {
      if (tasks[i].block.pointer_to_data == NULL) continue;
      ++served;
      block = tasks[i].block;
      tasks[i].block.pointer_to_data = NULL;
      task_mem_pool_free(&block);
    }
    corepool_zephyr_baton_advance(1);
  }
  corepool_zephyr_baton_end();
  CHECK(task_mem_pool_alloc(&block, LARGE, 4096) == RC_OK);
  task_mem_pool_free(&block);
}

int main(void) {
  TheMostUrgentThenTheLongestWaiting();
  ForSoManyTicks();
  TicksAreAsLongAsTheSystemSays();
  LargeOnesArePassedOverNotForgotten();
  InStrictOrderLargeOnesDoNotStarve();
  HandedOverBlocksAreValidated();
  MapsHandOverToo();
  AnyNumberOfTasksMayWait();
  return CheckResult();
}
