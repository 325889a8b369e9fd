#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <set>
#include <span>
#include <vector>

#include "corepool/error.h"
#include "corepool/fixed_pool.h"
#include "corepool/options.h"
#include "gtest/gtest.h"
#include "tests/support/test_pool.h"

namespace corepool {
namespace {

using testing::TestPool;

constexpr PoolOptions kTen{.block_size = 64, .block_count = 10};

TEST(FixedPoolBulk, AllocatesAllOrNothing) {
  TestPool pool(kTen);
  std::array<void*, 6> first{};
  std::array<void*, 6> second{};
  EXPECT_EQ(pool->AllocateBulk(first), Error::kOk);
  EXPECT_EQ(std::set<void*>(first.begin(), first.end()).size(), 6u);
  EXPECT_EQ(pool->AllocateBulk(second), Error::kExhausted);
  EXPECT_EQ(pool->Stats().used, 6u);
  EXPECT_EQ(pool->Stats().failures, 1u);
  EXPECT_EQ(pool->FreeBulk(first), Error::kOk);
  EXPECT_TRUE(pool.SoundAtRest(0));
}

TEST(FixedPoolBulk, RefusesMoreThanThePoolHas) {
  TestPool pool(kTen);
  std::vector<void*> blocks(11);
  EXPECT_EQ(pool->AllocateBulk(blocks), Error::kExhausted);
  FixedPool none;
  EXPECT_EQ(none.AllocateBulk(blocks), Error::kNotInitialized);
}

TEST(FixedPoolBulk, AllocatesAsManyAsThereAre) {
  TestPool pool(kTen);
  std::vector<void*> blocks(100);
  EXPECT_EQ(pool->AllocateUpTo(blocks), 10u);
  EXPECT_EQ(pool->AllocateUpTo(blocks), 0u);
  EXPECT_EQ(pool->Stats().peak, 10u);
  blocks.resize(10);
  EXPECT_EQ(pool->FreeBulk(blocks), Error::kOk);
  EXPECT_EQ(pool->Stats().allocations, 10u);
  EXPECT_EQ(pool->Stats().frees, 10u);
}

TEST(FixedPoolBulk, OfNothingIsDone) {
  TestPool pool(kTen);
  EXPECT_EQ(pool->AllocateBulk({}), Error::kOk);
  EXPECT_EQ(pool->AllocateUpTo({}), 0u);
  EXPECT_EQ(pool->FreeBulk({}), Error::kOk);
  EXPECT_EQ(pool->Stats().failures, 0u);
}

TEST(FixedPoolBulk, RefusesASizeWithoutAPlace) {
  TestPool pool(kTen);
  const std::span<void*> nowhere(static_cast<void**>(nullptr), 3);
  EXPECT_EQ(pool->AllocateBulk(nowhere), Error::kNullMemory);
  EXPECT_EQ(pool->AllocateUpTo(nowhere), 0u);
  EXPECT_EQ(pool->FreeBulk(nowhere), Error::kNullMemory);
  EXPECT_TRUE(pool.SoundAtRest(0));
}

TEST(FixedPoolBulk, FreesInTheOrderOfSingleFrees) {
  TestPool pool(kTen);
  std::array<void*, 3> blocks{};
  ASSERT_EQ(pool->AllocateBulk(blocks), Error::kOk);
  ASSERT_EQ(pool->FreeBulk(blocks), Error::kOk);
  EXPECT_EQ(pool->Allocate(), blocks[2]);
  EXPECT_EQ(pool->Allocate(), blocks[1]);
  EXPECT_EQ(pool->Allocate(), blocks[0]);
}

TEST(FixedPoolBulk, FreesTheGoodOnesAndReportsEachBadOne) {
  TestPool pool(kTen);
  std::array<void*, 3> blocks{};
  ASSERT_EQ(pool->AllocateBulk(blocks), Error::kOk);
  int elsewhere = 0;
  std::byte* const inside = static_cast<std::byte*>(blocks[1]) + 16;
  const std::array<void*, 7> mixed = {blocks[0], inside,     nullptr,  blocks[1],
                                      blocks[0], &elsewhere, blocks[2]};
  EXPECT_EQ(pool->FreeBulk(mixed), Error::kInteriorPointer) << "the first error";
  EXPECT_EQ(pool.misuse.count, 3);
  EXPECT_EQ(pool.misuse.last_kind, Error::kForeignPointer);
  EXPECT_TRUE(pool.SoundAtRest(0));
}

TEST(FixedPoolBulk, FreesNothingOfWhatIsAllBad) {
  TestPool pool(kTen);
  void* const block = pool->Allocate();
  pool->Free(block);
  EXPECT_EQ(pool->FreeBulk(std::array<void*, 2>{block, block}), Error::kDoubleFree);
  EXPECT_TRUE(pool.SoundAtRest(0));
}

TEST(FixedPoolBulk, GivesAllBackIfOneFreeBlockWasWrittenTo) {
  TestPool pool(kTen);
  std::array<void*, 4> blocks{};
  ASSERT_EQ(pool->AllocateBulk(blocks), Error::kOk);
  ASSERT_EQ(pool->FreeBulk(blocks), Error::kOk);
  std::memset(blocks[1], 0, 8);
  std::array<void*, 4> again{};
  EXPECT_EQ(pool->AllocateBulk(again), Error::kWriteAfterFree);
  EXPECT_EQ(pool.misuse.last_block, blocks[1]);
  EXPECT_TRUE(pool.SoundAtRest(0));
  EXPECT_EQ(pool->Stats().allocations, 4u) << "what was put back does not count";
  EXPECT_EQ(pool->AllocateBulk(again), Error::kOk) << "made good";
}

TEST(FixedPoolBulk, ReportsEveryBlockThatWasWrittenTo) {
  TestPool pool(kTen);
  std::array<void*, 10> blocks{};
  ASSERT_EQ(pool->AllocateBulk(blocks), Error::kOk);
  ASSERT_EQ(pool->FreeBulk(blocks), Error::kOk);
  for (const std::size_t i : {1u, 4u, 7u}) std::memset(blocks[i], 0, 8);
  EXPECT_EQ(pool->AllocateBulk(blocks), Error::kWriteAfterFree);
  EXPECT_EQ(pool.misuse.count, 3);
  EXPECT_EQ(pool->Stats().peak, 10u);
  for (const std::size_t i : {1u, 4u, 7u}) std::memset(pool->BlockAt(i), 0, 8);
  EXPECT_EQ(pool->AllocateUpTo(blocks), 10u) << "reported, and handed out";
  EXPECT_EQ(pool.misuse.count, 6);
  EXPECT_TRUE(pool.SoundAtRest(10));
}

TEST(FixedPoolBulk, WorksAtEveryLevelOfChecking) {
  for (const Checking checking :
       {Checking::kOff, Checking::kBasic, Checking::kStrict, Checking::kFull}) {
    TestPool pool({.block_size = 40, .block_count = 10, .checking = checking});
    for (int i = 0; i < 10; ++i) {
      std::array<void*, 7> blocks{};
      ASSERT_EQ(pool->AllocateBulk(blocks), Error::kOk);
      for (void* const block : blocks) std::memset(block, i, 40);
      std::rotate(blocks.begin(), blocks.begin() + 3, blocks.end());
      ASSERT_EQ(pool->FreeBulk(blocks), Error::kOk);
      ASSERT_TRUE(pool.SoundAtRest(0));
    }
  }
}

}  // namespace
}  // namespace corepool
