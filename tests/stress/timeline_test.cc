#include "stress/trace/timeline.h"

#include <cstdint>
#include <initializer_list>
#include <vector>

#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace corepool::stress {
namespace {

using ::testing::ElementsAre;

constexpr absl::Duration (&Ms)(int) = absl::Milliseconds<int>;

std::vector<absl::Duration> DueAtMilliseconds(
    Timeline& timeline, std::initializer_list<std::int64_t> stamps) {
  std::vector<absl::Duration> due;
  for (const std::int64_t stamp : stamps) {
    due.push_back(timeline.Due(stamp * 1'000'000));
  }
  return due;
}

TEST(Timeline, CountsFromTheFirstFrame) {
  Timeline timeline(absl::Seconds(10));
  EXPECT_THAT(DueAtMilliseconds(timeline, {5000, 5000, 5007}),
              ElementsAre(Ms(0), Ms(0), Ms(7)));
  EXPECT_EQ(timeline.jumps(), 0u);
}

TEST(Timeline, TakesJumpsOfTheClockForNoTimeAtAll) {
  Timeline timeline(absl::Seconds(10));
  EXPECT_THAT(
      DueAtMilliseconds(timeline, {1000, 1001, 0, 3, 1'000'000'000, 1'000'000'002}),
      ElementsAre(Ms(0), Ms(1), Ms(1), Ms(4), Ms(4), Ms(6)));
  EXPECT_EQ(timeline.jumps(), 2u);
}

TEST(Timeline, KeepsGapsUpToTheLongestAllowed) {
  Timeline timeline(absl::Seconds(10));
  EXPECT_THAT(DueAtMilliseconds(timeline, {0, 10'000, 20'001}),
              ElementsAre(Ms(0), Ms(10'000), Ms(10'000)));
}

TEST(Timeline, IsAsFastAsAskedFor) {
  Timeline timeline(absl::Seconds(10), 2);
  EXPECT_THAT(DueAtMilliseconds(timeline, {0, 10'000, 20'001, 20'011}),
              ElementsAre(Ms(0), Ms(5000), Ms(5000), Ms(5005)))
      << "gaps are those of the log";
}

}  // namespace
}  // namespace corepool::stress
