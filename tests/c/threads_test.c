/* Proves that C programs may allocate and free from several threads at once: no block
 * has two owners, none is lost, and none is handed over to somebody else in a queue.
 */

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "corepool/c/corepool.h"
#include "tests/c/check.h"

enum { kThreads = 4, kHeld = 12, kRounds = 3000, kBlocks = 64 };

static corepool_fixed_pool_t fixed;
static corepool_multi_pool_t multi;
static corepool_dynamic_pool_t dynamic;
static corepool_priority_pool_t priority;
static corepool_quad_pool_t quad;
static corepool_segment_t segment;
static corepool_mpmc_queue_t queue;
static alignas(COREPOOL_OBJECT_ALIGNMENT) unsigned char memory[6][1 << 17];

static void* AllocateFrom(int kind) {
  switch (kind) {
    case 0:
      return corepool_fixed_pool_allocate(&fixed);
    case 1:
      return corepool_multi_pool_allocate(&multi, 64);
    case 2:
      return corepool_dynamic_pool_allocate(&dynamic);
    case 3:
      return corepool_priority_pool_allocate(&priority, 0);
    default:
      return corepool_quad_pool_allocate(&quad, 64);
  }
}

static corepool_error_t FreeTo(int kind, void* block) {
  switch (kind) {
    case 0:
      return corepool_fixed_pool_free(&fixed, block);
    case 1:
      return corepool_multi_pool_free(&multi, block);
    case 2:
      return corepool_dynamic_pool_free(&dynamic, block);
    case 3:
      return corepool_priority_pool_free(&priority, block);
    default:
      return corepool_quad_pool_free(&quad, block);
  }
}

static size_t UsedOf(int kind) {
  switch (kind) {
    case 0:
      return corepool_fixed_pool_stats(&fixed).used;
    case 1:
      return corepool_multi_pool_stats(&multi).used;
    case 2:
      return corepool_dynamic_pool_stats(&dynamic).used;
    case 3:
      return corepool_priority_pool_stats_of(&priority, 0).pool.used;
    default:
      return corepool_quad_pool_stats(&quad).used;
  }
}

/* A block is told by what its owner writes to all of it. */
static void Mark(void* block, uint64_t mark) {
  for (int i = 0; i < 8; ++i) ((uint64_t*)block)[i] = mark + (uint64_t)i;
}
static int HasMark(const void* block, uint64_t mark) {
  for (int i = 0; i < 8; ++i) {
    if (((const uint64_t*)block)[i] != mark + (uint64_t)i) return 0;
  }
  return 1;
}

static int kind_now;
static atomic_int faults;
static atomic_uint allocated, freed;

static void* Churn(void* argument) {
  const unsigned self = (unsigned)(uintptr_t)argument;
  void* held[kHeld] = {NULL};
  uint64_t marks[kHeld] = {0};
  unsigned random = self * 2654435761u + 1;
  for (unsigned round = 0; round < kRounds; ++round) {
    random = random * 1664525u + 1013904223u;
    const unsigned i = (random >> 16) % kHeld;
    if (held[i] == NULL) {
      held[i] = AllocateFrom(kind_now);
      if (held[i] == NULL) continue;
      marks[i] = ((uint64_t)(self + 1) << 48) + ((uint64_t)round << 8);
      Mark(held[i], marks[i]);
      atomic_fetch_add(&allocated, 1);
    } else {
      if (!HasMark(held[i], marks[i])) atomic_fetch_add(&faults, 1);
      if (FreeTo(kind_now, held[i]) != COREPOOL_OK) atomic_fetch_add(&faults, 1);
      held[i] = NULL;
      atomic_fetch_add(&freed, 1);
    }
  }
  for (int i = 0; i < kHeld; ++i) {
    if (held[i] == NULL) continue;
    if (!HasMark(held[i], marks[i])) atomic_fetch_add(&faults, 1);
    if (FreeTo(kind_now, held[i]) != COREPOOL_OK) atomic_fetch_add(&faults, 1);
    atomic_fetch_add(&freed, 1);
  }
  return NULL;
}

static void RunThreads(void* (*body)(void*), int count) {
  pthread_t threads[kThreads];
  for (int i = 0; i < count; ++i) {
    CHECK(pthread_create(&threads[i], NULL, body, (void*)(uintptr_t)i) == 0);
  }
  for (int i = 0; i < count; ++i) CHECK(pthread_join(threads[i], NULL) == 0);
}

/* Afterwards exactly the blocks that there were are free: each comes up once. */
static void TestConservation(int kind, int blocks) {
  void* all[kBlocks];
  kind_now = kind;
  atomic_store(&allocated, 0);
  atomic_store(&freed, 0);
  RunThreads(Churn, kThreads);
  CHECK(atomic_load(&faults) == 0);
  CHECK(atomic_load(&allocated) == atomic_load(&freed));
  CHECK(UsedOf(kind) == 0);
  for (int i = 0; i < blocks; ++i) {
    all[i] = AllocateFrom(kind);
    CHECK(all[i] != NULL);
    for (int k = 0; k < i; ++k) CHECK(all[k] != all[i]);
  }
  CHECK(AllocateFrom(kind) == NULL);
  for (int i = 0; i < blocks; ++i) CHECK(FreeTo(kind, all[i]) == COREPOOL_OK);
}

/* Blocks handed over: the producers' marks are what consumers find. */
enum { kPerProducer = 2000 };
static atomic_uint received;
static atomic_uchar seen[2][kPerProducer];

static void* HandOver(void* argument) {
  const unsigned self = (unsigned)(uintptr_t)argument;
  if (self < 2) {
    for (unsigned i = 0; i < kPerProducer; ++i) {
      void* block;
      while ((block = corepool_fixed_pool_allocate(&fixed)) == NULL) {
      }
      Mark(block, ((uint64_t)self << 32) + ((uint64_t)i << 4));
      while (!corepool_mpmc_queue_enqueue(&queue, block)) {
      }
    }
    return NULL;
  }
  while (atomic_load(&received) < 2 * kPerProducer) {
    void* block = NULL;
    if (!corepool_mpmc_queue_dequeue(&queue, &block)) continue;
    const uint64_t mark = *(uint64_t*)block;
    const unsigned producer = (unsigned)(mark >> 32);
    const unsigned number = (unsigned)(mark & 0xffffffffu) >> 4;
    if (producer > 1 || number >= kPerProducer || !HasMark(block, mark)) {
      atomic_fetch_add(&faults, 1);
    } else {
      atomic_fetch_add(&seen[producer][number], 1);
    }
    if (corepool_fixed_pool_free(&fixed, block) != COREPOOL_OK) {
      atomic_fetch_add(&faults, 1);
    }
    atomic_fetch_add(&received, 1);
  }
  return NULL;
}

int main(void) {
  const corepool_pool_options_t fixed_options = {.block_size = 64,
                                                 .block_count = kBlocks};
  const corepool_size_class_options_t classes[] = {{64, 20}, {128, 20}};
  const corepool_dynamic_pool_options_t dynamic_options = {.block_size = 64,
                                                           .maximum = 30};
  const corepool_priority_class_t priorities[] = {
      {.block_size = 64, .block_count = 16, .borrows = COREPOOL_BORROW_LOWER},
      {.block_size = 64, .block_count = 20, .reserve = 4}};
  const corepool_quad_pool_options_t quad_options = {
      .min_block_size = 64, .max_block_size = 1024, .block_count = 2};
  const corepool_mpmc_options_t queue_options = {.capacity = kBlocks};
  CHECK(corepool_fixed_pool_init(&fixed, &fixed_options, memory[0],
                                 sizeof memory[0]) == COREPOOL_OK);
  CHECK(corepool_multi_pool_init(&multi, classes, 2, NULL, memory[1],
                                 sizeof memory[1]) == COREPOOL_OK);
  CHECK(corepool_segment_init(&segment, NULL, memory[2], 64 * 1024, 0) == COREPOOL_OK);
  CHECK(corepool_dynamic_pool_init(&dynamic, &dynamic_options, &segment,
                                   memory[2] + 64 * 1024, 64 * 1024) == COREPOOL_OK);
  CHECK(corepool_priority_pool_init(&priority, priorities, 2, NULL, memory[3],
                                    sizeof memory[3]) == COREPOOL_OK);
  CHECK(corepool_quad_pool_init(&quad, &quad_options, memory[4], sizeof memory[4]) ==
        COREPOOL_OK);
  CHECK(corepool_mpmc_queue_init(&queue, &queue_options, memory[5],
                                 sizeof memory[5]) == COREPOOL_OK);
  TestConservation(0, kBlocks);
  TestConservation(1, 40);
  TestConservation(2, 30);
  TestConservation(3, 32);
  TestConservation(4, 32);

  RunThreads(HandOver, kThreads);
  CHECK(atomic_load(&faults) == 0);
  for (int producer = 0; producer < 2; ++producer) {
    for (int i = 0; i < kPerProducer; ++i) CHECK(atomic_load(&seen[producer][i]) == 1);
  }
  CHECK(corepool_mpmc_queue_empty(&queue));
  CHECK(corepool_fixed_pool_stats(&fixed).used == 0);
  return CheckResult();
}
