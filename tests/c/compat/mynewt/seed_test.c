/* Mynewt's documented examples, as they stand there. */

#include <stdlib.h>
#include <string.h>

#include "os/mynewt.h"
#include "tests/c/check.h"

#define NUM_BLOCKS 8
#define BLOCK_SIZE 36

static void UseUp(struct os_mempool *pool) {
  void *blocks[NUM_BLOCKS];
  for (int i = 0; i < NUM_BLOCKS; i++) {
    blocks[i] = os_memblock_get(pool);
    CHECK(blocks[i] != NULL);
    CHECK((uintptr_t)blocks[i] % OS_ALIGNMENT == 0);
    memset(blocks[i], i, BLOCK_SIZE);
  }
  CHECK(os_memblock_get(pool) == NULL);
  for (int i = 0; i < NUM_BLOCKS; i++) {
    const unsigned char *bytes = blocks[i];
    for (int at = 0; at < BLOCK_SIZE; at++) CHECK(bytes[at] == i);
    CHECK(os_memblock_put(pool, blocks[i]) == OS_OK);
  }
}

static void MemoryFromTheHeap(void) {
    struct os_mempool my_pool;

    void *my_memory_buffer;
    my_memory_buffer = malloc(OS_MEMPOOL_BYTES(NUM_BLOCKS, BLOCK_SIZE));

    os_mempool_init(&my_pool, NUM_BLOCKS, BLOCK_SIZE, my_memory_buffer,
                             "MyPool");

  CHECK(os_mempool_get("MyPool", NULL) == &my_pool);
  UseUp(&my_pool);
  CHECK(os_mempool_unregister(&my_pool) == OS_OK);
  free(my_memory_buffer);
}

static void MemoryOfItsOwn(void) {
    struct os_mempool my_pool;

    os_membuf_t my_memory_buffer[OS_MEMPOOL_SIZE(NUM_BLOCKS, BLOCK_SIZE)];

    os_mempool_init(&my_pool, NUM_BLOCKS, BLOCK_SIZE, my_memory_buffer,
                             "MyPool");

  CHECK(os_mempool_get("MyPool", NULL) == &my_pool);
  UseUp(&my_pool);
  CHECK(os_mempool_unregister(&my_pool) == OS_OK);
}

int main(void) {
  MemoryFromTheHeap();
  MemoryOfItsOwn();
  return CheckResult();
}
