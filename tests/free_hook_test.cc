// Proves that the hook on_free decides what becomes of blocks, is asked about sound
// frees only, and may use its pool.

#include <cstddef>
#include <tuple>
#include <vector>

#include "corepool/error.h"
#include "corepool/fixed_pool.h"
#include "corepool/hooks.h"
#include "corepool/options.h"
#include "gtest/gtest.h"
#include "tests/support/cachings.h"
#include "tests/support/test_pool.h"

namespace corepool {
namespace {

using testing::TestPool;
using testing::Works;

// A hook that keeps blocks, as a driver keeps buffers to use them again.
struct Keeper {
  std::vector<FreeRequest> asked;
  std::vector<void*> kept;
  bool keep = true;

  static FreeDecision Handle(const FreeRequest& request) {
    auto& self = *static_cast<Keeper*>(request.context);
    self.asked.push_back(request);
    if (!self.keep) return FreeDecision::kFree;
    self.kept.push_back(request.block);
    return FreeDecision::kTaken;
  }
};

class FreeHook : public ::testing::TestWithParam<std::tuple<Caching, Checking>> {
 protected:
  void SetUp() override {
    if (!Works(std::get<0>(GetParam()))) GTEST_SKIP() << "not here";
    hooks_.on_free = &Keeper::Handle;
    hooks_.context = &keeper_;
  }
  PoolOptions Options() const {
    return {.block_size = 16,
            .block_count = 40,
            .checking = std::get<1>(GetParam()),
            .caching = std::get<0>(GetParam()),
            .name = "ext",
            .hooks = &hooks_};
  }
  bool Checked() const { return std::get<1>(GetParam()) != Checking::kOff; }

  Keeper keeper_;
  PoolHooks hooks_;
};

TEST_P(FreeHook, DecidesWhetherABlockIsFreed) {
  TestPool pool(Options());
  void* const block = pool->Allocate();
  EXPECT_EQ(pool->Free(block), Error::kOk);
  ASSERT_EQ(keeper_.asked.size(), 1u);
  EXPECT_EQ(keeper_.asked[0].pool, &pool.pool);
  EXPECT_STREQ(keeper_.asked[0].pool_name, "ext");
  EXPECT_EQ(keeper_.asked[0].block, block);
  EXPECT_EQ(keeper_.asked[0].index, pool->IndexOf(block));
  EXPECT_TRUE(pool.SoundAtRest(1)) << "taken";
  EXPECT_EQ(pool->Deinit(), Error::kBlocksInUse);

  keeper_.keep = false;
  EXPECT_EQ(pool->Free(block), Error::kOk);
  EXPECT_EQ(keeper_.asked.size(), 2u);
  EXPECT_TRUE(pool.SoundAtRest(0));
  if (Checked()) {
    EXPECT_EQ(pool->Free(block), Error::kDoubleFree);
    EXPECT_EQ(pool->FreeDirectly(block), Error::kDoubleFree);
    EXPECT_EQ(pool.misuse.count, 2);
    EXPECT_EQ(keeper_.asked.size(), 2u) << "diagnosed before anybody is asked";
    EXPECT_TRUE(pool.SoundAtRest(0));
  }
  EXPECT_EQ(pool->Free(static_cast<std::byte*>(block) + 1), Error::kMisalignedPointer);
  EXPECT_EQ(pool->Free(&pool), Error::kForeignPointer);
  EXPECT_EQ(pool->FreeDirectly(&pool), Error::kForeignPointer);
  EXPECT_EQ(pool->Free(nullptr), Error::kOk);
  EXPECT_EQ(pool->FreeDirectly(nullptr), Error::kOk);
  EXPECT_EQ(keeper_.asked.size(), 2u);
  EXPECT_EQ(pool.DrainAndRefill().size(), 40u);
}

TEST_P(FreeHook, IsAskedForEachBlockOfABulk) {
  TestPool pool(Options());
  std::vector<void*> held(40);
  ASSERT_EQ(pool->AllocateBulk(held), Error::kOk);
  std::vector<void*> given = held;
  given.insert(given.begin() + 3, &pool);
  EXPECT_EQ(pool->FreeBulk(given), Error::kForeignPointer);
  EXPECT_EQ(keeper_.kept, held);
  EXPECT_TRUE(pool.SoundAtRest(40));
  for (void* const block : keeper_.kept) {
    EXPECT_EQ(pool->FreeDirectly(block), Error::kOk);
  }
  EXPECT_EQ(keeper_.asked.size(), 40u) << "nobody is asked";
  EXPECT_TRUE(pool.SoundAtRest(0));
  EXPECT_EQ(pool.DrainAndRefill().size(), 40u);
}

TEST_P(FreeHook, MayUseItsPoolAndFreeByItself) {
  static TestPool* inside = nullptr;
  TestPool pool(Options());
  hooks_.on_free = [](const FreeRequest& request) {
    FixedPool& nested = inside->pool;
    void* const other = nested.Allocate();
    EXPECT_NE(other, request.block);
    EXPECT_EQ(nested.FreeDirectly(other), Error::kOk);
    EXPECT_EQ(nested.FreeDirectly(request.block), Error::kOk);
    return FreeDecision::kTaken;
  };
  inside = &pool;
  for (int i = 0; i < 100; ++i) {
    void* const block = pool->Allocate();
    ASSERT_EQ(pool->Free(block), Error::kOk);
  }
  EXPECT_TRUE(pool.SoundAtRest(0));
  EXPECT_EQ(pool.misuse.count, 0);
}

INSTANTIATE_TEST_SUITE_P(
    All, FreeHook,
    ::testing::Combine(::testing::Values(Caching::kRseq, Caching::kCas, Caching::kNone),
                       ::testing::Values(Checking::kOff, Checking::kBasic,
                                         Checking::kStrict, Checking::kFull)));

}  // namespace
}  // namespace corepool
