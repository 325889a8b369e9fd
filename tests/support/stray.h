// Accesses that are wrong on purpose, which no sanitizer sees.

#ifndef COREPOOL_TESTS_SUPPORT_STRAY_H_
#define COREPOOL_TESTS_SUPPORT_STRAY_H_

#include <cstddef>

namespace corepool::testing {

// Changes the byte `at` bytes from `block`.
[[gnu::noinline, gnu::no_sanitize_address]] inline void StrayFlip(
    void* block, std::size_t at, unsigned char bits = 0x10) {
  volatile unsigned char* const bytes = static_cast<unsigned char*>(block);
  bytes[at] = static_cast<unsigned char>(bytes[at] ^ bits);
}

// As memset.
[[gnu::noinline, gnu::no_sanitize_address]] inline void StraySet(void* begin,
                                                                 unsigned char value,
                                                                 std::size_t size) {
  volatile unsigned char* const bytes = static_cast<unsigned char*>(begin);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = value;
}

}  // namespace corepool::testing

#endif  // COREPOOL_TESTS_SUPPORT_STRAY_H_
