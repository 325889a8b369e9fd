#include "corepool/quad_pool.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "corepool/error.h"
#include "corepool/misuse.h"
#include "corepool/options.h"
#include "corepool/quad_pool_options.h"
#include "corepool/registry.h"
#include "corepool/stats.h"
#include "gtest/gtest.h"
#include "tests/support/test_pool.h"
#include "tests/support/test_quad_pool.h"

namespace corepool {
namespace {

using testing::QuadOptions;
using testing::TestQuadPool;

constexpr std::size_t kMax = std::numeric_limits<std::size_t>::max();
// 64, 256, 1024, 4096.
constexpr QuadPoolOptions kSmall{
    .min_block_size = 64, .max_block_size = 4096, .block_count = 2};

static_assert(RequiredBytes(kSmall) > 2 * 4096, "known when compiling");
static_assert(RequiredBlockBytes(kSmall) == 2 * 4096);
constinit QuadPool static_pool;

TEST(QuadPool, WorksInStaticMemory) {
  alignas(RequiredAlignment(kSmall)) static std::byte memory[RequiredBytes(kSmall)];
  ASSERT_EQ(static_pool.Init(kSmall, memory), Error::kOk);
  EXPECT_TRUE(static_pool.is_initialized());
  void* const block = static_pool.Allocate(80);
  EXPECT_NE(block, nullptr);
  EXPECT_EQ(static_pool.SizeOf(block), 256u);
  EXPECT_EQ(static_pool.Free(block), Error::kOk);
  EXPECT_EQ(static_pool.Deinit(), Error::kOk);
  EXPECT_FALSE(static_pool.is_initialized());
}

TEST(QuadPool, TheExampleOfTheOldKernelFitsExactly) {
  // Zephyr's: the same requests, and the same places.
  TestQuadPool pool(kSmall);
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(pool.LeafOf(pool->Allocate(64)), i);
  }
  EXPECT_EQ(pool.LeafOf(pool->Allocate(256)), 8u);
  EXPECT_EQ(pool.LeafOf(pool->Allocate(1024)), 16u);
  EXPECT_EQ(pool.LeafOf(pool->Allocate(4096)), 64u);
}

// Allocating.

TEST(QuadPool, RoundsUpToTheNextLevel) {
  TestQuadPool pool(kSmall);
  const std::size_t expected[][2] = {
      {1, 64},   {63, 64},     {64, 64},     {65, 256},    {256, 256},  {257, 1024},
      {80, 256}, {1024, 1024}, {1025, 4096}, {4095, 4096}, {4096, 4096}};
  for (const auto& [size, rounded] : expected) {
    void* const block = pool->Allocate(size);
    ASSERT_NE(block, nullptr);
    EXPECT_EQ(pool->SizeOf(block), rounded) << size;
    EXPECT_EQ(pool->Free(block), Error::kOk);
  }
}

TEST(QuadPool, FindsTheLevelOfEverySize) {
  for (const std::size_t min : {1u, 3u, 5u, 8u, 12u, 33u, 100u}) {
    for (const auto split : {SplitFactor::kQuad, SplitFactor::kBinary}) {
      TestQuadPool pool(
          QuadOptions(min, split == SplitFactor::kQuad ? 4 : 7, 1, split));
      for (std::size_t size = 1; size <= pool->BlockSizeAt(pool->levels() - 1);
           ++size) {
        int level = 0;
        while (pool->BlockSizeAt(level) < size) ++level;
        void* const block = pool->Allocate(size);
        ASSERT_EQ(pool->SizeOf(block), pool->BlockSizeAt(level)) << size;
        ASSERT_EQ(pool->Free(block, size), Error::kOk) << size;
      }
    }
  }
}

TEST(QuadPool, SaysWhyThereIsNoBlock) {
  TestQuadPool pool(QuadOptions(64, 2, 1));
  EXPECT_EQ(pool->TryAllocate(0).error, Error::kInvalidSize);
  EXPECT_EQ(pool->TryAllocate(257).error, Error::kTooLarge);
  EXPECT_EQ(pool->TryAllocate(kMax).error, Error::kTooLarge);
  void* const leaf = pool->Allocate(64);
  EXPECT_EQ(pool->TryAllocate(256).error, Error::kExhausted);
  EXPECT_EQ(pool->TryAllocate(256).block, nullptr);
  EXPECT_EQ(pool->TryAllocate(257).error, Error::kTooLarge) << "full or not";
  EXPECT_EQ(pool->Stats().failures, 2u) << "those for want of blocks";
  EXPECT_EQ(pool->LevelStatsAt(1).failures, 2u);
  EXPECT_EQ(pool->LevelStatsAt(0).failures, 0u);
  EXPECT_EQ(pool->Free(leaf), Error::kOk);
  EXPECT_EQ(pool->TryAllocate(256).error, Error::kOk);
}

TEST(QuadPool, BeginsWithTheLowestAddress) {
  for (const auto split : {SplitFactor::kQuad, SplitFactor::kBinary}) {
    for (int level = 0; level < 4; ++level) {
      TestQuadPool pool(QuadOptions(8, 4, 5, split));
      const std::vector<void*> all = pool.Drain(pool->BlockSizeAt(level));
      EXPECT_EQ(all.size(), 5 * pool->BlockSizeAt(3) / pool->BlockSizeAt(level));
      EXPECT_TRUE(std::is_sorted(all.begin(), all.end()));
      EXPECT_EQ(pool.LeafOf(all.front()), 0u);
      EXPECT_TRUE(pool.SoundAtRest(pool.leaves()));
    }
  }
}

TEST(QuadPool, TakesWhatIsLeftOverFromASplitBeforeItSplitsMore) {
  for (const auto merge :
       {MergePolicy::kSplitFirst, MergePolicy::kMergeFirst, MergePolicy::kSplitOnly}) {
    QuadPoolOptions options = QuadOptions(64, 4, 3);
    options.merge = merge;
    TestQuadPool pool(options);
    void* const whole = pool->Allocate(4096);
    EXPECT_EQ(pool.LeafOf(pool->Allocate(64)), 64u);
    EXPECT_EQ(pool->Free(whole), Error::kOk);
    // The first block is whole and lower, but the second is split already.
    EXPECT_EQ(pool.LeafOf(pool->Allocate(64)), 65u);
    EXPECT_EQ(pool.LeafOf(pool->Allocate(256)), 68u);
    EXPECT_EQ(pool.LeafOf(pool->Allocate(1024)), 80u);
    EXPECT_EQ(pool.LeafOf(pool->Allocate(4096)), 0u);
  }
}

TEST(QuadPool, FillsUpAtEveryLevelAndIsWholeAgain) {
  for (const auto split : {SplitFactor::kQuad, SplitFactor::kBinary}) {
    for (const auto merge : {MergePolicy::kSplitFirst, MergePolicy::kMergeFirst,
                             MergePolicy::kSplitOnly}) {
      QuadPoolOptions options =
          QuadOptions(16, split == SplitFactor::kQuad ? 5 : 9, 3, split);
      options.merge = merge;
      TestQuadPool pool(options);
      for (int round = 0; round < 2; ++round) {
        for (int level = 0; level < pool->levels(); ++level) {
          std::vector<void*> all = pool.Drain(pool->BlockSizeAt(level));
          ASSERT_EQ(all.size(), pool->LevelStatsAt(level).capacity);
          ASSERT_EQ(std::set<void*>(all.begin(), all.end()).size(), all.size());
          ASSERT_TRUE(pool.SoundAtRest(pool.leaves()));
          ASSERT_EQ(pool->Allocate(1), nullptr);
          ASSERT_EQ(pool->LargestFree(), 0u);
          // Last ones first, then from both ends.
          if (round == 0) std::reverse(all.begin(), all.end());
          for (void* const block : all) ASSERT_EQ(pool->Free(block), Error::kOk);
          ASSERT_TRUE(pool.SoundAtRest(0));
          ASSERT_EQ(pool->LargestFree(), options.max_block_size);
        }
      }
    }
  }
}

// Policies differ in where a block comes from, not in whether there is one.
TEST(QuadPool, SplitsOrMergesFirstAsItIsTold) {
  for (const auto merge :
       {MergePolicy::kSplitFirst, MergePolicy::kMergeFirst, MergePolicy::kSplitOnly}) {
    QuadPoolOptions options = QuadOptions(64, 6, 1);
    options.merge = merge;
    TestQuadPool pool(options);
    // The first 16384 bytes are split and in use, but for sixteen leaves.
    std::vector<void*> leaves;
    for (int i = 0; i < 16; ++i) leaves.push_back(pool->Allocate(64));
    ASSERT_EQ(pool.LeafOf(leaves.back()), 15u);
    for (std::size_t i = 1; i < 16; ++i) {
      ASSERT_EQ(pool.LeafOf(pool->Allocate(1024)), 16 * i);
    }
    for (void* const leaf : leaves) ASSERT_EQ(pool->Free(leaf), Error::kOk);
    const bool merged = merge == MergePolicy::kMergeFirst;
    EXPECT_EQ(pool.LeafOf(pool->Allocate(1024)), merged ? 0u : 256u);
    pool->Defragment();
    EXPECT_EQ(pool.LeafOf(pool->Allocate(1024)), merged ? 256u : 0u);
    EXPECT_EQ(pool->Audit(AuditMode::kAtRest).error, Error::kOk);
  }
}

TEST(QuadPool, FreeingNullDoesNothing) {
  TestQuadPool pool(kSmall);
  EXPECT_EQ(pool->Free(nullptr), Error::kOk);
  EXPECT_EQ(pool->Free(nullptr, 5), Error::kOk);
  EXPECT_EQ(pool->Stats().frees, 0u);
  EXPECT_EQ(pool.misuse.count, 0);
}

TEST(QuadPool, ReallocatesInPlaceWithinALevelAndMovesBetweenThem) {
  TestQuadPool pool(kSmall);
  auto* const block = static_cast<unsigned char*>(pool->Reallocate(nullptr, 100));
  ASSERT_NE(block, nullptr);
  for (int i = 0; i < 256; ++i) block[i] = static_cast<unsigned char>(i);
  EXPECT_EQ(pool->Reallocate(block, 256), block);
  EXPECT_EQ(pool->Reallocate(block, 65), block);
  auto* const larger = static_cast<unsigned char*>(pool->Reallocate(block, 1000));
  ASSERT_NE(larger, nullptr);
  EXPECT_NE(larger, block);
  EXPECT_EQ(pool->SizeOf(block), 0u) << "freed";
  for (int i = 0; i < 256; ++i) ASSERT_EQ(larger[i], i);
  auto* const smaller = static_cast<unsigned char*>(pool->Reallocate(larger, 64));
  ASSERT_NE(smaller, nullptr);
  for (int i = 0; i < 64; ++i) ASSERT_EQ(smaller[i], i);
  EXPECT_TRUE(pool.SoundAtRest(1));
  EXPECT_EQ(pool.misuse.count, 0);
}

TEST(QuadPool, KeepsTheOldBlockIfItCannotBeReallocated) {
  TestQuadPool pool(QuadOptions(64, 2, 1));
  auto* const block = static_cast<unsigned char*>(pool->Allocate(64));
  std::memset(block, 7, 64);
  EXPECT_EQ(pool->TryReallocate(block, 256).error, Error::kExhausted);
  EXPECT_EQ(pool->TryReallocate(block, 257).error, Error::kTooLarge);
  EXPECT_EQ(pool->TryReallocate(block, 0).error, Error::kInvalidSize);
  EXPECT_EQ(pool->TryReallocate(block, kMax).error, Error::kTooLarge);
  EXPECT_EQ(pool->Reallocate(block, 256), nullptr);
  EXPECT_EQ(pool->SizeOf(block), 64u);
  EXPECT_EQ(std::count(block, block + 64, 7), 64);
  int local = 0;
  EXPECT_EQ(pool->TryReallocate(&local, 64).error, Error::kForeignPointer);
  EXPECT_EQ(pool->TryReallocate(pool.BlockAt(2), 64).error, Error::kDoubleFree);
  EXPECT_TRUE(pool.SoundAtRest(1));
}

TEST(QuadPool, BulksAreAllOrNothingOrWhatThereIs) {
  TestQuadPool pool(QuadOptions(64, 2, 2));
  std::vector<void*> nine(9, &pool);
  EXPECT_EQ(pool->AllocateBulk(64, nine), Error::kExhausted);
  EXPECT_EQ(std::count(nine.begin(), nine.end(), nullptr), 9);
  EXPECT_TRUE(pool.SoundAtRest(0));
  EXPECT_EQ(pool->AllocateBulk(64, std::span(nine).first(8)), Error::kOk);
  EXPECT_TRUE(pool.SoundAtRest(8));
  EXPECT_EQ(pool->FreeBulk(std::span(nine).first(8)), Error::kOk);
  EXPECT_EQ(pool->AllocateUpTo(256, nine), 2u);
  EXPECT_EQ(pool->FreeBulk(std::span(nine).first(2)), Error::kOk);
  EXPECT_EQ(pool->AllocateBulk(0, nine), Error::kInvalidSize);
  EXPECT_EQ(pool->AllocateBulk(257, nine), Error::kTooLarge);
  EXPECT_EQ(pool->AllocateUpTo(0, nine), 0u);
  EXPECT_EQ(pool->AllocateBulk(64, {}), Error::kOk);
  EXPECT_EQ(pool->FreeBulk({}), Error::kOk);
  void* const null = nullptr;
  EXPECT_EQ(pool->FreeBulk({&null, 1}), Error::kOk);
  EXPECT_TRUE(pool.SoundAtRest(0));
}

// Looking.

TEST(QuadPool, DrawsWhatIsWhere) {
  TestQuadPool pool(QuadOptions(8, 3, 2));
  EXPECT_EQ(pool.Map(), std::string(32, '.'));
  void* const leaf = pool->Allocate(8);
  void* const four = pool->Allocate(32);
  EXPECT_NE(pool->Allocate(128), nullptr);
  EXPECT_EQ(pool.Map(), "0...1---........2---------------");
  EXPECT_EQ(pool->Free(leaf), Error::kOk);
  EXPECT_EQ(pool->Free(four), Error::kOk);
  EXPECT_EQ(pool.Map(), "................2---------------");
  char few[3] = {'x', 'x', 'x'};
  EXPECT_EQ(pool->Map(std::span(few).first(2)), 32u) << "that it would need";
  EXPECT_EQ(few[1], '.');
  EXPECT_EQ(few[2], 'x');
}

TEST(QuadPool, TellsOfEachLevel) {
  TestQuadPool pool(kSmall);
  EXPECT_EQ(pool->levels(), 4);
  EXPECT_EQ(pool->BlockSizeAt(0), 64u);
  EXPECT_EQ(pool->BlockSizeAt(3), 4096u);
  EXPECT_EQ(pool->BlockSizeAt(4), 0u);
  EXPECT_EQ(pool->BlockSizeAt(-1), 0u);
  ASSERT_NE(pool->Allocate(64), nullptr);
  ASSERT_NE(pool->Allocate(300), nullptr);
  const std::size_t free[] = {128 - 17, 32 - 5, 8 - 2, 1};
  const std::size_t used[] = {1, 0, 1, 0};
  for (int level = 0; level < 4; ++level) {
    const QuadLevelStats stats = pool->LevelStatsAt(level);
    EXPECT_EQ(stats.block_size, pool->BlockSizeAt(level));
    EXPECT_EQ(stats.capacity, 8192 / stats.block_size);
    EXPECT_EQ(stats.used, used[level]) << level;
    EXPECT_EQ(stats.free, free[level]) << level;
  }
  EXPECT_EQ(pool->LevelStatsAt(4).block_size, 0u);
  EXPECT_EQ(pool->LevelStatsAt(-1).block_size, 0u);
  EXPECT_EQ(pool->LargestFree(), 4096u);
}

TEST(QuadPool, CountsInSmallestBlocksAndCalls) {
  for (const bool measure_peak : {false, true}) {
    QuadPoolOptions options = kSmall;
    options.measure_peak = measure_peak;
    TestQuadPool pool(options);
    EXPECT_EQ(pool->Stats().capacity, 128u);
    void* const first = pool->Allocate(1000);
    void* const second = pool->Allocate(64);
    PoolStats stats = pool->Stats();
    EXPECT_EQ(stats.used, 17u);
    EXPECT_EQ(stats.free, 111u);
    EXPECT_EQ(stats.peak, 17u);
    EXPECT_EQ(stats.block_size, 64u);
    EXPECT_EQ(stats.allocations, 2u);
    EXPECT_EQ(stats.frees, 0u);
    EXPECT_GE(stats.tag_bits, sizeof(void*) == 8 ? 32 : 16);
    EXPECT_EQ(stats.bookkeeping_bytes, RequiredBookkeepingBytes(options));
    pool->Free(first);
    pool->Free(second);
    stats = pool->Stats();
    EXPECT_TRUE(stats.exact);
    EXPECT_EQ(stats.used, 0u);
    EXPECT_EQ(stats.frees, 2u);
    EXPECT_EQ(stats.peak, 17u);
    pool->ResetPeak();
    EXPECT_EQ(pool->Stats().peak, 0u);
    const std::size_t leaf = pool.LeafOf(pool->Allocate(64));
    EXPECT_EQ(pool->Stats().peak, measure_peak ? 1u : leaf + 1);
  }
}

TEST(QuadPool, CountsMoreAllocationsThanOneLeafCanKeep) {
  TestQuadPool pool(QuadOptions(8, 1, 1));
  constexpr std::uint64_t kTimes = 100'000;
  for (std::uint64_t i = 0; i < kTimes; ++i) {
    void* const block = pool->Allocate(8);
    if (i % 997 == 0) {
      ASSERT_EQ(pool->Stats().allocations, i + 1);
      ASSERT_EQ(pool->Stats().frees, i);
    }
    pool->Free(block);
  }
  EXPECT_EQ(pool->Stats().allocations, kTimes);
  EXPECT_EQ(pool->Stats().frees, kTimes);
}

TEST(QuadPool, IsARowOfAReportForEachLevel) {
  TestQuadPool pool(kSmall);
  ASSERT_NE(pool->Allocate(256), nullptr);
  const RegistryEntry entry("quads", pool.pool);
  PoolInfo info;
  for (std::size_t row = 0; row < 4; ++row) {
    ASSERT_TRUE(FindPool("quads", info, row));
    EXPECT_STREQ(info.label, std::to_string(64u << 2 * row).c_str());
    EXPECT_EQ(info.stats.block_size, 64u << 2 * row);
    EXPECT_EQ(info.stats.capacity, 128u >> 2 * row);
    EXPECT_EQ(info.stats.used + info.stats.free, info.stats.capacity);
    EXPECT_LE(info.stats.used, info.stats.peak);
    EXPECT_LE(info.stats.peak, info.stats.capacity);
  }
  EXPECT_FALSE(FindPool("quads", info, 4));
}

TEST(QuadPool, TellsLeavesByIndexAndAddress) {
  TestQuadPool pool(kSmall);
  for (std::size_t i = 0; i < 128; ++i) {
    auto* const leaf = static_cast<std::byte*>(pool->BlockAt(i));
    EXPECT_EQ(leaf, pool.BlockAt(i));
    EXPECT_EQ(pool->IndexOf(leaf), i);
    EXPECT_EQ(pool->IndexOf(leaf + 1), kNoIndex);
    EXPECT_TRUE(pool->Owns(leaf));
    EXPECT_TRUE(pool->Owns(leaf + 63));
  }
  EXPECT_EQ(pool->BlockAt(128), nullptr);
  EXPECT_EQ(pool->BlockAt(kMax), nullptr);
  EXPECT_EQ(pool->IndexOf(nullptr), kNoIndex);
  EXPECT_FALSE(pool->Owns(pool.begin() + 8192));
  EXPECT_FALSE(pool->Owns(pool.begin() - 1));
}

TEST(QuadPool, AlignsBlocksAsAskedForOrByTheirSize) {
  for (const std::size_t size : {1u, 6u, 8u, 24u, 64u, 192u}) {
    for (std::size_t alignment = 0; alignment <= 64;
         alignment = alignment == 0 ? 1 : 2 * alignment) {
      if (alignment != 0 && size % alignment != 0) continue;
      QuadPoolOptions options = QuadOptions(size, 3, 2);
      options.alignment = alignment;
      std::size_t expected = alignment;
      if (alignment == 0) expected = std::min(size & (~size + 1), kDefaultAlignment);
      EXPECT_EQ(RequiredBlockAlignment(options), expected) << size;
      TestQuadPool pool(options);
      for (void* const block : pool.Drain(1)) {
        ASSERT_EQ(reinterpret_cast<std::uintptr_t>(block) % expected, 0u);
      }
    }
  }
}

}  // namespace
}  // namespace corepool
