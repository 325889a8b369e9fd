/* OS_MEMPOOL_CHECK, POISON and GUARD: each notices what it is for. */

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/os_mempool.h"
#include "tests/c/check.h"

enum { kBlocks = 4, kSize = 32 };
#define STRIDE (OS_MEMPOOL_BYTES(1, kSize))

static os_membuf_t memory[OS_MEMPOOL_SIZE(kBlocks, kSize)];
static struct os_mempool pool;
static const uint32_t kPoison = 0xde7ec7ed;
static const uint32_t kGuard = 0xbaff1ed1;

static void Begin(void) {
  CHECK(os_mempool_init(&pool, kBlocks, kSize, memory, "watched") == OS_OK);
}

static uint32_t WordAt(const void *block, size_t offset) {
  uint32_t word;
  memcpy(&word, (const char *)block + offset, sizeof(word));
  return word;
}

static int IsPoisoned(const void *block) {
  for (size_t at = sizeof(struct os_memblock); at < kSize; at += sizeof(uint32_t)) {
    if (WordAt(block, at) != kPoison) return 0;
  }
  return 1;
}

/* Whether that ends the process, as an assertion would. */
static int Aborts(void (*what)(void)) {
  fflush(NULL);
  const pid_t child = fork();
  if (child == 0) {
    if (freopen("/dev/null", "w", stderr) == NULL) _exit(2);
    what();
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static void PutTwice(void) {
  void *const block = os_memblock_get(&pool);
  os_memblock_put(&pool, block);
  os_memblock_put(&pool, block);
}
static void PutForeign(void) { os_memblock_put(&pool, &pool); }
static void PutInterior(void) {
  os_memblock_put(&pool, (char *)os_memblock_get(&pool) + OS_ALIGNMENT);
}
static void WriteAfterPut(void) {
  char *const block = os_memblock_get(&pool);
  os_memblock_put(&pool, block);
  block[kSize - 1] ^= 1;
  os_memblock_get(&pool);
}
static void WriteLinkAfterPut(void) {
  void *const block = os_memblock_get(&pool);
  os_memblock_put(&pool, block);
  memset(block, 0x11, sizeof(void *));
  os_memblock_get(&pool);
}
static void OverrunThenPut(void) {
  char *const block = os_memblock_get(&pool);
  block[kSize] ^= 1;
  os_memblock_put(&pool, block);
}
static void OverrunThenGet(void) {
  char *const block = os_memblock_get(&pool);
  block[STRIDE + kSize] ^= 1; /* the next one's */
  os_memblock_get(&pool);
}

static void ChecksAbort(void) {
  const int checks = MYNEWT_VAL(OS_MEMPOOL_CHECK);
  const int poisons = MYNEWT_VAL(OS_MEMPOOL_POISON);
  const int guards = MYNEWT_VAL(OS_MEMPOOL_GUARD);
  CHECK(Aborts(PutTwice) == checks);
  CHECK(Aborts(PutForeign) == checks);
  CHECK(Aborts(PutInterior) == checks);
  CHECK(Aborts(WriteAfterPut) == poisons);
  CHECK(Aborts(WriteLinkAfterPut) == (checks || poisons));
  if (guards) {
    CHECK(Aborts(OverrunThenPut));
    CHECK(Aborts(OverrunThenGet));
  }
}

static void FreeBlocksArePoisoned(void) {
  if (!MYNEWT_VAL(OS_MEMPOOL_POISON)) return;
  void *blocks[kBlocks];
  Begin();
  for (int i = 0; i < kBlocks; i++) {
    CHECK(IsPoisoned((char *)memory + (size_t)i * STRIDE));
    blocks[i] = os_memblock_get(&pool);
    CHECK(IsPoisoned(blocks[i]));
    memset(blocks[i], i, kSize);
  }
  CHECK(os_memblock_put(&pool, blocks[2]) == OS_OK);
  CHECK(IsPoisoned(blocks[2]));
  CHECK(!IsPoisoned(blocks[1]));
  CHECK(os_mempool_clear(&pool) == OS_OK);
  for (int i = 0; i < kBlocks; i++) CHECK(IsPoisoned(blocks[i]));

  char *const byte = (char *)blocks[3] + kSize - 2;
  CHECK(os_mempool_is_sane(&pool));
  *byte ^= 1;
  CHECK(!os_mempool_is_sane(&pool));
  *byte ^= 1;
  CHECK(os_mempool_is_sane(&pool));
}

static void LinksAreLookedAt(void) {
  if (!MYNEWT_VAL(OS_MEMPOOL_POISON) && !MYNEWT_VAL(OS_MEMPOOL_CHECK)) return;
  Begin();
  CHECK(os_mempool_is_sane(&pool));
  struct os_memblock *const second = SLIST_NEXT(SLIST_FIRST(&pool), mb_next);
  struct os_memblock *const third = SLIST_NEXT(second, mb_next);
  SLIST_NEXT(second, mb_next) = second; /* a cycle */
  CHECK(!os_mempool_is_sane(&pool));
  SLIST_NEXT(second, mb_next) = third;
  CHECK(os_mempool_is_sane(&pool));
}

static void BlocksAreGuarded(void) {
  if (!MYNEWT_VAL(OS_MEMPOOL_GUARD)) return;
  Begin();
  CHECK(sizeof(memory) >= kBlocks * (kSize + sizeof(os_membuf_t)));
  CHECK(OS_MEMPOOL_BLOCK_SZ(7) == 7 + sizeof(os_membuf_t));
  CHECK(STRIDE == kSize + sizeof(os_membuf_t));
  for (int i = 0; i < kBlocks; i++) {
    CHECK(WordAt(memory, (size_t)i * STRIDE + kSize) == kGuard);
  }
  void *const block = os_memblock_get(&pool);
  memset(block, 0, kSize);
  CHECK(os_memblock_get(&pool) == (char *)block + STRIDE);
  CHECK(os_mempool_is_sane(&pool));
  ((char *)block)[kSize] ^= 1;
  CHECK(!os_mempool_is_sane(&pool));
  CHECK(os_mempool_clear(&pool) == OS_OK);
  CHECK(os_mempool_is_sane(&pool));
  /* Not those of extended pools. */
  static struct os_mempool_ext extended;
  memset(memory, 0x33, sizeof(memory));
  CHECK(os_mempool_ext_init(&extended, kBlocks, kSize, memory, "ext") == OS_OK);
  CHECK(os_memblock_get(&extended.mpe_mp) == (void *)memory);
  CHECK(os_memblock_get(&extended.mpe_mp) == (char *)memory + kSize);
  CHECK(os_mempool_is_sane(&extended.mpe_mp));
}

static void NothingIsWrittenBehindTheBuffer(void) {
  static unsigned char room[sizeof(memory) + 64] __attribute__((aligned(16)));
  memset(room, 0x66, sizeof(room));
  CHECK(os_mempool_init(&pool, kBlocks, kSize, room, "exact") == OS_OK);
  for (int i = 0; i < kBlocks; i++) memset(os_memblock_get(&pool), 0, kSize);
  CHECK(os_mempool_clear(&pool) == OS_OK);
  for (size_t at = OS_MEMPOOL_BYTES(kBlocks, kSize); at < sizeof(room); at++) {
    CHECK(room[at] == 0x66);
  }
}

int main(void) {
  Begin();
  ChecksAbort();
  FreeBlocksArePoisoned();
  LinksAreLookedAt();
  BlocksAreGuarded();
  NothingIsWrittenBehindTheBuffer();
  return CheckResult();
}
