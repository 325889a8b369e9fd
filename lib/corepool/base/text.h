// Text in arrays.

#ifndef COREPOOL_BASE_TEXT_H_
#define COREPOOL_BASE_TEXT_H_

#include <cstddef>

namespace corepool::base {

// Copies as much of `text` as fits, byte by byte, and always a terminating zero.
template <std::size_t N>
constexpr void CopyText(const char* text, char (&to)[N]) {
  static_assert(N >= 1);
  std::size_t length = 0;
  for (; length < N - 1 && text[length] != '\0'; ++length) to[length] = text[length];
  to[length] = '\0';
}

// The same, of a number in decimal.
template <std::size_t N>
constexpr void CopyNumber(std::size_t number, char (&to)[N]) {
  char digits[3 * sizeof(number) + 1] = {};
  std::size_t first = sizeof(digits) - 1;
  do {
    digits[--first] = static_cast<char>('0' + number % 10);
    number /= 10;
  } while (number != 0);
  CopyText(digits + first, to);
}

// Whether both are the same, byte by byte.
constexpr bool SameText(const char* a, const char* b) {
  for (; *a == *b; ++a, ++b) {
    if (*a == '\0') return true;
  }
  return false;
}

}  // namespace corepool::base

#endif  // COREPOOL_BASE_TEXT_H_
