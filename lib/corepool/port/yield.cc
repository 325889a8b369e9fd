#include "corepool/port/yield.h"

#if __STDC_HOSTED__ && defined(__unix__)
#include <pthread.h>
#include <time.h>
#else
#include "corepool/port/port.h"
#endif

namespace corepool::port {

#if __STDC_HOSTED__ && defined(__unix__)

void Yield() noexcept {
  constexpr timespec kMicrosecond = {.tv_sec = 0, .tv_nsec = 1000};
  // To sleep is a point of cancellation, and destructors cannot be cancelled.
  int before = 0;
  pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
  // That it may be interrupted does not matter. Unlike nanosleep it leaves errno alone.
  (void)clock_nanosleep(CLOCK_MONOTONIC, 0, &kMicrosecond, nullptr);
  pthread_setcancelstate(before, nullptr);
}

#else

[[gnu::weak]] void Yield() noexcept { Port::Pause(); }

#endif

}  // namespace corepool::port
