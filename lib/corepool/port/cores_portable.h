// Cores of which nothing is known: a port to an operating system, or to an SoC without
// one, puts a header here that returns the core's number (docs/porting.md).

#ifndef COREPOOL_PORT_CORES_PORTABLE_H_
#define COREPOOL_PORT_CORES_PORTABLE_H_

#include <cstdint>

#include "corepool/port/port.h"

namespace corepool::port {

struct CoresPortable {
  static constexpr bool kRestartable = false;
  static constexpr std::uint32_t kUsualCores = 1;
  static std::uint32_t Index() noexcept { return Port::CoreIndex(); }
  static std::uint32_t Count() noexcept { return 1; }
  static bool Enable() noexcept { return false; }
};

}  // namespace corepool::port

#endif  // COREPOOL_PORT_CORES_PORTABLE_H_
