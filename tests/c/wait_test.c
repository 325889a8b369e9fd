/* Proves that C programs can wait, by futex and by a port of their own: for blocks, for
 * values, until a deadline; and that none is lost on the way.
 */

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#include "corepool/c/corepool.h"
#include "tests/c/check.h"

static corepool_waiters_t waiters;
static COREPOOL_WAITERS_MEMORY(places, 4);
static corepool_fixed_pool_t pool;
static COREPOOL_FIXED_POOL_MEMORY(memory, 32, 2);

static void TestBeforeInit(void) {
  const corepool_pool_options_t options = {
      .block_size = 32, .block_count = 2, .waiters = &waiters};
  CHECK(!corepool_waiters_is_initialized(&waiters));
  CHECK(corepool_waiters_count(&waiters) == 0 && corepool_waiters_now(&waiters) == 0);
  CHECK(corepool_waiters_deinit(&waiters) == COREPOOL_NOT_INITIALIZED);
  CHECK(corepool_fixed_pool_init(&pool, &options, memory, sizeof memory) ==
        COREPOOL_NOT_INITIALIZED);
  const corepool_waiters_options_t too_many = {.most_waiters = 5000};
  CHECK(corepool_waiters_init(&waiters, &too_many, places, sizeof places) ==
        COREPOOL_INVALID_COUNT);
  const corepool_wait_port_t no_port = {0};
  const corepool_waiters_options_t odd = {.port = &no_port, .most_waiters = 1};
  CHECK(corepool_waiters_init(&waiters, &odd, places, sizeof places) ==
        COREPOOL_UNSUPPORTED);
}

static void* WaitForBlock(void* argument) {
  corepool_allocation_t* const got = argument;
  *got = corepool_fixed_pool_allocate_until(&pool, COREPOOL_FOREVER, 1);
  return NULL;
}

/* What is freed while a thread waits is that thread's, even if it has yet to wake up. */
static void TestHandOver(void) {
  const corepool_pool_options_t options = {
      .block_size = 32, .block_count = 2, .waiters = &waiters};
  CHECK(corepool_fixed_pool_init(&pool, &options, memory, sizeof memory) ==
        COREPOOL_OK);
  CHECK(corepool_waiters_deinit(&waiters) == COREPOOL_BLOCKS_IN_USE);
  void* const first = corepool_fixed_pool_allocate(&pool);
  void* const second = corepool_fixed_pool_allocate(&pool);
  const corepool_ticks_t now = corepool_waiters_now(&waiters);
  CHECK(corepool_fixed_pool_allocate_until(&pool, now + 1, 0).error ==
        COREPOOL_TIMED_OUT);
  CHECK(corepool_waiters_now(&waiters) > now);
  corepool_allocation_t got = {COREPOOL_OK, NULL};
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, WaitForBlock, &got) == 0);
  while (corepool_waiters_count(&waiters) == 0) {
  }
  CHECK(corepool_fixed_pool_free(&pool, first) == COREPOOL_OK);
  CHECK(pthread_join(thread, NULL) == 0);
  CHECK(got.error == COREPOOL_OK && got.block == first);
  CHECK(corepool_fixed_pool_free(&pool, first) == COREPOOL_OK);
  CHECK(corepool_fixed_pool_free(&pool, second) == COREPOOL_OK);
  CHECK(corepool_fixed_pool_deinit(&pool, COREPOOL_LEAKS_REFUSE) == COREPOOL_OK);
}

static void TestFutex(void) {
  const corepool_waiters_options_t options = {.most_waiters = 4};
  CHECK(corepool_waiters_required_bytes(&options) <= sizeof places);
  CHECK(corepool_waiters_required_alignment(&options) <= 8);
  CHECK(corepool_waiters_init(&waiters, &options, places, 1) ==
        COREPOOL_MEMORY_TOO_SMALL);
  CHECK(corepool_waiters_init(&waiters, &options, places, sizeof places) ==
        COREPOOL_OK);
  CHECK(corepool_waiters_init(&waiters, &options, places, sizeof places) ==
        COREPOOL_ALREADY_INITIALIZED);
  CHECK(corepool_waiters_ticks_per_second(&waiters) == 1000000000);
  TestHandOver();
  CHECK(corepool_waiters_deinit(&waiters) == COREPOOL_OK);
}

/* A port of one's own: a condition variable, and a clock that counts how often it is
 * looked at.
 */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static corepool_ticks_t clock_now = 1;
static int port_data;

static corepool_ticks_t Now(void* context) {
  CHECK(context == &port_data);
  pthread_mutex_lock(&mutex);
  const corepool_ticks_t now = ++clock_now;
  pthread_mutex_unlock(&mutex);
  return now;
}

static void Sleep(void* context, const corepool_wait_place_t* place, uint32_t seen,
                  corepool_ticks_t deadline) {
  CHECK(context == &port_data && place->number < 4);
  pthread_mutex_lock(&mutex);
  if (deadline == COREPOOL_FOREVER) {
    while (corepool_wait_signal_value(place->signal) == seen) {
      pthread_cond_wait(&changed, &mutex);
    }
  } else if (clock_now < deadline) {
    clock_now = deadline;
  }
  pthread_mutex_unlock(&mutex);
}

static void Wake(void* context, const corepool_wait_place_t* place) {
  CHECK(context == &port_data && place->number < 4);
  pthread_mutex_lock(&mutex);
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&mutex);
}

static corepool_mpmc_queue_t queue;
static corepool_mpmc_index_queue_t indices;

static void* Consume(void* argument) {
  void* value = NULL;
  corepool_error_t error = COREPOOL_OK;
  int* const sum = argument;
  while (error == COREPOOL_OK) {
    error = corepool_mpmc_queue_dequeue_until(&queue, &waiters, &value,
                                              COREPOOL_FOREVER, 0);
    if (error != COREPOOL_OK || value == NULL) break;
    *sum += *(int*)value;
  }
  CHECK(error == COREPOOL_OK);
  return NULL;
}

static void TestOwnPort(void) {
  const corepool_wait_port_t port = {
      .now = Now, .sleep = Sleep, .wake = Wake, .context = &port_data,
      .ticks_per_second = 1000};
  const corepool_waiters_options_t options = {
      .port = &port, .most_waiters = 4, .strict_order = true};
  CHECK(corepool_waiters_init(&waiters, &options, places, sizeof places) ==
        COREPOOL_OK);
  CHECK(corepool_waiters_ticks_per_second(&waiters) == 1000);
  TestHandOver();

  static alignas(16) unsigned char cells[1024], slots[256];
  const corepool_mpmc_options_t queue_options = {.capacity = 4};
  CHECK(corepool_mpmc_queue_init(&queue, &queue_options, cells, sizeof cells) ==
        COREPOOL_OK);
  void* value = NULL;
  CHECK(corepool_mpmc_queue_dequeue_until(&queue, &waiters, &value, COREPOOL_NO_WAIT,
                                          0) == COREPOOL_QUEUE_EMPTY);
  int numbers[10], sum = 0;
  pthread_t consumer;
  CHECK(pthread_create(&consumer, NULL, Consume, &sum) == 0);
  for (int i = 0; i < 10; ++i) {
    numbers[i] = i + 1;
    while (!corepool_mpmc_queue_enqueue_and_wake(&queue, &waiters, &numbers[i])) {
    }
  }
  while (!corepool_mpmc_queue_enqueue_and_wake(&queue, &waiters, NULL)) {
  }
  CHECK(pthread_join(consumer, NULL) == 0);
  CHECK(sum == 55);
  corepool_mpmc_queue_forget_consumers(&queue, &waiters);

  CHECK(corepool_mpmc_index_queue_init(&indices, &queue_options, slots, sizeof slots) ==
        COREPOOL_OK);
  uint32_t index = 0;
  CHECK(corepool_mpmc_index_queue_dequeue_until(&indices, &waiters, &index,
                                                clock_now + 100, 0) ==
        COREPOOL_TIMED_OUT);
  CHECK(corepool_mpmc_index_queue_enqueue_and_wake(&indices, &waiters, 7));
  CHECK(corepool_mpmc_index_queue_dequeue_until(&indices, &waiters, &index, 0, 0) ==
            COREPOOL_OK &&
        index == 7);
  corepool_mpmc_index_queue_forget_consumers(&indices, &waiters);
  CHECK(corepool_waiters_deinit(&waiters) == COREPOOL_OK);
}

int main(void) {
  TestBeforeInit();
  TestFutex();
  TestOwnPort();
  return CheckResult();
}
