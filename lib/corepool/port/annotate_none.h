// No memory checker.

#ifndef COREPOOL_PORT_ANNOTATE_NONE_H_
#define COREPOOL_PORT_ANNOTATE_NONE_H_

#include <cstddef>

namespace corepool::port {

// Any context may call any function; none touches the bytes that it is about.
struct NoAnnotations {
  // What regions must be aligned to, and multiples of, for neighbours not to get in
  // each other's way.
  static constexpr std::size_t kGranule = 1;
  // Whether anybody listens; for threads only.
  static constexpr bool Enabled() noexcept { return false; }
  // Nobody may touch these bytes.
  static void Forbid(const void*, std::size_t) noexcept {}
  // Everybody may; they hold something.
  static void Allow(const void*, std::size_t) noexcept {}
  // Everybody may; what they hold should not be looked at.
  static void AllowFresh(const void*, std::size_t) noexcept {}
};

}  // namespace corepool::port

#endif  // COREPOOL_PORT_ANNOTATE_NONE_H_
