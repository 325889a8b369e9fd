/* Proves that an interrupt, which a signal stands for, may allocate and free at any
 * moment of what it interrupts, without that being masked.
 */

#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/time.h>

#include "tests/c/check.h"

#include <lib_mem.h>

enum { kSignals = 200, kBlocks = 6 };

static MEM_SEG segment;
static MEM_DYN_POOL pool;
static void *volatile received; /* by the handler */
static void *volatile to_send;  /* for the handler */
static volatile sig_atomic_t signals, faults;

static int Holds(const void *block, int mark) {
  const unsigned char *const bytes = block;
  for (int i = 0; i < 24; ++i) {
    if (bytes[i] != mark) return 0;
  }
  return 1;
}

static void Interrupt(int number) {
  LIB_ERR error;
  (void)number;
  ++signals;
  void *const sent = __atomic_exchange_n(&to_send, NULL, __ATOMIC_ACQ_REL);
  if (sent != NULL) {
    if (!Holds(sent, 0x22)) ++faults;
    Mem_DynPoolBlkFree(&pool, sent, &error);
    if (error != LIB_MEM_ERR_NONE) ++faults;
  }
  if (__atomic_load_n(&received, __ATOMIC_ACQUIRE) == NULL) {
    void *const block = Mem_DynPoolBlkGet(&pool, &error);
    if (block == NULL) {
      if (error != LIB_MEM_ERR_POOL_EMPTY) ++faults;
      return;
    }
    memset(block, 0x11, 24);
    __atomic_store_n(&received, block, __ATOMIC_RELEASE);
  }
}

int main(void) {
  static CPU_INT08U memory[1024];
  LIB_ERR error;
  Mem_Init();
  Mem_SegCreate("s", &segment, (CPU_ADDR)memory, sizeof(memory), 1u, &error);
  Mem_DynPoolCreate("frames", &pool, &segment, 24u, 8u, 0u, kBlocks, &error);
  CHECK(error == LIB_MEM_ERR_NONE);
  struct sigaction action;
  memset(&action, 0, sizeof(action));
  action.sa_handler = Interrupt;
  CHECK(sigaction(SIGALRM, &action, NULL) == 0);
  const struct itimerval often = {{0, 200}, {0, 200}};
  CHECK(setitimer(ITIMER_REAL, &often, NULL) == 0);
  while (signals < kSignals) {
    void *const frame = __atomic_exchange_n(&received, NULL, __ATOMIC_ACQ_REL);
    if (frame != NULL) {
      CHECK(Holds(frame, 0x11));
      Mem_DynPoolBlkFree(&pool, frame, &error);
      CHECK(error == LIB_MEM_ERR_NONE);
    }
    void *const own = Mem_DynPoolBlkGet(&pool, &error);
    if (own != NULL) {
      memset(own, 0x33, 24);
      CHECK(Holds(own, 0x33));
      Mem_DynPoolBlkFree(&pool, own, &error);
      CHECK(error == LIB_MEM_ERR_NONE);
    }
    void *const out = Mem_DynPoolBlkGet(&pool, &error);
    if (out != NULL) {
      memset(out, 0x22, 24);
      void *const missed = __atomic_exchange_n(&to_send, out, __ATOMIC_ACQ_REL);
      if (missed != NULL) Mem_DynPoolBlkFree(&pool, missed, &error);
    }
  }
  const struct itimerval never = {{0, 0}, {0, 0}};
  setitimer(ITIMER_REAL, &never, NULL);
  if (received != NULL) Mem_DynPoolBlkFree(&pool, received, &error);
  if (to_send != NULL) Mem_DynPoolBlkFree(&pool, to_send, &error);
  CHECK(faults == 0);
  CHECK(pool.BlkAllocCnt == 0u);
  CHECK(Mem_DynPoolBlkNbrAvailGet(&pool, &error) == kBlocks);
  return CheckResult();
}
