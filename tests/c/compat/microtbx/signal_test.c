/* Proves that an interrupt, which a signal stands for, may use pools and heap at any
 * moment of what it interrupts: it receives frames into blocks that the main loop
 * releases, and releases ones that the main loop has filled.
 */

#include <signal.h>
#include <string.h>
#include <sys/time.h>

#include "microtbx.h"
#include "tests/c/check.h"

enum { kBlocks = 8, kSize = 24, kSignals = 400 };

struct Mailbox {
  void *volatile block;
};
static struct Mailbox received; /* by the handler */
static struct Mailbox to_send;  /* for the handler */
static volatile sig_atomic_t signals, dropped, corrupted, grown;
static unsigned assertions;

static void CountAssertion(char const *const file, uint32_t line) {
  (void)file;
  (void)line;
  ++assertions;
}

static int Holds(const void *block, unsigned char mark) {
  const unsigned char *const bytes = block;
  for (int i = 0; i < kSize; ++i) {
    if (bytes[i] != mark) return 0;
  }
  return 1;
}

static void Interrupt(int number) {
  (void)number;
  ++signals;
  void *const sent = __atomic_exchange_n(&to_send.block, NULL, __ATOMIC_ACQ_REL);
  if (sent != NULL) {
    if (!Holds(sent, 0x22)) ++corrupted;
    TbxMemPoolRelease(sent);
  }
  if (__atomic_load_n(&received.block, __ATOMIC_ACQUIRE) == NULL) {
    void *block = TbxMemPoolAllocate(kSize);
    if (block == NULL) {
      ++dropped;
      if (grown == 0 && TbxMemPoolCreate(1, kSize) == TBX_OK) grown = 1;
      return;
    }
    memset(block, 0x11, kSize);
    __atomic_store_n(&received.block, block, __ATOMIC_RELEASE);
  }
}

int main(void) {
  TbxAssertSetHandler(CountAssertion);
  CHECK(TbxMemPoolCreate(kBlocks, kSize) == TBX_OK);
  struct sigaction action;
  memset(&action, 0, sizeof(action));
  action.sa_handler = Interrupt;
  CHECK(sigaction(SIGALRM, &action, NULL) == 0);
  const struct itimerval often = {{0, 200}, {0, 200}};
  CHECK(setitimer(ITIMER_REAL, &often, NULL) == 0);

  while (signals < kSignals) {
    void *blocks[kBlocks + 1];
    int count = 0;
    while (count < 4 && (blocks[count] = TbxMemPoolAllocate(kSize)) != NULL) {
      memset(blocks[count], 0x33 + count, kSize);
      ++count;
    }
    for (int i = 0; i < count; ++i) {
      CHECK(Holds(blocks[i], (unsigned char)(0x33 + i)));
      TbxMemPoolRelease(blocks[i]);
    }
    void *const frame = __atomic_exchange_n(&received.block, NULL, __ATOMIC_ACQ_REL);
    if (frame != NULL) {
      CHECK(Holds(frame, 0x11));
      TbxMemPoolRelease(frame);
    }
    void *const out = TbxMemPoolAllocate(kSize);
    if (out != NULL) {
      memset(out, 0x22, kSize);
      void *const missed = __atomic_exchange_n(&to_send.block, out, __ATOMIC_ACQ_REL);
      if (missed != NULL) TbxMemPoolRelease(missed);
    }
  }
  const struct itimerval never = {{0, 0}, {0, 0}};
  setitimer(ITIMER_REAL, &never, NULL);
  if (received.block != NULL) TbxMemPoolRelease(received.block);
  if (to_send.block != NULL) TbxMemPoolRelease(to_send.block);
  CHECK(corrupted == 0 && assertions == 0);
  void *all[kBlocks + 2];
  int count = 0;
  while (count < kBlocks + 2 && (all[count] = TbxMemPoolAllocate(kSize)) != NULL) ++count;
  CHECK(count == kBlocks + grown);
  for (int i = 0; i < count; ++i) {
    for (int j = 0; j < i; ++j) CHECK(all[i] != all[j]);
  }
  return CheckResult();
}
