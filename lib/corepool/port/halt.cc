#include "corepool/port/halt.h"

#include <cstddef>

#if __STDC_HOSTED__ && defined(__unix__)
#include <unistd.h>

#include <cstdlib>
#endif

namespace corepool::port {

void Show([[maybe_unused]] const char* text,
          [[maybe_unused]] std::size_t length) noexcept {
#if __STDC_HOSTED__ && defined(__unix__)
  // Nothing is left to do about a failed or partial write.
  [[maybe_unused]] const auto written = write(STDERR_FILENO, text, length);
#endif
}

void Halt(const char* text, std::size_t length) noexcept {
#if __STDC_HOSTED__ && defined(__unix__)
  Show(text, length);
  std::abort();
#else
  asm volatile("" : : "r"(text), "r"(length) : "memory");
  __builtin_trap();
#endif
}

}  // namespace corepool::port
