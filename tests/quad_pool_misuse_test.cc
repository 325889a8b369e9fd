// Proves that misuse of a QuadPool is noticed, named and harmless.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <set>
#include <vector>

#include "corepool/error.h"
#include "corepool/misuse.h"
#include "corepool/options.h"
#include "corepool/quad_pool.h"
#include "corepool/quad_pool_options.h"
#include "gtest/gtest.h"
#include "tests/support/gang.h"
#include "tests/support/test_pool.h"
#include "tests/support/test_quad_pool.h"

namespace corepool {
namespace {

using testing::GuardedMemory;
using testing::MisuseRecorder;
using testing::RunGang;
using testing::TestQuadPool;

class QuadPoolMisuse : public ::testing::TestWithParam<Checking> {
 protected:
  static QuadPoolOptions Options() {
    // 48, 192, 768, 3072.
    QuadPoolOptions options = testing::QuadOptions(48, 4, 2);
    options.checking = GetParam();
    options.name = "misused";
    return options;
  }

  void ExpectReported(Error kind, const void* block, std::size_t index) {
    EXPECT_EQ(pool_.misuse.last_kind, kind);
    EXPECT_EQ(pool_.misuse.last_pool, &pool_.pool);
    EXPECT_STREQ(pool_.misuse.last_name, "misused");
    EXPECT_EQ(pool_.misuse.last_block, block);
    EXPECT_EQ(pool_.misuse.last_index, index);
    EXPECT_EQ(pool_->Stats().misuses, static_cast<std::uint64_t>(pool_.misuse.count));
  }
  void ExpectWhole() {
    EXPECT_TRUE(pool_.SoundAtRest(0));
    EXPECT_EQ(pool_.Drain(3072).size(), 2u);
  }

  TestQuadPool pool_{Options()};
};

INSTANTIATE_TEST_SUITE_P(Checkings, QuadPoolMisuse,
                         ::testing::Values(Checking::kOff, Checking::kBasic,
                                           Checking::kStrict));

// The same place, and even the same size: what has the stamp of an earlier block is not
// the block that is there now.
TEST_P(QuadPoolMisuse, ABlockIsToldFromThoseBeforeItAtTheSamePlace) {
  EXPECT_EQ(pool_->StampOf(pool_->BlockAt(0)), kNoStamp);
  void* const block = pool_->Allocate(100);
  const BlockStamp first = pool_->StampOf(block);
  ASSERT_NE(first, kNoStamp);
  ASSERT_EQ(pool_->Free(block, 100, first), Error::kOk);
  EXPECT_EQ(pool_->StampOf(block), kNoStamp);
  EXPECT_EQ(pool_->Free(block, 100, first), Error::kDoubleFree);
  ASSERT_EQ(pool_->Allocate(100), block);
  const BlockStamp second = pool_->StampOf(block);
  EXPECT_NE(second, first);
  EXPECT_EQ(pool_->Free(block, 100, first), Error::kDoubleFree);
  EXPECT_EQ(pool_->Free(block, 40, second), Error::kWrongSize);
  EXPECT_EQ(pool_->Free(block, 0, second), Error::kWrongSize);
  EXPECT_EQ(pool_->Free(block, 4000, second), Error::kWrongSize);
  void* const interior = static_cast<std::byte*>(block) + 48;
  EXPECT_EQ(pool_->Free(interior, 40, second), Error::kInteriorPointer);
  EXPECT_EQ(pool_->StampOf(interior), kNoStamp);
  ASSERT_EQ(pool_->StampOf(block), second) << "still there";
  EXPECT_EQ(pool_->Free(block, 192, second), Error::kOk) << "any size of the level";
  ASSERT_EQ(pool_->Allocate(40), block);
  EXPECT_EQ(pool_->Free(block, 1, kNoStamp), Error::kOk) << "whichever it is";
  EXPECT_EQ(pool_->Free(nullptr, 1, second), Error::kOk);
  EXPECT_EQ(pool_.misuse.count, 6);
  ExpectWhole();
}

TEST_P(QuadPoolMisuse, DoubleFreeIsRefusedAtEveryLevel) {
  for (int level = 0; level < 4; ++level) {
    void* const beside = pool_->Allocate(48);
    void* const block = pool_->Allocate(pool_->BlockSizeAt(level));
    const std::size_t leaf = pool_.LeafOf(block);
    EXPECT_EQ(pool_->Free(block), Error::kOk);
    EXPECT_EQ(pool_->Free(block), Error::kDoubleFree);
    ExpectReported(Error::kDoubleFree, block, leaf);
    EXPECT_EQ(pool_->Free(block, pool_->BlockSizeAt(level)), Error::kDoubleFree);
    // Merged into something larger too.
    EXPECT_EQ(pool_->Free(beside), Error::kOk);
    pool_->Defragment();
    EXPECT_EQ(pool_->Free(block), Error::kDoubleFree);
    EXPECT_TRUE(pool_.SoundAtRest(0));
  }
  ExpectWhole();
}

TEST_P(QuadPoolMisuse, FreeingPartOfALargerBlockIsRefused) {
  auto* const block = static_cast<std::byte*>(pool_->Allocate(3072));
  for (std::size_t at = 1; at < 3072; ++at) {
    const Error expected =
        at % 16 == 0 ? Error::kInteriorPointer : Error::kMisalignedPointer;
    ASSERT_EQ(pool_->Free(block + at), expected) << at;
    ASSERT_EQ(pool_->SizeOf(block + at), 0u);
  }
  ExpectReported(Error::kMisalignedPointer, block + 3071, kNoIndex);
  EXPECT_EQ(pool_->Free(block), Error::kOk);
  // All of it is free: now each leaf is no block that anybody has.
  EXPECT_EQ(pool_->Free(block + 48), Error::kDoubleFree);
  EXPECT_EQ(pool_->Free(block + 16), Error::kInteriorPointer) << "of no leaf";
  ExpectWhole();
}

TEST_P(QuadPoolMisuse, ABlockThatHasBeenSplitCannotBeFreedAsAWhole) {
  void* const block = pool_->Allocate(192);
  EXPECT_EQ(pool_->Free(block), Error::kOk);
  void* const other = pool_->Allocate(192);
  ASSERT_EQ(other, block);
  EXPECT_EQ(pool_->Free(other), Error::kOk);
  std::vector<void*> leaves;
  for (int i = 0; i < 4; ++i) leaves.push_back(pool_->Allocate(48));
  // The same address is another's, smaller block now: sizes tell.
  ASSERT_EQ(leaves[0], block);
  EXPECT_EQ(pool_->Free(block, 192), Error::kWrongSize);
  ExpectReported(Error::kWrongSize, block, 0);
  for (void* const leaf : leaves) EXPECT_EQ(pool_->Free(leaf, 48), Error::kOk);
  ExpectWhole();
}

TEST_P(QuadPoolMisuse, WrongSizesAreRefusedAndRightOnesAreNot) {
  for (int level = 0; level < 4; ++level) {
    const std::size_t size = pool_->BlockSizeAt(level);
    const std::size_t below = level == 0 ? 0 : pool_->BlockSizeAt(level - 1);
    void* const block = pool_->Allocate(size);
    EXPECT_EQ(pool_->Free(block, size + 1), Error::kWrongSize);
    EXPECT_EQ(pool_->Free(block, below), Error::kWrongSize);
    EXPECT_EQ(pool_->Free(block, 0), Error::kWrongSize);
    EXPECT_EQ(pool_->Free(block, ~std::size_t{0}), Error::kWrongSize);
    EXPECT_EQ(pool_->SizeOf(block), size) << "it has not been freed";
    EXPECT_EQ(pool_->Free(block, below + 1), Error::kOk);
  }
  ExpectWhole();
}

TEST_P(QuadPoolMisuse, ForeignPointersAreRefused) {
  TestQuadPool other(Options());
  int local = 0;
  for (void* const foreign :
       {static_cast<void*>(&local), other->Allocate(48),
        static_cast<void*>(pool_.begin() - 1), static_cast<void*>(pool_.begin() - 48),
        static_cast<void*>(pool_.begin() + 6144), reinterpret_cast<void*>(48),
        reinterpret_cast<void*>(~std::uintptr_t{0})}) {
    EXPECT_EQ(pool_->Free(foreign), Error::kForeignPointer);
    ExpectReported(Error::kForeignPointer, foreign, kNoIndex);
    EXPECT_EQ(pool_->Free(foreign, 48), Error::kForeignPointer);
    EXPECT_EQ(pool_->TryReallocate(foreign, 48).error, Error::kForeignPointer);
    EXPECT_EQ(pool_->SizeOf(foreign), 0u);
  }
  ExpectWhole();
}

TEST_P(QuadPoolMisuse, FreeBulkFreesTheGoodOnesAndReportsEachBadOne) {
  int local = 0;
  auto* const block = static_cast<std::byte*>(pool_->Allocate(192));
  void* const some[] = {pool_->Allocate(48), &local, nullptr, block + 48, block,
                        pool_->Allocate(48), block};
  EXPECT_EQ(pool_->FreeBulk(some), Error::kForeignPointer);
  EXPECT_EQ(pool_.misuse.count, 3);
  ExpectReported(Error::kDoubleFree, block, pool_.LeafOf(block));
  ExpectWhole();
}

TEST_P(QuadPoolMisuse, OfTwoThreadsThatFreeOneBlockExactlyOneIsAccepted) {
  if (GetParam() == Checking::kOff) GTEST_SKIP() << "which is not promised then";
  for (int round = 1; round <= 1000; ++round) {
    void* const block = pool_->Allocate(pool_->BlockSizeAt(round % 4));
    std::atomic<int> accepted{0};
    RunGang(2, [&](int number) {
      const Error error = (round / 4 + number) % 2 == 0
                              ? pool_->Free(block)
                              : pool_->Free(block, pool_->BlockSizeAt(round % 4));
      if (error == Error::kOk) accepted.fetch_add(1, std::memory_order_relaxed);
    });
    ASSERT_EQ(accepted, 1);
    ASSERT_EQ(pool_.misuse.count, round);
  }
  ExpectWhole();
}

TEST_P(QuadPoolMisuse, OfAFreeAndAReallocationAtOnceExactlyOneIsAccepted) {
  if (GetParam() == Checking::kOff) GTEST_SKIP() << "which is not promised then";
  for (int round = 1; round <= 1000; ++round) {
    void* const block = pool_->Allocate(48);
    std::atomic<int> accepted{0};
    std::atomic<void*> moved{nullptr};
    RunGang(2, [&](int number) {
      if (number == 0) {
        if (pool_->Free(block) == Error::kOk) accepted.fetch_add(1);
        return;
      }
      const auto got = pool_->TryReallocate(block, 192);
      if (got.error == Error::kOk) accepted.fetch_add(1);
      moved = got.block;
    });
    ASSERT_EQ(accepted, 1);
    ASSERT_EQ(pool_->Free(moved), Error::kOk);
    ASSERT_TRUE(pool_.SoundAtRest(0));
  }
}

// Deinit and Clear.

TEST_P(QuadPoolMisuse, BlocksInUseKeepAPoolFromBeingClearedOrGivenUp) {
  void* const block = pool_->Allocate(192);
  EXPECT_EQ(pool_->Deinit(), Error::kBlocksInUse);
  EXPECT_EQ(pool_->Clear(), Error::kBlocksInUse);
  EXPECT_TRUE(pool_.SoundAtRest(4)) << "nothing has changed";
  EXPECT_EQ(pool_.misuse.count, 0);
  EXPECT_EQ(pool_->Free(block), Error::kOk);
  EXPECT_EQ(pool_->Clear(), Error::kOk);
  EXPECT_EQ(pool_->Stats().allocations, 0u);
  EXPECT_EQ(pool_->Deinit(), Error::kOk);
}

TEST_P(QuadPoolMisuse, LeaksAreReportedOneByOne) {
  for (const bool clear : {true, false}) {
    TestQuadPool pool(Options());
    void* const small = pool->Allocate(48);
    ASSERT_NE(pool->Allocate(3072), nullptr);
    void* const freed = pool->Allocate(192);
    ASSERT_EQ(pool->Free(freed), Error::kOk);
    EXPECT_EQ(clear ? pool->Clear(Leaks::kReport) : pool->Deinit(Leaks::kReport),
              Error::kOk);
    EXPECT_EQ(pool.misuse.count, 2);
    EXPECT_EQ(pool.misuse.last_kind, Error::kLeak);
    EXPECT_EQ(pool.misuse.last_index, 64u);
    EXPECT_EQ(pool->is_initialized(), clear);
    if (!clear) continue;
    EXPECT_TRUE(pool.SoundAtRest(0));
    EXPECT_EQ(pool->SizeOf(small), 0u);
    EXPECT_EQ(pool->Free(small), Error::kDoubleFree);
    EXPECT_EQ(pool.Drain(3072).size(), 2u);
  }
}

TEST_P(QuadPoolMisuse, LeaksMayBeIgnored) {
  ASSERT_NE(pool_->Allocate(48), nullptr);
  EXPECT_EQ(pool_->Clear(Leaks::kIgnore), Error::kOk);
  EXPECT_EQ(pool_.misuse.count, 0);
  EXPECT_TRUE(pool_.SoundAtRest(0));
  ASSERT_NE(pool_->Allocate(48), nullptr);
  EXPECT_EQ(pool_->Deinit(Leaks::kIgnore), Error::kOk);
  EXPECT_FALSE(pool_->is_initialized());
}

TEST_P(QuadPoolMisuse, AClearedPoolIsAsGoodAsNewWhateverItWentThrough) {
  for (int level = 0; level < 4; ++level) {
    ASSERT_FALSE(pool_.Drain(pool_->BlockSizeAt(level)).empty());
    ASSERT_EQ(pool_->Clear(Leaks::kIgnore), Error::kOk);
    ASSERT_TRUE(pool_.SoundAtRest(0));
    for (std::size_t i = 0; i < 5; ++i) {
      ASSERT_EQ(pool_.LeafOf(pool_->Allocate(48)), i);
    }
    ASSERT_EQ(pool_->Clear(Leaks::kIgnore), Error::kOk);
  }
  ExpectWhole();
}

TEST(QuadPoolMisuseDeathTest, WithoutAHandlerHalts) {
  const QuadPoolOptions options = testing::QuadOptions(48, 3, 1);
  GuardedMemory memory(RequiredBytes(options), RequiredAlignment(options));
  QuadPool pool;
  ASSERT_EQ(pool.Init(options, memory.span()), Error::kOk);
  void* const block = pool.Allocate(48);
  ASSERT_EQ(pool.Free(block), Error::kOk);
  EXPECT_DEATH(pool.Free(block), "kDoubleFree");
  ASSERT_NE(pool.Allocate(48), nullptr);
  EXPECT_DEATH((void)pool.Deinit(Leaks::kAbort), "kLeak");
}

}  // namespace
}  // namespace corepool
