/* Extended pools: what is put goes to the callback. */

#include <string.h>

#include "os/os_mempool.h"
#include "tests/c/check.h"

enum { kBlocks = 4, kSize = 24 };

static os_membuf_t memory[OS_MEMPOOL_SIZE(kBlocks, kSize)];
static struct os_mempool_ext pool;
static int argument;
static int calls;
static void *kept;

static os_error_t Free(struct os_mempool_ext *ome, void *data, void *arg) {
  calls++;
  CHECK(ome == &pool);
  CHECK(arg == &argument);
  CHECK(os_memblock_from(&ome->mpe_mp, data) == 1);
  return os_memblock_put_from_cb(&ome->mpe_mp, data);
}

static os_error_t Refuse(struct os_mempool_ext *ome, void *data, void *arg) {
  (void)ome;
  (void)arg;
  kept = data;
  return OS_EBUSY;
}

/* Puts and gets others from within. */
static os_error_t Nested(struct os_mempool_ext *ome, void *data, void *arg) {
  calls++;
  if (kept != NULL) {
    void *const other = kept;
    kept = NULL;
    CHECK(os_memblock_put(&ome->mpe_mp, other) == OS_OK);
    void *const again = os_memblock_get(&ome->mpe_mp);
    CHECK(again == other);
    CHECK(os_memblock_put(&ome->mpe_mp, again) == OS_OK);
  }
  (void)arg;
  return os_memblock_put_from_cb(&ome->mpe_mp, data);
}

static void Begin(void) {
  CHECK(os_mempool_ext_init(&pool, kBlocks, kSize, memory, "ext") == OS_OK);
  calls = 0;
  kept = NULL;
}

static void InitForgetsTheCallback(void) {
  memset(&pool, 0x55, sizeof(pool));
  CHECK(os_mempool_ext_init(NULL, kBlocks, kSize, memory, "ext") == OS_INVALID_PARM);
  CHECK(os_mempool_ext_init(&pool, kBlocks, 0, memory, "ext") == OS_INVALID_PARM);
  CHECK(pool.mpe_put_cb != NULL);
  Begin();
  CHECK(pool.mpe_put_cb == NULL && pool.mpe_put_arg == NULL);
  CHECK(pool.mpe_mp.mp_flags == OS_MEMPOOL_F_EXT);
  CHECK((void *)&pool.mpe_mp == (void *)&pool);
}

static void WithoutACallbackItIsAPlainPool(void) {
  Begin();
  void *const block = os_memblock_get(&pool.mpe_mp);
  CHECK(pool.mpe_mp.mp_num_free == kBlocks - 1);
  CHECK(os_memblock_put(&pool.mpe_mp, block) == OS_OK);
  CHECK(pool.mpe_mp.mp_num_free == kBlocks);
}

static void TheCallbackIsAskedInstead(void) {
  Begin();
  pool.mpe_put_cb = Free;
  pool.mpe_put_arg = &argument;
  void *const block = os_memblock_get(&pool.mpe_mp);
  CHECK(os_memblock_put(&pool.mpe_mp, block) == OS_OK);
  CHECK(calls == 1 && pool.mpe_mp.mp_num_free == kBlocks);
  /* Not by this one. */
  CHECK(os_memblock_get(&pool.mpe_mp) == block);
  CHECK(os_memblock_put_from_cb(&pool.mpe_mp, block) == OS_OK);
  CHECK(calls == 1 && pool.mpe_mp.mp_num_free == kBlocks);
  /* Nor for what is none of its business. */
  CHECK(os_memblock_put(&pool.mpe_mp, block) == OS_INVALID_PARM);
  CHECK(os_memblock_put(&pool.mpe_mp, &argument) == OS_INVALID_PARM);
  CHECK(os_memblock_put(&pool.mpe_mp, NULL) == OS_INVALID_PARM);
  CHECK(calls == 1 && pool.mpe_mp.mp_num_free == kBlocks);
}

static void ItsResultIsReturned(void) {
  Begin();
  pool.mpe_put_cb = Refuse;
  void *const block = os_memblock_get(&pool.mpe_mp);
  CHECK(os_memblock_put(&pool.mpe_mp, block) == OS_EBUSY);
  CHECK(kept == block && pool.mpe_mp.mp_num_free == kBlocks - 1);
  CHECK(os_memblock_put_from_cb(&pool.mpe_mp, kept) == OS_OK);
}

static void CallbacksMayNest(void) {
  Begin();
  pool.mpe_put_cb = Nested;
  void *const block = os_memblock_get(&pool.mpe_mp);
  kept = os_memblock_get(&pool.mpe_mp);
  CHECK(os_memblock_put(&pool.mpe_mp, block) == OS_OK);
  CHECK(calls == 3);
  CHECK(pool.mpe_mp.mp_num_free == kBlocks && pool.mpe_mp.mp_min_free == kBlocks - 2);
  CHECK(os_mempool_is_sane(&pool.mpe_mp));
}

int main(void) {
  InitForgetsTheCallback();
  WithoutACallbackItIsAPlainPool();
  TheCallbackIsAskedInstead();
  ItsResultIsReturned();
  CallbacksMayNest();
  return CheckResult();
}
