/* What is known to be wrong with the original, and is not here. */

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define KNOWS_DEAD_STACK 1
#endif
#endif
#ifndef KNOWS_DEAD_STACK
#define KNOWS_DEAD_STACK 0
#endif

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "os/os_mempool.h"
#include "tests/c/check.h"

static struct os_mempool pool;
static os_membuf_t memory[OS_MEMPOOL_SIZE(4, 32)];
static struct os_mempool_info info;

static void Begin(void) {
  CHECK(os_mempool_init(&pool, 4, 32, memory, "pool") == OS_OK);
}

/* The original counts five free blocks of four. */
static void ADoublePutIsRefused(void) {
  Begin();
  void *block = os_memblock_get(&pool);
  CHECK(os_memblock_put(&pool, block) == OS_OK);
  CHECK(os_memblock_put(&pool, block) == OS_INVALID_PARM);
  CHECK(os_memblock_put_from_cb(&pool, block) == OS_INVALID_PARM);
  /* Also of one that was never got. */
  CHECK(os_memblock_put(&pool, (char *)memory + 3 * OS_MEMPOOL_BYTES(1, 32)) ==
        OS_INVALID_PARM);
  CHECK(pool.mp_num_free == 4);
  void *blocks[4];
  for (int i = 0; i < 4; i++) {
    blocks[i] = os_memblock_get(&pool);
    for (int j = 0; j < i; j++) CHECK(blocks[i] != blocks[j]);
  }
  CHECK(os_memblock_get(&pool) == NULL);
  CHECK(os_mempool_is_sane(&pool));
}

/* The original hands it out. */
static void AForeignPointerIsRefused(void) {
  Begin();
  os_membuf_t foreign[OS_MEMPOOL_SIZE(1, 32)];
  CHECK(os_memblock_get(&pool) != NULL);
  CHECK(os_memblock_put(&pool, foreign) == OS_INVALID_PARM);
  CHECK(os_memblock_put_from_cb(&pool, foreign) == OS_INVALID_PARM);
  CHECK(os_memblock_put(&pool, (char *)memory + OS_ALIGNMENT) == OS_INVALID_PARM);
  CHECK(os_memblock_put(&pool, memory + OS_MEMPOOL_SIZE(4, 32)) == OS_INVALID_PARM);
  CHECK(pool.mp_num_free == 3);
  for (int i = 0; i < 3; i++) CHECK(os_memblock_get(&pool) != (void *)foreign);
  CHECK(os_memblock_get(&pool) == NULL);
}

/* The original writes out of bounds, or through NULL. */
static void APoolOfNothingCanBeMadeAndCleared(void) {
  CHECK(os_mempool_init(&pool, 0, 32, NULL, "empty") == OS_OK);
  CHECK(os_memblock_get(&pool) == NULL);
  CHECK(os_mempool_clear(&pool) == OS_OK);
  CHECK(os_memblock_get(&pool) == NULL);
  CHECK(os_mempool_is_sane(&pool));
  CHECK(os_memblock_from(&pool, NULL) == 0);
  CHECK(pool.mp_num_free == 0 && SLIST_FIRST(&pool) == NULL);
  CHECK(os_mempool_get("empty", &info) == &pool && info.omi_num_blocks == 0);

  os_membuf_t untouched[2];
  memset(untouched, 0x77, sizeof(untouched));
  CHECK(os_mempool_init(&pool, 0, 8, untouched, "empty") == OS_OK);
  CHECK(os_mempool_clear(&pool) == OS_OK);
  for (size_t i = 0; i < sizeof(untouched); i++) {
    CHECK(((unsigned char *)untouched)[i] == 0x77);
  }
}

/* With OS_ALIGNMENT 4 on a 64-bit machine, links do not fit, and overlap in the
 * original. */
static void BlocksMayBeSmallerThanAPointer(void) {
  for (uint32_t size = 1; size <= sizeof(void *); size++) {
    enum { kMany = 100 };
    static os_membuf_t small[OS_MEMPOOL_SIZE(kMany, sizeof(void *))];
    unsigned char *blocks[kMany];
    CHECK(os_mempool_init(&pool, kMany, size, small, "small") == OS_OK);
    CHECK(os_mempool_is_sane(&pool));
    for (int i = 0; i < kMany; i++) {
      blocks[i] = os_memblock_get(&pool);
      CHECK(blocks[i] == (unsigned char *)small + (size_t)i * OS_MEMPOOL_BYTES(1, size));
      memset(blocks[i], i, size);
    }
    CHECK(os_memblock_get(&pool) == NULL);
    /* What is put does not touch its neighbours. */
    for (int i = 0; i < kMany; i += 2) CHECK(os_memblock_put(&pool, blocks[i]) == OS_OK);
    for (int i = 1; i < kMany; i += 2) {
      for (uint32_t at = 0; at < size; at++) CHECK(blocks[i][at] == i);
    }
    CHECK(os_mempool_is_sane(&pool));
    CHECK(pool.mp_num_free == kMany / 2);
    for (int i = kMany - 2; i >= 0; i -= 2) CHECK(os_memblock_get(&pool) == blocks[i]);
  }
}

/* The original's list of pools comes apart. */
static void APoolCanBeMadeAgain(void) {
  static struct os_mempool others[2];
  static os_membuf_t buffers[2][OS_MEMPOOL_SIZE(1, 8)];
  CHECK(os_mempool_init(&others[0], 1, 8, buffers[0], "first") == OS_OK);
  Begin();
  CHECK(os_mempool_init(&others[1], 1, 8, buffers[1], "last") == OS_OK);
  CHECK(os_memblock_get(&pool) != NULL);
  for (int i = 0; i < 3; i++) {
    Begin();
    CHECK(pool.mp_num_free == 4);
    /* Each is there once, and what was made again is the last. */
    struct os_mempool *at = os_mempool_info_get_next(NULL, &info);
    CHECK(at == &others[0]);
    at = os_mempool_info_get_next(at, &info);
    CHECK(at == &others[1]);
    at = os_mempool_info_get_next(at, &info);
    CHECK(at == &pool);
    CHECK(os_mempool_info_get_next(at, &info) == NULL);
  }
  CHECK(os_mempool_unregister(&others[0]) == OS_OK);
  CHECK(os_mempool_unregister(&others[1]) == OS_OK);
}

static void OnTheStack(int depth, int unregister) {
  volatile char room[64];
  room[depth] = 0;
  if (depth > 0) {
    OnTheStack(depth - 1, unregister);
    CHECK(room[depth] == 0);
    return;
  }
  struct os_mempool local;
  os_membuf_t buffer[OS_MEMPOOL_SIZE(40, 8)];
  CHECK(os_mempool_init(&local, 40, 8, buffer, "local") == OS_OK);
  CHECK(os_mempool_get("local", NULL) == &local);
  if (unregister) CHECK(os_mempool_unregister(&local) == OS_OK);
}

/* The original leaves them on its list for ever. */
static void PoolsOnTheStackComeAndGo(void) {
  Begin();
  /* Its stack is somewhere else each time, and each place is one of a thousand. */
  const int times = KNOWS_DEAD_STACK ? 100 : 100000;
  for (int i = 0; i < times; i++) {
    OnTheStack(i % 3, 1);
    CHECK(os_mempool_info_get_next(&pool, &info) == NULL);
  }
  /* One that was forgotten is gone when something else is where it was. Until then it
     is read where it was, which is what AddressSanitizer is there to tell. */
  if (!KNOWS_DEAD_STACK) OnTheStack(0, 0);
  OnTheStack(0, 1);
  CHECK(os_mempool_info_get_next(&pool, &info) == NULL);
  CHECK(os_mempool_get("local", NULL) == NULL);
}

/* The original's tail is left dangling. */
static void TheLastPoolCanBeTakenOff(void) {
  static struct os_mempool other;
  static os_membuf_t buffer[OS_MEMPOOL_SIZE(1, 8)];
  for (int i = 0; i < 3; i++) {
    Begin();
    CHECK(os_mempool_init(&other, 1, 8, buffer, "other") == OS_OK);
    CHECK(os_mempool_unregister(&other) == OS_OK);
    CHECK(os_mempool_unregister(&pool) == OS_OK);
    CHECK(os_mempool_info_get_next(NULL, &info) == NULL);
  }
}

/* The original copies it without an end. */
static void LongNamesAreCutOff(void) {
  static char name[] = "0123456789012345678901234567890123456789";
  CHECK(os_mempool_init(&pool, 4, 32, memory, name) == OS_OK);
  memset(&info, 'x', sizeof(info));
  CHECK(os_mempool_info_get_next(NULL, &info) == &pool);
  CHECK(strlen(info.omi_name) == 31 && strncmp(info.omi_name, name, 31) == 0);
  CHECK(os_mempool_get(name, NULL) == &pool);
  CHECK(os_mempool_get(info.omi_name, NULL) == NULL);
}

/* The original reads it. */
static void APoolNeedsNoName(void) {
  CHECK(os_mempool_init(&pool, 4, 32, memory, NULL) == OS_OK);
  CHECK(os_mempool_info_get_next(NULL, &info) == &pool);
  CHECK(info.omi_name[0] == '\0');
  CHECK(os_mempool_get("pool", NULL) == NULL);
}

/* The original never returns from looking at a cycle. */
static void StrayWritesToFreeBlocksDoNoHarm(void) {
  Begin();
  void *a = os_memblock_get(&pool);
  void *b = os_memblock_get(&pool);
  CHECK(os_memblock_put(&pool, a) == OS_OK);
  CHECK(os_memblock_put(&pool, b) == OS_OK);
  memcpy(b, &b, sizeof(b)); /* a cycle */
  memset(a, 0xff, 32);
  CHECK(!os_mempool_is_sane(&pool));
  CHECK(os_memblock_get(&pool) == b);
  CHECK(os_memblock_get(&pool) == a);
  CHECK(os_memblock_get(&pool) != NULL);
  CHECK(os_memblock_get(&pool) != NULL);
  CHECK(os_memblock_get(&pool) == NULL);
}

/* In the original a stride wraps around. */
static void SizesThatNoMemoryHasAreRefused(void) {
#if UINTPTR_MAX == 0xffffffffu
  CHECK(os_mempool_init(&pool, 2, 0xffffffffu, memory, "large") == OS_INVALID_PARM);
  CHECK(os_mempool_init(&pool, 65535, 0x10000, memory, "large") == OS_INVALID_PARM);
#endif
  CHECK(os_mempool_init(&pool, 1, 0xfffffffdu, memory, "large") == OS_INVALID_PARM);
}

static void ADamagedPoolIsNotSane(void) {
  Begin();
  struct os_mempool sound = pool;
  SLIST_FIRST(&pool) = (struct os_memblock *)(void *)((char *)memory + 1);
  CHECK(!os_mempool_is_sane(&pool));
  pool = sound;
  pool.mp_num_blocks = 3;
  CHECK(!os_mempool_is_sane(&pool));
  pool = sound;
  pool.mp_num_free = 5;
  CHECK(!os_mempool_is_sane(&pool));
  pool = sound;
  pool.mp_num_free = 3;
  CHECK(!os_mempool_is_sane(&pool));
  pool = sound;
  pool.mp_membuf_addr += OS_ALIGNMENT;
  CHECK(!os_mempool_is_sane(&pool));
  pool = sound;
  CHECK(os_mempool_is_sane(&pool));
  CHECK(!os_mempool_is_sane(NULL));
}

/* Where no switch is on, too: a list that its readers cannot walk is corrupt. */
static void AListWithAWrongLinkIsNotSane(void) {
  Begin();
  struct os_memblock *const second = SLIST_NEXT(SLIST_FIRST(&pool), mb_next);
  struct os_memblock *const third = SLIST_NEXT(second, mb_next);
  struct os_memblock outside = {{NULL}};
  SLIST_NEXT(second, mb_next) = &outside;
  CHECK(!os_mempool_is_sane(&pool));
  SLIST_NEXT(second, mb_next) = NULL;
  CHECK(!os_mempool_is_sane(&pool));
  SLIST_NEXT(second, mb_next) = second;
  CHECK(!os_mempool_is_sane(&pool));
  SLIST_NEXT(second, mb_next) = third;
  CHECK(os_mempool_is_sane(&pool));
  /* What an owner does with his block is his own business. */
  void *const first = os_memblock_get(&pool);
  memset(first, 0xff, 32);
  CHECK(os_mempool_is_sane(&pool));
  CHECK(os_memblock_put(&pool, first) == OS_OK);
  CHECK(os_mempool_is_sane(&pool));
}

static void TheLargestPoolIsComplete(void) {
  enum { kMost = 65535 };
  void *const buffer = malloc(OS_MEMPOOL_BYTES(kMost, 16));
  CHECK(os_mempool_init(&pool, kMost, 16, buffer, "large") == OS_OK);
  CHECK(pool.mp_num_free == kMost);
  for (size_t i = 0; i < kMost; i++) {
    CHECK(os_memblock_get(&pool) == (char *)buffer + i * OS_MEMPOOL_BYTES(1, 16));
  }
  CHECK(os_memblock_get(&pool) == NULL && pool.mp_num_free == 0);
  for (size_t i = 0; i < kMost; i++) {
    CHECK(os_memblock_put(&pool, (char *)buffer + i * OS_MEMPOOL_BYTES(1, 16)) == OS_OK);
  }
  CHECK(pool.mp_num_free == kMost && pool.mp_min_free == 0);
  CHECK(os_mempool_is_sane(&pool));
  Begin();
  free(buffer);
}

int main(void) {
  ADoublePutIsRefused();
  AForeignPointerIsRefused();
  APoolOfNothingCanBeMadeAndCleared();
  BlocksMayBeSmallerThanAPointer();
  APoolCanBeMadeAgain();
  PoolsOnTheStackComeAndGo();
  TheLastPoolCanBeTakenOff();
  LongNamesAreCutOff();
  APoolNeedsNoName();
  StrayWritesToFreeBlocksDoNoHarm();
  SizesThatNoMemoryHasAreRefused();
  ADamagedPoolIsNotSane();
  AListWithAWrongLinkIsNotSane();
  TheLargestPoolIsComplete();
  return CheckResult();
}
