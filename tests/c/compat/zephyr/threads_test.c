/* Four tasks at once on one pool, one map and the heap: every block has one owner, what
 * is written to it stays, nothing is lost, nobody is refused while there is memory; and
 * of copies of one descriptor that are freed at once, one counts. */

#include <corepool_zephyr.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <zephyr.h>

#include "tests/c/check.h"

enum { kTasks = 4, kHeld = 6, kMailboxes = 8 };

COREPOOL_ZEPHYR_DEFINE_POOL(POOL, 32, 2048, 16);
COREPOOL_ZEPHYR_DEFINE_POOL(HEAP, 64, 1024, 4);
COREPOOL_ZEPHYR_DEFINE_POOL(TIGHT, 64, 256, 2);
COREPOOL_ZEPHYR_DEFINE_POOL(RACED, 64, 64, 4);
DEFINE_MEM_MAP(MAP, 24, 48)

static atomic_int failures;
static int rounds;

static void Require(bool condition) {
  if (!condition) atomic_fetch_add(&failures, 1);
}

static uint32_t Random(uint32_t* state) {
  *state ^= *state << 13;
  *state ^= *state >> 17;
  *state ^= *state << 5;
  return *state;
}

/* Fills with what tells the block's owner and use, and looks whether it is there. */
static void Mark(void* data, size_t bytes, uint32_t mark) {
  memset(data, (int)(mark & 0xff), bytes);
}
static void Inspect(const void* data, size_t bytes, uint32_t mark) {
  const unsigned char* const byte = data;
  size_t i;

  for (i = 0; i < bytes; ++i) {
    if (byte[i] != (mark & 0xff)) break;
  }
  Require(i == bytes);
}

/* What one task puts and another gets: the descriptor of a block, whole. */
struct message {
  struct k_block block;
  uint32_t mark;
};
static _Atomic(struct message*) mailboxes[kMailboxes];

static void Receive(struct message* message) {
  struct k_block block;

  if (message == NULL) return;
  /* The message lies in a block of the map, what it describes in the pool. */
  Inspect(message->block.pointer_to_data, message->block.req_size, message->mark);
  block = message->block;
  task_mem_pool_free(&block);
  void* mapped = message;
  task_mem_map_free(MAP, &mapped);
}

static void* Work(void* argument) {
  uint32_t random = (uint32_t)(uintptr_t)argument * 2654435761u + 1;
  struct k_block held[kHeld];
  uint32_t marks[kHeld];
  int count = 0;
  int i;

  corepool_zephyr_set_priority((int)(uintptr_t)argument);
  for (i = 0; i < rounds; ++i) {
    const uint32_t choice = Random(&random);

    if (choice % 3 != 0 && count < kHeld) {
      const int size = (int)(Random(&random) % 600 + 1);

      /* There may be none: 24 held, and 8 in the mailboxes, of 16 times 4. */
      if (task_mem_pool_alloc(&held[count], POOL, size) != RC_OK) continue;
      Require(held[count].req_size == (uint32_t)size);
      marks[count] = Random(&random);
      Mark(held[count].pointer_to_data, (size_t)size, marks[count]);
      ++count;
    } else if (choice % 3 == 0 && count > 0) {
      void* mapped;
      struct message* message;

      --count;
      if (choice % 2 == 0 || task_mem_map_alloc(MAP, &mapped) != RC_OK) {
        Inspect(held[count].pointer_to_data, held[count].req_size, marks[count]);
        task_mem_pool_free(&held[count]);
        continue;
      }
      message = mapped;
      message->block = held[count];
      message->mark = marks[count];
      Receive(atomic_exchange(&mailboxes[choice / 16 % kMailboxes], message));
    }
    if (choice % 64 == 5) {
      unsigned char* const data = task_malloc(choice / 64 % 100 + 1);

      if (data != NULL) {
        Mark(data, choice / 64 % 100 + 1, choice >> 8);
        task_yield();
        Inspect(data, choice / 64 % 100 + 1, choice >> 8);
        task_free(data);
      }
    }
    if (choice % 512 == 7) task_mem_pool_defragment(POOL);
  }
  while (count > 0) {
    --count;
    Inspect(held[count].pointer_to_data, held[count].req_size, marks[count]);
    task_mem_pool_free(&held[count]);
  }
  return NULL;
}

/* Two blocks of 256 for four tasks, each of which wants one at a time: all get theirs.
 */
static void* WaitAndWork(void* argument) {
  int i;

  for (i = 0; i < rounds / 50; ++i) {
    struct k_block block;

    Require(task_mem_pool_alloc_wait(&block, TIGHT, 200) == RC_OK);
    Mark(block.pointer_to_data, 200, (uint32_t)(uintptr_t)argument);
    task_yield();
    Inspect(block.pointer_to_data, 200, (uint32_t)(uintptr_t)argument);
    task_mem_pool_free(&block);
  }
  return NULL;
}

/* Four small blocks at most are in use at any instant, whatever is being split and
 * merged for them: nobody is ever refused. */
static void* NeverRefused(void* argument) {
  const int size = (uintptr_t)argument % 2 == 0 ? 64 : 65;
  int i;

  for (i = 0; i < rounds / 4; ++i) {
    struct k_block block;

    Require(task_mem_pool_alloc(&block, POOL, size) == RC_OK);
    task_mem_pool_free(&block);
  }
  return NULL;
}

static struct k_block shared;
static pthread_barrier_t barrier;

static void* FreeTheSame(void* argument) {
  int i;

  (void)argument;
  for (i = 0; i < rounds / 100; ++i) {
    struct k_block copy;

    if (pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD) {
      Require(task_mem_pool_alloc(&shared, RACED, 64) == RC_OK);
    }
    pthread_barrier_wait(&barrier);
    copy = shared;
    task_mem_pool_free(&copy);
  }
  return NULL;
}

static void Run(void* (*body)(void*)) {
  pthread_t threads[kTasks];
  uintptr_t i;

  for (i = 0; i < kTasks; ++i) {
    CHECK(pthread_create(&threads[i], NULL, body, (void*)i) == 0);
  }
  for (i = 0; i < kTasks; ++i) CHECK(pthread_join(threads[i], NULL) == 0);
  CHECK(atomic_load(&failures) == 0);
}

static void ExpectWhole(kmemory_pool_t pool) {
  struct corepool_zephyr_pool_info info;

  CHECK(corepool_zephyr_pool_info_get(pool, &info) == RC_OK);
  CHECK(info.used == 0 && info.allocations == info.frees);
  CHECK(info.largest_free == info.max_block_size);
  CHECK(info.waiting == 0);
}

int main(void) {
  const char* const effort = getenv("COREPOOL_EFFORT");
  int i;

  rounds = 100000 * (effort == NULL ? 1 : atoi(effort));
  CHECK(corepool_zephyr_set_heap(HEAP) == RC_OK);
  Run(&Work);
  for (i = 0; i < kMailboxes; ++i) Receive(atomic_exchange(&mailboxes[i], NULL));
  CHECK(atomic_load(&failures) == 0);
  Run(&WaitAndWork);
  Run(&NeverRefused);
  ExpectWhole(POOL);
  ExpectWhole(HEAP);
  ExpectWhole(TIGHT);
  CHECK(task_mem_map_used_get(MAP) == 0);
  CHECK(corepool_zephyr_misuse_count() == 0);

  pthread_barrier_init(&barrier, NULL, kTasks);
  Run(&FreeTheSame);
  pthread_barrier_destroy(&barrier);
  ExpectWhole(RACED);
  CHECK(corepool_zephyr_misuse_count() == (uint64_t)(rounds / 100) * (kTasks - 1));
  return CheckResult();
}
