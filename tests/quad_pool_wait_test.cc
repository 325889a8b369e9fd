// Waiting for blocks of a QuadPool with real threads, whose requests are of all sizes:
// none sleeps while there is what it wants, and nothing is lost where timeouts and
// frees meet.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <random>
#include <vector>

#include "corepool/error.h"
#include "corepool/futex_wait.h"
#include "corepool/options.h"
#include "corepool/quad_pool.h"
#include "corepool/quad_pool_options.h"
#include "corepool/stats.h"
#include "corepool/wait.h"
#include "corepool/wait_port.h"
#include "gtest/gtest.h"
#include "tests/support/disturbed_traffic.h"
#include "tests/support/gang.h"

namespace corepool {
namespace {

constexpr int kThreads = 6;

struct Bed {
  Bed() {
    QuadPoolOptions options = kOptions;
    options.waiters = &waiters;
    EXPECT_EQ(pool.Init(options, memory), Error::kOk);
  }
  ~Bed() {
    EXPECT_EQ(waiters.Count(), 0u);
    EXPECT_EQ(pool.Stats().used, 0u);
    EXPECT_EQ(pool.LargestFree(), kOptions.max_block_size);
    EXPECT_EQ(pool.Audit(AuditMode::kAtRest).error, Error::kOk);
    EXPECT_EQ(pool.Deinit(), Error::kOk);
  }

  static constexpr QuadPoolOptions kOptions = {
      .min_block_size = 64, .max_block_size = 4096, .block_count = 1};
  alignas(RequiredAlignment(kOptions)) std::byte memory[RequiredBytes(kOptions)];
  StaticWaiters<kThreads> waiters{kFutexWaitPort};
  QuadPool pool;
};

// Each has one block at a time, and so everybody's turn comes. A block that two had
// would be seen by its mark.
TEST(QuadPoolWaits, ForEverOfAnySizeEndWithABlock) {
  Bed bed;
  const int rounds = 3000 * testing::Effort();
  testing::RunGang(kThreads, [&](int thread) {
    std::mt19937 random(static_cast<unsigned>(thread));
    for (int i = 0; i < rounds; ++i) {
      const std::size_t size = 1 + random() % (std::size_t{64} << (random() % 7));
      const auto priority = static_cast<std::uint8_t>(random() % 3);
      const auto [error, block] = bed.pool.AllocateUntil(size, kForever, priority);
      ASSERT_EQ(error, Error::kOk);
      std::memset(block, thread, size);
      for (std::size_t at = 0; at < size; ++at) {
        ASSERT_EQ(static_cast<unsigned char*>(block)[at], thread);
      }
      ASSERT_EQ(bed.pool.Free(block), Error::kOk);
    }
  });
}

TEST(QuadPoolWaits, ThatTimeOutWhileBlocksAreFreedLoseNone) {
  Bed bed;
  const int rounds = 3000 * testing::Effort();
  std::atomic<std::size_t> got{0};
  std::atomic<std::size_t> timed_out{0};
  testing::RunGang(kThreads, [&](int thread) {
    std::mt19937 random(static_cast<unsigned>(thread) + 100);
    std::vector<void*> held;
    for (int i = 0; i < rounds; ++i) {
      const std::size_t size = std::size_t{64} << (2 * (random() % 4));
      // Whoever holds something and waits does not wait for ever.
      const Ticks deadline = bed.waiters.Now() + random() % 20000;
      const auto [error, block] = bed.pool.AllocateUntil(size, deadline, 1);
      if (error == Error::kOk) {
        ASSERT_GE(bed.pool.SizeOf(block), size);
        held.push_back(block);
        ++got;
      } else {
        ASSERT_EQ(error, Error::kTimedOut);
        ASSERT_EQ(block, nullptr);
        ++timed_out;
      }
      while (!held.empty() && (held.size() > 3 || random() % 2 == 0)) {
        ASSERT_EQ(bed.pool.Free(held.back()), Error::kOk);
        held.pop_back();
      }
    }
    for (void* const block : held) ASSERT_EQ(bed.pool.Free(block), Error::kOk);
  });
  EXPECT_GT(got.load(), 0u);
  EXPECT_GT(timed_out.load(), 0u);
}

}  // namespace
}  // namespace corepool
