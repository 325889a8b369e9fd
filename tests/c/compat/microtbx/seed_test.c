/* Proves that the seed document's example runs as it stands there: 24 blocks of 24, over
 * and over again, out of its heap of 2048 bytes.
 */

#include <setjmp.h>

#include "microtbx.h"
#include "tests/c/check.h"

enum { kRounds = 1000 };

static jmp_buf out;
static unsigned allocated, released, failed;

static void CountFailure(char const *const file, uint32_t line) {
  (void)file;
  (void)line;
  ++failed;
}

static void *CountedAllocate(size_t size) {
  void *const block = TbxMemPoolAllocate(size);
  if (block != NULL) ++allocated;
  return block;
}

static void CountedRelease(void *block) {
  TbxMemPoolRelease(block);
  if (++released == kRounds * 24U) longjmp(out, 1);
}

/* The example's loop has no end, and its main no result. */
#define main SeedMain
#define TbxMemPoolAllocate CountedAllocate
#define TbxMemPoolRelease CountedRelease
static void SeedMain(void);

/* clang-format off */
void main(void)
{
  size_t    idx;
  uint8_t * dataPtr[24];

  /* Create a few memory pools with block sizes 16, 32, and 64 that
   * have 8 data blocks per pool.
   */
  TbxMemPoolCreate(8U, 16U);
  TbxMemPoolCreate(8U, 32U);
  TbxMemPoolCreate(8U, 64U);

  /* Enter the infinite program loop. */
  for (;;)
  {
    /* Allocate all blocks. Note that when the memory pool with block
     * sizes of 16 bytes is exhausted, it automatically switches to a
     * memory pool with larger sized blocks.
     */
    for (idx = 0U; idx < 24U; idx++)
    {
      dataPtr[idx] = TbxMemPoolAllocate(12U);
      TBX_ASSERT(dataPtr[idx] != NULL);
    }

    /* Now release all the allocated data again. */
    for (idx = 0U; idx < 24U; idx++)
    {
      TbxMemPoolRelease(dataPtr[idx]);
    }
  }
}
/* clang-format on */
#undef main

int main(void) {
  TbxAssertSetHandler(CountFailure);
  if (setjmp(out) == 0) SeedMain();
  CHECK(allocated == kRounds * 24U);
  CHECK(released == kRounds * 24U);
  CHECK(failed == 0);
  return CheckResult();
}
