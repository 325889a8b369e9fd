// A fence that costs one side nothing, because the other side pays for both.

#ifndef COREPOOL_PORT_FENCE_H_
#define COREPOOL_PORT_FENCE_H_

#include <atomic>

#include "corepool/config.h"

namespace corepool::port {

// Two contexts each write one word and then read the other's. With Light between the
// two steps of one, and Heavy between those of the other, at least one of them reads
// what the other has written.
//
// On Linux Light keeps only the compiler in order, and Heavy has the kernel make all
// cores that run the process do a fence. Elsewhere both are fences.
struct AsymmetricFence {
#if defined(__linux__) && __STDC_HOSTED__
  COREPOOL_INLINE static void Light() noexcept {
    std::atomic_signal_fence(std::memory_order_seq_cst);
  }
  // Whether Heavy works in this process. The first call calls the system.
  static bool Enable() noexcept;
  // Threads only; after Enable.
  static void Heavy() noexcept;
#else
  COREPOOL_INLINE static void Light() noexcept {
    std::atomic_thread_fence(std::memory_order_seq_cst);
  }
  static bool Enable() noexcept { return true; }
  static void Heavy() noexcept { Light(); }
#endif
};

}  // namespace corepool::port

#endif  // COREPOOL_PORT_FENCE_H_
