// Alignment and overflow-checked size arithmetic.

#ifndef COREPOOL_BASE_ALIGN_H_
#define COREPOOL_BASE_ALIGN_H_

#include <cstddef>
#include <cstdint>
#include <limits>

namespace corepool::base {

// A size that remembers whether any step of computing it overflowed. Once
// overflowed it stays so; the value is then meaningless.
class CheckedSize {
 public:
  constexpr CheckedSize(std::size_t value)  // NOLINT(google-explicit-constructor)
      : value_(value) {}

  constexpr bool overflowed() const { return overflowed_; }
  constexpr std::size_t value() const { return value_; }

  constexpr CheckedSize operator+(CheckedSize other) const {
    CheckedSize sum = value_ + other.value_;
    sum.overflowed_ = overflowed_ || other.overflowed_ || sum.value_ < value_;
    return sum;
  }

  constexpr CheckedSize operator*(CheckedSize other) const {
    CheckedSize product = value_ * other.value_;
    product.overflowed_ =
        overflowed_ || other.overflowed_ ||
        (value_ != 0 &&
         other.value_ > std::numeric_limits<std::size_t>::max() / value_);
    return product;
  }

  // Rounded up to a multiple of `alignment`, a power of two.
  constexpr CheckedSize AlignedUp(std::size_t alignment) const {
    CheckedSize padded = *this + (alignment - 1);
    padded.value_ &= ~(alignment - 1);
    return padded;
  }

 private:
  std::size_t value_;
  bool overflowed_ = false;
};

constexpr bool IsPowerOfTwo(std::size_t value) {
  return value != 0 && (value & (value - 1)) == 0;
}

inline bool IsAligned(const void* address, std::size_t alignment) {
  return (reinterpret_cast<std::uintptr_t>(address) & (alignment - 1)) == 0;
}

}  // namespace corepool::base

#endif  // COREPOOL_BASE_ALIGN_H_
