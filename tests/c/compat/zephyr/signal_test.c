/* A signal handler, as an interrupt, allocates and frees at any moment of the task's
 * own calls, also those on which it interrupts itself; and a task that waits gets what
 * it frees. */

#include <corepool_zephyr.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <zephyr.h>

#include "tests/c/check.h"

COREPOOL_ZEPHYR_DEFINE_POOL(POOL, 32, 512, 4);
COREPOOL_ZEPHYR_DEFINE_POOL(LAST, 64, 64, 1);
DEFINE_MEM_MAP(MAP, 8, 32)

static atomic_int failures;
static atomic_int handled;
static atomic_int done;

/* Allocated by the handler, freed by the task, and the other way round. */
static struct k_block from_handler;
static atomic_int from_handler_full;
static struct k_block to_handler;
static atomic_int to_handler_full;

static void Require(bool condition) {
  if (!condition) atomic_fetch_add(&failures, 1);
}

static void OnInterrupt(int signal) {
  static unsigned calls;
  struct k_block block;
  void* mapped;

  (void)signal;
  ++calls;
  if (task_mem_pool_alloc(&block, POOL, (int)(calls * 37 % 300 + 1)) == RC_OK) {
    memset(block.pointer_to_data, 0x11, block.req_size);
    task_mem_pool_free(&block);
  }
  if (task_mem_map_alloc(MAP, &mapped) == RC_OK) {
    memset(mapped, 0x11, 32);
    task_mem_map_free(MAP, &mapped);
  }
  if (!atomic_load(&from_handler_full) &&
      task_mem_pool_alloc(&from_handler, POOL, 40) == RC_OK) {
    memset(from_handler.pointer_to_data, 0x22, 40);
    atomic_store(&from_handler_full, 1);
  }
  if (atomic_load(&to_handler_full)) {
    task_mem_pool_free(&to_handler);
    atomic_store(&to_handler_full, 0);
  }
  if (calls % 64 == 0) task_mem_pool_defragment(POOL);
  atomic_fetch_add(&handled, 1);
}

/* Interrupts the thread that it is told of, as often as it can. */
static void* Interrupt(void* argument) {
  const pthread_t target = *(pthread_t*)argument;

  while (!atomic_load(&done)) {
    const int before = atomic_load(&handled);

    Require(pthread_kill(target, SIGUSR1) == 0);
    while (atomic_load(&handled) == before && !atomic_load(&done)) task_yield();
  }
  return NULL;
}

static void Work(int rounds) {
  unsigned i;

  for (i = 0; i < (unsigned)rounds || atomic_load(&handled) < 500; ++i) {
    struct k_block block;
    const int size = (int)(i * 29 % 500 + 1);
    int j;

    if (task_mem_pool_alloc(&block, POOL, size) == RC_OK) {
      unsigned char* const data = block.pointer_to_data;

      memset(data, 0x33, (size_t)size);
      for (j = 0; j < size; ++j) Require(data[j] == 0x33);
      if (!atomic_load(&to_handler_full)) {
        to_handler = block;
        atomic_store(&to_handler_full, 1);
      } else {
        task_mem_pool_free(&block);
      }
    }
    if (atomic_load(&from_handler_full)) {
      Require(((char*)from_handler.pointer_to_data)[39] == 0x22);
      task_mem_pool_free(&from_handler);
      atomic_store(&from_handler_full, 0);
    }
  }
}

static struct k_block last;

static void FreeTheLast(int signal) {
  (void)signal;
  task_mem_pool_free(&last);
}

static void* WaitForTheLast(void* argument) {
  struct k_block block;

  (void)argument;
  Require(task_mem_pool_alloc_wait(&block, LAST, 64) == RC_OK);
  task_mem_pool_free(&block);
  return NULL;
}

static void Handle(int signal, void (*handler)(int)) {
  struct sigaction action;

  memset(&action, 0, sizeof action);
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  CHECK(sigaction(signal, &action, NULL) == 0);
}

int main(void) {
  const char* const effort = getenv("COREPOOL_EFFORT");
  pthread_t self = pthread_self();
  pthread_t other;
  struct corepool_zephyr_pool_info info;
  int i;

  Handle(SIGUSR1, &OnInterrupt);
  CHECK(pthread_create(&other, NULL, &Interrupt, &self) == 0);
  Work(20000 * (effort == NULL ? 1 : atoi(effort)));
  atomic_store(&done, 1);
  CHECK(pthread_join(other, NULL) == 0);
  if (from_handler_full) task_mem_pool_free(&from_handler);
  if (to_handler_full) task_mem_pool_free(&to_handler);
  CHECK(atomic_load(&failures) == 0);
  CHECK(corepool_zephyr_pool_info_get(POOL, &info) == RC_OK);
  CHECK(info.used == 0 && info.largest_free == 512);
  CHECK(task_mem_map_used_get(MAP) == 0);

  Handle(SIGUSR2, &FreeTheLast);
  for (i = 0; i < 20; ++i) {
    CHECK(task_mem_pool_alloc(&last, LAST, 64) == RC_OK);
    CHECK(pthread_create(&other, NULL, &WaitForTheLast, NULL) == 0);
    do {
      CHECK(corepool_zephyr_pool_info_get(LAST, &info) == RC_OK);
      task_yield();
    } while (info.waiting == 0);
    CHECK(raise(SIGUSR2) == 0);
    CHECK(pthread_join(other, NULL) == 0);
  }
  CHECK(atomic_load(&failures) == 0);
  CHECK(corepool_zephyr_misuse_count() == 0);
  return CheckResult();
}
