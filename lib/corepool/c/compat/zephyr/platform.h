// Tasks and time, for those that wait.

#ifndef COREPOOL_C_COMPAT_ZEPHYR_PLATFORM_H_
#define COREPOOL_C_COMPAT_ZEPHYR_PLATFORM_H_

#include <cstdint>

#include "corepool/wait_port.h"

namespace corepool::zephyr {

struct Platform {
  // The port for pools: it asks the one that is set at the time of the call, so pools
  // may be made before.
  static WaitPort Port();
  static Ticks Now();
  // `ticks` of the system's clock from now; kForever for TICKS_UNLIMITED, now for other
  // negative numbers.
  static Ticks DeadlineAfter(std::int32_t ticks);
  static void SleepUntil(Ticks deadline);
  // Of the calling thread.
  static std::uint8_t Priority();
};

}  // namespace corepool::zephyr

#endif  // COREPOOL_C_COMPAT_ZEPHYR_PLATFORM_H_
