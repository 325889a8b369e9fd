#include "corepool/engine/alarms.h"

#include <cstddef>
#include <cstdint>

#include "corepool/hooks.h"
#include "corepool/lockfree/atomic.h"
#include "gtest/gtest.h"
#include "tests/support/event_log.h"
#include "tests/support/gang.h"

namespace corepool::engine {
namespace {

using lockfree::Word;
using testing::EventLog;

PoolHooks Hooks(std::uint8_t usage, std::uint8_t rearm) {
  PoolHooks hooks;
  hooks.usage_percent = usage;
  hooks.rearm_percent = rearm;
  return hooks;
}

TEST(AlarmLevels, OfUsageArePercentagesRoundedUp) {
  const auto raise_at = [](std::size_t capacity, std::uint8_t percent) {
    return UsageLevels(Hooks(percent, percent), capacity).raise_at;
  };
  EXPECT_EQ(raise_at(100, 90), 90u);
  EXPECT_EQ(raise_at(101, 90), 91u);
  EXPECT_EQ(raise_at(1, 1), 1u);
  EXPECT_EQ(raise_at(7, 100), 7u);
  EXPECT_EQ(raise_at(lockfree::kMostIndices, 100), lockfree::kMostIndices);
  EXPECT_EQ(UsageLevels(Hooks(0, 0), 10).calm_below, kNoAlarm.calm_below) << "none";
  EXPECT_EQ(UsageLevels(Hooks(90, 80), 0).raise_at, kNoAlarm.raise_at) << "no blocks";
}

TEST(AlarmLevels, ToBeNormalAreNeverAboveThoseToBeRaisedNorOutOfReach) {
  for (std::size_t capacity = 1; capacity < 50; ++capacity) {
    for (int usage = 1; usage <= 100; ++usage) {
      for (int rearm = 0; rearm <= 255; rearm += 5) {
        const AlarmLevels levels = UsageLevels(
            Hooks(static_cast<std::uint8_t>(usage), static_cast<std::uint8_t>(rearm)),
            capacity);
        ASSERT_LE(levels.calm_below, levels.raise_at);
        ASSERT_GE(levels.calm_below, 1u);
        ASSERT_LE(levels.raise_at, capacity);
      }
    }
  }
}

TEST(AlarmLevels, OfFreeBlocksAreTakenFromTheCapacity) {
  PoolHooks hooks;
  EXPECT_EQ(FreeLevels(hooks, 10).raise_at, kNoAlarm.raise_at) << "none asked for";
  hooks.low_free = 0;
  EXPECT_EQ(FreeLevels(hooks, 10).raise_at, 10u);
  EXPECT_EQ(FreeLevels(hooks, 10).calm_below, 10u);
  hooks.low_free = 3;
  hooks.rearm_free = 5;
  EXPECT_EQ(FreeLevels(hooks, 10).raise_at, 7u);
  EXPECT_EQ(FreeLevels(hooks, 10).calm_below, 5u);
  EXPECT_TRUE(AreValid(hooks, 6));
  EXPECT_FALSE(AreValid(hooks, 5)) << "five are never free if all are";
  EXPECT_TRUE(AreValid(hooks, 0)) << "there is no alarm";
}

TEST(Alarms, FollowANumberThatManyThreadsChange) {
  EventLog log(1u << 20);
  const PoolHooks hooks = log.Hooks();
  Alarms alarms;
  alarms.Init(hooks, nullptr, "", 10);
  lockfree::Atomic<Word> used{0};
  testing::RunGang(4, [&](int) {
    for (int i = 0; i < 20'000; ++i) {
      alarms.Step(used, 3);
      alarms.Step(used, Word{0} - 3);
    }
    alarms.Step(used, 3);
  });
  EXPECT_EQ(used.load(lockfree::kRelaxed), 12u);
  EXPECT_TRUE(
      log.IsHistory(PoolEventKind::kUsageHigh, 9, PoolEventKind::kUsageNormal, 8));
  EXPECT_EQ(log.CountOf(PoolEventKind::kUsageHigh),
            log.CountOf(PoolEventKind::kUsageNormal) + 1);
  EXPECT_LE(log.last().used, 10u) << "not more than there are";
}

TEST(Alarms, ThatNobodyIsToldOfAreOff) {
  const PoolHooks hooks;
  Alarms alarms;
  alarms.Init(hooks, nullptr, "", 10);
  lockfree::Atomic<Word> used{0};
  EXPECT_EQ(alarms.Step(used, 10), 10u);
  EXPECT_EQ(alarms.Look().usage, 0u);
}

}  // namespace
}  // namespace corepool::engine
