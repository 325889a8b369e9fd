// MicroTBX's port for programs with threads and signals: one context at a time is
// without interrupts, which signals stand for.

#include <pthread.h>
#include <signal.h>

#include "corepool/c/compat/microtbx/include/tbx_port.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/port/yield.h"

namespace {

using corepool::lockfree::kAcquire;
using corepool::lockfree::kRelaxed;
using corepool::lockfree::kRelease;

// Its address tells threads apart.
constinit thread_local char me = 0;
constinit corepool::lockfree::Atomic<char*> holder{nullptr};
// For the holder only.
sigset_t mask_before;

}  // namespace

extern "C" {

// Weak: a program's own come first.
[[gnu::weak]] tTbxPortCpuSR TbxPortInterruptsDisable(void) {
  if (holder.load(kRelaxed) == &me) return 1;
  sigset_t all;
  sigset_t old;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &old);
  char* nobody = nullptr;
  // E82. Pairs with: release in TbxPortInterruptsRestore.
  while (!holder.compare_exchange_weak(nobody, &me, kAcquire, kRelaxed)) {
    nobody = nullptr;
    corepool::port::Yield();
  }
  mask_before = old;
  return 0;
}

[[gnu::weak]] void TbxPortInterruptsRestore(tTbxPortCpuSR prevCpuSR) {
  if (prevCpuSR != 0 || holder.load(kRelaxed) != &me) return;
  const sigset_t old = mask_before;
  // E82. Pairs with: acquire in TbxPortInterruptsDisable.
  holder.store(nullptr, kRelease);
  pthread_sigmask(SIG_SETMASK, &old, nullptr);
}

}  // extern "C"
