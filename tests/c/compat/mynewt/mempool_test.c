/* What one context gets is what Mynewt documents, and what a plain list would give. */

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "os/os_mempool.h"
#include "tests/c/check.h"

enum { kBlocks = 10, kSize = 33 };
#define STRIDE (OS_MEMPOOL_BYTES(1, kSize))

static os_membuf_t memory[OS_MEMPOOL_SIZE(kBlocks, kSize)];
static struct os_mempool pool;
static char name[] = "pool";

static char *BlockAt(int index) {
  return (char *)memory + index * (ptrdiff_t)STRIDE;
}

/* Whether the free list is these blocks, in this order, for who walks it. */
static int Lists(const int *indices, int count) {
  struct os_memblock *block;
  int i = 0;
  SLIST_FOREACH(block, &pool, mb_next) {
    if (i == count || (char *)block != BlockAt(indices[i])) return 0;
    i++;
  }
  return i == count;
}

static int ListsAll(void) {
  int all[kBlocks];
  for (int i = 0; i < kBlocks; i++) all[i] = i;
  return Lists(all, kBlocks);
}

static void SizesAreAsDocumented(void) {
  CHECK(sizeof(os_membuf_t) == OS_ALIGNMENT);
  CHECK(OS_MEMPOOL_SIZE(3, 2 * OS_ALIGNMENT) == 6);
  CHECK(OS_MEMPOOL_SIZE(3, 2 * OS_ALIGNMENT + 1) == 9);
  CHECK(OS_MEMPOOL_SIZE(0, 100) == 0);
  CHECK(OS_MEMPOOL_BYTES(3, 1) == 3 * OS_ALIGNMENT);
  CHECK(OS_MEMPOOL_BLOCK_SZ(7) == 7);
  CHECK(OS_MEMPOOL_INFO_NAME_LEN == 32);
  CHECK(OS_MEMPOOL_F_EXT == 1);
}

static void BadArgumentsChangeNothing(void) {
  struct os_mempool other;
  memset(&other, 0x5a, sizeof(other));
  const struct os_mempool before = other;
  CHECK(os_mempool_init(NULL, kBlocks, kSize, memory, name) == OS_INVALID_PARM);
  CHECK(os_mempool_init(&other, kBlocks, 0, memory, name) == OS_INVALID_PARM);
  CHECK(os_mempool_init(&other, kBlocks, kSize, NULL, name) == OS_INVALID_PARM);
  CHECK(os_mempool_init(&other, kBlocks, kSize, (char *)memory + 1, name) ==
        OS_MEM_NOT_ALIGNED);
  CHECK(os_mempool_init(&other, kBlocks, kSize, (char *)memory + OS_ALIGNMENT / 2,
                        name) == OS_MEM_NOT_ALIGNED);
  CHECK(memcmp(&other, &before, sizeof(other)) == 0);
  CHECK(os_mempool_info_get_next(NULL, &(struct os_mempool_info){0}) == NULL);
  CHECK(os_mempool_clear(NULL) == OS_INVALID_PARM);
  CHECK(os_mempool_unregister(NULL) == OS_INVALID_PARM);
  CHECK(os_memblock_get(NULL) == NULL);
  CHECK(os_memblock_put(NULL, memory) == OS_INVALID_PARM);
  CHECK(os_memblock_put_from_cb(NULL, memory) == OS_INVALID_PARM);
}

static void APoolThatWasNeverMadeHasNoBlocks(void) {
  static struct os_mempool none;
  CHECK(os_memblock_get(&none) == NULL);
  CHECK(os_memblock_put(&none, memory) == OS_INVALID_PARM);
  CHECK(os_memblock_from(&none, memory) == 0);
  CHECK(os_mempool_clear(&none) == OS_OK);
  CHECK(os_mempool_is_sane(&none));
}

static void InitLaysBlocksOutInAscendingOrder(void) {
  CHECK(os_mempool_init(&pool, kBlocks, kSize, memory, name) == OS_OK);
  CHECK(pool.mp_block_size == kSize);
  CHECK(pool.mp_num_blocks == kBlocks);
  CHECK(pool.mp_num_free == kBlocks);
  CHECK(pool.mp_min_free == kBlocks);
  CHECK(pool.mp_flags == 0);
  CHECK(pool.mp_membuf_addr == (uintptr_t)memory);
  CHECK(pool.name == name);
  CHECK(SLIST_FIRST(&pool) == (void *)memory);
  CHECK(ListsAll());
  CHECK(os_mempool_is_sane(&pool));
}

static void BlocksComeInOrderAndGoBackLastInFirstOut(void) {
  void *blocks[kBlocks];
  for (int i = 0; i < kBlocks; i++) {
    blocks[i] = os_memblock_get(&pool);
    CHECK(blocks[i] == BlockAt(i));
    CHECK(pool.mp_num_free == kBlocks - 1 - i && pool.mp_min_free == kBlocks - 1 - i);
    memset(blocks[i], i, kSize);
  }
  CHECK(os_memblock_get(&pool) == NULL);
  CHECK(SLIST_FIRST(&pool) == NULL);
  CHECK(os_mempool_is_sane(&pool));
  CHECK(os_memblock_put(&pool, NULL) == OS_INVALID_PARM);

  CHECK(os_memblock_put(&pool, blocks[3]) == OS_OK);
  CHECK(os_memblock_put(&pool, blocks[7]) == OS_OK);
  CHECK(os_memblock_put(&pool, blocks[0]) == OS_OK);
  CHECK(pool.mp_num_free == 3 && pool.mp_min_free == 0);
  CHECK(Lists((const int[]){0, 7, 3}, 3));
  CHECK(os_mempool_is_sane(&pool));
  CHECK(os_memblock_get(&pool) == blocks[0]);
  CHECK(Lists((const int[]){7, 3}, 2));
  CHECK(os_memblock_get(&pool) == blocks[7]);
  CHECK(os_memblock_get(&pool) == blocks[3]);

  /* All but the link is kept, by who has it and while it is free. */
  CHECK(os_memblock_put(&pool, blocks[5]) == OS_OK);
  for (size_t at = sizeof(struct os_memblock); at < kSize; at++) {
    CHECK(((char *)blocks[5])[at] == 5);
  }
  CHECK(os_memblock_get(&pool) == blocks[5]);
  for (int i = 0; i < kBlocks; i++) CHECK(os_memblock_put(&pool, blocks[i]) == OS_OK);
  CHECK(pool.mp_num_free == kBlocks && pool.mp_min_free == 0);
}

static void FromKnowsBlocksOnly(void) {
  for (int i = 0; i < kBlocks; i++) {
    CHECK(os_memblock_from(&pool, BlockAt(i)) == 1);
    CHECK(os_memblock_from(&pool, BlockAt(i) + 1) == 0);
    CHECK(os_memblock_from(&pool, BlockAt(i) + OS_ALIGNMENT) == 0);
  }
  CHECK(os_memblock_from(&pool, BlockAt(-1)) == 0);
  CHECK(os_memblock_from(&pool, BlockAt(kBlocks)) == 0);
  CHECK(os_memblock_from(&pool, NULL) == 0);
  CHECK(os_memblock_from(&pool, &pool) == 0);
}

static void ClearMakesAllBlocksFree(void) {
  for (int i = 0; i < 6; i++) CHECK(os_memblock_get(&pool) != NULL);
  CHECK(os_mempool_clear(&pool) == OS_OK);
  CHECK(pool.mp_num_free == kBlocks && pool.mp_min_free == kBlocks);
  CHECK(ListsAll());
  CHECK(os_mempool_is_sane(&pool));
  CHECK(os_memblock_get(&pool) == BlockAt(0));
  CHECK(os_memblock_put(&pool, BlockAt(0)) == OS_OK);
  /* It is still registered. */
  CHECK(os_mempool_get(name, NULL) == &pool);
}

static void InfoTellsWhatFieldsTell(void) {
  struct os_mempool_info info;
  void *blocks[4];
  for (int i = 0; i < 4; i++) blocks[i] = os_memblock_get(&pool);
  CHECK(os_memblock_put(&pool, blocks[0]) == OS_OK);
  CHECK(os_mempool_info_get_next(NULL, &info) == &pool);
  CHECK(info.omi_block_size == kSize && info.omi_num_blocks == kBlocks);
  CHECK(info.omi_num_free == kBlocks - 3 && info.omi_min_free == kBlocks - 4);
  CHECK(strcmp(info.omi_name, name) == 0);
  CHECK(os_mempool_info_get_next(&pool, &info) == NULL);
  for (int i = 1; i < 4; i++) CHECK(os_memblock_put(&pool, blocks[i]) == OS_OK);
}

static void TheListIsInOrderOfRegistration(void) {
  static struct os_mempool others[5];
  static os_membuf_t buffers[5][OS_MEMPOOL_SIZE(2, 16)];
  static char names[5][4] = {"a", "b", "a", "c", "b"};
  struct os_mempool_info info;
  for (int i = 0; i < 5; i++) {
    CHECK(os_mempool_init(&others[i], 2, 16, buffers[i], names[i]) == OS_OK);
  }
  struct os_mempool *at = os_mempool_info_get_next(NULL, &info);
  CHECK(at == &pool);
  for (int i = 0; i < 5; i++) {
    at = os_mempool_info_get_next(at, &info);
    CHECK(at == &others[i] && strcmp(info.omi_name, names[i]) == 0);
  }
  CHECK(os_mempool_info_get_next(at, &info) == NULL);

  /* Of two of a name the first is meant. */
  CHECK(os_mempool_get("a", &info) == &others[0]);
  CHECK(strcmp(info.omi_name, "a") == 0 && info.omi_block_size == 16);
  CHECK(os_mempool_get("b", NULL) == &others[1]);
  CHECK(os_mempool_get("none", &info) == NULL);
  CHECK(os_mempool_get("", NULL) == NULL);
  CHECK(os_mempool_get(NULL, NULL) == NULL);

  /* One that has been taken off is not on it, but can be used. */
  CHECK(os_mempool_unregister(&others[0]) == OS_OK);
  CHECK(os_mempool_unregister(&others[0]) == OS_INVALID_PARM);
  CHECK(os_mempool_get("a", NULL) == &others[2]);
  CHECK(os_mempool_info_get_next(&pool, &info) == &others[1]);
  void *block = os_memblock_get(&others[0]);
  CHECK(block == (void *)buffers[0]);
  CHECK(os_memblock_put(&others[0], block) == OS_OK);
  /* The last one: who registers next comes behind those that are left. */
  CHECK(os_mempool_unregister(&others[4]) == OS_OK);
  CHECK(os_mempool_info_get_next(&others[3], &info) == NULL);
  CHECK(os_mempool_init(&others[4], 2, 16, buffers[4], names[4]) == OS_OK);
  CHECK(os_mempool_info_get_next(&others[3], &info) == &others[4]);

  os_mempool_module_init();
  CHECK(os_mempool_info_get_next(NULL, &info) == NULL);
  CHECK(os_mempool_get("b", NULL) == NULL);
  CHECK(os_mempool_unregister(&others[1]) == OS_INVALID_PARM);
  CHECK(os_memblock_get(&others[1]) == (void *)buffers[1]);
}

/* A long random walk, beside a list kept in an array. */
static void EverythingIsAsInAPlainList(void) {
  int list[kBlocks];
  int held[kBlocks];
  int free_blocks = kBlocks, used = 0, least = kBlocks;
  uint32_t random = 1;
  CHECK(os_mempool_init(&pool, kBlocks, kSize, memory, name) == OS_OK);
  for (int i = 0; i < kBlocks; i++) list[i] = kBlocks - 1 - i; /* the top is last */
  for (int step = 0; step < 20000; step++) {
    random = random * 1664525u + 1013904223u;
    if (random >> 31 != 0) {
      void *block = os_memblock_get(&pool);
      if (free_blocks == 0) {
        CHECK(block == NULL);
      } else {
        const int index = list[--free_blocks];
        CHECK(block == BlockAt(index));
        memset(block, (int)random, kSize);
        held[used++] = index;
        if (free_blocks < least) least = free_blocks;
      }
    } else if (used > 0) {
      const int which = (int)((random >> 8) % (uint32_t)used);
      const int index = held[which];
      held[which] = held[--used];
      CHECK(os_memblock_put(&pool, BlockAt(index)) == OS_OK);
      list[free_blocks++] = index;
      CHECK(os_memblock_put(&pool, BlockAt(index)) != OS_OK);
    }
    int order[kBlocks];
    for (int i = 0; i < free_blocks; i++) order[i] = list[free_blocks - 1 - i];
    CHECK(pool.mp_num_free == free_blocks && pool.mp_min_free == least);
    CHECK(Lists(order, free_blocks));
    if (step % 16 == 0) CHECK(os_mempool_is_sane(&pool));
    if (check_failures > 20) return;
  }
}

int main(void) {
  SizesAreAsDocumented();
  BadArgumentsChangeNothing();
  APoolThatWasNeverMadeHasNoBlocks();
  InitLaysBlocksOutInAscendingOrder();
  BlocksComeInOrderAndGoBackLastInFirstOut();
  FromKnowsBlocksOnly();
  ClearMakesAllBlocksFree();
  InfoTellsWhatFieldsTell();
  TheListIsInOrderOfRegistration();
  EverythingIsAsInAPlainList();
  return CheckResult();
}
