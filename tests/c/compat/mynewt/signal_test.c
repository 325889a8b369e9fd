/* A signal handler, as an interrupt handler would, gets and puts at any moment of what
 * it has interrupted: nothing is masked, locked or lost. */

#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

#include "os/os_mempool.h"
#include "tests/c/check.h"

/* Demand equals the pool. */
enum { kOutside = 3, kInside = 2, kBlocks = kOutside + kInside, kSize = 40 };
#define STRIDE (OS_MEMPOOL_BYTES(1, kSize))

static os_membuf_t memory[OS_MEMPOOL_SIZE(kBlocks, kSize)];
static struct os_mempool pool;
static atomic_int owners[kBlocks];
static atomic_int handled;
static atomic_int faults;
static unsigned char *inside[kInside];
static uint32_t random_inside = 1;

static void Expect(int condition) {
  if (!condition) atomic_fetch_add(&faults, 1);
}

static size_t IndexOf(const void *block) {
  return (size_t)((const char *)block - (const char *)memory) / STRIDE;
}

static void Exchange(unsigned char **slot, int owner) {
  if (*slot == NULL) {
    *slot = os_memblock_get(&pool);
    Expect(*slot != NULL);
    if (*slot == NULL) return;
    Expect(atomic_exchange(&owners[IndexOf(*slot)], owner) == 0);
    memset(*slot, owner, kSize);
  } else {
    for (int i = 0; i < kSize; i++) Expect((*slot)[i] == owner);
    Expect(atomic_exchange(&owners[IndexOf(*slot)], 0) == owner);
    Expect(os_memblock_put(&pool, *slot) == OS_OK);
    *slot = NULL;
  }
}

static void Handle(int signal_number) {
  (void)signal_number;
  random_inside = random_inside * 1664525u + 1013904223u;
  for (uint32_t i = 0; i < 1 + (random_inside >> 30); i++) {
    Exchange(&inside[(random_inside >> (8 + i)) % kInside], 2);
  }
  struct os_mempool_info info;
  Expect(os_mempool_get("interrupted", &info) == &pool);
  Expect(info.omi_num_free >= 0 && info.omi_num_free <= kBlocks);
  Expect(os_mempool_is_sane(&pool));
  atomic_fetch_add(&handled, 1);
}

int main(void) {
  const char *const asked = getenv("COREPOOL_EFFORT");
  const int effort = asked != NULL && atoi(asked) > 1 ? atoi(asked) : 1;
  CHECK(os_mempool_init(&pool, kBlocks, kSize, memory, "interrupted") == OS_OK);

  struct sigaction action;
  memset(&action, 0, sizeof(action));
  action.sa_handler = Handle;
  CHECK(sigaction(SIGALRM, &action, NULL) == 0);
  const struct itimerval often = {{0, 50}, {0, 50}};
  CHECK(setitimer(ITIMER_REAL, &often, NULL) == 0);

  const time_t end = time(NULL) + 30; /* of a machine that is too slow for it */
  unsigned char *outside[kOutside] = {NULL};
  uint32_t random = 1;
  while (atomic_load(&handled) < 2000 * effort && time(NULL) < end) {
    for (int i = 0; i < 100; i++) {
      random = random * 1664525u + 1013904223u;
      Exchange(&outside[(random >> 8) % kOutside], 1);
    }
    Expect(os_mempool_is_sane(&pool));
  }
  const struct itimerval never = {{0, 0}, {0, 0}};
  CHECK(setitimer(ITIMER_REAL, &never, NULL) == 0);
  CHECK(signal(SIGALRM, SIG_IGN) != SIG_ERR);

  CHECK(atomic_load(&handled) > 100);
  CHECK(atomic_load(&faults) == 0);
  for (int i = 0; i < kOutside; i++) {
    if (outside[i] != NULL) Exchange(&outside[i], 1);
  }
  for (int i = 0; i < kInside; i++) {
    if (inside[i] != NULL) Exchange(&inside[i], 2);
  }
  CHECK(atomic_load(&faults) == 0);
  CHECK(pool.mp_num_free == kBlocks);
  for (int i = 0; i < kBlocks; i++) CHECK(os_memblock_get(&pool) != NULL);
  CHECK(os_memblock_get(&pool) == NULL);
  return CheckResult();
}
