// Sleeping at a word, as Linux has it.

#ifndef COREPOOL_PORT_FUTEX_H_
#define COREPOOL_PORT_FUTEX_H_

#include <cstdint>

namespace corepool::port {

// Without Linux none of them does anything.
struct Futex {
  static bool IsThere() noexcept;
  // Nanoseconds of a clock that never goes back. Any context.
  static std::uint64_t Now() noexcept;
  // Sleeps while the word at `address` is `seen`; until `deadline`, unless that is the
  // largest number. May return earlier. Threads only.
  static void Sleep(const void* address, std::uint32_t seen,
                    std::uint64_t deadline) noexcept;
  // Wakes whoever sleeps there. Any context, signal handlers too.
  static void Wake(const void* address) noexcept;
};

}  // namespace corepool::port

#endif  // COREPOOL_PORT_FUTEX_H_
