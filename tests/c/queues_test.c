/* Proves that C programs have queues: in order, full and empty when they say so. */

#include <stddef.h>
#include <stdint.h>

#include "corepool/c/corepool.h"
#include "tests/c/check.h"

enum { kCapacity = 5 };
static int things[10];

static void TestSpsc(void) {
  static corepool_spsc_queue_t queue;
  void* slots[kCapacity];
  void* value = NULL;
  CHECK(!corepool_spsc_queue_enqueue(&queue, &things[0]));
  CHECK(!corepool_spsc_queue_dequeue(&queue, &value));
  CHECK(corepool_spsc_queue_deinit(&queue) == COREPOOL_NOT_INITIALIZED);
  CHECK(corepool_spsc_queue_init(&queue, NULL, 1) == COREPOOL_NULL_MEMORY);
  CHECK(corepool_spsc_queue_init(&queue, slots, kCapacity) == COREPOOL_OK);
  CHECK(corepool_spsc_queue_init(&queue, slots, kCapacity) ==
        COREPOOL_ALREADY_INITIALIZED);
  CHECK(corepool_spsc_queue_capacity(&queue) == kCapacity);
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < kCapacity; ++i) {
      CHECK(corepool_spsc_queue_enqueue(&queue, &things[i]));
    }
    CHECK(!corepool_spsc_queue_enqueue(&queue, &things[9]));
    CHECK(corepool_spsc_queue_size(&queue) == kCapacity);
    for (int i = 0; i < kCapacity; ++i) {
      CHECK(corepool_spsc_queue_dequeue(&queue, &value) && value == &things[i]);
    }
    CHECK(!corepool_spsc_queue_dequeue(&queue, &value));
    CHECK(corepool_spsc_queue_empty(&queue));
  }
  CHECK(corepool_spsc_queue_refused(&queue) == 3);
  void* const many[] = {&things[0], &things[1], &things[2]};
  void* got[kCapacity];
  CHECK(corepool_spsc_queue_enqueue_bulk(&queue, many, 3));
  CHECK(!corepool_spsc_queue_enqueue_bulk(&queue, many, 3));
  CHECK(corepool_spsc_queue_enqueue_up_to(&queue, many, 3) == 2);
  CHECK(corepool_spsc_queue_dequeue_bulk(&queue, got, 4));
  CHECK(got[0] == &things[0] && got[3] == &things[0]);
  CHECK(!corepool_spsc_queue_dequeue_bulk(&queue, got, 2));
  CHECK(corepool_spsc_queue_dequeue_up_to(&queue, got, 2) == 1 && got[0] == &things[1]);
  CHECK(corepool_spsc_queue_deinit(&queue) == COREPOOL_OK);
  CHECK(corepool_spsc_queue_capacity(&queue) == 0);
  CHECK(corepool_spsc_queue_init(&queue, slots, 1) == COREPOOL_OK);
  CHECK(corepool_spsc_queue_deinit(&queue) == COREPOOL_OK);
}

static alignas(16) unsigned char memory[1024];

static void TestMpmc(void) {
  static corepool_mpmc_queue_t queue;
  const corepool_mpmc_options_t options = {.capacity = kCapacity};
  void* value = NULL;
  CHECK(!corepool_mpmc_queue_enqueue(&queue, &things[0]));
  CHECK(!corepool_mpmc_queue_dequeue(&queue, &value));
  CHECK(corepool_mpmc_queue_required_bytes(&options) <= sizeof memory);
  CHECK(corepool_mpmc_queue_required_bytes(&options) >
        corepool_mpmc_queue_required_bytes(&(corepool_mpmc_options_t){
            .capacity = kCapacity, .spares = COREPOOL_NO_SPARES}));
  CHECK(corepool_mpmc_queue_alignment() <= 16);
  CHECK(corepool_mpmc_queue_init(&queue, &options, memory, 3) ==
        COREPOOL_MEMORY_TOO_SMALL);
  CHECK(!corepool_mpmc_queue_is_initialized(&queue));
  CHECK(corepool_mpmc_queue_init(&queue, &options, memory, sizeof memory) ==
        COREPOOL_OK);
  CHECK(corepool_mpmc_queue_is_initialized(&queue));
  CHECK(corepool_mpmc_queue_capacity(&queue) == kCapacity);
  CHECK(corepool_mpmc_queue_round_bits(&queue) > 8);
  for (int i = 0; i < kCapacity; ++i) {
    CHECK(corepool_mpmc_queue_enqueue(&queue, &things[i]));
  }
  CHECK(!corepool_mpmc_queue_enqueue(&queue, &things[9]));
  for (int i = 0; i < kCapacity; ++i) {
    CHECK(corepool_mpmc_queue_dequeue(&queue, &value) && value == &things[i]);
  }
  CHECK(corepool_mpmc_queue_empty(&queue));
  void* const many[] = {&things[0], &things[1], &things[2]};
  void* got[kCapacity];
  CHECK(corepool_mpmc_queue_enqueue_up_to(&queue, many, 3) == 3);
  CHECK(corepool_mpmc_queue_size(&queue) == 3);
  CHECK(corepool_mpmc_queue_dequeue_up_to(&queue, got, kCapacity) == 3);
  CHECK(got[2] == &things[2]);
  CHECK(corepool_mpmc_queue_deinit(&queue) == COREPOOL_OK);
  CHECK(corepool_mpmc_queue_deinit(&queue) == COREPOOL_NOT_INITIALIZED);
}

static void TestIndices(void) {
  static corepool_mpmc_index_queue_t queue;
  const corepool_mpmc_options_t options = {.capacity = kCapacity};
  uint32_t value = 77;
  CHECK(!corepool_mpmc_index_queue_dequeue(&queue, &value) && value == 77);
  CHECK(corepool_mpmc_index_queue_required_bytes(&options) <= sizeof memory);
  CHECK(corepool_mpmc_index_queue_alignment() <= 16);
  CHECK(corepool_mpmc_index_queue_init(&queue, &options, memory, sizeof memory) ==
        COREPOOL_OK);
  CHECK(corepool_mpmc_index_queue_is_initialized(&queue));
  CHECK(corepool_mpmc_index_queue_capacity(&queue) == kCapacity);
  CHECK(corepool_mpmc_index_queue_round_bits(&queue) > 8);
  for (uint32_t i = 0; i < kCapacity; ++i) {
    CHECK(corepool_mpmc_index_queue_enqueue(&queue, 0xffffffffu - i));
  }
  CHECK(!corepool_mpmc_index_queue_enqueue(&queue, 1));
  CHECK(corepool_mpmc_index_queue_size(&queue) == kCapacity);
  for (uint32_t i = 0; i < kCapacity; ++i) {
    CHECK(corepool_mpmc_index_queue_dequeue(&queue, &value));
    CHECK(value == 0xffffffffu - i);
  }
  CHECK(corepool_mpmc_index_queue_empty(&queue));
  const uint32_t many[] = {1, 2, 3};
  uint32_t got[kCapacity];
  CHECK(corepool_mpmc_index_queue_enqueue_up_to(&queue, many, 3) == 3);
  CHECK(corepool_mpmc_index_queue_dequeue_up_to(&queue, got, kCapacity) == 3);
  CHECK(got[2] == 3);
  CHECK(corepool_mpmc_index_queue_deinit(&queue) == COREPOOL_OK);
}

int main(void) {
  TestSpsc();
  TestMpmc();
  TestIndices();
  return CheckResult();
}
