#include "stress/trace/burst_meter.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <random>
#include <vector>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "stress/trace/spill_queue.h"

namespace corepool::stress {
namespace {

constexpr absl::Duration (&Ms)(int) = absl::Milliseconds<int>;

std::uint64_t LargestBurst(const std::vector<absl::Duration>& due,
                           absl::Duration stall) {
  BurstMeter meter(stall);
  for (const absl::Duration one : due) EXPECT_TRUE(meter.Add(one).ok());
  return meter.largest();
}

std::vector<absl::Duration> AtMilliseconds(std::initializer_list<int> times) {
  std::vector<absl::Duration> due;
  for (const int time : times) due.push_back(Ms(time));
  return due;
}

// With everything in memory.
std::uint64_t LargestBurstInMemory(const std::vector<absl::Duration>& due,
                                   absl::Duration stall) {
  std::size_t largest = 0;
  std::size_t first = 0;
  for (std::size_t last = 0; last < due.size(); ++last) {
    while (due[last] - due[first] > stall) ++first;
    largest = std::max(largest, last - first + 1);
  }
  return largest;
}

TEST(BurstMeter, CountsFramesWithinTheStall) {
  const auto due = AtMilliseconds({0, 1, 2, 20, 21, 22, 23, 30, 31, 100});
  EXPECT_EQ(LargestBurst(due, Ms(10)), 5u) << "20 to 30";
  EXPECT_EQ(LargestBurst(due, Ms(9)), 4u);
  EXPECT_EQ(LargestBurst(due, Ms(0)), 1u);
  EXPECT_EQ(LargestBurst(due, absl::InfiniteDuration()), 10u);
  EXPECT_EQ(LargestBurst({}, Ms(10)), 0u);
}

TEST(BurstMeter, CountsFramesThatAreDueTogether) {
  const auto due = AtMilliseconds({0, 5, 5, 5, 9, 9, 12});
  EXPECT_EQ(LargestBurst(due, Ms(0)), 3u);
  EXPECT_EQ(LargestBurst(due, Ms(4)), 5u);
  EXPECT_EQ(LargestBurst(due, Ms(12)), 7u);
}

TEST(BurstMeter, CountsAsIfEverythingWereInMemory) {
  std::mt19937_64 random(1);
  std::vector<absl::Duration> due;
  absl::Duration now;
  for (int i = 0; i < 300'000; ++i) {
    if (random() % 3 != 0) now += absl::Nanoseconds(random() % 2'000'000);
    due.push_back(now);
  }
  for (const absl::Duration stall :
       {Ms(0), Ms(1), Ms(100), absl::Seconds(20), absl::Seconds(70), absl::Hours(1)}) {
    EXPECT_EQ(LargestBurst(due, stall), LargestBurstInMemory(due, stall)) << stall;
  }
}

TEST(SpillQueue, IsFirstInFirstOutHoweverLongItIs) {
  constexpr std::uint64_t kMany = 10 * SpillQueue<std::uint64_t>::kChunk;
  for (const std::uint64_t most :
       {std::uint64_t{1}, kMany / 10, kMany / 5 + 1, kMany / 2}) {
    SpillQueue<std::uint64_t> queue;
    std::uint64_t popped = 0;
    std::uint64_t pushed = 0;
    // Up to `most`, down to nothing, and again.
    for (bool grows = true; popped < kMany; grows = !grows) {
      while (grows && pushed - popped < most) ASSERT_TRUE(queue.Push(pushed++).ok());
      while (!grows && !queue.empty()) {
        std::uint64_t value = 0;
        ASSERT_TRUE(queue.Front(value).ok());
        ASSERT_EQ(value, popped);
        queue.Pop();
        ++popped;
        // Both ends move.
        if (popped % 3 == 0 && pushed < kMany) {
          ASSERT_TRUE(queue.Push(pushed++).ok());
        }
      }
      ASSERT_EQ(queue.empty(), pushed == popped);
    }
  }
}

}  // namespace
}  // namespace corepool::stress
