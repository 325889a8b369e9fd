#include "corepool/hosted/wait.h"

#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "corepool/error.h"
#include "corepool/fixed_pool.h"
#include "corepool/futex_wait.h"
#include "corepool/hosted/baton.h"
#include "corepool/wait.h"
#include "corepool/wait_port.h"
#include "gtest/gtest.h"
#include "tests/support/test_multi_pool.h"
#include "tests/support/test_pool.h"

namespace corepool {
namespace {

using hosted::AllocateFor;
using hosted::Baton;
using hosted::DeadlineAfter;
using testing::TestMultiPool;
using testing::TestPool;

TEST(DeadlineAfter, CountsInTheTicksOfThePortAndRoundsUp) {
  Baton baton;
  const WaitPort port = baton.port();  // 100 ticks a second
  const Ticks now = baton.Now();
  EXPECT_EQ(DeadlineAfter(port, absl::Seconds(3)), now + 300);
  EXPECT_EQ(DeadlineAfter(port, absl::Milliseconds(25)), now + 3);
  EXPECT_EQ(DeadlineAfter(port, absl::Nanoseconds(1)), now + 1);
  EXPECT_EQ(DeadlineAfter(port, absl::Seconds(1) + absl::Milliseconds(990)), now + 199);
  EXPECT_EQ(DeadlineAfter(port, absl::Seconds(2) - absl::Nanoseconds(1)), now + 200);
}

TEST(DeadlineAfter, KnowsNoTimeAtAllAndForEver) {
  Baton baton;
  const WaitPort port = baton.port();
  EXPECT_EQ(DeadlineAfter(port, absl::ZeroDuration()), kNoWait);
  EXPECT_EQ(DeadlineAfter(port, -absl::InfiniteDuration()), kNoWait);
  EXPECT_EQ(DeadlineAfter(port, absl::InfiniteDuration()), kForever);
  EXPECT_EQ(DeadlineAfter(port, absl::Seconds(std::int64_t{1} << 62)), kForever);
  EXPECT_EQ(DeadlineAfter(kFutexWaitPort, absl::Hours(1'000'000'000)), kForever);
  EXPECT_LT(DeadlineAfter(kFutexWaitPort, absl::Hours(1'000'000)), kForever);
}

TEST(AllocateFor, WaitsForAsLongAsItIsTold) {
  Baton baton;
  StaticWaiters<2> waiters(baton.port());
  TestPool pool({.block_size = 16, .block_count = 1, .waiters = &waiters});
  const auto got = AllocateFor(pool.pool, absl::InfiniteDuration(), 0);
  ASSERT_EQ(got.error, Error::kOk);
  EXPECT_EQ(AllocateFor(pool.pool, absl::ZeroDuration(), 0).error, Error::kExhausted);
  const Ticks begin = baton.Now();
  // Nobody else can run, so time passes by itself.
  EXPECT_EQ(AllocateFor(pool.pool, absl::Milliseconds(70), 0).error, Error::kTimedOut);
  EXPECT_EQ(baton.Now(), begin + 7);
  baton.Start(1, [&] {
    EXPECT_EQ(AllocateFor(pool.pool, absl::InfiniteDuration(), 0).error, Error::kOk);
  });
  EXPECT_EQ(pool->Free(got.block), Error::kOk);
  EXPECT_TRUE(pool.SoundAtRest(1));
}

TEST(AllocateFor, TakesSizesToo) {
  Baton baton;
  StaticWaiters<2> waiters(baton.port());
  TestMultiPool pool({{16, 1}}, {.pools = {.waiters = &waiters}});
  EXPECT_EQ(AllocateFor(pool.pool, absl::InfiniteDuration(), 0, 17u).error,
            Error::kTooLarge);
  EXPECT_EQ(AllocateFor(pool.pool, absl::InfiniteDuration(), 0, 16u).error, Error::kOk);
  EXPECT_EQ(AllocateFor(pool.pool, absl::Seconds(1), 0, 16u).error, Error::kTimedOut);
}

TEST(AllocateFor, SaysThatAPoolHasNoWaiters) {
  TestPool pool({.block_size = 16, .block_count = 0});
  EXPECT_EQ(AllocateFor(pool.pool, absl::InfiniteDuration(), 0).error,
            Error::kUnsupported);
  EXPECT_EQ(AllocateFor(pool.pool, absl::ZeroDuration(), 0).error, Error::kExhausted);
}

TEST(Baton, RunsTheMostUrgentAndAmongEqualsWhoWasReadyFirst) {
  Baton baton;
  std::string order;
  const auto task = [&](char name, Ticks until) {
    return [&order, &baton, name, until] {
      order += name;
      baton.SleepUntil(until);
      order += name;
    };
  };
  const Ticks now = baton.Now();
  baton.Start(5, [&] {
    baton.Start(3, task('a', now + 2));
    baton.Start(7, task('b', now + 1));
    baton.Start(3, task('c', now + 2));
    order += 'd';
  });
  EXPECT_EQ(order, "acdb");
  baton.Advance(2);
  EXPECT_EQ(order, "acdbbac");
  EXPECT_EQ(baton.Now(), now + 2);
}

}  // namespace
}  // namespace corepool
