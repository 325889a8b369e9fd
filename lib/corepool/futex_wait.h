// How threads wait on Linux.

#ifndef COREPOOL_FUTEX_WAIT_H_
#define COREPOOL_FUTEX_WAIT_H_

#include "corepool/port/futex.h"
#include "corepool/wait_port.h"

namespace corepool {
namespace internal {

// What kFutexWaitPort consists of.
struct FutexWait {
  static Ticks Now(void*) { return port::Futex::Now(); }
  static void Sleep(void*, const WaitPlace& place, std::uint32_t seen, Ticks deadline) {
    port::Futex::Sleep(place.signal, seen, deadline);
  }
  static void Wake(void*, const WaitPlace& place) { port::Futex::Wake(place.signal); }
};

}  // namespace internal

// By futex(2). Ticks are nanoseconds of CLOCK_MONOTONIC. Waking is one system call, if
// the thread sleeps, and may be done anywhere, signal handlers included. Linux only:
// elsewhere nobody would ever sleep.
inline constexpr WaitPort kFutexWaitPort{.now = &internal::FutexWait::Now,
                                         .sleep = &internal::FutexWait::Sleep,
                                         .wake = &internal::FutexWait::Wake};

}  // namespace corepool

#endif  // COREPOOL_FUTEX_WAIT_H_
