/* Proves that the pools work over a program's own heap and assertions, in place of
 * tbx_mempool.c alone: also over a heap that is not aligned, and without assertions in
 * the library's way.
 */

#include "tbx_mempool.h"

#include <stdalign.h>
#include <string.h>

#include "tests/c/check.h"

enum { kHeapSize = 4096, kWord = sizeof(void *) };
static alignas(16) uint8_t memory[kHeapSize + 16];
static size_t skew;
static size_t used;
static unsigned assertions;
static unsigned calls;

void *TbxHeapAllocate(size_t size);
void TbxAssertTrigger(char const *const file, uint32_t line);

void *TbxHeapAllocate(size_t size) {
  const size_t bytes = (size + kWord - 1) / kWord * kWord;
  ++calls;
  if (bytes > kHeapSize - used) return NULL;
  used += bytes;
  return memory + skew + used - bytes;
}
void TbxAssertTrigger(char const *const file, uint32_t line) {
  CHECK(file != NULL && line != 0);
  ++assertions;
}

static size_t Count(size_t size) {
  void *blocks[64];
  size_t count = 0;
  while (count < 64 && (blocks[count] = TbxMemPoolAllocate(size)) != NULL) {
    CHECK((uintptr_t)blocks[count] % kWord == 0);
    memset(blocks[count], (int)count, size);
    ++count;
  }
  for (size_t i = 0; i < count; ++i) {
    const uint8_t *const bytes = blocks[i];
    for (size_t j = 0; j < size; ++j) CHECK(bytes[j] == (uint8_t)i);
    TbxMemPoolRelease(blocks[i]);
  }
  return count;
}

int main(void) {
  CHECK(TbxMemPoolCreate(4, 20) == 1);
  CHECK(calls == 1);
  CHECK(used <= 4 * (24 + 3 * kWord) + 7 * kWord);
  CHECK(Count(20) == 4);
  /* From here on no address is a multiple of a pointer's size. */
  skew = 3;
  CHECK(TbxMemPoolCreate(3, 40) == 1);
  CHECK(TbxMemPoolCreate(3, 40) == 1);
  CHECK(Count(40) == 6);
  CHECK(Count(20) == 10);
  CHECK(assertions == 0);
  TbxMemPoolRelease(memory);
  CHECK(assertions == 1);
  TbxMemPoolRelease(NULL);
  CHECK(assertions == 2);
  CHECK(TbxMemPoolAllocate(0) == NULL);
  CHECK(assertions == 3);
  while (TbxMemPoolAllocateAuto(100) != NULL) {
  }
  CHECK(used <= kHeapSize && kHeapSize - used < 104 + 4 * kWord);
  CHECK(assertions == 3);
  return CheckResult();
}
