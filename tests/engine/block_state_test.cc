#include "corepool/engine/block_state.h"

#include <array>
#include <atomic>
#include <cstddef>

#include "corepool/lockfree/atomic.h"
#include "gtest/gtest.h"
#include "tests/support/gang.h"

namespace corepool::engine {
namespace {

using Taken = BlockState::Taken;

struct Block {
  alignas(8) std::array<std::byte, 64> bytes{};
};

// Each test runs with cookies and without.
class BlockStateTest : public ::testing::TestWithParam<bool> {
 protected:
  lockfree::Atomic<StateUnit> states_[2] = {};
  Block block_;
  BlockState state_{Marks::kExact, GetParam(), states_, 0x1234567};
};

TEST_P(BlockStateTest, AcceptsAFreeOnceForEachAllocation) {
  state_.MarkMemory(&block_);
  EXPECT_FALSE(state_.MarkFree(1, &block_)) << "fresh blocks are free";
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(state_.MarkAllocated(1, &block_), Taken::kGood);
    EXPECT_TRUE(state_.MarkFree(1, &block_));
    EXPECT_FALSE(state_.MarkFree(1, &block_));
    EXPECT_FALSE(state_.MarkFree(1, &block_));
  }
}

TEST_P(BlockStateTest, IsNotMisledByWritesToFreeBlocks) {
  state_.MarkMemory(&block_);
  ASSERT_EQ(state_.MarkAllocated(0, &block_), Taken::kGood);
  ASSERT_TRUE(state_.MarkFree(0, &block_));
  block_.bytes.fill(std::byte{7});
  EXPECT_FALSE(state_.MarkFree(0, &block_));
  EXPECT_EQ(state_.MarkAllocated(0, &block_),
            GetParam() ? Taken::kDamaged : Taken::kGood);
}

TEST_P(BlockStateTest, IsNotMisledByWhatAllocatedBlocksHold) {
  // Even if the user writes nothing, or what the free block held.
  state_.MarkMemory(&block_);
  const Block as_free = block_;
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(state_.MarkAllocated(0, &block_), Taken::kGood);
    block_ = as_free;
    EXPECT_TRUE(state_.MarkFree(0, &block_));
  }
}

TEST_P(BlockStateTest, BelievesExactlyOneOfTwoThatFreeAtOnce) {
  state_.MarkMemory(&block_);
  for (int i = 0; i < 2000; ++i) {
    ASSERT_EQ(state_.MarkAllocated(0, &block_), Taken::kGood);
    std::atomic<int> believed{0};
    testing::RunGang(2, [&](int) {
      if (state_.MarkFree(0, &block_)) {
        believed.fetch_add(1, std::memory_order_relaxed);
      }
    });
    ASSERT_EQ(believed.load(std::memory_order_relaxed), 1);
  }
}

INSTANTIATE_TEST_SUITE_P(WithAndWithoutCookies, BlockStateTest, ::testing::Bool());

TEST(BlockState, TellsWhatMarkFreeWouldSayWithoutChangingIt) {
  for (const Marks marks :
       {Marks::kNone, Marks::kCookie, Marks::kUsed, Marks::kSide, Marks::kExact}) {
    lockfree::Atomic<StateUnit> units[1] = {};
    Block block;
    const bool cookies = marks == Marks::kCookie || marks == Marks::kUsed;
    const BlockState state{marks, cookies, units, 0x1234567};
    const bool told = marks != Marks::kNone;
    if (marks != Marks::kUsed) state.MarkMemory(&block);
    EXPECT_EQ(state.LooksFree(0, &block), told) << "fresh";
    ASSERT_EQ(state.MarkAllocated(0, &block), Taken::kGood);
    EXPECT_FALSE(state.LooksFree(0, &block));
    EXPECT_FALSE(state.LooksFree(0, &block));
    ASSERT_TRUE(state.MarkFree(0, &block));
    EXPECT_EQ(state.LooksFree(0, &block), told);
    EXPECT_EQ(state.LooksFree(0, &block), told);
    ASSERT_EQ(state.MarkAllocated(0, &block), Taken::kGood);
    state.Reset(0);
    if (cookies) state.MarkMemory(&block);
    EXPECT_EQ(state.LooksFree(0, &block), told) << "as all-zero units are";
  }
}

TEST(BlockState, FindsAWriteToAFreeBlockByItsCookie) {
  lockfree::Atomic<StateUnit> states[1] = {};
  Block block;
  const BlockState state(Marks::kExact, true, states, 42);
  state.MarkMemory(&block);
  block.bytes[3] ^= std::byte{1};
  EXPECT_FALSE(state.IsIntact(0, &block));
  EXPECT_EQ(state.MarkAllocated(0, &block), Taken::kDamaged);
  state.MarkMemory(&block);
  EXPECT_EQ(state.MarkAllocated(0, &block), Taken::kGood);
}

TEST(BlockState, ByCookieAloneRefusesASecondFreeAndFindsAThirdPartysWrite) {
  Block block;
  const BlockState state(Marks::kCookie, true, nullptr, 42);
  state.MarkMemory(&block);
  EXPECT_FALSE(state.MarkFree(0, &block));
  EXPECT_EQ(state.MarkAllocated(0, &block), Taken::kGood);
  EXPECT_TRUE(state.MarkFree(0, &block)) << "though its user wrote nothing";
  EXPECT_FALSE(state.MarkFree(0, &block));
  block.bytes[7] ^= std::byte{1};
  EXPECT_EQ(state.MarkAllocated(0, &block), Taken::kUnknown);
}

TEST(BlockState, ByUseNeedsNoCookieInBlocksThatWereNeverAllocated) {
  lockfree::Atomic<StateUnit> units[1] = {};
  Block block;
  const BlockState state(Marks::kUsed, true, units, 42);
  EXPECT_TRUE(state.IsIntact(0, &block));
  EXPECT_FALSE(state.MarkFree(0, &block)) << "it is free";
  block.bytes.fill(std::byte{3});
  EXPECT_EQ(state.MarkAllocated(0, &block), Taken::kGood);
  EXPECT_TRUE(state.MarkFree(0, &block));
  EXPECT_FALSE(state.MarkFree(0, &block));
  EXPECT_EQ(state.MarkAllocated(0, &block), Taken::kGood);
  EXPECT_EQ(state.MarkAllocated(0, &block), Taken::kUnknown);
}

TEST(BlockState, ByTheSideTellsABlockThatWasFreedTwice) {
  lockfree::Atomic<StateUnit> units[1] = {};
  const BlockState state(Marks::kSide, false, units, 42);
  EXPECT_FALSE(state.MarkFree(0, nullptr));
  EXPECT_EQ(state.MarkAllocated(0, nullptr), Taken::kGood);
  EXPECT_EQ(state.MarkAllocated(0, nullptr), Taken::kAllocated);
  EXPECT_TRUE(state.MarkFree(0, nullptr));
}

TEST(BlockState, WithoutCookiesNeverTouchesBlocks) {
  lockfree::Atomic<StateUnit> states[1] = {};
  const BlockState state(Marks::kExact, false, states, 42);
  state.MarkMemory(nullptr);
  EXPECT_EQ(state.MarkAllocated(0, nullptr), Taken::kGood);
  EXPECT_TRUE(state.MarkFree(0, nullptr));
  EXPECT_TRUE(state.IsIntact(0, nullptr));
}

}  // namespace
}  // namespace corepool::engine
