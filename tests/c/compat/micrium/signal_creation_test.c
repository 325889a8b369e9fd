/* Proves that a signal handler may create pools and segments, and list them, at any
 * moment of what it interrupts, such as the same.
 */

#include <signal.h>
#include <string.h>
#include <sys/time.h>

#include "tests/c/check.h"

#include <lib_mem.h>

enum { kSignals = 300, kBytes = 1024 };

/* One of the main program, one of the handler: each alone with its segment. */
struct User {
  CPU_INT08U memory[kBytes];
  MEM_SEG segment;
  MEM_DYN_POOL pool;
  MEM_POOL fixed;
};
static struct User program, handler;
static volatile sig_atomic_t signals, faults;

static void Drop(CPU_CHAR *text) { (void)text; }

static void Expect(int holds) {
  if (!holds) ++faults;
}

static void CreateAndUse(struct User *user) {
  LIB_ERR error;
  CPU_SIZE_T missing;
  Mem_SegCreate("s", &user->segment, (CPU_ADDR)user->memory, kBytes, 8u, &error);
  if (error == LIB_MEM_ERR_INVALID_SEG_EXISTS) Mem_SegClr(&user->segment, &error);
  Expect(error == LIB_MEM_ERR_NONE);
  Mem_DynPoolCreate("p", &user->pool, &user->segment, 24u, 8u, 1u, 2u, &error);
  Expect(error == LIB_MEM_ERR_NONE);
  Mem_PoolCreate(&user->fixed, user->memory, kBytes, 2u, 24u, 8u, &missing, &error);
  Expect(error == LIB_MEM_ERR_NONE);
  void *const block = Mem_DynPoolBlkGet(&user->pool, &error);
  void *const other = Mem_PoolBlkGet(&user->fixed, 24u, &error);
  Expect(block != NULL && other != NULL && block != other);
  Mem_DynPoolBlkFree(&user->pool, block, &error);
  Expect(error == LIB_MEM_ERR_NONE);
  Mem_PoolBlkFree(&user->fixed, other, &error);
  Expect(error == LIB_MEM_ERR_NONE);
  Mem_OutputUsage(Drop, &error);
  Expect(error == LIB_MEM_ERR_NONE);
}

static void Interrupt(int number) {
  (void)number;
  ++signals;
  CreateAndUse(&handler);
}

int main(void) {
  Mem_Init();
  struct sigaction action;
  memset(&action, 0, sizeof(action));
  action.sa_handler = Interrupt;
  CHECK(sigaction(SIGALRM, &action, NULL) == 0);
  const struct itimerval often = {{0, 200}, {0, 200}};
  CHECK(setitimer(ITIMER_REAL, &often, NULL) == 0);
  while (signals < kSignals) CreateAndUse(&program);
  const struct itimerval never = {{0, 0}, {0, 0}};
  setitimer(ITIMER_REAL, &never, NULL);
  CHECK(faults == 0);
  return CheckResult();
}
