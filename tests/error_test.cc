#include "corepool/error.h"

#include <set>
#include <string>

#include "gtest/gtest.h"

namespace corepool {
namespace {

TEST(Error, HasANameOfItsOwnForEachValue) {
  std::set<std::string> names;
  int count = 0;
  for (; count <= static_cast<int>(Error::kCorrupted); ++count) {
    names.insert(ErrorName(static_cast<Error>(count)));
  }
  EXPECT_EQ(names.size(), static_cast<std::size_t>(count));
  EXPECT_EQ(names.count("unknown"), 0u);
  EXPECT_STREQ(ErrorName(Error::kOk), "kOk");
  EXPECT_STREQ(ErrorName(Error::kCorrupted), "kCorrupted");
  EXPECT_STREQ(ErrorName(static_cast<Error>(200)), "unknown");
}

}  // namespace
}  // namespace corepool
