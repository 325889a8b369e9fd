/* Proves, one by one, what uC/LIB's documents say of dynamic and static pools, and that
 * what its sources get wrong has been put right (docs/compat/micrium.md).
 */

#include <stdalign.h>
#include <stdint.h>
#include <string.h>

#include "tests/c/check.h"

#include <lib_mem.h>

static LIB_ERR error;
static CPU_SIZE_T Left(MEM_SEG *segment) {
  LIB_ERR ignored;
  return Mem_SegRemSizeGet(segment, 1u, DEF_NULL, &ignored);
}

static void CreationIsCheckedAndTakesNothing(MEM_SEG *segment) {
  static MEM_DYN_POOL pool;
  const CPU_SIZE_T left = Left(segment);
  Mem_DynPoolCreate("p", DEF_NULL, segment, 16u, 8u, 1u, 2u, &error);
  CHECK(error == LIB_MEM_ERR_NULL_PTR);
  Mem_DynPoolCreate("p", &pool, segment, 0u, 8u, 1u, 2u, &error);
  CHECK(error == LIB_MEM_ERR_INVALID_BLK_SIZE);
  Mem_DynPoolCreate("p", &pool, segment, 16u, 0u, 1u, 2u, &error);
  CHECK(error == LIB_MEM_ERR_INVALID_BLK_ALIGN);
  Mem_DynPoolCreate("p", &pool, segment, 16u, 12u, 1u, 2u, &error);
  CHECK(error == LIB_MEM_ERR_INVALID_BLK_ALIGN);
  Mem_DynPoolCreate("p", &pool, segment, 16u, 8u, 3u, 2u, &error);
  CHECK(error == LIB_MEM_ERR_INVALID_BLK_NBR);
  /* CVE-2021-26706 */
  Mem_DynPoolCreate("p", &pool, segment, (CPU_SIZE_T)-1 / 4u, 8u, 8u, 8u, &error);
  CHECK(error == LIB_MEM_ERR_ADDR_OVF);
  Mem_DynPoolCreate("p", &pool, segment, (CPU_SIZE_T)-1, 8u, 1u, 1u, &error);
  CHECK(error == LIB_MEM_ERR_ADDR_OVF);
  Mem_DynPoolCreate("p", &pool, segment, 16u, 8u, 100000u, 100000u, &error);
  CHECK(error == LIB_MEM_ERR_SEG_OVF);
  CHECK(Left(segment) == left && pool.PoolSegPtr == NULL);
  CHECK(Mem_DynPoolBlkGet(&pool, &error) == DEF_NULL);
  CHECK(error == LIB_MEM_ERR_INVALID_POOL);
  CHECK(Mem_DynPoolBlkGet(DEF_NULL, &error) == DEF_NULL);
  CHECK(error == LIB_MEM_ERR_NULL_PTR);
}

static void LimitedPoolsGrowAndGiveTheBlockFreedLast(MEM_SEG *segment) {
  static MEM_DYN_POOL pool;
  void *blocks[5];
  const CPU_SIZE_T left = Left(segment);
  Mem_DynPoolCreate("limited", &pool, segment, 20u, 4u, 2u, 4u, &error);
  CHECK(error == LIB_MEM_ERR_NONE);
  CHECK(left - Left(segment) == 40u);
  CHECK(pool.PoolSegPtr == segment && pool.BlkSize == 20u && pool.BlkAlign == 4u);
  CHECK(pool.BlkPaddingAlign == 1u && pool.BlkQtyMax == 4u && pool.BlkAllocCnt == 0u);
  CHECK(Mem_DynPoolBlkNbrAvailGet(&pool, &error) == 4u);
  CHECK(error == LIB_MEM_ERR_NONE);
  for (int i = 0; i < 4; ++i) {
    blocks[i] = Mem_DynPoolBlkGet(&pool, &error);
    CHECK(blocks[i] != NULL && (uintptr_t)blocks[i] % 4u == 0u);
    CHECK(pool.BlkAllocCnt == (CPU_SIZE_T)i + 1u);
    CHECK(Mem_DynPoolBlkNbrAvailGet(&pool, &error) == 3u - (CPU_SIZE_T)i);
  }
  CHECK(left - Left(segment) == 80u);
  CHECK(Mem_DynPoolBlkGet(&pool, &error) == DEF_NULL);
  CHECK(error == LIB_MEM_ERR_POOL_EMPTY && pool.BlkAllocCnt == 4u);
  Mem_DynPoolBlkFree(&pool, blocks[1], &error);
  Mem_DynPoolBlkFree(&pool, blocks[3], &error);
  CHECK(error == LIB_MEM_ERR_NONE && pool.BlkAllocCnt == 2u);
  CHECK(Mem_DynPoolBlkGet(&pool, &error) == blocks[3]);
  CHECK(Mem_DynPoolBlkGet(&pool, &error) == blocks[1]);
  for (int i = 0; i < 4; ++i) Mem_DynPoolBlkFree(&pool, blocks[i], &error);
  CHECK(error == LIB_MEM_ERR_NONE && pool.BlkAllocCnt == 0u);
  Mem_DynPoolBlkFree(&pool, blocks[0], &error);
  CHECK(error == LIB_MEM_ERR_POOL_FULL);
}

static void BadFreesAreRefused(MEM_SEG *segment) {
  static MEM_DYN_POOL limited, unlimited;
  CPU_INT08U elsewhere[32];
  Mem_DynPoolCreate("a", &limited, segment, 16u, 8u, 4u, 4u, &error);
  Mem_DynPoolCreate("b", &unlimited, segment, 16u, 8u, 0u, LIB_MEM_BLK_QTY_UNLIMITED,
                    &error);
  CHECK(error == LIB_MEM_ERR_NONE);
  MEM_DYN_POOL *const pools[] = {&limited, &unlimited};
  for (int i = 0; i < 2; ++i) {
    MEM_DYN_POOL *const pool = pools[i];
    CPU_INT08U *const kept = Mem_DynPoolBlkGet(pool, &error);
    CPU_INT08U *const twice = Mem_DynPoolBlkGet(pool, &error);
    const CPU_SIZE_T count = pool->BlkAllocCnt;
    CHECK(count == (i == 0 ? 2u : 0u));
    Mem_DynPoolBlkFree(pool, DEF_NULL, &error);
    CHECK(error == LIB_MEM_ERR_NULL_PTR);
    Mem_DynPoolBlkFree(pool, elsewhere, &error);
    CHECK(error == LIB_MEM_ERR_INVALID_BLK_ADDR);
    Mem_DynPoolBlkFree(pool, kept + 8, &error);
    CHECK(error == LIB_MEM_ERR_INVALID_BLK_ADDR);
    Mem_DynPoolBlkFree(pool, kept + 1, &error);
    CHECK(error == LIB_MEM_ERR_INVALID_BLK_ADDR);
    CHECK(pool->BlkAllocCnt == count);
    Mem_DynPoolBlkFree(pool, twice, &error);
    CHECK(error == LIB_MEM_ERR_NONE);
    Mem_DynPoolBlkFree(pool, twice, &error);
    CHECK(error == LIB_MEM_ERR_INVALID_BLK_ADDR_IN_POOL);
    CHECK(Mem_DynPoolBlkGet(pool, &error) == twice);
    CHECK(Mem_DynPoolBlkGet(pool, &error) != twice);
    Mem_DynPoolBlkFree(pool, kept, &error);
    CHECK(error == LIB_MEM_ERR_NONE);
  }
  CHECK(Mem_DynPoolBlkNbrAvailGet(&unlimited, &error) == 0u);
  CHECK(error == LIB_MEM_ERR_POOL_UNLIMITED);
}

static void SmallBlocksDoNotTouchEachOther(MEM_SEG *segment) {
  static MEM_DYN_POOL pool;
  CPU_INT08U *blocks[4];
  Mem_DynPoolCreate("small", &pool, segment, 1u, 1u, 0u, 4u, &error);
  for (int i = 0; i < 4; ++i) {
    blocks[i] = Mem_DynPoolBlkGet(&pool, &error);
    *blocks[i] = 0x55u;
  }
  Mem_DynPoolBlkFree(&pool, blocks[1], &error);
  Mem_DynPoolBlkFree(&pool, blocks[2], &error);
  CHECK(*blocks[0] == 0x55u && *blocks[3] == 0x55u);
}

static void EveryHardwareBlockIsPadded(void) {
  alignas(64) static CPU_INT08U memory[2048];
  static MEM_SEG segment;
  static MEM_DYN_POOL pool;
  Mem_SegCreate("dma", &segment, (CPU_ADDR)memory, sizeof(memory), 64u, &error);
  (void)Mem_SegAllocExt("odd", &segment, 3u, 1u, DEF_NULL, &error);
  Mem_DynPoolCreateHW("hw", &pool, &segment, 20u, 8u, 4u, LIB_MEM_BLK_QTY_UNLIMITED,
                      &error);
  CHECK(error == LIB_MEM_ERR_NONE && pool.BlkAlign == 64u);
  CHECK(pool.BlkPaddingAlign == 64u && pool.BlkSize == 20u);
  CHECK(segment.AddrNext == segment.AddrBase + 64u + 4u * 64u);
  int count = 0;
  CPU_INT08U *block;
  while ((block = Mem_DynPoolBlkGet(&pool, &error)) != DEF_NULL) {
    CHECK((uintptr_t)block % 64u == 0u);
    memset(block, 1, 64u);
    ++count;
  }
  CHECK(error == LIB_MEM_ERR_SEG_OVF && count == 31);
  CHECK(memory[3] == 0u && memory[63] == 0u);
}

static void PoolsCanBeMadeAnew(void) {
  static CPU_INT08U memory[1024];
  static MEM_SEG segment;
  static MEM_DYN_POOL pool;
  Mem_SegCreate("again", &segment, (CPU_ADDR)memory, sizeof(memory), 1u, &error);
  for (int round = 0; round < 10000; ++round) {
    Mem_DynPoolCreate("p", &pool, &segment, 100u, 1u, 1u, 0u, &error);
    CHECK(error == LIB_MEM_ERR_NONE);
    int count = 0;
    while (Mem_DynPoolBlkGet(&pool, &error) != DEF_NULL) ++count;
    CHECK(count == 10);
    Mem_SegClr(&segment, &error);
    CHECK(error == LIB_MEM_ERR_NONE);
    CHECK(Mem_DynPoolBlkGet(&pool, &error) == DEF_NULL);
    CHECK(error == LIB_MEM_ERR_INVALID_POOL);
    if (check_failures != 0) break;
  }
}

static void StaticPoolsCheckWhatIsFreed(void) {
  alignas(16) static CPU_INT08U memory[256];
  static MEM_POOL pool;
  CPU_SIZE_T missing = 7u;
  CPU_INT08U *blocks[4];
  Mem_PoolCreate(&pool, memory, sizeof(memory), 0u, 20u, 8u, &missing, &error);
  CHECK(error == LIB_MEM_ERR_INVALID_BLK_NBR && missing == 0u);
  Mem_PoolCreate(&pool, memory, sizeof(memory), 4u, 0u, 8u, &missing, &error);
  CHECK(error == LIB_MEM_ERR_INVALID_BLK_SIZE);
  Mem_PoolCreate(&pool, memory, sizeof(memory), 4u, 20u, 3u, &missing, &error);
  CHECK(error == LIB_MEM_ERR_INVALID_BLK_ALIGN);
  Mem_PoolCreate(&pool, memory, 0u, 4u, 20u, 8u, &missing, &error);
  CHECK(error == LIB_MEM_ERR_INVALID_SEG_SIZE);
  Mem_PoolCreate(&pool, memory, sizeof(memory), (CPU_SIZE_T)-1, 20u, 8u, &missing, &error);
  CHECK(error == LIB_MEM_ERR_ADDR_OVF);
  Mem_PoolCreate(DEF_NULL, memory, sizeof(memory), 4u, 20u, 8u, &missing, &error);
  CHECK(error == LIB_MEM_ERR_NULL_PTR);
  Mem_PoolCreate(&pool, memory, sizeof(memory), 11u, 20u, 8u, &missing, &error);
  CHECK(error == LIB_MEM_ERR_SEG_OVF && missing == 8u);
  /* What failed has taken nothing of the region. */
  Mem_PoolCreate(&pool, memory, sizeof(memory), 4u, 20u, 8u, &missing, &error);
  CHECK(error == LIB_MEM_ERR_NONE && missing == 0u);
  CHECK(pool.PoolAddrStart == memory && pool.PoolAddrEnd == memory + 95);
  CHECK(pool.BlkNbr == 4u && pool.BlkSize == 24u && pool.BlkFreeTblIx == 4u);
  CHECK(Mem_PoolBlkGet(&pool, 0u, &error) == DEF_NULL);
  CHECK(error == LIB_MEM_ERR_INVALID_BLK_SIZE);
  CHECK(Mem_PoolBlkGet(&pool, 25u, &error) == DEF_NULL);
  CHECK(error == LIB_MEM_ERR_INVALID_BLK_SIZE);
  for (int i = 0; i < 4; ++i) {
    CHECK(Mem_PoolBlkGetNbrAvail(&pool, &error) == 4u - (CPU_SIZE_T)i);
    blocks[i] = Mem_PoolBlkGet(&pool, 20u, &error);
    CHECK(blocks[i] == memory + 24 * (3 - i));
  }
  CHECK(Mem_PoolBlkGet(&pool, 20u, &error) == DEF_NULL);
  CHECK(error == LIB_MEM_ERR_POOL_EMPTY && pool.BlkFreeTblIx == 0u);
  Mem_PoolBlkFree(&pool, blocks[0] + 1, &error);
  CHECK(error == LIB_MEM_ERR_INVALID_BLK_ADDR);
  Mem_PoolBlkFree(&pool, memory + 96, &error);
  CHECK(error == LIB_MEM_ERR_INVALID_BLK_ADDR);
  Mem_PoolBlkFree(&pool, DEF_NULL, &error);
  CHECK(error == LIB_MEM_ERR_NULL_PTR);
  Mem_PoolBlkFree(&pool, blocks[2], &error);
  CHECK(error == LIB_MEM_ERR_NONE && pool.BlkFreeTblIx == 1u);
  Mem_PoolBlkFree(&pool, blocks[2], &error);
  CHECK(error == LIB_MEM_ERR_INVALID_BLK_ADDR_IN_POOL);
  CHECK(Mem_PoolBlkGet(&pool, 20u, &error) == blocks[2]);
  Mem_PoolClr(&pool, &error);
  CHECK(error == LIB_MEM_ERR_NONE && pool.BlkNbr == 0u);
  Mem_PoolCreate(&pool, DEF_NULL, 0u, 4u, 20u, 8u, &missing, &error);
  CHECK(error == LIB_MEM_ERR_NONE);
  CHECK(Mem_PoolBlkGet(&pool, 20u, &error) != DEF_NULL);
}

int main(void) {
  alignas(32) static CPU_INT08U memory[4096];
  static MEM_SEG segment;
  Mem_Init();
  Mem_SegCreate("test", &segment, (CPU_ADDR)memory, sizeof(memory), 32u, &error);
  CHECK(error == LIB_MEM_ERR_NONE);
  CreationIsCheckedAndTakesNothing(&segment);
  LimitedPoolsGrowAndGiveTheBlockFreedLast(&segment);
  BadFreesAreRefused(&segment);
  SmallBlocksDoNotTouchEachOther(&segment);
  EveryHardwareBlockIsPadded();
  PoolsCanBeMadeAnew();
  StaticPoolsCheckWhatIsFreed();
  return CheckResult();
}
