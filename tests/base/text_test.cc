#include "corepool/base/text.h"

#include <cstdint>
#include <string>

#include "gtest/gtest.h"

namespace corepool::base {
namespace {

TEST(CopyText, CopiesWhatFitsAndEndsWithAZero) {
  char to[5] = {'x', 'x', 'x', 'x', 'x'};
  CopyText("", to);
  EXPECT_STREQ(to, "");
  EXPECT_EQ(to[1], 'x') << "no more than it must";
  CopyText("1234", to);
  EXPECT_STREQ(to, "1234");
  CopyText("abcde", to);
  EXPECT_STREQ(to, "abcd");
  char nothing[1] = {'x'};
  CopyText("abc", nothing);
  EXPECT_STREQ(nothing, "");
}

TEST(SameText, ComparesAllOfBoth) {
  static_assert(SameText("", "") && SameText("same", "same"));
  static_assert(!SameText("same", "sam") && !SameText("sam", "same"));
  static_assert(!SameText("a", "") && !SameText("", "a") && !SameText("a", "b"));
  EXPECT_TRUE(SameText(std::string("built").c_str(), "built"));
}

TEST(CopyNumber, WritesDecimalsAndCutsOffWhatDoesNotFit) {
  char to[5];
  CopyNumber(0, to);
  EXPECT_STREQ(to, "0");
  CopyNumber(1024, to);
  EXPECT_STREQ(to, "1024");
  CopyNumber(123'456, to);
  EXPECT_STREQ(to, "1234");
  char wide[32];
  CopyNumber(SIZE_MAX, wide);
  EXPECT_EQ(wide, std::to_string(SIZE_MAX));
}

}  // namespace
}  // namespace corepool::base
