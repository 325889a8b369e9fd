/* Four threads at once corrupt nothing: no block is two threads', none is lost, what is
 * handed over arrives as it was, pools may be looked at and come and go meanwhile. */

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "os/os_mempool.h"
#include "tests/c/check.h"

enum { kThreads = 4, kHeld = 4, kBlocks = kThreads * kHeld, kSize = 48 };
#define STRIDE (OS_MEMPOOL_BYTES(1, kSize))

/* While is_sane reads what a free block of such a pool holds, nobody can get that one. */
#define MAY_BE_LOOKED_AT \
  (MYNEWT_VAL(OS_MEMPOOL_CHECK) || MYNEWT_VAL(OS_MEMPOOL_POISON))

static os_membuf_t memory[OS_MEMPOOL_SIZE(kBlocks, kSize)];
static struct os_mempool pool;
static struct os_mempool_ext extended;
static os_membuf_t extended_memory[OS_MEMPOOL_SIZE(kBlocks, kSize)];

static atomic_int owners[kBlocks];
static atomic_int faults;
static atomic_uint puts_by_callback;
static pthread_barrier_t barrier;
static int effort = 1;

static void Expect(int condition) {
  if (!condition) atomic_fetch_add(&faults, 1);
}

static uint32_t Next(uint32_t *random) {
  *random = *random * 1664525u + 1013904223u;
  return *random >> 8;
}

static size_t IndexOf(const void *block) {
  return (size_t)((const char *)block - (const char *)memory) / STRIDE;
}

static void Take(unsigned char *block, int thread) {
  Expect(os_memblock_from(&pool, block) == 1);
  Expect(atomic_exchange(&owners[IndexOf(block)], thread + 1) == 0);
  memset(block, 'a' + thread, kSize);
}

/* Whoever has it may give it away: what it holds says who filled it. */
static void Give(unsigned char *block) {
  const unsigned char first = block[0];
  for (int i = 1; i < kSize; i++) Expect(block[i] == first);
  Expect(atomic_exchange(&owners[IndexOf(block)], 0) == first - 'a' + 1);
  Expect(os_memblock_put(&pool, block) == OS_OK);
}

/* Demand equals the pool, so that nobody may ever be turned away. */
static _Atomic(unsigned char *) mailboxes[kThreads];

static void *Traffic(void *argument) {
  const int thread = (int)(intptr_t)argument;
  uint32_t random = (uint32_t)thread * 7919u + 1;
  unsigned char *held[kHeld] = {NULL};
  pthread_barrier_wait(&barrier);
  for (int step = 0; step < 50000 * effort; step++) {
    const uint32_t what = Next(&random);
    unsigned char **const slot = &held[what % kHeld];
    if (*slot == NULL) {
      *slot = os_memblock_get(&pool);
      Expect(*slot != NULL || MAY_BE_LOOKED_AT);
      if (*slot != NULL) Take(*slot, thread);
    } else if (what % 64 < 16) {
      /* Somebody else's goes back in exchange, or nothing. */
      *slot = atomic_exchange(&mailboxes[what % kThreads], *slot);
      if (*slot != NULL) {
        Give(*slot);
        *slot = NULL;
      }
      /* Nothing stays there that its former holder would ask for one more than. */
      unsigned char *const mine = atomic_exchange(&mailboxes[what % kThreads], NULL);
      if (mine != NULL) Give(mine);
    } else {
      Give(*slot);
      *slot = NULL;
    }
    if (what % 512 == 0) {
      Expect(os_mempool_is_sane(&pool));
      struct os_mempool_info info;
      Expect(os_mempool_get("shared", &info) == &pool);
      Expect(info.omi_num_free >= 0 && info.omi_num_free <= kBlocks);
      Expect(info.omi_min_free >= 0 && info.omi_min_free <= kBlocks);
      Expect(info.omi_block_size == kSize && info.omi_num_blocks == kBlocks);
    }
  }
  for (int i = 0; i < kHeld; i++) {
    if (held[i] != NULL) Give(held[i]);
  }
  pthread_barrier_wait(&barrier);
  /* Everything at once: the low-water mark must show it. */
  for (int i = 0; i < kHeld; i++) {
    held[i] = os_memblock_get(&pool);
    Expect(held[i] != NULL);
    if (held[i] != NULL) Take(held[i], thread);
  }
  pthread_barrier_wait(&barrier);
  for (int i = 0; i < kHeld; i++) {
    if (held[i] != NULL) Give(held[i]);
  }
  return NULL;
}

/* Few blocks, many hands: as close together as can be. */
static struct os_mempool small;
static os_membuf_t small_memory[OS_MEMPOOL_SIZE(3, 4)];
static atomic_int small_owners[3];
static atomic_int doubled;

static void *Contend(void *argument) {
  const size_t stride = OS_MEMPOOL_BYTES(1, 4);
  uint32_t got = 0;
  (void)argument;
  pthread_barrier_wait(&barrier);
  for (int step = 0; step < 100000 * effort; step++) {
    char *const block = os_memblock_get(&small);
    if (block == NULL) continue;
    const size_t index = (size_t)(block - (char *)small_memory) / stride;
    Expect(atomic_exchange(&small_owners[index], 1) == 0);
    memcpy(block, &got, sizeof(got));
    got++;
    Expect(atomic_exchange(&small_owners[index], 0) == 1);
    Expect(os_memblock_put(&small, block) == OS_OK);
  }
  return NULL;
}

/* Of those who put one block at the same time exactly one is believed. */
static void *PutAtOnce(void *argument) {
  (void)argument;
  static _Atomic(void *) shared;
  for (int round = 0; round < 500 * effort; round++) {
    if (pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD) {
      atomic_store(&shared, os_memblock_get(&small));
    }
    pthread_barrier_wait(&barrier);
    if (os_memblock_put(&small, atomic_load(&shared)) == OS_OK) {
      atomic_fetch_add(&doubled, 1);
    }
  }
  return NULL;
}

/* Threads make and unregister pools of their own while all walk the list. */
static void *ComeAndGo(void *argument) {
  const int thread = (int)(intptr_t)argument;
  char name[2] = {(char)('0' + thread), '\0'};
  pthread_barrier_wait(&barrier);
  for (int step = 0; step < 1000 * effort; step++) {
    struct os_mempool mine;
    os_membuf_t buffer[OS_MEMPOOL_SIZE(8, 16)];
    Expect(os_mempool_init(&mine, (uint16_t)(1 + step % 8), 16, buffer, name) == OS_OK);
    void *const block = os_memblock_get(&mine);
    Expect(block != NULL);
    int seen = 0;
    struct os_mempool_info info;
    struct os_mempool *at = NULL;
    while ((at = os_mempool_info_get_next(at, &info)) != NULL && seen < 1000) {
      seen++;
      if (at == &mine) {
        Expect(info.omi_num_free == step % 8 && strcmp(info.omi_name, name) == 0);
      }
    }
    Expect(seen < 1000);
    Expect(os_mempool_get(name, NULL) == &mine);
    Expect(os_mempool_get("shared", NULL) == &pool);
    Expect(os_memblock_put(&mine, block) == OS_OK);
    Expect(os_mempool_unregister(&mine) == OS_OK);
    memset(&mine, 0x55, sizeof(mine));
  }
  return NULL;
}

static os_error_t CountPut(struct os_mempool_ext *ome, void *data, void *arg) {
  atomic_fetch_add((atomic_uint *)arg, 1);
  return os_memblock_put_from_cb(&ome->mpe_mp, data);
}

static void *ByCallback(void *argument) {
  (void)argument;
  pthread_barrier_wait(&barrier);
  for (int step = 0; step < 20000 * effort; step++) {
    unsigned char *const block = os_memblock_get(&extended.mpe_mp);
    Expect(block != NULL);
    if (block == NULL) continue;
    memset(block, step, kSize);
    Expect(os_memblock_put(&extended.mpe_mp, block) == OS_OK);
  }
  return NULL;
}

static void Run(void *(*what)(void *)) {
  pthread_t threads[kThreads];
  for (intptr_t i = 0; i < kThreads; i++) {
    CHECK(pthread_create(&threads[i], NULL, what, (void *)i) == 0);
  }
  for (int i = 0; i < kThreads; i++) CHECK(pthread_join(threads[i], NULL) == 0);
  CHECK(atomic_exchange(&faults, 0) == 0);
}

/* Every block is there, once, and nothing else. */
static void AllAreThere(struct os_mempool *which, const void *buffer, size_t stride) {
  unsigned char seen[kBlocks] = {0};
  const int count = which->mp_num_blocks;
  void *blocks[kBlocks];
  CHECK(which->mp_num_free == count);
  int listed = 0;
  struct os_memblock *block;
  if (stride >= sizeof(void *)) {
    SLIST_FOREACH(block, which, mb_next) listed++;
    CHECK(listed == count);
  }
  CHECK(os_mempool_is_sane(which));
  for (int i = 0; i < count; i++) {
    blocks[i] = os_memblock_get(which);
    CHECK(blocks[i] != NULL && os_memblock_from(which, blocks[i]));
    seen[(size_t)((char *)blocks[i] - (const char *)buffer) / stride]++;
  }
  CHECK(os_memblock_get(which) == NULL);
  for (int i = 0; i < count; i++) CHECK(seen[i] == 1);
  for (int i = 0; i < count; i++) CHECK(os_memblock_put(which, blocks[i]) == OS_OK);
}

int main(void) {
  const char *const asked = getenv("COREPOOL_EFFORT");
  if (asked != NULL && atoi(asked) > 1) effort = atoi(asked);
  pthread_barrier_init(&barrier, NULL, kThreads);
  CHECK(os_mempool_init(&pool, kBlocks, kSize, memory, "shared") == OS_OK);
  CHECK(os_mempool_init(&small, 3, 4, small_memory, "small") == OS_OK);
  CHECK(os_mempool_ext_init(&extended, kBlocks, kSize, extended_memory, "ext") == OS_OK);
  extended.mpe_put_cb = CountPut;
  extended.mpe_put_arg = &puts_by_callback;

  Run(Traffic);
  CHECK(pool.mp_min_free == 0);
  for (int i = 0; i < kThreads; i++) CHECK(atomic_load(&mailboxes[i]) == NULL);
  AllAreThere(&pool, memory, STRIDE);
  Run(Contend);
  AllAreThere(&small, small_memory, OS_MEMPOOL_BYTES(1, 4));
  if (!MYNEWT_VAL(OS_MEMPOOL_CHECK)) { /* that would end it */
    Run(PutAtOnce);
    CHECK(atomic_load(&doubled) == 500 * effort);
  }
  AllAreThere(&small, small_memory, OS_MEMPOOL_BYTES(1, 4));
  Run(ByCallback);
  CHECK(atomic_load(&puts_by_callback) == (unsigned)(kThreads * 20000 * effort));
  CHECK(extended.mpe_mp.mp_num_free == kBlocks);
  CHECK(extended.mpe_mp.mp_min_free >= kBlocks - kThreads);
  CHECK(extended.mpe_mp.mp_min_free < kBlocks);
  Run(ComeAndGo);
  return CheckResult();
}
