// Division by a divisor fixed in advance, for dividends that ought to be
// multiples of it: one multiplication and one rotation tell the quotient and,
// together with a bound on it, whether the dividend was a multiple at all.

#ifndef COREPOOL_BASE_EXACT_DIVISOR_H_
#define COREPOOL_BASE_EXACT_DIVISOR_H_

#include <bit>
#include <cstdint>

namespace corepool::base {

// Source: Granlund and Montgomery, "Division by Invariant Integers using
// Multiplication", 1994, section 9; Warren, "Hacker's Delight", 10-17.
//
// Write divisor = odd * 2^shift. Multiplying by the inverse of `odd` modulo 2^w
// and rotating right by `shift` maps the multiples of the divisor, in order, to
// 0, 1, 2, ..., max/divisor, and everything else above max/divisor. So
// "quotient < n", for any n <= max/divisor + 1, is at once the test that the
// dividend is a multiple and that it lies below n * divisor.
class ExactDivisor {
 public:
  // `divisor` must not be 0.
  constexpr explicit ExactDivisor(std::uintptr_t divisor)
      : shift_(std::countr_zero(divisor)), inverse_(1) {
    // Newton's iteration doubles the number of right bits; odd * 1 has one.
    const std::uintptr_t odd = divisor >> shift_;
    for (int bits = 1; bits < kWidth; bits *= 2) {
      inverse_ *= 2 - odd * inverse_;
    }
  }

  // Quotient in two steps: the product tells whether there is one, and how large it is,
  // without a rotation by a number of bits that only the running program knows.
  constexpr std::uintptr_t Product(std::uintptr_t dividend) const {
    return dividend * inverse_;
  }
  // The product of `quotient` times the divisor; and of every other dividend that is a
  // multiple below it a smaller one, of which the low bits are 0 too.
  constexpr std::uintptr_t ProductOf(std::uintptr_t quotient) const {
    return quotient << shift_;
  }
  constexpr std::uintptr_t low_bits() const {
    return (std::uintptr_t{1} << shift_) - 1;
  }

  // The quotient if `dividend` is a multiple of the divisor; otherwise a number
  // above the largest possible quotient.
  constexpr std::uintptr_t Quotient(std::uintptr_t dividend) const {
    return std::rotr(dividend * inverse_, shift_);
  }

 private:
  static constexpr int kWidth = static_cast<int>(sizeof(std::uintptr_t)) * 8;

  int shift_;
  std::uintptr_t inverse_;
};

}  // namespace corepool::base

#endif  // COREPOOL_BASE_EXACT_DIVISOR_H_
