#include "corepool/base/exact_divisor.h"

#include <cstdint>
#include <limits>
#include <random>

#include "gtest/gtest.h"

namespace corepool::base {
namespace {

constexpr std::uintptr_t kMax = std::numeric_limits<std::uintptr_t>::max();

TEST(ExactDivisor, DividesEveryMultipleAndNothingElse) {
  for (std::uintptr_t divisor = 1; divisor <= 200; ++divisor) {
    const ExactDivisor by(divisor);
    for (std::uintptr_t dividend = 0; dividend < 2000; ++dividend) {
      if (dividend % divisor == 0) {
        ASSERT_EQ(by.Quotient(dividend), dividend / divisor);
      } else {
        ASSERT_GT(by.Quotient(dividend), kMax / divisor);
      }
    }
  }
}

TEST(ExactDivisor, HoldsForDividendsAndDivisorsOfAnySize) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 1'000'000; ++i) {
    const std::uintptr_t divisor = (random() >> (random() % 64)) | 1u << (random() % 8);
    const std::uintptr_t dividend = random() >> (random() % 64);
    const ExactDivisor by(divisor);
    if (dividend % divisor == 0) {
      ASSERT_EQ(by.Quotient(dividend), dividend / divisor);
    } else {
      ASSERT_GT(by.Quotient(dividend), kMax / divisor);
    }
    const std::uintptr_t multiple = dividend / divisor * divisor;
    ASSERT_EQ(by.Quotient(multiple), multiple / divisor);
  }
}

TEST(ExactDivisor, TakesAddressesBelowTheBaseForFarAway) {
  // What a pointer in front of a pool looks like: a negative offset.
  for (const std::uintptr_t divisor : {1u, 24u, 64u, 4096u}) {
    for (std::uintptr_t below = 1; below < 10'000; ++below) {
      ASSERT_GT(ExactDivisor(divisor).Quotient(0 - below), kMax / 8192);
    }
  }
}

}  // namespace
}  // namespace corepool::base
