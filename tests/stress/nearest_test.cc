#include "stress/nearest.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace corepool::stress {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const std::vector<std::string> kNames = {"aba_storm", "isr_storm", "burst", "growth"};

TEST(Typos, CountsInsertedRemovedChangedAndSwappedLetters) {
  EXPECT_EQ(Typos("", ""), 0);
  EXPECT_EQ(Typos("burst", "burst"), 0);
  EXPECT_EQ(Typos("burst", ""), 5);
  EXPECT_EQ(Typos("", "abc"), 3);
  EXPECT_EQ(Typos("brst", "burst"), 1);
  EXPECT_EQ(Typos("burrst", "burst"), 1);
  EXPECT_EQ(Typos("bursd", "burst"), 1);
  EXPECT_EQ(Typos("brust", "burst"), 1);
  EXPECT_EQ(Typos("relpay", "replay"), 1);
  EXPECT_EQ(Typos("kitten", "sitting"), 3);
}

TEST(Nearest, FindsWhatFewTyposMake) {
  EXPECT_THAT(Nearest("brust", kNames), ElementsAre("burst"));
  EXPECT_THAT(Nearest("abr_storm", kNames), ElementsAre("aba_storm", "isr_storm"));
}

TEST(Nearest, FindsNamesThatContainTheWord) {
  EXPECT_THAT(Nearest("storm", kNames), ElementsAre("aba_storm", "isr_storm"));
}

TEST(Nearest, FindsNothingWhereNothingIsNear) {
  EXPECT_THAT(Nearest("fork", kNames), IsEmpty());
  EXPECT_THAT(Nearest("", kNames), IsEmpty());
}

TEST(UnknownWord, NamesWhatIsNearOrElseEverything) {
  EXPECT_EQ(UnknownWord("scenario", "grwoth", kNames),
            "unknown scenario 'grwoth'; did you mean growth?");
  EXPECT_EQ(UnknownWord("scenario", "x", {"a_long_name", "burst"}),
            "unknown scenario 'x'; there is: a_long_name, burst");
}

}  // namespace
}  // namespace corepool::stress
