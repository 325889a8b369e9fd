#include "corepool/stats.h"

#include <atomic>
#include <barrier>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "corepool/fixed_pool.h"
#include "corepool/options.h"
#include "gtest/gtest.h"
#include "tests/support/gang.h"
#include "tests/support/test_pool.h"

namespace corepool {
namespace {

using testing::TestPool;

TEST(PoolStats, CountEveryOperation) {
  TestPool pool({.block_size = 24, .block_count = 4});
  void* const a = pool->Allocate();
  void* const b = pool->Allocate();
  pool->Free(a);
  PoolStats stats = pool->Stats();
  EXPECT_EQ(stats.capacity, 4u);
  EXPECT_EQ(stats.used, 1u);
  EXPECT_EQ(stats.free, 3u);
  EXPECT_EQ(stats.peak, 2u);
  EXPECT_EQ(stats.allocations, 2u);
  EXPECT_EQ(stats.frees, 1u);
  EXPECT_EQ(stats.failures, 0u);
  EXPECT_EQ(stats.block_size, 24u);
  EXPECT_EQ(stats.stride, 32u);
  EXPECT_TRUE(stats.exact);
  pool->Free(b);
  pool->Free(b);
  stats = pool->Stats();
  EXPECT_EQ(stats.frees, 2u) << "a refused free is none";
  EXPECT_EQ(stats.misuses, 1u);
}

TEST(PoolStats, CountFailuresApart) {
  TestPool pool({.block_size = 8, .block_count = 1});
  void* const block = pool->Allocate();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(pool->Allocate(), nullptr);
  EXPECT_EQ(pool->Stats().failures, 5u);
  EXPECT_EQ(pool->Stats().allocations, 1u);
  pool->Free(block);
}

TEST(PoolStats, PeakStaysUntilItIsReset) {
  TestPool pool({.block_size = 8, .block_count = 9});
  std::vector<void*> blocks;
  for (int i = 0; i < 7; ++i) blocks.push_back(pool->Allocate());
  for (int i = 0; i < 5; ++i) {
    pool->Free(blocks.back());
    blocks.pop_back();
  }
  EXPECT_EQ(pool->Stats().peak, 7u);
  pool->ResetPeak();
  EXPECT_EQ(pool->Stats().peak, 2u);
  blocks.push_back(pool->Allocate());
  EXPECT_EQ(pool->Stats().peak, 3u);
}

// Each round all threads hold a block at the same time, so the peak is known.
void ExpectPeakOfThreadsAtTheTop(Caching caching) {
  constexpr int kThreads = 4;
  TestPool pool({.block_size = 8, .block_count = 64, .caching = caching});
  for (int round = 0; round < 200; ++round) {
    pool->ResetPeak();
    std::barrier everyone_has_one(kThreads);
    testing::RunGang(kThreads, [&](int) {
      void* const block = pool->Allocate();
      everyone_has_one.arrive_and_wait();
      pool->Free(block);
    });
    const PoolStats stats = pool->Stats();
    ASSERT_GE(stats.peak, static_cast<std::size_t>(kThreads));
    ASSERT_LE(stats.peak, kThreads + stats.cache_bound());
  }
}

TEST(PoolStats, PeakIsExactWithoutCachesAfterThreadsHaveMetAtTheTop) {
  ExpectPeakOfThreadsAtTheTop(Caching::kNone);
}

TEST(PoolStats, PeakIsNotBelowAndWithinTheCachesOfWhereThreadsHaveMet) {
  ExpectPeakOfThreadsAtTheTop(Caching::kAutomatic);
  ExpectPeakOfThreadsAtTheTop(Caching::kCas);
}

TEST(PoolStats, CountNoFailureOfAPoolThatDoesNotExist) {
  FixedPool pool;
  EXPECT_EQ(pool.Allocate(), nullptr);
  EXPECT_EQ(pool.Stats().failures, 0u);
}

TEST(PoolStats, PeakSeesEveryBlockThatIsStillUsedAfterAReset) {
  // One thread resets the peak while another allocates; after both are done a block
  // is used, so the peak cannot be 0.
  TestPool pool({.block_size = 8, .block_count = 4});
  constexpr int kRounds = 200'000;
  std::atomic<int> round{0};
  std::atomic<int> done{0};
  testing::RunGang(2, [&](int number) {
    for (int i = 1; i <= kRounds; ++i) {
      void* block = nullptr;
      if (number == 0) {
        round.store(i, std::memory_order_release);
        block = pool->Allocate();
      } else {
        while (round.load(std::memory_order_acquire) != i) {
        }
        pool->ResetPeak();
      }
      done.fetch_add(1, std::memory_order_acq_rel);
      while (done.load(std::memory_order_acquire) < 2 * i) {
      }
      if (number == 0) {
        ASSERT_EQ(pool->Stats().peak, 1u);
        pool->Free(block);
      }
    }
  });
}

TEST(PoolStats, AreWithinBoundsInEverySnapshot) {
  constexpr std::size_t kBlocks = 5;
  TestPool pool({.block_size = 8, .block_count = kBlocks});
  std::atomic<int> busy{3};
  testing::RunGang(4, [&](int number) {
    if (number == 0) {
      do {
        const PoolStats stats = pool->Stats();
        ASSERT_LE(stats.used, kBlocks);
        ASSERT_EQ(stats.free, kBlocks - stats.used);
        ASSERT_LE(stats.peak, kBlocks);
        ASSERT_GE(stats.peak, stats.used);
        if (stats.exact) {
          ASSERT_EQ(stats.allocations - stats.frees, stats.used);
        }
      } while (busy.load(std::memory_order_relaxed) > 0);
    } else {
      for (int i = 0; i < 100'000; ++i) {
        void* const first = pool->Allocate();
        void* const second = pool->Allocate();
        pool->Free(first);
        pool->Free(second);
      }
      busy.fetch_sub(1, std::memory_order_relaxed);
    }
  });
  EXPECT_TRUE(pool.SoundAtRest(0));
}

TEST(PoolStats, TellHowLongTheTagLasts) {
  PoolStats stats{};
  stats.tag_bits = 42;
  EXPECT_EQ(stats.TagWrapMicroseconds(40'000'000) / 3'600'000'000, 30u) << "hours";
  stats.tag_bits = 17;
  EXPECT_EQ(stats.TagWrapMicroseconds(1'000'000), 131'072u);
  stats.tag_bits = 64;
  EXPECT_GT(stats.TagWrapMicroseconds(1'000'000'000) / 1'000'000, 500ull * 365 * 86400)
      << "centuries";
  EXPECT_EQ(stats.TagWrapMicroseconds(1000), ~std::uint64_t{0}) << "saturated";
  EXPECT_EQ(stats.TagWrapMicroseconds(0), ~std::uint64_t{0});
}

}  // namespace
}  // namespace corepool
