/* What a single task gets from memory pools and maps is what the original gave it, call
 * by call; and of the interface, every name, type and value. */

#include <corepool_zephyr.h>
#include <string.h>
#include <zephyr.h>

#include "tests/c/check.h"

COREPOOL_ZEPHYR_DEFINE_POOL(SPLIT, 64, 4096, 1);
COREPOOL_ZEPHYR_DEFINE_POOL(ODD, 64, 1000, 3);
COREPOOL_ZEPHYR_DEFINE_POOL(NOTHING, 64, 1024, 0);
DEFINE_MEM_MAP(SMALL_MAP, 4, 12)
extern const kmemory_map_t SMALL_MAP;

/* The fields of the original, in its order. */
struct original_block {
  kmemory_pool_t pool_id;
  void* address_in_pool;
  void* pointer_to_data;
  uint32_t req_size;
};
#define SAME_PLACE(field)                                                        \
  _Static_assert(                                                                \
      offsetof(struct k_block, field) == offsetof(struct original_block, field), \
      #field)
SAME_PLACE(pool_id);
SAME_PLACE(address_in_pool);
SAME_PLACE(pointer_to_data);
SAME_PLACE(req_size);
_Static_assert(sizeof(void*) == 4 ||
                   sizeof(struct k_block) == sizeof(struct original_block),
               "in the padding");
_Static_assert(sizeof(kmemory_pool_t) == 4 && (kmemory_pool_t)-1 > 0, "uint32_t");
_Static_assert(sizeof(kmemory_map_t) == 4 && (kmemory_map_t)-1 > 0, "uint32_t");
_Static_assert(RC_OK == 0 && RC_FAIL == 1 && RC_TIME == 2, "");
_Static_assert(RC_ALIGNMENT == 3 && RC_INCOMPLETE == 4, "");
_Static_assert(TICKS_UNLIMITED == -1 && TICKS_NONE == 0, "");
#ifndef CONFIG_SYS_CLOCK_EXISTS
#error there are ticks
#endif

static char* start;

static long Offset(const struct k_block* block) {
  return (long)((char*)block->pointer_to_data - start);
}

/* From the smallest on: address order within a parent, and the lowest free one first.
 */
static void SplitsInTheOrderOfAddresses(void) {
  static const long offsets[] = {0, 64, 128, 192, 256};
  struct k_block block[8];
  int i;

  for (i = 0; i < 5; ++i) {
    CHECK(task_mem_pool_alloc(&block[i], SPLIT, 64) == RC_OK);
    if (i == 0) start = block[0].pointer_to_data;
    CHECK(Offset(&block[i]) == offsets[i]);
  }
  CHECK(task_mem_pool_alloc(&block[5], SPLIT, 256) == RC_OK);
  CHECK(Offset(&block[5]) == 512);
  CHECK(task_mem_pool_alloc(&block[6], SPLIT, 1024) == RC_OK);
  CHECK(Offset(&block[6]) == 1024);
  task_mem_pool_free(&block[2]);
  CHECK(task_mem_pool_alloc(&block[2], SPLIT, 33) == RC_OK);
  CHECK(Offset(&block[2]) == 128);
  for (i = 0; i < 7; ++i) task_mem_pool_free(&block[i]);
  task_mem_pool_defragment(SPLIT);
  CHECK(task_mem_pool_alloc(&block[0], SPLIT, 4096) == RC_OK);
  CHECK(Offset(&block[0]) == 0);
  task_mem_pool_free(&block[0]);
}

/* "A block just larger than the needed size", of sizes 64, 256, 1024 and 4096. */
static void RoundsSizesUp(void) {
  static const struct {
    int size;
    int count;
  } all[] = {{-2147483647 - 1, 64},
             {-1, 64},
             {0, 64},
             {1, 64},
             {64, 64},
             {65, 16},
             {256, 16},
             {257, 4},
             {1024, 4},
             {1025, 1},
             {4096, 1}};
  struct k_block block[65];
  size_t i;

  for (i = 0; i < sizeof all / sizeof all[0]; ++i) {
    int count = 0;

    while (count < 65 &&
           task_mem_pool_alloc(&block[count], SPLIT, all[i].size) == RC_OK) {
      CHECK(block[count].pool_id == SPLIT);
      CHECK(block[count].req_size == (uint32_t)all[i].size);
      CHECK(block[count].address_in_pool == block[count].pointer_to_data);
      ++count;
    }
    CHECK(count == all[i].count);
    while (count > 0) task_mem_pool_free(&block[--count]);
  }
}

/* Merging what was left of splits is what a larger request does by itself. */
static void MergesForALargerRequest(void) {
  struct k_block block[64];
  struct k_block large;
  int i;

  for (i = 0; i < 64; ++i) CHECK(task_mem_pool_alloc(&block[i], SPLIT, 64) == RC_OK);
  CHECK(task_mem_pool_alloc(&large, SPLIT, 64) == RC_FAIL);
  for (i = 0; i < 64; ++i) {
    if (i != 17) task_mem_pool_free(&block[i]);
  }
  CHECK(task_mem_pool_alloc(&large, SPLIT, 4096) == RC_FAIL);
  CHECK(task_mem_pool_alloc(&large, SPLIT, 1024) == RC_OK);
  task_mem_pool_free(&large);
  task_mem_pool_free(&block[17]);
  CHECK(task_mem_pool_alloc(&large, SPLIT, 4096) == RC_OK);
  task_mem_pool_free(&large);
}

static void FailsAsItSays(void) {
  struct k_block block;
  struct k_block all;
  int ticks;

  CHECK(task_mem_pool_alloc(&all, SPLIT, 4096) == RC_OK);
  CHECK(task_mem_pool_alloc(&block, SPLIT, 1) == RC_FAIL);
  CHECK(task_mem_pool_alloc_wait_timeout(&block, SPLIT, 1, 1) == RC_TIME);
  CHECK(task_mem_pool_alloc_wait_timeout(&block, SPLIT, 1, TICKS_NONE) == RC_FAIL);
  CHECK(task_mem_pool_alloc_wait_timeout(&block, SPLIT, 1, -2) == RC_TIME);
  for (ticks = -1; ticks <= 1; ++ticks) {
    /* What no block could satisfy, however long one waited. */
    CHECK(_task_mem_pool_alloc(&block, SPLIT, 4097, ticks) == RC_FAIL);
    CHECK(_task_mem_pool_alloc(&block, SPLIT, 2147483647, ticks) == RC_FAIL);
    CHECK(_task_mem_pool_alloc(&block, NOTHING, 1, ticks) == RC_FAIL);
    CHECK(_task_mem_pool_alloc(&block, (kmemory_pool_t)-1, 1, ticks) == RC_FAIL);
    CHECK(_task_mem_pool_alloc(&block, 0, 1, ticks) == RC_FAIL);
  }
  task_mem_pool_free(&all);
  CHECK(task_mem_pool_alloc_wait(&block, SPLIT, 4096) == RC_OK);
  task_mem_pool_free(&block);
  CHECK(corepool_zephyr_misuse_count() == 0);
}

/* Sizes that are no power of 4 apart: every request up to the maximum is served. */
static void ServesOddSizes(void) {
  struct k_block block[12];
  int count = 0;
  int i;

  for (i = 0; i < 3; ++i) {
    CHECK(task_mem_pool_alloc(&block[i], ODD, 1000) == RC_OK);
    memset(block[i].pointer_to_data, i, 1000);
  }
  CHECK(task_mem_pool_alloc(&block[3], ODD, 1) == RC_FAIL);
  for (i = 0; i < 3; ++i) {
    CHECK(((unsigned char*)block[i].pointer_to_data)[999] == i);
    task_mem_pool_free(&block[i]);
  }
  while (count < 12 && task_mem_pool_alloc(&block[count], ODD, 64) == RC_OK) ++count;
  CHECK(count == 12);
  while (count > 0) task_mem_pool_free(&block[--count]);
}

/* The block goes back whole, wherever pointer_to_data has been moved to; and as it is.
 */
static void LeavesDataAlone(void) {
  struct k_block block;
  struct k_block copy;
  char* data;

  CHECK(task_mem_pool_alloc(&block, SPLIT, 100) == RC_OK);
  data = block.pointer_to_data;
  memset(data, 0x5a, 256);
  copy = block;
  copy.pointer_to_data = data + 50;
  task_mem_pool_free(&copy);
  CHECK(data[0] == 0x5a && data[255] == 0x5a);
  CHECK(task_mem_pool_alloc(&block, SPLIT, 100) == RC_OK);
  CHECK(block.pointer_to_data == data);
  CHECK(data[0] == 0x5a && data[255] == 0x5a);
  task_mem_pool_free(&block);
  CHECK(corepool_zephyr_misuse_count() == 0);
}

/* A descriptor made of its documented parts is one. */
static void FreesByAnyDescriptor(void) {
  struct k_block block;
  struct k_block rebuilt;

  CHECK(task_mem_pool_alloc(&block, SPLIT, 100) == RC_OK);
  memset(&rebuilt, 0x33, sizeof rebuilt);
  rebuilt.pool_id = block.pool_id;
  rebuilt.address_in_pool = block.address_in_pool;
  rebuilt.pointer_to_data = block.pointer_to_data;
  rebuilt.req_size = block.req_size;
  task_mem_pool_free(&rebuilt);
  CHECK(corepool_zephyr_misuse_count() == 0);
  CHECK(task_mem_pool_alloc(&block, SPLIT, 4096) == RC_OK);
  task_mem_pool_free(&block);
}

static void MapsHaveBlocksOfOneSize(void) {
  void* block[5];
  void* again;
  int i, j;

  CHECK(task_mem_map_used_get(SMALL_MAP) == 0);
  for (i = 0; i < 4; ++i) {
    CHECK(task_mem_map_alloc(SMALL_MAP, &block[i]) == RC_OK);
    CHECK(task_mem_map_used_get(SMALL_MAP) == i + 1);
    memset(block[i], i, 12);
    for (j = 0; j < i; ++j) CHECK(((char*)block[j])[11] == j);
  }
  again = &again;
  CHECK(task_mem_map_alloc(SMALL_MAP, &again) == RC_FAIL);
  CHECK(again == NULL);
  again = &again;
  CHECK(task_mem_map_alloc_wait_timeout(SMALL_MAP, &again, 1) == RC_TIME);
  CHECK(again == NULL);
  again = block[2];
  task_mem_map_free(SMALL_MAP, &block[2]);
  CHECK(block[2] == NULL);
  CHECK(task_mem_map_used_get(SMALL_MAP) == 3);
  CHECK(task_mem_map_alloc_wait(SMALL_MAP, &block[2]) == RC_OK);
  CHECK(block[2] == again);
  for (i = 0; i < 4; ++i) task_mem_map_free(SMALL_MAP, &block[i]);
  CHECK(task_mem_map_used_get(SMALL_MAP) == 0);
  CHECK(task_mem_map_alloc((kmemory_map_t)7, &again) == RC_FAIL && again == NULL);
  CHECK(task_mem_map_used_get((kmemory_map_t)7) == 0);
  CHECK(corepool_zephyr_misuse_count() == 0);
}

static void TellsWhatPoolsHold(void) {
  struct corepool_zephyr_pool_info info;
  struct k_block block;

  CHECK(task_mem_pool_alloc(&block, SPLIT, 100) == RC_OK);
  CHECK(corepool_zephyr_pool_info_get(SPLIT, &info) == RC_OK);
  CHECK(strcmp(info.name, "SPLIT") == 0);
  CHECK(info.min_block_size == 64 && info.max_block_size == 4096);
  CHECK(info.block_count == 1);
  CHECK(info.used == 256);
  CHECK(info.peak == 4096);
  CHECK(info.largest_free == 1024);
  CHECK(info.allocations == info.frees + 1);
  CHECK(info.failures > 0 && info.misuses == 0 && info.waiting == 0);
  task_mem_pool_free(&block);
  CHECK(corepool_zephyr_pool_info_get(0, &info) == RC_FAIL);
}

/* At run time, and in whatever memory. */
static void MakesPoolsAtRunTime(void) {
  static unsigned char memory[COREPOOL_ZEPHYR_POOL_BYTES(32, 512, 2) + 130];
  struct corepool_zephyr_pool wanted = {"made",           32, 512, 2, 0, memory + 3,
                                        sizeof memory - 3};
  struct k_block block;
  kmemory_pool_t id = 0;
  const size_t bytes = corepool_zephyr_pool_bytes(&wanted);
  int i;

  CHECK(bytes != 0 && bytes <= COREPOOL_ZEPHYR_POOL_BYTES(32, 512, 2));
  for (i = 0; i < 3; ++i) {
    CHECK(corepool_zephyr_pool_create(&id, &wanted) == RC_OK);
    CHECK(task_mem_pool_alloc(&block, id, 512) == RC_OK);
    CHECK((unsigned char*)block.pointer_to_data >= memory);
    CHECK((unsigned char*)block.pointer_to_data + 512 <= memory + sizeof memory);
    CHECK(corepool_zephyr_pool_delete(id) == RC_FAIL);
    task_mem_pool_free(&block);
    CHECK(corepool_zephyr_pool_delete(id) == RC_OK);
    CHECK(corepool_zephyr_pool_delete(id) == RC_FAIL);
    CHECK(task_mem_pool_alloc(&block, id, 512) == RC_FAIL);
  }
  id = 77;
  wanted.bytes = 1000;
  CHECK(corepool_zephyr_pool_create(&id, &wanted) == RC_FAIL);
  wanted.bytes = sizeof memory - 3;
  wanted.min_block_size = 0;
  CHECK(corepool_zephyr_pool_create(&id, &wanted) == RC_FAIL);
  CHECK(corepool_zephyr_pool_bytes(&wanted) == 0);
  wanted.min_block_size = 513;
  CHECK(corepool_zephyr_pool_create(&id, &wanted) == RC_FAIL);
  wanted.min_block_size = 32;
  wanted.memory = NULL;
  CHECK(corepool_zephyr_pool_create(&id, &wanted) == RC_FAIL);
  wanted.memory = memory;
  wanted.max_block_size = SIZE_MAX;
  CHECK(corepool_zephyr_pool_create(&id, &wanted) == RC_FAIL);
  wanted.max_block_size = SIZE_MAX / 2;
  CHECK(corepool_zephyr_pool_create(&id, &wanted) == RC_FAIL);
  wanted.max_block_size = 512;
  wanted.block_count = SIZE_MAX / 512 + 2;
  CHECK(corepool_zephyr_pool_create(&id, &wanted) == RC_FAIL);
  CHECK(id == 77);
}

static void MakesNoMorePoolsThanThereMayBe(void) {
  static unsigned char memory[COREPOOL_ZEPHYR_POOLS]
                             [COREPOOL_ZEPHYR_POOL_BYTES(64, 64, 1) + 128];
  kmemory_pool_t ids[COREPOOL_ZEPHYR_POOLS];
  int made = 0;

  while (made < COREPOOL_ZEPHYR_POOLS) {
    const struct corepool_zephyr_pool wanted = {
        NULL, 64, 64, 1, 0, memory[made], sizeof memory[made]};

    if (corepool_zephyr_pool_create(&ids[made], &wanted) != RC_OK) break;
    ++made;
  }
  CHECK(made == COREPOOL_ZEPHYR_POOLS - 3);
  while (made > 0) CHECK(corepool_zephyr_pool_delete(ids[--made]) == RC_OK);
}

static void TakesPrioritiesAndTime(void) {
  const int64_t then = task_tick_get();
  int64_t reference = 0;

  CHECK(task_id_get() == task_id_get());
  CHECK(task_priority_get() == COREPOOL_ZEPHYR_PRIORITY);
  task_priority_set(task_id_get(), 7);
  CHECK(task_priority_get() == 7);
  task_priority_set(task_id_get() + 1, 8);
  CHECK(isr_task_priority_get() == 7);
  corepool_zephyr_set_priority(3000);
  CHECK(task_priority_get() == 255);
  corepool_zephyr_set_priority(-1);
  CHECK(task_priority_get() == 0);
  CHECK(task_tick_delta(&reference) == 0);
  task_sleep(2);
  task_yield();
  CHECK(task_tick_delta_32(&reference) >= 1);
  CHECK(task_tick_get() > then);
  CHECK(SECONDS(2) == 200 && MSEC(50) == 5 && USEC(10000) == 1);
}

int main(void) {
  SplitsInTheOrderOfAddresses();
  RoundsSizesUp();
  MergesForALargerRequest();
  FailsAsItSays();
  ServesOddSizes();
  LeavesDataAlone();
  FreesByAnyDescriptor();
  MapsHaveBlocksOfOneSize();
  TellsWhatPoolsHold();
  MakesPoolsAtRunTime();
  MakesNoMorePoolsThanThereMayBe();
  TakesPrioritiesAndTime();
  return CheckResult();
}
