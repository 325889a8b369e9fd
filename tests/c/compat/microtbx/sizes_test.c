/* Proves that threads that make pools of many sizes at the same time, the same ones in
 * different orders, end up with one pool of each, in ascending order.
 */

#include <pthread.h>

#include "microtbx.h"
#include "tests/c/check.h"

enum { kThreads = 4, kSizes = 100, kMany = 256 };

static pthread_barrier_t start;

static size_t SizeOf(unsigned number) { return 8 * (size_t)(number + 1); }

static void *Work(void *argument) {
  static const unsigned steps[kThreads] = {1, 37, 63, 99};
  const unsigned self = *(const unsigned *)argument;
  pthread_barrier_wait(&start);
  for (unsigned i = 0; i < kSizes; ++i) {
    const size_t size = SizeOf(i * steps[self] % kSizes);
    void *const block = TbxMemPoolAllocateAuto(size);
    CHECK(block != NULL);
    CHECK(TbxMemPoolCreate(1, size) == TBX_OK);
  }
  return NULL;
}

int main(void) {
  pthread_t threads[kThreads];
  unsigned numbers[kThreads];
  pthread_barrier_init(&start, NULL, kThreads);
  for (unsigned i = 0; i < kThreads; ++i) {
    numbers[i] = i;
    CHECK(pthread_create(&threads[i], NULL, Work, &numbers[i]) == 0);
  }
  for (unsigned i = 0; i < kThreads; ++i) pthread_join(threads[i], NULL);

  /* Each call has taken a block, or left one: so 8 of each size, unless an automatic
   * one has found what another thread had created.
   */
  corepool_microtbx_set_strict(1);
  size_t bytes = 0;
  for (unsigned number = kSizes; number-- > 0;) {
    const size_t size = SizeOf(number);
    const size_t heap = TbxHeapGetFree();
    unsigned count = 0;
    while (TbxMemPoolAllocate(size - 1) != NULL) ++count;
    CHECK(count <= kThreads);
    CHECK(TbxHeapGetFree() == heap);
    bytes += (kThreads + count) * (size + 3 * sizeof(void *));
  }
  CHECK(TBX_CONF_HEAP_SIZE - TbxHeapGetFree() == bytes);

  /* One pool of each size: there is room for exactly so many more. */
  unsigned more = 0;
  while (more <= kMany && TbxMemPoolCreate(1, SizeOf(kSizes + more)) == TBX_OK) ++more;
  CHECK(more == kMany - kSizes);
  const size_t heap = TbxHeapGetFree();
  CHECK(TbxMemPoolCreate(1, 9) == TBX_ERROR);
  CHECK(TbxMemPoolAllocateAuto(9) == NULL);
  CHECK(TbxHeapGetFree() == heap);
  return CheckResult();
}
