/* Proves, one by one, what MicroTBX's documents say of memory pools, and that what its
 * sources get wrong has been put right (docs/compat/microtbx.md).
 */

#include <stdint.h>
#include <string.h>

#include "microtbx.h"
#include "tests/c/check.h"

/* What the original takes out of the heap. */
enum { kWord = sizeof(void *), kPool = 7 * kWord };
static size_t OriginalBlock(size_t size) {
  return 3 * kWord + (size + kWord - 1) / kWord * kWord;
}

static unsigned assertions;
static void CountAssertion(char const *const file, uint32_t line) {
  CHECK(file != NULL && line != 0);
  ++assertions;
}
#define CHECK_ASSERTS(call) \
  do { \
    const unsigned before = assertions; \
    call; \
    CHECK(assertions == before + 1); \
  } while (0)

/* Each block exactly once, writable in full without touching another. */
static size_t Drain(size_t size, void **blocks, size_t most) {
  size_t count = 0;
  while (count < most && (blocks[count] = TbxMemPoolAllocate(size)) != NULL) {
    memset(blocks[count], (int)(count + 1), size);
    ++count;
  }
  for (size_t i = 0; i < count; ++i) {
    const uint8_t *const bytes = blocks[i];
    for (size_t j = 0; j < size; ++j) CHECK(bytes[j] == (uint8_t)(i + 1));
    CHECK((uintptr_t)blocks[i] % kWord == 0);
  }
  return count;
}
static void ReleaseAll(void **blocks, size_t count) {
  for (size_t i = 0; i < count; ++i) TbxMemPoolRelease(blocks[i]);
}

static void NothingIsThereAtFirst(void) {
  CHECK(TbxHeapGetFree() == TBX_CONF_HEAP_SIZE);
  CHECK(TbxMemPoolAllocate(1) == NULL);
  CHECK(assertions == 0);
}

static void ZerosAreRefusedAndCostNothing(void) {
  const size_t heap = TbxHeapGetFree();
  uint8_t result = TBX_OK;
  void *block = &result;
  CHECK_ASSERTS(result = TbxMemPoolCreate(0, 16));
  CHECK(result == TBX_ERROR);
  CHECK_ASSERTS(result = TbxMemPoolCreate(4, 0));
  CHECK(result == TBX_ERROR);
  CHECK_ASSERTS(block = TbxMemPoolAllocate(0));
  CHECK(block == NULL);
  CHECK_ASSERTS(block = TbxMemPoolAllocateAuto(0));
  CHECK(block == NULL);
  CHECK_ASSERTS(block = TbxHeapAllocate(0));
  CHECK(block == NULL);
  CHECK_ASSERTS(TbxMemPoolRelease(NULL));
  CHECK(TbxHeapGetFree() == heap);
}

static void CreationThatFailsTakesNothing(void) {
  const size_t heap = TbxHeapGetFree();
  CHECK(TbxMemPoolCreate(100, 32) == TBX_ERROR);
  CHECK(TbxMemPoolCreate(1, heap + 1) == TBX_ERROR);
  CHECK(TbxMemPoolAllocate(32) == NULL);
  CHECK(TbxHeapGetFree() == heap);
}

static void SizesThatOverflowAreRefused(void) {
  const size_t heap = TbxHeapGetFree();
  CHECK(TbxMemPoolCreate(1, SIZE_MAX) == TBX_ERROR);
  CHECK(TbxMemPoolCreate(SIZE_MAX, 1) == TBX_ERROR);
  CHECK(TbxMemPoolCreate(SIZE_MAX / 2 + 2, SIZE_MAX / 2) == TBX_ERROR);
  CHECK(TbxMemPoolAllocate(100000) == NULL);
  CHECK(TbxMemPoolAllocateAuto(SIZE_MAX) == NULL);
  CHECK(TbxHeapAllocate(SIZE_MAX - 2) == NULL);
  CHECK(TbxHeapAllocate(SIZE_MAX) == NULL);
  CHECK(TbxHeapGetFree() == heap);
}

static void HeapTakesNoMoreThanTheOriginal(void) {
  void *blocks[8];
  const size_t heap = TbxHeapGetFree();
  CHECK(TbxMemPoolCreate(1, 16) == TBX_OK);
  CHECK(heap - TbxHeapGetFree() <= kPool + OriginalBlock(16));
  CHECK(TbxMemPoolCreate(1, 16) == TBX_OK);
  CHECK(TbxMemPoolCreate(2, 16) == TBX_OK);
  CHECK(heap - TbxHeapGetFree() <= kPool + 4 * OriginalBlock(16));
  CHECK(Drain(16, blocks, 8) == 4);
  CHECK(TbxMemPoolAllocate(16) == NULL);
  ReleaseAll(blocks, 4);
}

static void AutoTakesTheExactSizeAndGrowsByOne(void) {
  void *blocks[8];
  const size_t heap = TbxHeapGetFree();
  for (size_t i = 0; i < 3; ++i) {
    blocks[i] = TbxMemPoolAllocateAuto(13);
    CHECK(blocks[i] != NULL);
    CHECK(heap - TbxHeapGetFree() <= kPool + (i + 1) * OriginalBlock(13));
  }
  const size_t after = TbxHeapGetFree();
  ReleaseAll(blocks, 3);
  for (size_t i = 0; i < 3; ++i) CHECK(TbxMemPoolAllocateAuto(13) != NULL);
  CHECK(TbxHeapGetFree() == after);
  ReleaseAll(blocks, 3);
  /* Now 13 is the best fit of 9 to 13. */
  CHECK(Drain(9, blocks, 3) == 3);
  ReleaseAll(blocks, 3);
}

static void SpillGoesToLargerBlocksUnlessStrict(void) {
  void *blocks[16];
  CHECK(Drain(13, blocks, 16) == 3 + 4);
  ReleaseAll(blocks, 7);
  corepool_microtbx_set_strict(1);
  CHECK(Drain(13, blocks, 16) == 3);
  CHECK(TbxMemPoolAllocate(17) == NULL);
  ReleaseAll(blocks, 3);
  corepool_microtbx_set_strict(0);
}

static void ReleasedBlocksKeepTheirContents(void) {
  void *const block = TbxMemPoolAllocate(16);
  uint8_t pattern[16];
  memset(block, 0xA5, 16);
  memset(pattern, 0xA5, 16);
  TbxMemPoolRelease(block);
  CHECK(memcmp(block, pattern, 16) == 0);
}

static void DoubleReleaseIsRefusedWhileOthersAreInUse(void) {
  void *blocks[16];
  void *const kept = TbxMemPoolAllocate(16);
  void *const twice = TbxMemPoolAllocate(16);
  TbxMemPoolRelease(twice);
  CHECK_ASSERTS(TbxMemPoolRelease(twice));
  CHECK_ASSERTS(TbxMemPoolRelease(twice));
  const size_t rest = Drain(16, blocks, 16);
  CHECK(rest == 3);
  for (size_t i = 0; i < rest; ++i) {
    CHECK(blocks[i] != kept);
    for (size_t j = 0; j < i; ++j) CHECK(blocks[i] != blocks[j]);
  }
  const unsigned before = assertions;
  ReleaseAll(blocks, rest);
  TbxMemPoolRelease(kept);
  CHECK(assertions == before);
}

static void PointersThatAreNoBlocksAreRefused(void) {
  static size_t elsewhere[8] = {16, 16, 16, 16, 16, 16, 16, 16};
  void *blocks[8];
  size_t *const block = TbxMemPoolAllocate(16);
  size_t *const raw = TbxHeapAllocate(4 * sizeof(size_t));
  block[0] = 16; /* what the original takes for a block's header */
  raw[0] = 16;
  CHECK_ASSERTS(TbxMemPoolRelease(&elsewhere[2]));
  CHECK_ASSERTS(TbxMemPoolRelease(block + 1));
  CHECK_ASSERTS(TbxMemPoolRelease((uint8_t *)block + 1));
  CHECK_ASSERTS(TbxMemPoolRelease(raw + 1));
  CHECK_ASSERTS(TbxMemPoolRelease((void *)(uintptr_t)8));
  CHECK_ASSERTS(TbxMemPoolRelease((void *)(UINTPTR_MAX - 7)));
  TbxMemPoolRelease(block);
  CHECK(Drain(16, blocks, 8) == 4);
  ReleaseAll(blocks, 4);
}

static void AnOverrunIsFoundAndReachesNoList(void) {
  void *blocks[8];
  const unsigned before = assertions;
  CHECK(TbxMemPoolCreate(4, 40) == TBX_OK);
  CHECK(Drain(40, blocks, 8) == 4);
  uint8_t *low = blocks[0];
  for (size_t i = 1; i < 4; ++i) {
    if ((uint8_t *)blocks[i] < low) low = blocks[i];
  }
  memset(low, 0xFF, 40 + kWord);
  ReleaseAll(blocks, 4);
  CHECK(assertions == before + 1); /* of the block behind it */
  CHECK(Drain(40, blocks, 8) == 3);
  ReleaseAll(blocks, 3);
}

static void TheHeapEnds(void) {
  while (TbxMemPoolCreate(1, 8) == TBX_OK) {
  }
  const size_t heap = TbxHeapGetFree();
  CHECK(heap < OriginalBlock(8));
  CHECK(TbxMemPoolAllocateAuto(24) == NULL);
  CHECK(TbxHeapGetFree() == heap);
  if (heap >= kWord) CHECK(TbxHeapAllocate(1) != NULL);
}

static void CriticalSectionsNest(void) {
  TbxCriticalSectionEnter();
  TbxCriticalSectionEnter();
  void *const block = TbxMemPoolAllocate(16);
  TbxMemPoolRelease(block);
  TbxCriticalSectionExit();
  TbxCriticalSectionExit();
}

static void ExitsAndHandlersThatAreNoneAreRefused(void) {
  CHECK_ASSERTS(TbxCriticalSectionExit());
  CHECK_ASSERTS(TbxAssertSetHandler(NULL));
  CHECK_ASSERTS(TBX_ASSERT(TBX_FALSE)); /* the handler has stayed */
  TbxCriticalSectionEnter();
  TbxCriticalSectionExit();
  CHECK_ASSERTS(TbxCriticalSectionExit());
}

int main(void) {
  CHECK(TBX_VERSION_MAIN == 1U && TBX_VERSION_MINOR == 4U && TBX_VERSION_PATCH == 0U);
  TbxAssertSetHandler(CountAssertion);
  NothingIsThereAtFirst();
  ZerosAreRefusedAndCostNothing();
  CreationThatFailsTakesNothing();
  SizesThatOverflowAreRefused();
  HeapTakesNoMoreThanTheOriginal();
  AutoTakesTheExactSizeAndGrowsByOne();
  SpillGoesToLargerBlocksUnlessStrict();
  ReleasedBlocksKeepTheirContents();
  DoubleReleaseIsRefusedWhileOthersAreInUse();
  PointersThatAreNoBlocksAreRefused();
  AnOverrunIsFoundAndReachesNoList();
  TheHeapEnds();
  CriticalSectionsNest();
  ExitsAndHandlersThatAreNoneAreRefused();
  return CheckResult();
}
