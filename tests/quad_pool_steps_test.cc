// Counts the atomic read-modify-writes that calls on a QuadPool take, one after the
// other, and holds them against what docs/quad_pool.md says.

#include <cstddef>
#include <vector>

#include "corepool/error.h"
#include "corepool/quad_pool.h"
#include "corepool/quad_pool_options.h"
#include "gtest/gtest.h"
#include "tests/support/perturbing_atomic.h"
#include "tests/support/test_quad_pool.h"

namespace corepool {
namespace {

using testing::TestQuadPool;

// Four levels of nodes: leaves, sixteens, 256s and 4096s.
constexpr std::size_t kMin = 16;
constexpr std::size_t kMax = kMin << 14;

int steps = 0;

template <class Call>
int StepsOf(const Call& call) {
  steps = 0;
  lockfree::perturb = [] { ++steps; };
  call();
  lockfree::perturb = nullptr;
  return steps;
}

class QuadPoolSteps : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(pool_.error, Error::kOk);
    // So that nothing is done for the first time.
    pool_->Free(pool_->Allocate(kMax));
  }

  TestQuadPool pool_{
      {.min_block_size = kMin, .max_block_size = kMax, .block_count = 2}};
};

TEST_F(QuadPoolSteps, TakesOneForABlockThatLiesReady) {
  std::vector<void*> blocks(4);
  ASSERT_EQ(pool_->AllocateBulk(kMin, blocks), Error::kOk);
  pool_->Free(blocks[2]);
  EXPECT_EQ(StepsOf([&] { blocks[2] = pool_->Allocate(kMin); }), 1);
  // With a new peak one more; a hint that has become stale is another.
  EXPECT_LE(StepsOf([&] { (void)pool_->Allocate(kMax); }), 3);
}

TEST_F(QuadPoolSteps, FreesWithTwoAndAtMostTwoForHints) {
  std::vector<void*> blocks(64);
  ASSERT_EQ(pool_->AllocateBulk(kMin, blocks), Error::kOk);
  int most = 0;
  for (void* const block : blocks) {
    const int taken = StepsOf([&] { pool_->Free(block); });
    EXPECT_GE(taken, 2);
    most = taken > most ? taken : most;
  }
  EXPECT_LE(most, 4);
}

// Three for each node on the way, and two of these for the hint at what is left over.
TEST_F(QuadPoolSteps, OpensTheNodesOnTheWayWithAFewEach) {
  void* block = nullptr;
  const int taken = StepsOf([&] { block = pool_->Allocate(kMin); });
  // Down from the roots by three nodes.
  EXPECT_GE(taken, 1 + 2 * 3);
  EXPECT_LE(taken, 5 * 3 + 8);
  ASSERT_NE(block, nullptr);
}

TEST_F(QuadPoolSteps, MergesWithFourForEachNodeAndAFewForHints) {
  void* const block = pool_->Allocate(kMin);
  void* const other = pool_->Allocate(kMax);
  ASSERT_NE(other, nullptr);
  pool_->Free(block);
  // Three nodes are to become one slot each.
  void* merged = nullptr;
  const int taken = StepsOf([&] { merged = pool_->Allocate(kMax); });
  EXPECT_NE(merged, nullptr);
  EXPECT_GE(taken, 4 * 3 + 1);
  EXPECT_LE(taken, 7 * 3 + 12);
}

TEST_F(QuadPoolSteps, ProvesThatThereIsNoneWithSixAndLooks) {
  ASSERT_NE(pool_->Allocate(kMax), nullptr);
  ASSERT_NE(pool_->Allocate(kMax), nullptr);
  EXPECT_EQ(pool_->Allocate(kMin), nullptr);
  // Two to begin, two to end, one for a round, and one for the failure.
  EXPECT_EQ(StepsOf([&] { (void)pool_->Allocate(kMin); }), 6);
}

}  // namespace
}  // namespace corepool
