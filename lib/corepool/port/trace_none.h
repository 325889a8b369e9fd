// No trace points.

#ifndef COREPOOL_PORT_TRACE_NONE_H_
#define COREPOOL_PORT_TRACE_NONE_H_

#include <cstdint>

namespace corepool::port {

// What pools tell of; see trace_usdt.h.
struct NoTrace {
  static constexpr bool kOn = false;
  static constexpr void Allocated(const void*, const char*, const void*) noexcept {}
  static constexpr void Freed(const void*, const char*, const void*) noexcept {}
  static constexpr void Exhausted(const void*, const char*, std::uint64_t) noexcept {}
  static constexpr void Stolen(const void*, const char*, const void*) noexcept {}
};

}  // namespace corepool::port

#endif  // COREPOOL_PORT_TRACE_NONE_H_
