#include "corepool/engine/block_state.h"

#include <array>
#include <atomic>
#include <cstddef>

#include "corepool/engine/block_fill.h"
#include "corepool/lockfree/atomic.h"
#include "gtest/gtest.h"
#include "tests/support/gang.h"

namespace corepool::engine {
namespace {

struct Block {
  alignas(8) std::array<std::byte, 64> bytes{};
};

// Each test runs with the mark in the block and beside it.
class BlockStateTest : public ::testing::TestWithParam<bool> {
 protected:
  lockfree::Atomic<StateUnit> states_[2] = {};
  Block blocks_[2];
  BlockState state_{GetParam() ? nullptr : states_, 0x1234567};
};

TEST_P(BlockStateTest, AcceptsAFreeOnceForEachAllocation) {
  Block& block = blocks_[1];
  state_.Restore(1, &block);
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(state_.IsMarkedFree(1, &block));
    EXPECT_TRUE(state_.MarkAllocated(1, &block));
    EXPECT_FALSE(state_.IsMarkedFree(1, &block));
    EXPECT_TRUE(state_.MarkFree(1, &block));
    EXPECT_FALSE(state_.MarkFree(1, &block));
    EXPECT_FALSE(state_.MarkFree(1, &block));
  }
}

TEST_P(BlockStateTest, BelievesExactlyOneOfTwoThatFreeAtOnce) {
  Block& block = blocks_[0];
  for (int i = 0; i < 2000; ++i) {
    state_.Restore(0, &block);
    ASSERT_TRUE(state_.MarkAllocated(0, &block));
    std::atomic<int> believed{0};
    testing::RunGang(2, [&](int) {
      if (state_.MarkFree(0, &block)) believed.fetch_add(1, std::memory_order_relaxed);
    });
    ASSERT_EQ(believed.load(std::memory_order_relaxed), 1);
  }
}

INSTANTIATE_TEST_SUITE_P(CookieAndSide, BlockStateTest, ::testing::Bool());

TEST(BlockState, FindsAWriteToAFreeBlockByItsCookie) {
  Block block;
  const BlockState state(nullptr, 42);
  state.Restore(0, &block);
  block.bytes[3] ^= std::byte{1};
  EXPECT_FALSE(state.MarkAllocated(0, &block));
  state.Restore(0, &block);
  EXPECT_TRUE(state.MarkAllocated(0, &block));
}

TEST(BlockState, LeavesNoCookieInAnAllocatedBlock) {
  // Else a user who never writes to the block could not free it.
  Block block;
  const BlockState state(nullptr, 42);
  state.Restore(0, &block);
  ASSERT_TRUE(state.MarkAllocated(0, &block));
  EXPECT_TRUE(state.MarkFree(0, &block));
}

TEST(BlockState, NeverTouchesBlocksWhoseStateIsBesideThem) {
  lockfree::Atomic<StateUnit> states[1] = {};
  const BlockState state(states, 42);
  EXPECT_TRUE(state.MarkAllocated(0, nullptr));
  EXPECT_TRUE(state.MarkFree(0, nullptr));
  state.Restore(0, nullptr);
  EXPECT_TRUE(state.IsMarkedFree(0, nullptr));
}

TEST(BlockFill, FindsAnyChangedByte) {
  std::array<std::byte, 32 + sizeof(Guard)> bytes{};
  for (const std::size_t from : {0u, 8u}) {
    const BlockFill fill(bytes.data(), from, 32);
    fill.Fill();
    fill.SetGuard();
    EXPECT_TRUE(fill.IsFilled());
    EXPECT_TRUE(fill.IsGuardIntact());
    for (std::size_t at = 0; at < bytes.size(); ++at) {
      bytes[at] ^= std::byte{0x80};
      EXPECT_EQ(fill.IsFilled(), at < from || at >= 32);
      EXPECT_EQ(fill.IsGuardIntact(), at < 32);
      bytes[at] ^= std::byte{0x80};
    }
  }
}

}  // namespace
}  // namespace corepool::engine
