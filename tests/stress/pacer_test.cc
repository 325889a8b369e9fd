#include "stress/pacer.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "gtest/gtest.h"
#include "stress/clock.h"
#include "stress/load_options.h"
#include "stress/random.h"
#include "stress/run_control.h"

namespace corepool::stress {
namespace {

std::vector<std::int64_t> Schedule(Pacer pacer, int count) {
  std::vector<std::int64_t> schedule;
  for (int i = 0; i < count; ++i) schedule.push_back(pacer.Next());
  return schedule;
}

TEST(Pacer, SpacesFixedArrivalsOfOneThreadEvenly) {
  Pacer pacer(1e6, Arrival::kFixed, 1, 0, 1);
  pacer.Begin(5'000'000'000);
  EXPECT_EQ(Schedule(pacer, 4),
            (std::vector<std::int64_t>{5'000'000'000, 5'000'001'000, 5'000'002'000,
                                       5'000'003'000}));
}

TEST(Pacer, DealsFixedArrivalsToThreadsInTurn) {
  std::vector<std::int64_t> all;
  for (int thread = 0; thread < 4; ++thread) {
    Pacer pacer(1e6, Arrival::kFixed, 4, thread, 1);
    pacer.Begin(0);
    for (const std::int64_t due : Schedule(pacer, 10)) all.push_back(due);
  }
  std::sort(all.begin(), all.end());
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(all[i], static_cast<std::int64_t>(i) * 1000);
  }
}

TEST(Pacer, DoesNotDriftFromTheRateHoweverOddTheInterval) {
  Pacer pacer(3e6, Arrival::kFixed, 7, 3, 1);
  pacer.Begin(0);
  const std::vector<std::int64_t> schedule = Schedule(pacer, 3'000'001);
  // A third of 3M operations of seven threads at 3M a second: 7 s after the first.
  EXPECT_NEAR(static_cast<double>(schedule.back() - schedule.front()), 7e9, 1000);
}

TEST(Pacer, MakesPoissonArrivalsWithTheRightMeanAndSpread) {
  constexpr int kCount = 200'000;
  Pacer pacer(1e6, Arrival::kPoisson, 1, 0, 42);
  pacer.Begin(0);
  const std::vector<std::int64_t> schedule = Schedule(pacer, kCount);
  double squares = 0;
  int above_mean = 0;
  for (std::size_t i = 1; i < schedule.size(); ++i) {
    const auto gap = static_cast<double>(schedule[i] - schedule[i - 1]);
    ASSERT_GE(gap, 0);
    squares += gap * gap;
    above_mean += gap > 1000;
  }
  EXPECT_NEAR(static_cast<double>(schedule.back()) / kCount, 1000, 10);
  // Of an exponential distribution the mean square is twice the squared mean, and one
  // in e gaps is above the mean.
  EXPECT_NEAR(squares / kCount / 1e6, 2, 0.05);
  EXPECT_NEAR(static_cast<double>(above_mean) / kCount, 0.3679, 0.005);
}

TEST(Pacer, MakesTheSameScheduleOfTheSameSeedAlone) {
  const auto schedule = [](int thread, std::uint64_t seed) {
    return Schedule(Pacer(1e6, Arrival::kPoisson, 4, thread, seed), 100);
  };
  EXPECT_EQ(schedule(0, 7), schedule(0, 7));
  EXPECT_NE(schedule(0, 7), schedule(0, 8));
  EXPECT_NE(schedule(0, 7), schedule(1, 7));
}

TEST(Pacer, KeepsWhatIsLateDueWhenItWas) {
  Pacer pacer(1e6, Arrival::kFixed, 1, 0, 1);
  const std::int64_t began = Now() - 10'000;  // ten operations ago
  pacer.Begin(began);
  const RunControl control;
  for (int i = 0; i < 20; ++i) {
    const std::int64_t due = pacer.Next();
    EXPECT_EQ(due, began + i * 1000);
    EXPECT_TRUE(Pacer::WaitUntil(due, control));
    EXPECT_GE(Now(), due);
  }
}

TEST(Pacer, DoesNotWaitForWhatIsFarOffWhenItIsToStop) {
  RunControl control;
  control.Stop();
  EXPECT_FALSE(Pacer::WaitUntil(Now() + 3'600'000'000'000, control));
}

TEST(Pacer, CountsWhatWasDueButNotBegun) {
  Pacer pacer(1e6, Arrival::kFixed, 1, 0, 1);
  pacer.Begin(0);
  EXPECT_EQ(pacer.Backlog(0), 0u);
  EXPECT_EQ(pacer.Backlog(1), 1u);
  EXPECT_EQ(pacer.Backlog(9'999), 10u);
  for (int i = 0; i < 10; ++i) pacer.Next();
  EXPECT_EQ(pacer.Backlog(9'999), 0u);
}

TEST(Random, MakesTheSameNumbersOfTheSameSeedAndStream) {
  Random one(1, 2);
  Random same(1, 2);
  Random other_stream(1, 3);
  Random other_seed(2, 2);
  for (int i = 0; i < 100; ++i) {
    const std::uint64_t number = one();
    EXPECT_EQ(number, same());
    EXPECT_NE(number, other_stream());
    EXPECT_NE(number, other_seed());
  }
}

TEST(Random, MakesFractionsAboveNoneAndUpToOne) {
  Random random(1, 1);
  double sum = 0;
  for (int i = 0; i < 100'000; ++i) {
    const double fraction = random.Fraction();
    ASSERT_GT(fraction, 0);
    ASSERT_LE(fraction, 1);
    sum += fraction;
  }
  EXPECT_NEAR(sum / 100'000, 0.5, 0.01);
}

}  // namespace
}  // namespace corepool::stress
