/* What was wrong with the original's memory pools and those that came after them, one
 * test each: it does not happen here. What needs several tasks is in waits_test,
 * threads_test and signal_test. */

#include <corepool_zephyr.h>
#include <string.h>
#include <zephyr.h>

#include "tests/c/check.h"

COREPOOL_ZEPHYR_DEFINE_POOL(POOL, 64, 1024, 2);
COREPOOL_ZEPHYR_DEFINE_POOL(OTHER, 64, 1024, 2);
COREPOOL_ZEPHYR_DEFINE_POOL(MANY, 16, 64, 61);
COREPOOL_ZEPHYR_DEFINE_POOL(MAX44, 8, 44, 5);
COREPOOL_ZEPHYR_DEFINE_POOL(THREE, 64, 256, 3);
COREPOOL_ZEPHYR_DEFINE_POOL(HEAP, 64, 1024, 1);
DEFINE_MEM_MAP(MAP, 3, 32)

static struct corepool_zephyr_misuse last;
static int misuses;

static void Note(const struct corepool_zephyr_misuse* misuse) {
  last = *misuse;
  ++misuses;
}

/* The call was refused, for that reason, and told; and nothing came of it. */
static void ExpectRefused(const char* kind, const void* block) {
  CHECK(misuses == 1);
  CHECK(strcmp(last.kind, kind) == 0);
  CHECK(last.block == block);
  misuses = 0;
}

static size_t UsedOf(kmemory_pool_t pool) {
  struct corepool_zephyr_pool_info info;

  CHECK(corepool_zephyr_pool_info_get(pool, &info) == RC_OK);
  return info.used;
}

/* "A stale copy of a descriptor frees a block re-allocated to somebody else: two live
 * descriptors alias." */
static void AStaleCopyFreesNothing(void) {
  struct k_block first, stale, second, third;

  CHECK(task_mem_pool_alloc(&first, POOL, 64) == RC_OK);
  stale = first;
  task_mem_pool_free(&first);
  CHECK(task_mem_pool_alloc(&second, POOL, 64) == RC_OK);
  CHECK(second.pointer_to_data == stale.pointer_to_data);
  task_mem_pool_free(&stale);
  ExpectRefused("kDoubleFree", stale.address_in_pool);
  CHECK(task_mem_pool_alloc(&third, POOL, 64) == RC_OK);
  CHECK(third.pointer_to_data != second.pointer_to_data);
  task_mem_pool_free(&third);
  task_mem_pool_free(&second);
  CHECK(misuses == 0 && UsedOf(POOL) == 0);
}

/* However often the place has been somebody else's since. */
static void AStaleCopyStaysStale(void) {
  struct k_block stale, block;
  long i;

  CHECK(task_mem_pool_alloc(&stale, POOL, 64) == RC_OK);
  block = stale;
  task_mem_pool_free(&block);
  for (i = 0; i < 20000; ++i) {
    struct k_block again;

    CHECK(task_mem_pool_alloc(&block, POOL, 64) == RC_OK);
    again = stale;
    task_mem_pool_free(&again);
    ExpectRefused("kDoubleFree", stale.address_in_pool);
    task_mem_pool_free(&block);
    CHECK(misuses == 0);
    if (misuses != 0) break;
  }
  CHECK(UsedOf(POOL) == 0);
}

/* "Freeing with an altered req_size corrupts: 64-byte block at offset 0 freed as 256 =>
 * parent given out while children still allocatable: overlapping live blocks." */
static void AnAlteredSizeFreesNothing(void) {
  static const uint32_t sizes[] = {65, 256, 1024, 1025, 0x7fffffff};
  struct k_block small, large;
  size_t i;

  CHECK(task_mem_pool_alloc(&small, POOL, 64) == RC_OK);
  for (i = 0; i < sizeof sizes / sizeof sizes[0]; ++i) {
    struct k_block altered = small;

    altered.req_size = sizes[i];
    task_mem_pool_free(&altered);
    ExpectRefused("kWrongSize", small.address_in_pool);
  }
  CHECK(UsedOf(POOL) == 64);
  CHECK(task_mem_pool_alloc(&large, POOL, 256) == RC_OK);
  CHECK((char*)large.pointer_to_data >= (char*)small.pointer_to_data + 256);
  task_mem_pool_free(&large);
  task_mem_pool_free(&small);
  CHECK(misuses == 0 && UsedOf(POOL) == 0);
}

/* "Double free / foreign pointer / wrong pool: silently ignored", and later an
 * assertion or an endless loop. */
static void DoubleForeignAndStrayFreesAreTold(void) {
  struct k_block block, other;
  char stray;

  CHECK(task_mem_pool_alloc(&block, POOL, 200) == RC_OK);
  other = block;
  other.pool_id = OTHER;
  task_mem_pool_free(&other);
  ExpectRefused("kForeignPointer", block.address_in_pool);
  other.pool_id = 0x00020000;
  task_mem_pool_free(&other);
  ExpectRefused("kForeignPointer", block.address_in_pool);
  other = block;
  other.address_in_pool = &stray;
  task_mem_pool_free(&other);
  ExpectRefused("kForeignPointer", &stray);
  other.address_in_pool = (char*)block.address_in_pool + 64;
  task_mem_pool_free(&other);
  ExpectRefused("kInteriorPointer", other.address_in_pool);
  other.address_in_pool = (char*)block.address_in_pool + 1;
  task_mem_pool_free(&other);
  ExpectRefused("kMisalignedPointer", other.address_in_pool);
  task_mem_pool_free(&block);
  CHECK(misuses == 0);
  task_mem_pool_free(&block);
  ExpectRefused("kDoubleFree", block.address_in_pool);
  CHECK(UsedOf(POOL) == 0 && UsedOf(OTHER) == 0);
}

/* "On failure the descriptor is still written: stale/garbage address_in_pool." */
static void AFailedRequestLeavesADescriptorOfNothing(void) {
  struct k_block block;

  memset(&block, 0x77, sizeof block);
  CHECK(task_mem_pool_alloc(&block, POOL, 1025) == RC_FAIL);
  CHECK(block.address_in_pool == NULL && block.pointer_to_data == NULL);
  task_mem_pool_free(&block);
  task_mem_pool_free(NULL);
  CHECK(misuses == 0);
}

/* "Defrag ran past the quad-block array when all entries in use." */
static void DefragmentingAFullPoolIsHarmless(void) {
  struct k_block block[32];
  struct k_block extra;
  int i;

  for (i = 0; i < 32; ++i) CHECK(task_mem_pool_alloc(&block[i], POOL, 64) == RC_OK);
  task_mem_pool_defragment(POOL);
  for (i = 0; i < 32; i += 2) task_mem_pool_free(&block[i]);
  task_mem_pool_defragment(POOL);
  for (i = 0; i < 32; i += 2) CHECK(task_mem_pool_alloc(&block[i], POOL, 1) == RC_OK);
  CHECK(task_mem_pool_alloc(&extra, POOL, 1) == RC_FAIL);
  for (i = 0; i < 32; ++i) task_mem_pool_free(&block[i]);
  task_mem_pool_defragment(POOL);
  task_mem_pool_defragment((kmemory_pool_t)-1);
  CHECK(misuses == 0 && UsedOf(POOL) == 0);
}

/* "Over-large request gave negative level index." */
static void OverlargeRequestsFail(void) {
  struct k_block block;
  unsigned shift;

  for (shift = 11; shift < 31; ++shift) {
    CHECK(task_mem_pool_alloc(&block, POOL, 1 << shift) == RC_FAIL);
  }
  CHECK(task_mem_pool_alloc_wait(&block, POOL, 1025) == RC_FAIL);
  CHECK(UsedOf(POOL) == 0);
}

/* Fills the pool with blocks of `size`, each written from end to end, and returns how
 * many there were and were sound. */
static int Fill(kmemory_pool_t pool, int size) {
  static struct k_block block[300];
  int count = 0;
  int sound = 0;
  int i, j;

  while (count < 300 && task_mem_pool_alloc(&block[count], pool, size) == RC_OK) {
    memset(block[count].pointer_to_data, count, (size_t)size);
    ++count;
  }
  for (i = 0; i < count; ++i) {
    const unsigned char* const data = block[i].pointer_to_data;

    for (j = 0; j < size && data[j] == (unsigned char)i; ++j) continue;
    if (j == size) ++sound;
    task_mem_pool_free(&block[i]);
  }
  CHECK(sound == count);
  CHECK(misuses == 0 && UsedOf(pool) == 0);
  return count;
}

/* "Crash with n_max 61"; ZEP-1051, the last block; "max not a multiple of 4 blocks
 * overflows the buffer and bitmap". */
static void AnyNumberOfBlocksWillDo(void) {
  CHECK(Fill(MANY, 64) == 61);
  CHECK(Fill(MANY, 16) == 244);
  CHECK(Fill(THREE, 256) == 3);
  CHECK(Fill(THREE, 64) == 12);
}

/* "44-byte max split into overlapping blocks." */
static void OddSizesDoNotOverlap(void) {
  CHECK(Fill(MAX44, 44) == 5);
  CHECK(Fill(MAX44, 11) == 20);
  CHECK(Fill(MAX44, 1) == 20);
}

/* "Integer overflow": of a pool's size, and of task_malloc's. */
static void SizesDoNotOverflow(void) {
  static unsigned char memory[COREPOOL_ZEPHYR_POOL_BYTES(64, 64, 1)];
  struct corepool_zephyr_pool pool = {"overflown", 64, 64, 0, 0, memory, sizeof memory};
  kmemory_pool_t id;
  unsigned shift;

  for (shift = 20; shift < sizeof(size_t) * 8; ++shift) {
    pool.block_count = (size_t)1 << shift;
    CHECK(corepool_zephyr_pool_create(&id, &pool) == RC_FAIL);
    pool.block_count -= 1;
    CHECK(corepool_zephyr_pool_create(&id, &pool) == RC_FAIL);
  }
  CHECK(task_malloc(UINT32_MAX) == NULL);
  CHECK(task_malloc(UINT32_MAX - 10) == NULL);
}

/* "Success with NULL data"; "wait returns 0 with NULL pointer". */
static void SuccessMeansABlock(void) {
  struct k_block block[33];
  void* held[3];
  void* mapped;
  int count = 0;
  int i;

  while (count < 33 && task_mem_pool_alloc(&block[count], POOL, 64) == RC_OK) {
    CHECK(block[count].pointer_to_data != NULL);
    ++count;
  }
  CHECK(count == 32);
  for (i = 0; i < count; ++i) task_mem_pool_free(&block[i]);
  for (i = 0; i < 3; ++i) {
    CHECK(task_mem_map_alloc_wait(MAP, &held[i]) == RC_OK && held[i] != NULL);
  }
  CHECK(task_mem_map_alloc_wait_timeout(MAP, &mapped, 1) == RC_TIME && mapped == NULL);
  CHECK(task_mem_map_used_get(MAP) == 3);
  for (i = 0; i < 3; ++i) task_mem_map_free(MAP, &held[i]);
}

/* "Double k_mem_slab_free -> num_used 0xFFFFFFFF". */
static void MapsRefuseDoubleAndForeignFrees(void) {
  void* block;
  void* again;
  void* other;
  void* stray = &other;

  CHECK(task_mem_map_alloc(MAP, &block) == RC_OK);
  CHECK(task_mem_map_alloc(MAP, &other) == RC_OK);
  again = block;
  task_mem_map_free(MAP, &block);
  CHECK(block == NULL);
  task_mem_map_free(MAP, &block);
  CHECK(misuses == 0);
  block = again;
  task_mem_map_free(MAP, &again);
  ExpectRefused("kDoubleFree", block);
  task_mem_map_free(MAP, &stray);
  ExpectRefused("kForeignPointer", &other);
  again = (char*)other + 4;
  task_mem_map_free(MAP, &again);
  CHECK(misuses == 1 && last.id == MAP);
  misuses = 0;
  CHECK(task_mem_map_used_get(MAP) == 1);
  task_mem_map_free(MAP, &other);
  CHECK(task_mem_map_used_get(MAP) == 0);
  CHECK(misuses == 0);
}

/* "Cyclic alloc/free splits and merges the whole tree each time." Nothing is merged
 * before it is wanted: the next small block comes from what is left of the split. */
static void FreeingDoesNotMerge(void) {
  struct k_block kept, block;
  void* place;
  int i;

  CHECK(task_mem_pool_alloc(&kept, POOL, 64) == RC_OK);
  CHECK(task_mem_pool_alloc(&block, POOL, 64) == RC_OK);
  place = block.pointer_to_data;
  for (i = 0; i < 1000; ++i) {
    task_mem_pool_free(&block);
    CHECK(task_mem_pool_alloc(&block, POOL, 64) == RC_OK);
    CHECK(block.pointer_to_data == place);
  }
  task_mem_pool_free(&block);
  task_mem_pool_free(&kept);
}

/* "No alignment guarantee". */
static void BlocksAreAligned(void) {
  struct k_block block;
  void* heap;

  CHECK(task_mem_pool_alloc(&block, POOL, 1) == RC_OK);
  CHECK((uintptr_t)block.pointer_to_data % 64 == 0);
  task_mem_pool_free(&block);
  heap = task_malloc(1);
  CHECK((uintptr_t)heap % 16 == 0);
  task_free(heap);
}

/* task_malloc had a descriptor in front of the data, which an overrun of the block
 * before destroyed; and took room for it from the block. */
static void HeapBlocksAreTheUsersFromEndToEnd(void) {
  unsigned char* block[16];
  int i;

  for (i = 0; i < 16; ++i) {
    block[i] = task_malloc(64);
    CHECK(block[i] != NULL);
    memset(block[i], i, 64);
  }
  CHECK(task_malloc(0) == NULL);
  for (i = 0; i < 16; ++i) {
    CHECK(block[i][0] == i && block[i][63] == i);
    task_free(block[i]);
  }
  task_free(NULL);
  CHECK(misuses == 0);
  task_free(block[3]);
  ExpectRefused("kDoubleFree", block[3]);
  task_free(block[3] + 1);
  ExpectRefused("kMisalignedPointer", block[3] + 1);
  block[0] = task_malloc(1024);
  CHECK(block[0] != NULL);
  task_free(block[0]);
  block[0] = task_malloc(0);
  CHECK(block[0] != NULL);
  task_free(block[0]);
}

int main(void) {
  CHECK(task_malloc(1) == NULL);
  CHECK(corepool_zephyr_set_heap(HEAP) == RC_OK);
  CHECK(corepool_zephyr_on_misuse(&Note) == NULL);
  AStaleCopyFreesNothing();
  AStaleCopyStaysStale();
  AnAlteredSizeFreesNothing();
  DoubleForeignAndStrayFreesAreTold();
  AFailedRequestLeavesADescriptorOfNothing();
  DefragmentingAFullPoolIsHarmless();
  OverlargeRequestsFail();
  AnyNumberOfBlocksWillDo();
  OddSizesDoNotOverlap();
  SizesDoNotOverflow();
  MapsRefuseDoubleAndForeignFrees();
  SuccessMeansABlock();
  FreeingDoesNotMerge();
  BlocksAreAligned();
  HeapBlocksAreTheUsersFromEndToEnd();
  CHECK(corepool_zephyr_on_misuse(NULL) == &Note);
  return CheckResult();
}
