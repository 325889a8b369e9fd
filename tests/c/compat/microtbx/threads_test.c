/* Proves that four threads may create, extend, allocate and release at once: no block is
 * anybody's twice, and none is lost. The original fails here.
 */

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "microtbx.h"
#include "tests/c/check.h"

enum { kThreads = 4, kHeld = 6, kMostBlocks = 20000 };
static const size_t kSizes[] = {8, 16, 24, 32, 48, 64};

static unsigned effort = 1;
static pthread_barrier_t start;
/* Each thread's own, so that a sum of them tells. */
static unsigned corruptions[kThreads];
static size_t grown[kThreads][sizeof(kSizes) / sizeof(kSizes[0])];

static unsigned assertions;
static void CountAssertion(char const *const file, uint32_t line) {
  (void)file;
  (void)line;
  __atomic_fetch_add(&assertions, 1, __ATOMIC_RELAXED);
}

static uint32_t Next(uint32_t *seed) {
  *seed = *seed * 1664525u + 1013904223u;
  return *seed >> 8;
}

static void Fill(void *block, size_t size, unsigned char mark) {
  memset(block, mark, size);
}
static int Holds(const void *block, size_t size, unsigned char mark) {
  const unsigned char *const bytes = block;
  for (size_t i = 0; i < size; ++i) {
    if (bytes[i] != mark) return 0;
  }
  return 1;
}

static void *Work(void *argument) {
  const unsigned self = *(const unsigned *)argument;
  uint32_t seed = self + 1;
  void *held[kHeld] = {NULL};
  size_t sizes[kHeld] = {0};
  unsigned char marks[kHeld] = {0};
  unsigned char mark = (unsigned char)(self * 60);
  pthread_barrier_wait(&start);
  for (size_t which = 1; which < sizeof(kSizes) / sizeof(kSizes[0]); which += 2) {
    if (TbxMemPoolCreate(1, kSizes[which]) == TBX_OK) ++grown[self][which];
  }
  for (unsigned round = 0; round < 100000u * effort; ++round) {
    const size_t slot = Next(&seed) % kHeld;
    const size_t which = Next(&seed) % (sizeof(kSizes) / sizeof(kSizes[0]));
    const size_t size = kSizes[which];
    if (held[slot] != NULL) {
      if (!Holds(held[slot], sizes[slot], marks[slot])) ++corruptions[self];
      TbxMemPoolRelease(held[slot]);
      held[slot] = NULL;
    } else {
      held[slot] = TbxMemPoolAllocate(size);
      /* Rarely, so that pools are mostly near exhaustion. */
      if (held[slot] == NULL && round % 16 == 0) {
        if (TbxMemPoolCreate(2, size) == TBX_OK) grown[self][which] += 2;
      } else if (held[slot] == NULL && round % 16 == 1) {
        held[slot] = TbxMemPoolAllocateAuto(size);
      }
      if (held[slot] == NULL) continue;
      sizes[slot] = size;
      marks[slot] = ++mark;
      Fill(held[slot], size, mark);
    }
  }
  for (size_t i = 0; i < kHeld; ++i) {
    if (held[i] == NULL) continue;
    if (!Holds(held[i], sizes[i], marks[i])) ++corruptions[self];
    TbxMemPoolRelease(held[i]);
  }
  return NULL;
}

static int ByAddress(const void *a, const void *b) {
  const char *const left = *(char *const *)a;
  const char *const right = *(char *const *)b;
  return left < right ? -1 : left > right;
}

int main(void) {
  static void *blocks[kMostBlocks];
  const char *const text = getenv("COREPOOL_EFFORT");
  if (text != NULL && atoi(text) > 0) effort = (unsigned)atoi(text);
  TbxAssertSetHandler(CountAssertion);
  const size_t heap = TbxHeapGetFree();
  const size_t kinds = sizeof(kSizes) / sizeof(kSizes[0]);
  /* Half of the sizes are made by the threads, all at once. */
  for (size_t which = 0; which < kinds; which += 2) {
    CHECK(TbxMemPoolCreate(1, kSizes[which]) == TBX_OK);
  }
  pthread_t threads[kThreads];
  unsigned numbers[kThreads];
  pthread_barrier_init(&start, NULL, kThreads);
  for (unsigned i = 0; i < kThreads; ++i) {
    numbers[i] = i;
    CHECK(pthread_create(&threads[i], NULL, Work, &numbers[i]) == 0);
  }
  for (unsigned i = 0; i < kThreads; ++i) {
    CHECK(pthread_join(threads[i], NULL) == 0);
    CHECK(corruptions[i] == 0);
  }
  CHECK(assertions == 0);

  /* What has been taken out of the heap is there now, block by block. */
  corepool_microtbx_set_strict(1);
  size_t count = 0;
  size_t expected = 0;
  for (size_t which = 0; which < kinds; ++which) {
    const size_t first = count;
    while (count < kMostBlocks && (blocks[count] = TbxMemPoolAllocate(kSizes[which]))) {
      ++count;
    }
    expected += (count - first) * (kSizes[which] + 3 * sizeof(void *));
    size_t created = 0;
    for (unsigned i = 0; i < kThreads; ++i) created += grown[i][which];
    CHECK(count - first >= created);
  }
  CHECK(count > 0 && count < kMostBlocks);
  CHECK(heap - TbxHeapGetFree() == expected);
  qsort(blocks, count, sizeof(blocks[0]), ByAddress);
  for (size_t i = 1; i < count; ++i) CHECK(blocks[i - 1] != blocks[i]);
  for (size_t i = 0; i < count; ++i) TbxMemPoolRelease(blocks[i]);
  CHECK(assertions == 0);
  return CheckResult();
}
