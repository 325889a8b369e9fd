#include "stress/trace/can_log.h"

#include <cstdint>
#include <initializer_list>

#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace corepool::stress {
namespace {

using ::testing::ElementsAre;

CanLog LogAtMilliseconds(std::initializer_list<std::int64_t> stamps) {
  CanLog log;
  for (const std::int64_t stamp : stamps) {
    CanFrame frame;
    frame.stamp_ns = stamp * 1'000'000;
    log.frames.push_back(frame);
  }
  return log;
}

constexpr absl::Duration kGap = absl::Seconds(10);
constexpr absl::Duration (&Ms)(int) = absl::Milliseconds<int>;

TEST(Timeline, CountsFromTheFirstFrame) {
  const Timeline timeline = PlanTimeline(LogAtMilliseconds({5000, 5000, 5007}), kGap);
  EXPECT_THAT(timeline.due, ElementsAre(Ms(0), Ms(0), Ms(7)));
  EXPECT_EQ(timeline.jumps, 0u);
}

TEST(Timeline, TakesJumpsOfTheClockForNoTimeAtAll) {
  const Timeline timeline = PlanTimeline(
      LogAtMilliseconds({1000, 1001, 0, 3, 1'000'000'000, 1'000'000'002}), kGap);
  EXPECT_THAT(timeline.due, ElementsAre(Ms(0), Ms(1), Ms(1), Ms(4), Ms(4), Ms(6)));
  EXPECT_EQ(timeline.jumps, 2u);
}

TEST(Timeline, KeepsGapsUpToTheLongestAllowed) {
  const Timeline timeline = PlanTimeline(LogAtMilliseconds({0, 10'000, 20'001}), kGap);
  EXPECT_THAT(timeline.due, ElementsAre(Ms(0), Ms(10'000), Ms(10'000)));
}

TEST(LargestBurst, CountsFramesWithinTheStallOnAllBuses) {
  const Timeline timeline =
      PlanTimeline(LogAtMilliseconds({0, 1, 2, 20, 21, 22, 23, 30, 31, 100}), kGap);
  EXPECT_EQ(LargestBurst(timeline, Ms(10)), 5u) << "20 to 30";
  EXPECT_EQ(LargestBurst(timeline, Ms(9)), 4u);
  EXPECT_EQ(LargestBurst(timeline, Ms(0)), 1u);
  EXPECT_EQ(LargestBurst(timeline, absl::InfiniteDuration()), 10u);
  EXPECT_EQ(LargestBurst({}, Ms(10)), 0u);
}

TEST(CanLog, NumbersBusesInOrderOfAppearance) {
  CanLog log;
  EXPECT_EQ(log.BusNamed("b"), 0);
  EXPECT_EQ(log.BusNamed("a"), 1);
  EXPECT_EQ(log.BusNamed("b"), 0);
  EXPECT_THAT(log.buses, ElementsAre("b", "a"));
}

}  // namespace
}  // namespace corepool::stress
