// Proves with real threads and short deadlines that no wake-up is lost, that who is
// told kOk has a block of its own, and that none is lost where a timeout and a
// hand-over collide. Everybody frees soon, so that a wait of ten seconds can only end
// for want of a wake-up.

#include <pthread.h>
#include <sched.h>
#include <signal.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <random>
#include <thread>
#include <vector>

#include "corepool/error.h"
#include "corepool/futex_wait.h"
#include "corepool/hosted/condition_wait.h"
#include "corepool/options.h"
#include "corepool/priority_pool.h"
#include "corepool/wait.h"
#include "corepool/wait_port.h"
#include "gtest/gtest.h"
#include "tests/support/cachings.h"
#include "tests/support/gang.h"
#include "tests/support/ownership_ledger.h"
#include "tests/support/signals.h"
#include "tests/support/test_multi_pool.h"
#include "tests/support/test_pool.h"
#include "tests/support/test_priority_pool.h"

namespace corepool {
namespace {

using testing::OwnershipLedger;
using testing::RunGang;
using testing::TestMultiPool;
using testing::TestPool;
using testing::TestPriorityPool;
using Random = std::minstd_rand;

constexpr int kThreads = 4;
constexpr Ticks kLong = Ticks{10} * 1'000'000'000;

int Waits() {
  const char* const effort = std::getenv("COREPOOL_EFFORT");
  return 15'000 * (effort == nullptr ? 1 : std::atoi(effort));
}

struct Tally {
  std::atomic<int> waits{0};  // calls that found nothing at first
  std::atomic<std::uint64_t> served{0};
  std::atomic<std::uint64_t> timed_out{0};
  std::atomic<std::uint64_t> lost{0};   // waits of ten seconds that ended
  std::atomic<std::uint64_t> wrong{0};  // any other outcome
};

// `allocate` gets a random number to choose what to ask for; `number` numbers blocks.
void Torture(
    const Waiters& waiters, OwnershipLedger& ledger, Tally& tally,
    const std::function<FixedPool::Allocation(unsigned, Ticks, std::uint8_t)>& allocate,
    const std::function<Error(void*)>& free,
    const std::function<std::size_t(void*)>& number) {
  const int waits = Waits();
  RunGang(kThreads, [&](int thread) {
    Random random(static_cast<unsigned>(thread + 1));
    const auto owner = static_cast<std::uint32_t>(thread + 1);
    while (tally.waits.load(std::memory_order_relaxed) < waits) {
      const unsigned kind = static_cast<unsigned>(random());
      const bool patient = random() % 2 == 0;
      const Ticks deadline =
          waiters.Now() + (patient ? kLong : Ticks{random() % 30'000});
      const auto priority = static_cast<std::uint8_t>(random() % 3);
      auto got = allocate(kind, kNoWait, priority);
      if (got.error == Error::kExhausted) {
        tally.waits.fetch_add(1, std::memory_order_relaxed);
        got = allocate(kind, deadline, priority);
      }
      if (got.error == Error::kTimedOut && got.block == nullptr) {
        tally.timed_out.fetch_add(1);
        if (patient) tally.lost.fetch_add(1);
        continue;
      }
      if (got.error != Error::kOk || got.block == nullptr) {
        tally.wrong.fetch_add(1);
        continue;
      }
      tally.served.fetch_add(1);
      const std::size_t at = number(got.block);
      ledger.Take(at, owner);
      *static_cast<volatile std::uint32_t*>(got.block) = owner;
      for (unsigned spin = static_cast<unsigned>(random() % 500); spin != 0; --spin) {
        if (*static_cast<volatile std::uint32_t*>(got.block) != owner) {
          tally.wrong.fetch_add(1);
        }
      }
      // So that others come to wait.
      if (random() % 2 == 0) std::this_thread::yield();
      ledger.Give(at, owner);
      if (free(got.block) != Error::kOk) tally.wrong.fetch_add(1);
    }
  });
}

void ExpectClean(const Tally& tally, const OwnershipLedger& ledger,
                 const Waiters& waiters) {
  EXPECT_EQ(tally.lost, 0u);
  EXPECT_EQ(tally.wrong, 0u);
  EXPECT_GT(tally.served, 0u);
  EXPECT_GT(tally.timed_out, 0u);
  EXPECT_EQ(ledger.faults(), 0u);
  EXPECT_EQ(ledger.owned(), 0u);
  EXPECT_EQ(waiters.Count(), 0u);
}

class WaitTorture : public ::testing::TestWithParam<Caching> {};

TEST_P(WaitTorture, LosesNeitherWakeUpsNorBlocks) {
  if (!testing::Works(GetParam())) GTEST_SKIP();
  hosted::ConditionWait conditions;
  for (const bool futex : {true, false}) {
    StaticWaiters<kThreads> waiters(futex ? kFutexWaitPort : conditions.port());
    TestPool pool({.block_size = 64,
                   .block_count = 2,
                   .caching = GetParam(),
                   .waiters = &waiters});
    ASSERT_EQ(pool.error, Error::kOk);
    OwnershipLedger ledger(2);
    Tally tally;
    Torture(
        waiters, ledger, tally,
        [&](unsigned, Ticks deadline, std::uint8_t priority) {
          return pool->AllocateUntil(deadline, priority);
        },
        [&](void* block) { return pool->Free(block); },
        [&](void* block) { return pool->IndexOf(block); });
    ExpectClean(tally, ledger, waiters);
    EXPECT_TRUE(pool.SoundAtRest(0));
    EXPECT_EQ(pool.DrainAndRefill().size(), 2u);
  }
}

TEST_P(WaitTorture, OfSizesLosesNeitherWakeUpsNorBlocks) {
  if (!testing::Works(GetParam())) GTEST_SKIP();
  StaticWaiters<kThreads> waiters(kFutexWaitPort);
  TestMultiPool pool({{16, 1}, {64, 1}},
                     {.pools = {.caching = GetParam(), .waiters = &waiters}});
  ASSERT_EQ(pool.error, Error::kOk);
  OwnershipLedger ledger(pool.numbers());
  Tally tally;
  Torture(
      waiters, ledger, tally,
      [&](unsigned kind, Ticks deadline, std::uint8_t priority) {
        return pool->AllocateUntil(kind % 3 == 0 ? 60 : 10, deadline, priority);
      },
      [&](void* block) { return pool->Free(block); },
      [&](void* block) { return pool.NumberOf(block); });
  ExpectClean(tally, ledger, waiters);
  EXPECT_TRUE(pool.SoundAtRest(0));
  EXPECT_EQ(pool.misuse.count.load(), 0);
}

TEST_P(WaitTorture, OfClassesLosesNeitherWakeUpsNorBlocks) {
  if (!testing::Works(GetParam())) GTEST_SKIP();
  StaticWaiters<kThreads> waiters(kFutexWaitPort);
  TestPriorityPool pool({{.block_size = 16, .block_count = 0, .borrows = kBorrowLower},
                         {.block_size = 16, .block_count = 1, .borrows = kBorrowLower},
                         {.block_size = 16, .block_count = 2, .reserve = 1}},
                        {.caching = GetParam(), .waiters = &waiters});
  ASSERT_EQ(pool.error, Error::kOk);
  OwnershipLedger ledger(pool.memory.span().size());
  Tally tally;
  Torture(
      waiters, ledger, tally,
      [&](unsigned kind, Ticks deadline, std::uint8_t priority) {
        return pool->AllocateUntil(kind % 3, deadline, priority);
      },
      [&](void* block) { return pool->Free(block); },
      [&](void* block) {
        return static_cast<std::size_t>(static_cast<std::byte*>(block) -
                                        pool.memory.span().data());
      });
  ExpectClean(tally, ledger, waiters);
  EXPECT_TRUE(pool.SoundAtRest(0));
}

INSTANTIATE_TEST_SUITE_P(, WaitTorture,
                         ::testing::Values(Caching::kNone, Caching::kCas,
                                           Caching::kRseq),
                         [](const auto& test) { return testing::NameOf(test.param); });

// Blocks that a handler frees.
FixedPool* handlers_pool = nullptr;
std::atomic<void*> handlers_block{nullptr};

TEST(WaitForSignalHandlers, TheirFreesWake) {
  StaticWaiters<1> waiters(kFutexWaitPort);
  TestPool pool({.block_size = 64, .block_count = 1, .waiters = &waiters});
  handlers_pool = &pool.pool;
  const testing::InterruptHandler handler([](int, siginfo_t*, void*) {
    void* const block = handlers_block.exchange(nullptr);
    if (block != nullptr) handlers_pool->Free(block);
  });
  std::atomic<bool> done{false};
  // Is interrupted, while it does nothing, and allocates what it then frees.
  std::thread interrupted([&] {
    const testing::InterruptingTimer timer(50'000);
    while (!done.load()) {
    }
  });
  for (int i = 0; i < 2'000; ++i) {
    const auto got = pool->AllocateUntil(waiters.Now() + kLong, 0);
    ASSERT_EQ(got.error, Error::kOk);
    handlers_block.store(got.block);
  }
  while (handlers_block.load() != nullptr) {
  }
  done.store(true);
  interrupted.join();
  EXPECT_TRUE(pool.SoundAtRest(0));
}

// Both on one CPU, so the waiter runs first only if the free lets it.
TEST(WaitForRealTime, TheWaiterRunsBeforeTheFreeOfALessUrgentThreadReturns) {
  StaticWaiters<1> waiters(kFutexWaitPort);
  TestPool pool({.block_size = 64, .block_count = 1, .waiters = &waiters});
  void* const block = pool->Allocate();
  std::atomic<bool> refused{false};
  std::atomic<bool> served{false};
  const auto begin = [&](int priority) {
    cpu_set_t cpus;
    CPU_ZERO(&cpus);
    CPU_SET(0, &cpus);
    const sched_param parameters = {.sched_priority = priority};
    if (pthread_setaffinity_np(pthread_self(), sizeof(cpus), &cpus) != 0 ||
        pthread_setschedparam(pthread_self(), SCHED_FIFO, &parameters) != 0) {
      refused.store(true);
    }
    return !refused.load();
  };
  std::thread waiter([&] {
    if (!begin(20)) return;
    const auto got = pool->AllocateUntil(waiters.Now() + kLong, 0);
    served.store(got.error == Error::kOk);
  });
  std::thread freer([&] {
    if (!begin(10)) return;
    while (waiters.Count() == 0 && !refused.load()) std::this_thread::yield();
    pool->Free(block);
    EXPECT_TRUE(served.load());
  });
  waiter.join();
  freer.join();
  if (refused.load()) GTEST_SKIP() << "no real-time priorities here";
}

TEST(WaitForSpares, ManyBlocksAtOnceServeAsMany) {
  constexpr int kMany = 8;
  StaticWaiters<kMany> waiters(kFutexWaitPort);
  TestPool pool({.block_size = 64, .block_count = kMany, .waiters = &waiters});
  for (int round = 0; round < 30; ++round) {
    std::vector<void*> blocks(kMany);
    ASSERT_EQ(pool->AllocateBulk(blocks), Error::kOk);
    std::atomic<int> served{0};
    RunGang(kMany + 1, [&](int thread) {
      if (thread == 0) {
        while (waiters.Count() < kMany / 2) {
        }
        EXPECT_EQ(pool->FreeBulk(blocks), Error::kOk);
        return;
      }
      const auto got = pool->AllocateUntil(waiters.Now() + kLong, 0);
      if (got.error == Error::kOk) served.fetch_add(1);
    });
    ASSERT_EQ(served.load(), kMany);
    ASSERT_TRUE(pool.SoundAtRest(kMany));
    for (std::size_t i = 0; i < kMany; ++i) pool->Free(pool->BlockAt(i));
  }
}

}  // namespace
}  // namespace corepool
