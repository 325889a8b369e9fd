/* Proves that the seed document's example runs as it stands there, but for the numbers
 * of its notes, and keeps what those promise: (3) to (10).
 */

#include <string.h>

#include "tests/c/check.h"

#include <cpu.h>
#include <lib_mem.h>

static int calls, succeeded;

/* The example returns early if anything fails; its calls are counted. */
static void *Counted(void *block, LIB_ERR error) {
  if (error == LIB_MEM_ERR_NONE) ++succeeded;
  ++calls;
  return block;
}
#define Mem_DynPoolBlkGet(pool, err) Counted(Mem_DynPoolBlkGet(pool, err), *(err))

/* clang-format off */
#define  CACHE_LINE_LEN                                  32u

static  CPU_INT08U    MemSegData[4096u];
static  MEM_SEG       MemorySegment;
static  MEM_DYN_POOL  DynamicMemPool;
static  MEM_DYN_POOL  DynamicMemPoolHW;

 static void Mem_DynPoolExample (void)
{
    CPU_INT08U  *p_blk;
    CPU_INT08U  *p_blk_hw;
    LIB_ERR      err_lib;
                                                            /* ------------- CREATION OF MEMORY SEGMENT ----------- */
    Mem_SegCreate(         "Segment name",                  /* Name of mem seg (for debugging purposes).            */
                           &MemorySegment,                  /* Pointer to memory segment structure.                 */
                  (CPU_ADDR)MemSegData,                     /* Base address of memory segment data.                 */
                            4096u,                          /* Length, in byte, of the memory segment.              */
                            CACHE_LINE_LEN,                 /* Padding alignment value.                             */
                           &err_lib);
    if (err_lib != LIB_MEM_ERR_NONE) {                      /* Validate memory segment creation is successful.      */
        /* Handle error case. */
        return;
    }


                                                            /* - CREATION OF GENERAL-PURPOSE DYNAMIC MEMORY POOL -- */
    Mem_DynPoolCreate("General-purpose dynamic memory pool",/* Name of dynamic pool (for debugging purposes).       */
                      &DynamicMemPool,                      /* Pointer to dynamic memory pool data.                 */
                      &MemorySegment,                       /* Pointer to segment from which to allocate blocks.    */
                       20u,                                 /* Block size, in bytes.                                */
                       sizeof(CPU_ALIGN),                   /* Block alignment, in bytes.                           */
                       10u,                                 /* Initial number of blocks.                            */
                       10u,                                 /* Maximum number of blocks.                            */
                      &err_lib);
    if (err_lib != LIB_MEM_ERR_NONE) {                      /* Validate dynamic memory pools creation is successful.*/
        /* Handle error case. */
        return;
    }


                                                            /* ----- CREATION OF HARDWARE DYNAMIC MEMORY POOL ----- */
    Mem_DynPoolCreateHW("Hardware dynamic memory pool",     /* Name of dynamic pool (for debugging purposes).       */
                        &DynamicMemPoolHW,                  /* Pointer to dynamic memory pool data.                 */
                        &MemorySegment,                     /* Pointer to segment from which to allocate blocks.    */
                         20u,                               /* Block size, in bytes.                                */
                         8u,                                /* Block alignment, in bytes.                           */
                         10u,                               /* Initial number of blocks.                            */
                         LIB_MEM_BLK_QTY_UNLIMITED,         /* Maximum number of blocks.                            */
                        &err_lib);
    if (err_lib != LIB_MEM_ERR_NONE) {                      /* Validate dynamic memory pools creation is successful.*/
        /* Handle error case. */
        return;
    }


                                                            /* --------------- BLOCK GET OPERATION ---------------- */
    p_blk = (CPU_INT08U *)Mem_DynPoolBlkGet(&DynamicMemPool,
                                            &err_lib);
    if (err_lib != LIB_MEM_ERR_NONE) {                      /* Validate block get operation is successful.          */
        /* Handle error case. */
        return;
    }


                                                            /* ----------- HARDWARE BLOCK GET OPERATION ----------- */
    p_blk_hw = (CPU_INT08U *)Mem_DynPoolBlkGet(&DynamicMemPoolHW,
                                               &err_lib);
    if (err_lib != LIB_MEM_ERR_NONE) {                      /* Validate block get operation is successful.          */
        /* Handle error case. */
        return;
    }


    /* ... */


                                                            /* --------------- BLOCK FREE OPERATION --------------- */
    Mem_DynPoolBlkFree(       &DynamicMemPool,
                       (void *)p_blk,
                              &err_lib);
    if (err_lib != LIB_MEM_ERR_NONE) {                      /* Validate block free operation is successful.         */
        /* Handle error case. */
        return;
    }


                                                            /* ---------- HARDWARE BLOCK FREE OPERATION ----------- */
    Mem_DynPoolBlkFree(       &DynamicMemPoolHW,
                       (void *)p_blk_hw,
                              &err_lib);
    if (err_lib != LIB_MEM_ERR_NONE) {                      /* Validate block free operation is successful.         */
        /* Handle error case. */
        return;
    }
}
/* clang-format on */
#undef Mem_DynPoolBlkGet

enum { kMost = 200 };

int main(void) {
  LIB_ERR error;
  CPU_INT08U *blocks[kMost];
  MEM_SEG_INFO info;
  Mem_Init();
  Mem_DynPoolExample();
  CHECK(calls == 2 && succeeded == 2);

  /* (3) (4) (7): ten blocks, no more, aligned, of 20 bytes. */
  CHECK(Mem_DynPoolBlkNbrAvailGet(&DynamicMemPool, &error) == 10u);
  for (int i = 0; i < 10; ++i) {
    blocks[i] = (CPU_INT08U *)Mem_DynPoolBlkGet(&DynamicMemPool, &error);
    CHECK(error == LIB_MEM_ERR_NONE && (CPU_ADDR)blocks[i] % sizeof(CPU_ALIGN) == 0u);
    memset(blocks[i], i, 20u);
  }
  CHECK(Mem_DynPoolBlkGet(&DynamicMemPool, &error) == DEF_NULL);
  CHECK(error == LIB_MEM_ERR_POOL_EMPTY);
  CHECK(DynamicMemPool.BlkAllocCnt == 10u);
  for (int i = 0; i < 10; ++i) {
    for (int j = 0; j < 20; ++j) CHECK(blocks[i][j] == i);
    Mem_DynPoolBlkFree(&DynamicMemPool, blocks[i], &error);
    CHECK(error == LIB_MEM_ERR_NONE);
  }
  CHECK(DynamicMemPool.BlkAllocCnt == 0u);

  /* (5) (6) (8): 32 bytes each, on 32-byte boundaries, until the segment is full. */
  (void)Mem_SegRemSizeGet(&MemorySegment, CACHE_LINE_LEN, &info, &error);
  const int expected = 10 + (int)((info.TotalSize - info.UsedSize) / CACHE_LINE_LEN);
  int count = 0;
  while (count < kMost && (blocks[count] = (CPU_INT08U *)Mem_DynPoolBlkGet(
                               &DynamicMemPoolHW, &error)) != DEF_NULL) {
    CHECK((CPU_ADDR)blocks[count] % CACHE_LINE_LEN == 0u);
    memset(blocks[count], count, CACHE_LINE_LEN);
    ++count;
  }
  CHECK(error == LIB_MEM_ERR_SEG_OVF);
  CHECK(count == expected && count > 100);
  CHECK(Mem_SegRemSizeGet(&MemorySegment, 1u, &info, &error) < CACHE_LINE_LEN);
  CHECK(MemorySegment.AddrNext == info.AddrBase + info.UsedSize);
  for (int i = 0; i < count; ++i) {
    for (int j = 0; j < (int)CACHE_LINE_LEN; ++j) CHECK(blocks[i][j] == (CPU_INT08U)i);
    Mem_DynPoolBlkFree(&DynamicMemPoolHW, blocks[i], &error);
    CHECK(error == LIB_MEM_ERR_NONE);
  }
  /* (9) (10): all of them can be had again. */
  for (int i = 0; i < count; ++i) {
    CHECK(Mem_DynPoolBlkGet(&DynamicMemPoolHW, &error) != DEF_NULL);
  }
  return CheckResult();
}
