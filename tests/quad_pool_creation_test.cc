// How QuadPools are created, and what is refused.

#include <cstddef>
#include <cstring>
#include <limits>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "corepool/error.h"
#include "corepool/misuse.h"
#include "corepool/options.h"
#include "corepool/quad_pool.h"
#include "corepool/quad_pool_options.h"
#include "corepool/stats.h"
#include "gtest/gtest.h"
#include "tests/support/test_pool.h"
#include "tests/support/test_quad_pool.h"

namespace corepool {
namespace {

using testing::GuardedMemory;
using testing::QuadOptions;
using testing::TestQuadPool;

constexpr std::size_t kMax = std::numeric_limits<std::size_t>::max();
constexpr QuadPoolOptions kSmall{
    .min_block_size = 64, .max_block_size = 4096, .block_count = 2};

struct Refused {
  QuadPoolOptions options;
  Error error;
};

QuadPoolOptions Options(std::size_t min, std::size_t max, std::size_t count,
                        SplitFactor split = SplitFactor::kQuad) {
  return {.min_block_size = min,
          .max_block_size = max,
          .block_count = count,
          .split = split};
}

std::vector<Refused> AllRefused() {
  QuadPoolOptions full = kSmall;
  full.checking = Checking::kFull;
  QuadPoolOptions no_power = kSmall;
  no_power.alignment = 48;
  QuadPoolOptions no_divisor = kSmall;
  no_divisor.alignment = 128;
  QuadPoolOptions no_split = kSmall;
  no_split.split = static_cast<SplitFactor>(7);
  QuadPoolOptions no_policy = kSmall;
  no_policy.merge = static_cast<MergePolicy>(7);
  return {{Options(0, 64, 1), Error::kInvalidSize},
          {Options(64, 0, 1), Error::kInvalidSize},
          {Options(64, 32, 1), Error::kInvalidGeometry},
          {Options(64, 100, 1), Error::kInvalidGeometry},
          {Options(64, 128, 1), Error::kInvalidGeometry},
          {Options(64, 512, 1), Error::kInvalidGeometry},
          {Options(64, 3 * 64, 1), Error::kInvalidGeometry},
          {Options(64, 3 * 64, 1, SplitFactor::kBinary), Error::kInvalidGeometry},
          {Options(64, 65, 1, SplitFactor::kBinary), Error::kInvalidGeometry},
          {no_power, Error::kInvalidAlignment},
          {no_divisor, Error::kInvalidAlignment},
          {full, Error::kUnsupported},
          {no_split, Error::kUnsupported},
          {no_policy, Error::kUnsupported},
          {Options(64, 4096, kMax), Error::kInvalidCount},
          {Options(64, 64, kMax / 64 + 1), Error::kInvalidCount},
          {Options(kMax / 2, kMax / 2, 3), Error::kTooLarge},
          {Options(1, std::size_t{1} << 60, 1), Error::kTooLarge}};
}

TEST(QuadPool, RefusesWhatItCannotBe) {
  for (const Refused& refused : AllRefused()) {
    SCOPED_TRACE(std::to_string(refused.options.min_block_size) + " to " +
                 std::to_string(refused.options.max_block_size));
    EXPECT_EQ(Validate(refused.options), refused.error);
    EXPECT_EQ(RequiredBytes(refused.options), 0u);
    EXPECT_EQ(RequiredBlockBytes(refused.options), 0u);
    EXPECT_EQ(RequiredBookkeepingBytes(refused.options), 0u);
    EXPECT_EQ(RequiredAlignment(refused.options), 1u);
    GuardedMemory memory(1 << 16, 64);
    const std::vector<std::byte> before(memory.span().begin(), memory.span().end());
    QuadPool pool;
    EXPECT_EQ(pool.Init(refused.options, memory.span()), refused.error);
    EXPECT_TRUE(std::equal(before.begin(), before.end(), memory.span().begin()));
    EXPECT_FALSE(pool.is_initialized());
    EXPECT_EQ(pool.TryAllocate(1).error, Error::kNotInitialized);
    EXPECT_EQ(pool.Init(kSmall, memory.span()), Error::kOk) << "it is as it was";
  }
}

TEST(QuadPool, RefusesMemoryThatIsNoneOrTooSmallOrMisaligned) {
  GuardedMemory memory(1 << 15, 4096);
  const std::span<std::byte> all = memory.span();
  const std::vector<std::byte> before(all.begin(), all.end());
  const std::size_t bytes = RequiredBytes(kSmall);
  const std::size_t blocks = RequiredBlockBytes(kSmall);
  const std::size_t bookkeeping = RequiredBookkeepingBytes(kSmall);
  QuadPool pool;
  EXPECT_EQ(pool.Init(kSmall, {}), Error::kNullMemory);
  EXPECT_EQ(pool.Init(kSmall, all.first(bytes - 1)), Error::kMemoryTooSmall);
  EXPECT_EQ(pool.Init(kSmall, all.subspan(1)), Error::kMisalignedMemory);
  EXPECT_EQ(pool.Init(kSmall, all, std::span<std::byte>{}), Error::kNullMemory);
  EXPECT_EQ(pool.Init(kSmall, std::span<std::byte>{}, all), Error::kNullMemory);
  EXPECT_EQ(pool.Init(kSmall, all.first(blocks - 1), all.last(bookkeeping)),
            Error::kMemoryTooSmall);
  EXPECT_EQ(pool.Init(kSmall, all.first(blocks), all.subspan(blocks, bookkeeping - 1)),
            Error::kMemoryTooSmall);
  EXPECT_EQ(pool.Init(kSmall, all.subspan(8, blocks), all.last(8 * bookkeeping)),
            Error::kMisalignedMemory);
  EXPECT_EQ(pool.Init(kSmall, all.first(blocks), all.subspan(blocks + 1)),
            Error::kMisalignedMemory);
  EXPECT_EQ(pool.Init(kSmall, all.first(blocks), all.subspan(blocks - 8, bookkeeping)),
            Error::kOverlappingMemory);
  EXPECT_EQ(pool.Init(kSmall, all.first(blocks), all.first(bookkeeping)),
            Error::kOverlappingMemory);
  EXPECT_TRUE(std::equal(before.begin(), before.end(), all.begin()));
  EXPECT_FALSE(pool.is_initialized());

  ASSERT_EQ(pool.Init(kSmall, all), Error::kOk);
  void* const block = pool.Allocate(1);
  EXPECT_EQ(pool.Init(kSmall, all), Error::kAlreadyInitialized);
  EXPECT_EQ(pool.SizeOf(block), 64u) << "nothing has happened";
}

TEST(QuadPool, TouchesNothingBeyondWhatItAskedFor) {
  for (const auto split : {SplitFactor::kQuad, SplitFactor::kBinary}) {
    for (int levels = 1; levels <= 5; ++levels) {
      for (const std::size_t count : {0u, 1u, 3u, 17u}) {
        for (const std::size_t size : {1u, 3u, 8u, 48u, 100u}) {
          const QuadPoolOptions options = QuadOptions(size, levels, count, split);
          ASSERT_EQ(Validate(options), Error::kOk);
          GuardedMemory memory(RequiredBytes(options), RequiredAlignment(options));
          QuadPool pool;
          ASSERT_EQ(pool.Init(options, memory.span()), Error::kOk);
          std::set<void*> blocks;
          while (void* const block = pool.Allocate(options.max_block_size)) {
            std::memset(block, 0xff, options.max_block_size);
            blocks.insert(block);
          }
          ASSERT_EQ(blocks.size(), count);
          ASSERT_EQ(pool.Audit(AuditMode::kAtRest).error, Error::kOk);
          for (void* const block : blocks) ASSERT_EQ(pool.Free(block), Error::kOk);
          ASSERT_EQ(pool.Deinit(), Error::kOk);
          ASSERT_TRUE(memory.Intact());
        }
      }
    }
  }
}

TEST(QuadPool, NamesTheNearestLegalSizes) {
  const auto expect = [](const QuadPoolOptions& options, const QuadGeometries& wanted) {
    const QuadGeometries found = NearestGeometries(options);
    SCOPED_TRACE(std::to_string(options.min_block_size) + " to " +
                 std::to_string(options.max_block_size));
    EXPECT_EQ(found.max_below, wanted.max_below);
    EXPECT_EQ(found.max_above, wanted.max_above);
    EXPECT_EQ(found.min_below, wanted.min_below);
    EXPECT_EQ(found.min_above, wanted.min_above);
  };
  expect(Options(16, 100, 1), {64, 256, 0, 25});
  expect(Options(16, 100, 1, SplitFactor::kBinary), {64, 128, 0, 25});
  expect(Options(64, 4096, 1), {4096, 16384, 64, 256});
  expect(Options(100, 4096, 1), {1600, 6400, 64, 256});
  expect(Options(100, 4096, 1, SplitFactor::kBinary), {3200, 6400, 64, 128});
  expect(Options(100, 50, 1), {0, 100, 50, 0});
  expect(Options(0, 50, 1), {0, 0, 0, 0});
  // All that are named are legal.
  for (std::size_t min = 1; min < 70; ++min) {
    for (std::size_t max = min; max < 300; ++max) {
      for (const auto split : {SplitFactor::kQuad, SplitFactor::kBinary}) {
        const QuadGeometries near = NearestGeometries(Options(min, max, 1, split));
        for (const std::size_t size : {near.max_below, near.max_above}) {
          if (size == 0) continue;
          ASSERT_EQ(Validate(Options(min, size, 1, split)), Error::kOk)
              << min << " to " << max << ": " << size;
        }
        for (const std::size_t size : {near.min_below, near.min_above}) {
          if (size == 0) continue;
          ASSERT_EQ(Validate(Options(size, max, 1, split)), Error::kOk)
              << min << " to " << max << ": " << size;
        }
        ASSERT_LE(near.max_below, max);
        ASSERT_GT(near.max_above, max);
        ASSERT_LE(near.min_below, min);
      }
    }
  }
}

TEST(QuadPool, WithoutBlocksIsAlwaysExhausted) {
  QuadPool pool;
  ASSERT_EQ(pool.Init(Options(64, 4096, 0), {}), Error::kOk);
  EXPECT_EQ(pool.TryAllocate(64).error, Error::kExhausted);
  EXPECT_EQ(pool.TryAllocate(4097).error, Error::kTooLarge);
  EXPECT_EQ(pool.LargestFree(), 0u);
  EXPECT_EQ(pool.levels(), 4);
  EXPECT_EQ(pool.Stats().capacity, 0u);
  EXPECT_EQ(pool.Map({}), 0u);
  EXPECT_EQ(pool.Audit().error, Error::kOk);
  pool.Defragment();
  EXPECT_EQ(pool.Free(nullptr), Error::kOk);
  EXPECT_EQ(pool.Deinit(), Error::kOk);
}

TEST(QuadPool, WithoutMemoryRefusesEverything) {
  QuadPool pool;
  EXPECT_EQ(pool.TryAllocate(1).error, Error::kNotInitialized);
  EXPECT_EQ(pool.TryAllocate(0).error, Error::kNotInitialized);
  EXPECT_EQ(pool.Allocate(1), nullptr);
  EXPECT_EQ(pool.Free(&pool), Error::kNotInitialized);
  EXPECT_EQ(pool.Free(&pool, 5), Error::kNotInitialized);
  EXPECT_EQ(pool.TryReallocate(nullptr, 5).error, Error::kNotInitialized);
  EXPECT_EQ(pool.TryReallocate(&pool, 5).error, Error::kNotInitialized);
  EXPECT_EQ(pool.Deinit(), Error::kNotInitialized);
  EXPECT_EQ(pool.Clear(), Error::kNotInitialized);
  EXPECT_EQ(pool.Audit().error, Error::kNotInitialized);
  EXPECT_EQ(pool.LargestFree(), 0u);
  EXPECT_EQ(pool.SizeOf(&pool), 0u);
  EXPECT_FALSE(pool.Owns(&pool));
  EXPECT_EQ(pool.IndexOf(&pool), kNoIndex);
  EXPECT_EQ(pool.BlockAt(0), nullptr);
  EXPECT_EQ(pool.Stats().capacity, 0u);
  pool.Defragment();
  pool.ResetPeak();
}

TEST(QuadPool, CanHaveAsManyLevelsAsTreesAreHigh) {
  for (const auto split : {SplitFactor::kQuad, SplitFactor::kBinary}) {
    const int levels = split == SplitFactor::kQuad ? 10 : 19;  // 2^18 leaves
    TestQuadPool pool(QuadOptions(1, levels, 1, split));
    ASSERT_EQ(pool.error, Error::kOk);
    ASSERT_EQ(pool->levels(), levels);
    for (int level = 0; level < levels; ++level) {
      void* const block = pool->Allocate(pool->BlockSizeAt(level));
      ASSERT_NE(block, nullptr);
      void* const leaf = pool->Allocate(1);
      EXPECT_EQ(leaf == nullptr, level == levels - 1);
      EXPECT_EQ(pool->Free(block), Error::kOk);
      EXPECT_EQ(pool->Free(leaf), Error::kOk);
    }
    EXPECT_TRUE(pool.SoundAtRest(0));
    EXPECT_EQ(pool->LargestFree(), std::size_t{1} << 18);
  }
}

}  // namespace
}  // namespace corepool
