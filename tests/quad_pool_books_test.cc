// Proves that a QuadPool's books are right while contexts stand still in the middle of
// keeping or reading them: audits, statistics, and who has which block. The library is
// compiled against atomics that let contexts take turns.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "corepool/error.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/quad_pool.h"
#include "corepool/stats.h"
#include "gtest/gtest.h"
#include "tests/support/fibers.h"
#include "tests/support/test_quad_pool.h"

namespace corepool::testing {
namespace {

constexpr std::size_t kLeaf = 16;

// Allocates and frees all kinds of blocks.
void Use(TestQuadPool& pool) {
  std::vector<void*> blocks;
  for (const int level : {0, 2, 0, 1, 3, 0}) {
    void* const block = pool->Allocate(pool->BlockSizeAt(level));
    if (block != nullptr) blocks.push_back(block);
  }
  for (void* const block : blocks) EXPECT_EQ(pool->Free(block), Error::kOk);
  pool->Defragment();
}

// Lets another context do `steps` steps of Use, which then stands still while `look`
// looks; and the other way round. Until it has stood still everywhere.
template <class Look>
void LookEverywhere(const Look& look) {
  for (std::uint64_t steps = 0, stood = 1; stood != 0; ++steps) {
    TestQuadPool pool(QuadOptions(kLeaf, 4, 2));
    Use(pool);
    Fiber user([&] { Use(pool); });
    stood = user.RunSteps(steps);
    ASSERT_NO_FATAL_FAILURE(look(pool));
  }
  for (std::uint64_t steps = 0, stood = 1; stood != 0; steps += 7) {
    TestQuadPool pool(QuadOptions(kLeaf, 4, 2));
    (void)pool->Allocate(kLeaf);
    Fiber looker([&] { look(pool); });
    stood = looker.RunSteps(steps);
    Fiber user([&] { Use(pool); });
    for (std::uint64_t more = 0; more < 8; ++more) {
      looker.RunSteps(3 * more);
      user.RunSteps(17 * more);
    }
    user.Finish();
  }
}

TEST(QuadPoolBooks, AnAuditInTrafficFindsNoFaultWhereNoneIs) {
  LookEverywhere([](TestQuadPool& pool) {
    const AuditReport audit = pool->Audit();
    EXPECT_EQ(audit.error, Error::kOk);
    EXPECT_LE(audit.used, pool.leaves());
  });
}

// Makes the first leaf, which is allocated, free too.
void Spoil(TestQuadPool& pool) {
  lockfree::Word node;
  std::memcpy(&node, pool.bookkeeping.span().data(), sizeof node);
  node |= 1;
  std::memcpy(pool.bookkeeping.span().data(), &node, sizeof node);
}

TEST(QuadPoolBooks, AnAuditInTrafficFindsAFaultThatStandsStill) {
  TestQuadPool pool(QuadOptions(kLeaf, 4, 2));
  ASSERT_EQ(pool.LeafOf(pool->Allocate(kLeaf)), 0u);
  Spoil(pool);
  const AuditReport audit = pool->Audit();
  EXPECT_EQ(audit.error, Error::kCorrupted);
  EXPECT_EQ(audit.index, 0u);
  EXPECT_FALSE(audit.inconclusive);
}

// A context that stands still with a block is no fault, and hides none.
TEST(QuadPoolBooks, AnAuditInTrafficFindsAFaultBesideAContextThatStandsStill) {
  int stood = 0;
  for (std::uint64_t steps = 0; steps < 1000; ++steps) {
    TestQuadPool pool(QuadOptions(kLeaf, 4, 2));
    ASSERT_EQ(pool.LeafOf(pool->Allocate(kLeaf)), 0u);
    Fiber user([&] { EXPECT_NE(pool->Allocate(4 * kLeaf), nullptr); });
    if (!user.RunSteps(steps)) break;
    ++stood;
    EXPECT_EQ(pool->Audit().error, Error::kOk);
    Spoil(pool);
    const AuditReport audit = pool->Audit();
    EXPECT_EQ(audit.error, Error::kCorrupted);
    EXPECT_FALSE(audit.inconclusive);
  }
  EXPECT_GT(stood, 3);
}

TEST(QuadPoolBooks, AnAuditThatWasOvertakenFindsNothing) {
  TestQuadPool pool(QuadOptions(kLeaf, 4, 2));
  ASSERT_EQ(pool.LeafOf(pool->Allocate(kLeaf)), 0u);
  Spoil(pool);
  AuditReport audit{};
  Fiber auditor([&] { audit = pool->Audit(); });
  // In the middle of the marks.
  ASSERT_TRUE(auditor.RunSteps(pool.leaves()));
  ASSERT_NE(pool->Allocate(64 * kLeaf), nullptr);
  auditor.Finish();
  EXPECT_EQ(audit.error, Error::kOk);
  EXPECT_TRUE(audit.inconclusive);
}

TEST(QuadPoolBooks, NeverMoreIsFreedThanWasAllocated) {
  LookEverywhere([](TestQuadPool& pool) {
    std::uint64_t frees = 0;
    for (int i = 0; i < 3; ++i) {
      const PoolStats stats = pool->Stats();
      EXPECT_LE(stats.frees, stats.allocations);
      EXPECT_GE(stats.frees, frees);
      frees = stats.frees;
    }
  });
}

TEST(QuadPoolBooks, ABulkThatFailsHasNeitherAllocatedNorFreed) {
  TestQuadPool pool(QuadOptions(kLeaf, 4, 2));
  ASSERT_NE(pool->Allocate(kLeaf), nullptr);
  std::vector<void*> blocks(8, pool.begin());
  EXPECT_EQ(pool->AllocateBulk(16 * kLeaf, blocks), Error::kExhausted);
  EXPECT_EQ(blocks, std::vector<void*>(8, nullptr));
  const PoolStats stats = pool->Stats();
  EXPECT_EQ(stats.allocations, 1u);
  EXPECT_EQ(stats.frees, 0u);
  EXPECT_EQ(stats.failures, 1u);
  EXPECT_EQ(stats.peak, 1u);
  EXPECT_TRUE(pool.SoundAtRest(1));
  blocks.resize(7);
  EXPECT_EQ(pool->AllocateBulk(16 * kLeaf, blocks), Error::kOk);
  EXPECT_EQ(pool->Stats().allocations, 8u);
}

TEST(QuadPoolBooks, AReallocationFreesOnlyTheBlockThatItSaw) {
  int refused = 0;
  // From when it has seen the block.
  for (std::uint64_t steps = 1;; ++steps) {
    TestQuadPool pool(QuadOptions(kLeaf, 4, 2));
    void* const block = pool->Allocate(kLeaf);
    QuadPool::Allocation moved{};
    Fiber mover([&] { moved = pool->TryReallocate(block, 4 * kLeaf); });
    mover.RunSteps(steps);
    if (pool->SizeOf(block) != kLeaf) break;
    ASSERT_EQ(pool->Free(block), Error::kOk);
    // The same place again, for somebody else.
    void* const others = pool->Allocate(kLeaf);
    mover.Finish();
    ASSERT_EQ(pool->SizeOf(others), kLeaf) << steps;
    EXPECT_EQ(moved.error, Error::kDoubleFree) << steps;
    refused += others == block;
    ASSERT_EQ(pool->Free(others), Error::kOk);
    ASSERT_TRUE(pool.SoundAtRest(0)) << steps;
  }
  EXPECT_GT(refused, 3);
}

}  // namespace
}  // namespace corepool::testing
