// Critical sections of programs without a uC/CPU of their own: one context at a time is
// in one, and no signal handler runs in its thread meanwhile.

#include <cstddef>
#include <new>

#include "corepool/c/compat/micrium/include/cpu.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/port/masked.h"
#include "corepool/port/yield.h"

namespace {

using corepool::lockfree::kAcquire;
using corepool::lockfree::kRelaxed;
using corepool::lockfree::kRelease;
using corepool::port::Masked;

// Where the thread that is inside has its Masked; the address tells threads apart.
alignas(Masked) constinit thread_local std::byte mine[sizeof(Masked)]{};
constinit corepool::lockfree::Atomic<std::byte*> holder{nullptr};

}  // namespace

extern "C" {

CPU_SR corepool_micrium_critical_enter(void) {
  if (holder.load(kRelaxed) == mine) return 1;
  ::new (static_cast<void*>(mine)) Masked;
  std::byte* nobody = nullptr;
  // E117. Pairs with: release in corepool_micrium_critical_exit.
  while (!holder.compare_exchange_weak(nobody, mine, kAcquire, kRelaxed)) {
    nobody = nullptr;
    corepool::port::Yield();
  }
  return 0;
}

void corepool_micrium_critical_exit(CPU_SR status) {
  if (status != 0 || holder.load(kRelaxed) != mine) return;
  // E117. Pairs with: acquire in corepool_micrium_critical_enter.
  holder.store(nullptr, kRelease);
  std::launder(reinterpret_cast<Masked*>(mine))->~Masked();
}

}  // extern "C"
