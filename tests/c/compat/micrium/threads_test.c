/* Proves that four threads may allocate and free at once, from pools that grow out of one
 * segment, and take from the segment besides: no block or byte is anybody's twice, none
 * is lost, and the counts are right afterwards. The original fails here.
 */

#include <pthread.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tests/c/check.h"

#include <lib_mem.h>

enum { kThreads = 4, kHeld = 5, kLimit = 10, kBytes = 65536, kMost = 5000 };

static MEM_SEG segment;
static MEM_DYN_POOL limited, unlimited, hardware;
static MEM_POOL fixed;
alignas(64) static CPU_INT08U memory[kBytes];
static CPU_INT08U fixed_memory[8 * 24];
static pthread_barrier_t start;
static unsigned effort = 1;
static unsigned faults[kThreads];
static size_t carved[kThreads];

static uint32_t Next(uint32_t *seed) {
  *seed = *seed * 1664525u + 1013904223u;
  return *seed >> 8;
}

static void *Get(unsigned kind, LIB_ERR *error) {
  switch (kind) {
    case 0: return Mem_DynPoolBlkGet(&limited, error);
    case 1: return Mem_DynPoolBlkGet(&unlimited, error);
    case 2: return Mem_DynPoolBlkGet(&hardware, error);
    default: return Mem_PoolBlkGet(&fixed, 24u, error);
  }
}
static void Free(unsigned kind, void *block, LIB_ERR *error) {
  switch (kind) {
    case 0: Mem_DynPoolBlkFree(&limited, block, error); break;
    case 1: Mem_DynPoolBlkFree(&unlimited, block, error); break;
    case 2: Mem_DynPoolBlkFree(&hardware, block, error); break;
    default: Mem_PoolBlkFree(&fixed, block, error); break;
  }
}

static void *Work(void *argument) {
  const unsigned self = *(const unsigned *)argument;
  uint32_t seed = self + 1;
  CPU_INT08U *held[kHeld] = {NULL};
  unsigned kinds[kHeld] = {0};
  LIB_ERR error;
  pthread_barrier_wait(&start);
  for (unsigned round = 0; round < 60000u * effort; ++round) {
    const unsigned slot = Next(&seed) % kHeld;
    const CPU_INT08U mark = (CPU_INT08U)(self * kHeld + slot + 1);
    if (round % 4096 == 0) {
      CPU_INT08U *const piece = Mem_SegAlloc("piece", &segment, 16u, &error);
      if (piece != NULL) {
        memset(piece, 0xEE, 16);
        carved[self] += 16;
      }
    }
    if (held[slot] == NULL) {
      kinds[slot] = Next(&seed) % 4;
      held[slot] = Get(kinds[slot], &error);
      if (held[slot] == NULL) {
        if (error != LIB_MEM_ERR_POOL_EMPTY) ++faults[self];
        continue;
      }
      memset(held[slot], mark, 24);
    } else {
      for (int i = 0; i < 24; ++i) {
        if (held[slot][i] != mark) ++faults[self];
      }
      Free(kinds[slot], held[slot], &error);
      if (error != LIB_MEM_ERR_NONE) ++faults[self];
      held[slot] = NULL;
    }
  }
  for (unsigned slot = 0; slot < kHeld; ++slot) {
    if (held[slot] != NULL) Free(kinds[slot], held[slot], &error);
  }
  return NULL;
}

static int ByAddress(const void *a, const void *b) {
  const char *const left = *(char *const *)a;
  const char *const right = *(char *const *)b;
  return left < right ? -1 : left > right;
}

int main(void) {
  static void *blocks[kMost];
  LIB_ERR error;
  const char *const text = getenv("COREPOOL_EFFORT");
  if (text != NULL && atoi(text) > 0) effort = (unsigned)atoi(text);
  Mem_Init();
  Mem_SegCreate("shared", &segment, (CPU_ADDR)memory, kBytes, 32u, &error);
  Mem_DynPoolCreate("limited", &limited, &segment, 24u, 8u, 2u, kLimit, &error);
  Mem_DynPoolCreate("unlimited", &unlimited, &segment, 40u, 8u, 0u, 0u, &error);
  Mem_DynPoolCreateHW("hardware", &hardware, &segment, 24u, 8u, 1u, 0u, &error);
  CHECK(error == LIB_MEM_ERR_NONE);
  Mem_PoolCreate(&fixed, fixed_memory, sizeof(fixed_memory), 8u, 24u, 1u, NULL, &error);
  CHECK(error == LIB_MEM_ERR_NONE);
  pthread_t threads[kThreads];
  unsigned numbers[kThreads];
  pthread_barrier_init(&start, NULL, kThreads);
  for (unsigned i = 0; i < kThreads; ++i) {
    numbers[i] = i;
    CHECK(pthread_create(&threads[i], NULL, Work, &numbers[i]) == 0);
  }
  size_t pieces = 0;
  for (unsigned i = 0; i < kThreads; ++i) {
    CHECK(pthread_join(threads[i], NULL) == 0);
    CHECK(faults[i] == 0);
    pieces += carved[i];
  }
  CHECK(limited.BlkAllocCnt == 0u && unlimited.BlkAllocCnt == 0u);
  CHECK(fixed.BlkFreeTblIx == 8u);
  CHECK(Mem_DynPoolBlkNbrAvailGet(&limited, &error) == kLimit);
  CHECK(Mem_PoolBlkGetNbrAvail(&fixed, &error) == 8u);
  CHECK(pieces > 0);
  CHECK(segment.AddrNext - segment.AddrBase ==
        kBytes - Mem_SegRemSizeGet(&segment, 1u, NULL, &error));

  /* Every block there is, once. */
  size_t count = 0;
  while (count < kMost && (blocks[count] = Get(0, &error)) != NULL) ++count;
  CHECK(count == kLimit && error == LIB_MEM_ERR_POOL_EMPTY);
  while (count < kMost && (blocks[count] = Get(1, &error)) != NULL) ++count;
  CHECK(error == LIB_MEM_ERR_SEG_OVF);
  while (count < kMost && (blocks[count] = Get(2, &error)) != NULL) ++count;
  CHECK(error == LIB_MEM_ERR_SEG_OVF && count < kMost);
  qsort(blocks, count, sizeof(blocks[0]), ByAddress);
  for (size_t i = 1; i < count; ++i) {
    CHECK((char *)blocks[i] - (char *)blocks[i - 1] >= 24);
  }
  CHECK(segment.AddrEnd + 1u - segment.AddrNext < 40u);
  return CheckResult();
}
