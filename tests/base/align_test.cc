#include "corepool/base/align.h"

#include <cstddef>
#include <limits>

#include "gtest/gtest.h"

namespace corepool::base {
namespace {

constexpr std::size_t kMax = std::numeric_limits<std::size_t>::max();

TEST(CheckedSize, ComputesWhatFits) {
  const CheckedSize size = (CheckedSize(3) * 100 + 7).AlignedUp(16);
  EXPECT_FALSE(size.overflowed());
  EXPECT_EQ(size.value(), 320u);
  EXPECT_FALSE((CheckedSize(kMax) * 1).overflowed());
  EXPECT_FALSE((CheckedSize(kMax) * 0).overflowed());
  EXPECT_FALSE((CheckedSize(kMax - 1) + 1).overflowed());
}

TEST(CheckedSize, RemembersEveryKindOfOverflow) {
  EXPECT_TRUE((CheckedSize(kMax) + 1).overflowed());
  EXPECT_TRUE((CheckedSize(kMax / 2 + 1) * 2).overflowed());
  EXPECT_TRUE((CheckedSize(2) * (kMax / 2 + 1)).overflowed());
  EXPECT_TRUE(CheckedSize(kMax).AlignedUp(2).overflowed());
}

TEST(CheckedSize, StaysOverflowedWhateverFollows) {
  const CheckedSize size = CheckedSize(kMax) + 2;
  EXPECT_TRUE((size * 0).overflowed());
  EXPECT_TRUE((CheckedSize(1) + size).overflowed());
  EXPECT_TRUE((CheckedSize(1) * size).overflowed());
  EXPECT_TRUE(size.AlignedUp(1).overflowed());
}

TEST(IsPowerOfTwo, IsFalseForZero) {
  EXPECT_FALSE(IsPowerOfTwo(0));
  EXPECT_TRUE(IsPowerOfTwo(1));
  EXPECT_FALSE(IsPowerOfTwo(3));
  EXPECT_TRUE(IsPowerOfTwo(kMax / 2 + 1));
}

}  // namespace
}  // namespace corepool::base
