// Values of any type as the words that queues carry.

#ifndef COREPOOL_LOCKFREE_VALUE_WORD_H_
#define COREPOOL_LOCKFREE_VALUE_WORD_H_

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "corepool/config.h"
#include "corepool/lockfree/atomic.h"

namespace corepool::lockfree {

// What can be carried: trivially copyable, and at most a word.
template <class T>
concept Carried = std::is_trivially_copyable_v<T> && sizeof(T) <= sizeof(Word);

// The smallest unsigned type that holds a T.
template <class T>
using BitsOf = std::conditional_t<
    sizeof(T) == 1, std::uint8_t,
    std::conditional_t<
        sizeof(T) == 2, std::uint16_t,
        std::conditional_t<sizeof(T) <= 4, std::uint32_t, std::uint64_t>>>;

template <Carried T>
COREPOOL_INLINE Word WordOf(const T& value) {
  BitsOf<T> bits{};
  __builtin_memcpy(&bits, &value, sizeof(T));
  return bits;
}

template <Carried T>
COREPOOL_INLINE void SetFromWord(T& value, Word word) {
  const auto bits = static_cast<BitsOf<T>>(word);
  __builtin_memcpy(&value, &bits, sizeof(T));
}

}  // namespace corepool::lockfree

#endif  // COREPOOL_LOCKFREE_VALUE_WORD_H_
