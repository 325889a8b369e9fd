// Proves the absence of faults that pools elsewhere have had (docs/defects.md), as far
// as no other test does.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "corepool/error.h"
#include "corepool/fixed_pool.h"
#include "corepool/multi_pool.h"
#include "corepool/multi_pool_options.h"
#include "corepool/options.h"
#include "corepool/priority_pool.h"
#include "corepool/registry.h"
#include "corepool/static_pool.h"
#include "corepool/stats.h"
#include "gtest/gtest.h"
#include "tests/support/cachings.h"
#include "tests/support/gang.h"
#include "tests/support/test_multi_pool.h"
#include "tests/support/test_pool.h"

namespace corepool {
namespace {

using testing::GuardedMemory;
using testing::TestMultiPool;
using testing::TestPool;
using testing::Works;

constexpr Caching kCachings[] = {Caching::kNone, Caching::kCas, Caching::kRseq};

// Calls `init` with memory that is a byte short, and with memory that is a byte off:
// neither may be touched.
template <class Init>
void ExpectUntouched(GuardedMemory& memory, std::size_t bytes, const Init& init) {
  const std::span<std::byte> all = memory.span();
  const std::vector<std::byte> before(all.begin(), all.end());
  EXPECT_EQ(init(all.first(bytes - 1)), Error::kMemoryTooSmall);
  EXPECT_EQ(init(all.subspan(1)), Error::kMisalignedMemory);
  EXPECT_EQ(init(std::span<std::byte>()), Error::kNullMemory);
  EXPECT_EQ(std::memcmp(all.data(), before.data(), before.size()), 0);
  EXPECT_TRUE(memory.Intact());
  EXPECT_EQ(init(all.first(bytes)), Error::kOk) << "and it can still be had";
}

TEST(FailedCreation, KeepsNothingAndTouchesNoByte) {
  constexpr std::size_t kEnough = 1 << 17;  // and more than one byte more
  constexpr std::size_t kAlignment = 4096;
  constexpr PoolOptions kFixed{.block_size = 32, .block_count = 100};
  GuardedMemory first(kEnough, kAlignment);
  FixedPool fixed;
  ExpectUntouched(first, RequiredBytes(kFixed), [&](std::span<std::byte> memory) {
    return fixed.Init(kFixed, memory);
  });

  constexpr SizeClassOptions kClasses[] = {{32, 100}, {48, 100}};
  GuardedMemory second(kEnough, kAlignment);
  MultiPool multi;
  ExpectUntouched(
      second, RequiredBytes(kClasses, {}),
      [&](std::span<std::byte> memory) { return multi.Init(kClasses, {}, memory); });
  GuardedMemory third(kEnough, kAlignment);
  ExpectUntouched(
      third, multi.RequiredExtensionBytes({64, 9}),
      [&](std::span<std::byte> memory) { return multi.Extend({64, 9}, memory); });
  EXPECT_EQ(multi.class_count(), 3u);
  EXPECT_EQ(multi.StatsFor(64).blocks.capacity, 9u) << "of one extension";

  GuardedMemory fourth(kEnough, kAlignment);
  PriorityPool priority;
  ExpectUntouched(fourth, RequiredBytes(kPriorityClasses, {}),
                  [&](std::span<std::byte> memory) {
                    return priority.Init(kPriorityClasses, {}, memory);
                  });
}

TEST(FailedExtension, OfOverflowingSizeAddsNoBlocksAndNoClass) {
  TestMultiPool pool({{16, 4}});
  alignas(4096) std::byte memory[4096];
  const auto refuse = [&](std::size_t size, std::size_t count, Error error) {
    EXPECT_EQ(pool->RequiredExtensionBytes({size, count}), 0u);
    EXPECT_EQ(pool->Extend({size, count}, memory), error);
  };
  refuse(SIZE_MAX, 1, Error::kTooLarge);
  refuse(SIZE_MAX - 7, 1, Error::kTooLarge);
  refuse(SIZE_MAX / 2 + 1, 2, Error::kTooLarge);
  refuse(1, SIZE_MAX, Error::kInvalidCount);
  refuse(0, 1, Error::kInvalidSize);
  EXPECT_EQ(pool->class_count(), 1u);
  EXPECT_EQ(pool->LargestSize(), 16u);
  EXPECT_EQ(pool->TryAllocate(100'000).error, Error::kTooLarge);
  EXPECT_EQ(pool->TryAllocate(SIZE_MAX).error, Error::kTooLarge);
  EXPECT_TRUE(pool.SoundAtRest(0));
}

TEST(Counts, AreNotChangedByFreesThatAreRefused) {
  for (const Caching caching : kCachings) {
    if (!Works(caching)) continue;
    TestPool pool({.block_size = 32, .block_count = 40, .caching = caching});
    void* const block = pool->Allocate();
    EXPECT_EQ(pool->Free(block), Error::kOk);
    const PoolStats before = pool->Stats();
    for (int i = 0; i < 1000; ++i) {
      ASSERT_EQ(pool->Free(block), Error::kDoubleFree);
      ASSERT_EQ(pool->Free(&pool), Error::kForeignPointer);
      const PoolStats stats = pool->Stats();
      ASSERT_EQ(stats.used, 0u) << "and not less than none";
      ASSERT_EQ(stats.free, stats.capacity) << "and not more than all";
    }
    EXPECT_EQ(pool->Stats().frees, before.frees);
    EXPECT_EQ(pool->Stats().allocations, before.allocations);
    EXPECT_EQ(pool->Stats().misuses, 2000u);
    EXPECT_EQ(pool.DrainAndRefill().size(), 40u);
  }
}

TEST(Success, NeverComesWithoutABlockNorFailureWithOne) {
  for (const Caching caching : kCachings) {
    if (!Works(caching)) continue;
    TestPool pool({.block_size = 32, .block_count = 3, .caching = caching});
    std::atomic<int> failures{0};
    testing::RunGang(4, [&](int) {
      for (int i = 0; i < 20'000; ++i) {
        const auto [error, block] = pool->TryAllocate();
        ASSERT_EQ(error == Error::kOk, block != nullptr);
        if (block == nullptr) {
          ASSERT_EQ(error, Error::kExhausted);
          failures.fetch_add(1, std::memory_order_relaxed);
          continue;
        }
        ASSERT_EQ(pool->Free(block), Error::kOk);
      }
    });
    EXPECT_EQ(pool->Stats().failures, static_cast<std::uint64_t>(failures));
    EXPECT_TRUE(pool.SoundAtRest(0));
  }
}

TEST(RequiredBytes, CountsGuardsQuarantineAndCaches) {
  for (const Caching caching : kCachings) {
    if (!Works(caching)) continue;
    for (const std::size_t size : {1u, 8u, 20u, 100u}) {
      for (const std::size_t quarantine : {0u, 5u}) {
        const PoolOptions options{.block_size = size,
                                  .block_count = 30,
                                  .checking = Checking::kFull,
                                  .caching = caching,
                                  .quarantine = quarantine};
        TestPool pool(options);
        ASSERT_EQ(pool.error, Error::kOk);
        std::vector<void*> blocks;
        while (void* const block = pool->Allocate()) {
          std::memset(block, 0xff, size);
          blocks.push_back(block);
        }
        EXPECT_EQ(blocks.size(), 30u);
        for (void* const block : blocks) ASSERT_EQ(pool->Free(block), Error::kOk);
        EXPECT_TRUE(pool.SoundAtRest(0)) << "red zones and bookkeeping are intact";
      }
    }
  }
}

TEST(RegistryEntries, GoWithTheirScope) {
  const std::size_t before = PoolCount();
  {
    const StaticPool<int, 4> pool;
    const RegistryEntry entry("on the stack", pool);
    EXPECT_EQ(PoolCount(), before + 1);
  }
  EXPECT_EQ(PoolCount(), before);
}

}  // namespace
}  // namespace corepool
