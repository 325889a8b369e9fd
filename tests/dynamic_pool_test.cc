// Proves that pools that grow from segments do what their contracts say.

#include "corepool/dynamic_pool.h"

#include <cstddef>
#include <cstring>
#include <limits>
#include <set>
#include <span>
#include <vector>

#include "corepool/base/align.h"
#include "corepool/error.h"
#include "corepool/fixed_pool.h"
#include "corepool/misuse.h"
#include "corepool/options.h"
#include "corepool/segment.h"
#include "corepool/stats.h"
#include "gtest/gtest.h"
#include "tests/support/test_dynamic_pool.h"

namespace corepool {
namespace {

using testing::TestDynamicPool;
using testing::TestSegment;

constexpr std::size_t kMost = std::numeric_limits<std::size_t>::max();

std::ptrdiff_t Distance(const void* from, const void* to) {
  return static_cast<const std::byte*>(to) - static_cast<const std::byte*>(from);
}

struct Variant {
  Caching caching;
  Checking checking;
  State state;
  std::size_t growth;
};

class DynamicPoolTest : public ::testing::TestWithParam<Variant> {
 protected:
  DynamicPoolOptions Options(std::size_t initial, std::size_t maximum) const {
    return {.block_size = 24,
            .alignment = 8,
            .initial = initial,
            .maximum = maximum,
            .growth = GetParam().growth,
            .checking = GetParam().checking,
            .caching = GetParam().caching,
            .state = GetParam().state,
            .cores = 2,
            .name = "grown"};
  }
};

INSTANTIATE_TEST_SUITE_P(
    Variants, DynamicPoolTest,
    ::testing::Values(
        Variant{Caching::kNone, Checking::kBasic, State::kAutomatic, 1},
        Variant{Caching::kNone, Checking::kOff, State::kAutomatic, 1},
        Variant{Caching::kNone, Checking::kFull, State::kCookie, 5},
        Variant{Caching::kNone, Checking::kStrict, State::kSide, 64},
        Variant{Caching::kCas, Checking::kBasic, State::kAutomatic, 1},
        Variant{Caching::kCas, Checking::kFull, State::kSide, 3},
        Variant{Caching::kAutomatic, Checking::kBasic, State::kAutomatic, 1},
        Variant{Caching::kAutomatic, Checking::kOff, State::kSide, 4},
        Variant{Caching::kAutomatic, Checking::kStrict, State::kCookie, 7}));

TEST_P(DynamicPoolTest, GrowsOnlyWhenNothingIsFreeAndUpToTheMaximum) {
  constexpr std::size_t kMaximum = 50;
  TestSegment segment(64 * 1024, 16);
  TestDynamicPool pool(Options(3, kMaximum), segment.segment);
  ASSERT_EQ(pool.error, Error::kOk);
  const std::size_t stride = pool->Stats().stride;
  EXPECT_EQ(pool->Stats().capacity, 3u);
  EXPECT_EQ(segment.segment.used(), 3 * stride);
  EXPECT_EQ(pool->Available(), kMaximum);
  std::vector<void*> blocks;
  for (std::size_t round = 0; round < 3; ++round) {
    for (std::size_t i = 1; i <= kMaximum; ++i) {
      const auto [error, block] = pool->TryAllocate();
      ASSERT_EQ(error, Error::kOk);
      blocks.push_back(block);
      const PoolStats stats = pool->Stats();
      ASSERT_TRUE(stats.exact);
      ASSERT_EQ(stats.used, i);
      ASSERT_GE(stats.capacity, i);
      ASSERT_EQ(stats.capacity * stride, segment.segment.used());
      if (round == 0) {
        // No more is grown than one call grows at once.
        ASSERT_LT(stats.capacity, (i < 3 ? 3 : i) + GetParam().growth);
      } else {
        ASSERT_EQ(stats.capacity, kMaximum);
      }
      ASSERT_EQ(stats.allocations, round * kMaximum + i);
      ASSERT_EQ(pool->Available(), kMaximum - i);
      ASSERT_TRUE(pool.SoundAtRest(i));
    }
    EXPECT_EQ(pool->TryAllocate().error, Error::kExhausted);
    EXPECT_EQ(pool->Stats().failures, round + 1);
    EXPECT_EQ(std::set<void*>(blocks.begin(), blocks.end()).size(), kMaximum);
    for (void* const block : blocks) ASSERT_EQ(pool->Free(block), Error::kOk);
    blocks.clear();
    EXPECT_TRUE(pool.SoundAtRest(0));
  }
  EXPECT_LE(pool->Stats().peak, kMaximum + pool->Stats().cache_bound());
  EXPECT_GE(pool->Stats().peak, kMaximum);
  EXPECT_EQ(pool.DrainAndRefill().size(), kMaximum);
  EXPECT_EQ(pool->Growable(), 0u);
}

TEST_P(DynamicPoolTest, WithoutALimitTakesAllThatTheSegmentHas) {
  TestSegment segment(3000, 8);
  ASSERT_NE(segment.segment.Allocate(1, 1), nullptr);
  TestDynamicPool pool(Options(0, kUnlimited), segment.segment);
  ASSERT_EQ(pool.error, Error::kOk);
  EXPECT_EQ(pool->Stats().capacity, 0u);
  const std::size_t stride = pool->Stats().stride;
  const std::size_t fit = (3000 - 8) / stride;
  EXPECT_EQ(pool->Available(), fit);
  EXPECT_EQ(pool->Growable(), fit);
  EXPECT_EQ(pool.DrainAndRefill().size(), fit);
  EXPECT_EQ(pool->TryAllocate().error, Error::kOk);
  EXPECT_LT(segment.segment.Remaining(8), stride);
  EXPECT_EQ(pool->Available(), fit - 1);
  EXPECT_EQ(pool->Growable(), 0u);
  EXPECT_TRUE(pool.SoundAtRest(1));
}

TEST_P(DynamicPoolTest, TellsAFullSegmentFromAReachedMaximum) {
  TestSegment segment(1000, 8);
  TestDynamicPool pool(Options(0, 10), segment.segment);
  void* const block = pool->Allocate();
  ASSERT_NE(block, nullptr);
  ASSERT_NE(segment.segment.Allocate(segment.segment.Remaining() - 1, 1), nullptr);
  const std::size_t born = pool->Stats().capacity;
  for (std::size_t i = 1; i < born; ++i) ASSERT_NE(pool->Allocate(), nullptr);
  EXPECT_EQ(pool->TryAllocate().error,
            born == 10 ? Error::kExhausted : Error::kSegmentExhausted);
  std::vector<void*> bulk(3);
  EXPECT_EQ(pool->AllocateBulk(bulk),
            born == 10 ? Error::kExhausted : Error::kSegmentExhausted);
  EXPECT_EQ(pool->Growable(), 0u);
  EXPECT_EQ(pool->Available(), 10 - born);
  EXPECT_EQ(pool->Free(block), Error::kOk);
  EXPECT_EQ(pool->Allocate(), block);
  EXPECT_TRUE(pool.SoundAtRest(born));
}

TEST_P(DynamicPoolTest, GrowsForBulks) {
  TestSegment segment(64 * 1024, 16);
  TestDynamicPool pool(Options(2, 30), segment.segment);
  std::vector<void*> blocks(20);
  ASSERT_EQ(pool->AllocateBulk(blocks), Error::kOk);
  EXPECT_EQ(std::set<void*>(blocks.begin(), blocks.end()).size(), 20u);
  EXPECT_TRUE(pool.SoundAtRest(20));
  std::vector<void*> too_many(11);
  EXPECT_EQ(pool->AllocateBulk(too_many), Error::kExhausted);
  EXPECT_EQ(too_many, std::vector<void*>(11, nullptr));
  EXPECT_TRUE(pool.SoundAtRest(20));
  EXPECT_EQ(pool->AllocateUpTo(too_many), 10u);
  EXPECT_TRUE(pool.SoundAtRest(30));
  EXPECT_EQ(pool->FreeBulk(std::span(too_many).first(10)), Error::kOk);
  EXPECT_EQ(pool->FreeBulk(blocks), Error::kOk);
  EXPECT_TRUE(pool.SoundAtRest(0));
  EXPECT_EQ(pool.misuse.count, 0);
  EXPECT_EQ(pool.DrainAndRefill().size(), 30u);
}

TEST_P(DynamicPoolTest, CatchesMisuse) {
  TestSegment segment(64 * 1024, 16);
  TestDynamicPool pool(Options(2, 100), segment.segment);
  TestDynamicPool other(Options(2, 100), segment.segment);
  std::vector<std::byte*> mine;
  std::vector<std::byte*> others;
  for (int i = 0; i < 30; ++i) {
    mine.push_back(static_cast<std::byte*>(pool->Allocate()));
    others.push_back(static_cast<std::byte*>(other->Allocate()));
  }
  const auto expect = [&](Error kind, const void* block, std::size_t index) {
    EXPECT_EQ(pool.misuse.last_kind, kind);
    EXPECT_EQ(pool.misuse.last_block, block);
    EXPECT_EQ(pool.misuse.last_index, index);
    EXPECT_EQ(pool.misuse.last_pool, &pool.pool);
    EXPECT_STREQ(pool.misuse.last_name, "grown");
  };
  for (std::byte* const foreign : others) {
    ASSERT_EQ(pool->Free(foreign), Error::kForeignPointer) << "of the same segment";
    expect(Error::kForeignPointer, foreign, kNoIndex);
    EXPECT_FALSE(pool->Owns(foreign));
  }
  EXPECT_EQ(pool->Free(&pool), Error::kForeignPointer);
  EXPECT_EQ(pool->Free(segment.memory.span().data() + 60000), Error::kForeignPointer);
  EXPECT_EQ(pool->Free(segment.memory.span().data() - 1), Error::kForeignPointer);
  EXPECT_EQ(pool->Free(reinterpret_cast<void*>(kMost)), Error::kForeignPointer);
  for (std::byte* const block : mine) {
    for (std::size_t at = 1; at < pool->Stats().stride; ++at) {
      const Error kind =
          at % 8 == 0 ? Error::kInteriorPointer : Error::kMisalignedPointer;
      ASSERT_EQ(pool->Free(block + at), kind);
      expect(kind, block + at, kNoIndex);
      ASSERT_TRUE(pool->Owns(block + at));
      ASSERT_EQ(pool->IndexOf(block + at), kNoIndex);
    }
    EXPECT_EQ(pool->BlockAt(pool->IndexOf(block)), block);
  }
  EXPECT_EQ(pool->BlockAt(99), nullptr) << "not grown yet";
  EXPECT_EQ(pool->BlockAt(100), nullptr);
  EXPECT_EQ(pool->Free(nullptr), Error::kOk);
  if (GetParam().checking != Checking::kOff) {
    EXPECT_EQ(pool->Free(mine[5]), Error::kOk);
    EXPECT_EQ(pool->Free(mine[5]), Error::kDoubleFree);
    expect(Error::kDoubleFree, mine[5], pool->IndexOf(mine[5]));
    void* const bulk[] = {mine[6], mine[5], others[0], mine[7]};
    EXPECT_EQ(pool->FreeBulk(bulk), Error::kDoubleFree);
    EXPECT_TRUE(pool.SoundAtRest(27));
  }
  if (pool->State() == State::kCookie) {
    std::memset(mine[5], 0x77, 8);
    std::memset(mine[6], 0x77, 8);
    std::memset(mine[7], 0x77, 8);
    EXPECT_EQ(pool->TryAllocate().error, Error::kWriteAfterFree);
  }
}

TEST_P(DynamicPoolTest, MayBeMadeAgainInTheRestOfTheSegment) {
  TestSegment segment(10000, 16);
  TestDynamicPool pool(Options(4, 20), segment.segment);
  void* const block = pool->Allocate();
  EXPECT_EQ(pool->Deinit(), Error::kBlocksInUse);
  EXPECT_EQ(segment.segment.Deinit(), Error::kBlocksInUse);
  EXPECT_EQ(segment.segment.Clear(), Error::kBlocksInUse);
  EXPECT_EQ(segment.segment.Stats().pools, 1u);
  EXPECT_EQ(pool->Free(block), Error::kOk);
  EXPECT_EQ(pool->Deinit(), Error::kOk);
  EXPECT_EQ(pool->Deinit(), Error::kNotInitialized);
  EXPECT_EQ(pool->TryAllocate().error, Error::kNotInitialized);
  EXPECT_EQ(pool->Free(block), Error::kNotInitialized);
  const std::size_t used = segment.segment.used();
  ASSERT_EQ(pool.Init(Options(4, 20), segment.segment), Error::kOk);
  EXPECT_GT(segment.segment.used(), used) << "old blocks stay gone";
  EXPECT_EQ(pool.DrainAndRefill().size(), 20u);
  EXPECT_EQ(pool->Deinit(), Error::kOk);
  EXPECT_EQ(segment.segment.Clear(), Error::kOk);
}

TEST(DynamicPoolStride, OfSmallGrownBlocksIsThatOfInitialOnes) {
  for (const std::size_t size : {1u, 3u, 7u, 8u, 9u}) {
    for (const std::size_t alignment : {1u, 2u, 8u, 64u}) {
      TestSegment segment(8192, 64);
      TestDynamicPool pool(
          {.block_size = size, .alignment = alignment, .initial = 5, .maximum = 60},
          segment.segment);
      ASSERT_EQ(pool.error, Error::kOk);
      const std::size_t stride = (size + alignment - 1) / alignment * alignment;
      EXPECT_EQ(pool->Stats().stride, stride);
      std::vector<std::byte*> blocks;
      while (void* const block = pool->Allocate()) {
        ASSERT_TRUE(base::IsAligned(block, alignment));
        if (!blocks.empty()) {
          ASSERT_EQ(Distance(blocks.back(), block), std::ptrdiff_t(stride));
        }
        blocks.push_back(static_cast<std::byte*>(block));
        std::memset(block, static_cast<int>(blocks.size()), size);
      }
      ASSERT_EQ(blocks.size(), 60u);
      // Neither writing to a block nor freeing it touches its neighbours.
      for (std::size_t i = 0; i < blocks.size(); i += 2) pool->Free(blocks[i]);
      for (std::size_t i = 1; i < blocks.size(); i += 2) {
        for (std::size_t at = 0; at < size; ++at) {
          ASSERT_EQ(blocks[i][at], std::byte(i + 1));
        }
      }
    }
  }
}

TEST(DynamicPoolInit, RefusesBadArgumentsAndTakesNothing) {
  TestSegment segment(4096, 16);
  std::vector<std::byte> bookkeeping(1 << 20);
  const auto refuse = [&](const DynamicPoolOptions& options, Error expected) {
    DynamicPool pool;
    EXPECT_EQ(pool.Init(options, segment.segment, bookkeeping), expected);
    EXPECT_EQ(RequiredBookkeepingBytes(options, segment.segment), 0u);
    EXPECT_EQ(pool.Allocate(), nullptr);
    EXPECT_EQ(segment.segment.used(), 0u);
    EXPECT_EQ(segment.segment.Stats().pools, 0u);
  };
  refuse({.block_size = 0}, Error::kInvalidSize);
  refuse({.block_size = 8, .alignment = 0}, Error::kInvalidAlignment);
  refuse({.block_size = 8, .alignment = 12}, Error::kInvalidAlignment);
  refuse({.block_size = 8, .alignment = 12, .hardware = true},
         Error::kInvalidAlignment);
  refuse({.block_size = 8, .initial = 11, .maximum = 10}, Error::kInvalidCount);
  refuse({.block_size = 8, .maximum = 10, .growth = 0}, Error::kInvalidCount);
  refuse({.block_size = 8, .maximum = kMost - 1}, Error::kInvalidCount);
  refuse({.block_size = 16, .initial = 257}, Error::kSegmentExhausted);
  refuse({.block_size = 4097, .initial = 1, .maximum = 1}, Error::kSegmentExhausted);
  refuse({.block_size = kMost, .initial = 1}, Error::kTooLarge);
  refuse({.block_size = kMost / 2, .alignment = 1, .initial = 4}, Error::kTooLarge);
  refuse({.block_size = 1 << 20, .initial = kMost / 2}, Error::kTooLarge);
  refuse({.block_size = 8, .checking = static_cast<Checking>(9)}, Error::kUnsupported);
  refuse({.block_size = 8, .hardware = true, .state = static_cast<State>(9)},
         Error::kUnsupported);
}

TEST(DynamicPoolInit, RefusesBadBookkeeping) {
  TestSegment segment(4096, 16);
  Segment none;
  DynamicPool pool;
  constexpr DynamicPoolOptions kOptions{.block_size = 8, .initial = 1, .maximum = 20};
  alignas(64) std::byte memory[RequiredBookkeepingBytes(kOptions, 4096) + 8];
  const std::span<std::byte> all(memory);
  EXPECT_EQ(pool.Init(kOptions, none, all), Error::kNotInitialized);
  EXPECT_EQ(pool.Init(kOptions, segment.segment, none), Error::kNotInitialized);
  EXPECT_EQ(pool.Init(kOptions, segment.segment, {}), Error::kNullMemory);
  EXPECT_EQ(pool.Init(kOptions, segment.segment, all.subspan(1)),
            Error::kMisalignedMemory);
  EXPECT_EQ(pool.Init(kOptions, segment.segment, all.first(sizeof(memory) - 9)),
            Error::kMemoryTooSmall);
  EXPECT_EQ(pool.Init(kOptions, segment.segment, segment.memory.span()),
            Error::kOverlappingMemory);
  EXPECT_EQ(pool.Init(kOptions, segment.segment, segment.segment),
            Error::kOverlappingMemory);
  EXPECT_EQ(segment.segment.used(), 0u);
  TestSegment small(64, 16);
  EXPECT_EQ(pool.Init(kOptions, segment.segment, small.segment), Error::kExhausted);
  EXPECT_EQ(segment.segment.used(), 0u);
  EXPECT_EQ(small.segment.used(), 0u);
  TestSegment large(1 << 16, 16);
  EXPECT_EQ(pool.Init(kOptions, segment.segment, large.segment), Error::kOk);
  EXPECT_EQ(pool.Init(kOptions, segment.segment, all), Error::kAlreadyInitialized);
  EXPECT_EQ(large.segment.used(), pool.Stats().bookkeeping_bytes);
  EXPECT_EQ(pool.segment(), &segment.segment);
  EXPECT_EQ(pool.maximum(), 20u);
  std::vector<void*> blocks(20);
  EXPECT_EQ(pool.AllocateBulk(blocks), Error::kOk);
  EXPECT_EQ(pool.FreeBulk(blocks), Error::kOk);
  EXPECT_EQ(pool.Deinit(), Error::kOk);
}

TEST(DynamicPoolInit, OfNoBlocksIsAlwaysExhausted) {
  TestSegment segment(4096, 16);
  TestDynamicPool pool({.block_size = 8, .maximum = 0}, segment.segment);
  ASSERT_EQ(pool.error, Error::kOk);
  EXPECT_EQ(pool->TryAllocate().error, Error::kExhausted);
  EXPECT_EQ(pool->Available(), 0u);
  EXPECT_EQ(segment.segment.used(), 0u);
  EXPECT_TRUE(pool.SoundAtRest(0));
  TestDynamicPool large({.block_size = 5000}, segment.segment);
  ASSERT_EQ(large.error, Error::kOk);
  EXPECT_EQ(large->TryAllocate().error, Error::kSegmentExhausted);
  EXPECT_EQ(large->Available(), 0u);
}

TEST(DynamicPoolHardware, PadsToTheLargerOfAlignmentAndPadding) {
  TestSegment segment(4096, 64, 32);
  ASSERT_NE(segment.segment.Allocate(1, 1), nullptr);
  TestDynamicPool pool(
      {.block_size = 33, .alignment = 8, .initial = 2, .maximum = 6, .hardware = true},
      segment.segment);
  TestDynamicPool wide(
      {.block_size = 33, .alignment = 64, .initial = 2, .maximum = 6, .hardware = true},
      segment.segment);
  for (int i = 0; i < 6; ++i) {
    EXPECT_TRUE(base::IsAligned(pool->Allocate(), 32));
    EXPECT_TRUE(base::IsAligned(wide->Allocate(), 64));
    // Others disturb, but never share a line.
    EXPECT_NE(segment.segment.Allocate(1, 1), nullptr);
  }
  EXPECT_EQ(pool->Stats().stride, 64u);
  EXPECT_EQ(wide->Stats().stride, 64u);
  EXPECT_EQ(pool->Stats().capacity, 6u);
  EXPECT_EQ(wide->Stats().capacity, 6u);
}

TEST(DynamicPoolHardware, NeverTouchesAFreeBlock) {
  TestSegment segment(4096, 64, 32);
  std::memset(segment.memory.span().data(), 0x3c, 4096);
  TestDynamicPool pool({.block_size = 32,
                        .initial = 3,
                        .maximum = 40,
                        .hardware = true,
                        .state = State::kCookie},
                       segment.segment);
  EXPECT_EQ(pool.DrainAndRefill().size(), 40u);
  for (const std::byte byte : segment.memory.span()) ASSERT_EQ(byte, std::byte{0x3c});
}

}  // namespace
}  // namespace corepool
