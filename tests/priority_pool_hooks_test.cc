#include <cstddef>
#include <vector>

#include "corepool/error.h"
#include "corepool/hooks.h"
#include "corepool/options.h"
#include "corepool/priority_pool.h"
#include "gtest/gtest.h"
#include "tests/support/test_priority_pool.h"

namespace corepool {
namespace {

using testing::TestPriorityPool;

// The first may borrow two of the second's four blocks.
std::vector<PriorityClass> Classes(const PoolHooks* hooks = nullptr) {
  return {
      {.name = "urgent", .block_size = 32, .block_count = 1, .borrows = kBorrowLower},
      {.name = "usual",
       .block_size = 64,
       .block_count = 4,
       .reserve = 2,
       .hooks = hooks},
      {.name = "isr", .block_size = 16, .block_count = 2, .per_core = true}};
}

TEST(PriorityPoolClear, RefusesToForgetBlocksUnlessItIsTold) {
  TestPriorityPool pool(Classes());
  void* const own = pool->Allocate(0);
  EXPECT_EQ(pool->Clear(), Error::kBlocksInUse);
  EXPECT_EQ(pool->Deinit(), Error::kBlocksInUse);
  EXPECT_EQ(pool->Free(own), Error::kOk);
  EXPECT_EQ(pool->Clear(), Error::kOk);
  EXPECT_EQ(PriorityPool().Clear(), Error::kNotInitialized);
}

TEST(PriorityPoolClear, FreesAllBlocksAndEndsAllLoans) {
  for (const Caching caching : {Caching::kNone, Caching::kCas, Caching::kAutomatic}) {
    TestPriorityPool pool(Classes(), {.checking = Checking::kFull, .caching = caching});
    ASSERT_EQ(pool.error, Error::kOk);
    for (int round = 0; round < 3; ++round) {
      const int before = pool.misuse.count;
      std::vector<void*> blocks = pool.Drain(0);
      EXPECT_EQ(blocks.size(), 3u);
      for (void* const block : blocks) EXPECT_NE(pool->OwnerOf(block), 0u);
      EXPECT_EQ(pool->SetOwner(blocks.back(), 5), Error::kOk);
      EXPECT_EQ(pool->OwnerOf(blocks.back()), 5u);
      EXPECT_NE(pool->Allocate(2), nullptr);
      EXPECT_EQ(pool.Lent(1), 2u);
      EXPECT_EQ(pool->Clear(Leaks::kReport), Error::kOk);
      EXPECT_EQ(pool.misuse.count, before + 4);
      EXPECT_EQ(pool.misuse.last_kind, Error::kLeak);
      EXPECT_EQ(pool.Lent(1), 0u);
      EXPECT_EQ(pool.Borrowed(0), 0u);
      EXPECT_TRUE(pool.SoundAtRest(0));
    }
    EXPECT_NE(pool->Allocate(0), nullptr);
    EXPECT_EQ(pool->Deinit(Leaks::kIgnore), Error::kOk);
    EXPECT_EQ(pool->class_count(), 0u);
  }
}

struct Told {
  int high = 0, exhausted = 0, asked = 0;
  bool takes = false;
};

PoolHooks HooksFor(Told& told) {
  return {.on_event =
              [](const PoolEvent& event) {
                auto& to = *static_cast<Told*>(event.context);
                if (event.kind == PoolEventKind::kUsageHigh) ++to.high;
                if (event.kind == PoolEventKind::kExhausted) ++to.exhausted;
              },
          .on_free =
              [](const FreeRequest& request) {
                auto& to = *static_cast<Told*>(request.context);
                ++to.asked;
                return to.takes ? FreeDecision::kTaken : FreeDecision::kFree;
              },
          .context = &told,
          .usage_percent = 75};
}

TEST(PriorityPoolHooks, TellOfAClassesBlocksWhoeverHasThem) {
  Told told;
  const PoolHooks hooks = HooksFor(told);
  TestPriorityPool pool(Classes(&hooks), {.caching = Caching::kNone});
  ASSERT_EQ(pool.error, Error::kOk);
  std::vector<void*> blocks = pool.Drain(0);
  EXPECT_EQ(told.high, 0);
  blocks.push_back(pool->AllocateFromInterrupt(1));
  EXPECT_EQ(told.high, 1) << "three of four";
  blocks.push_back(pool->Allocate(1));
  EXPECT_EQ(pool->Allocate(1), nullptr);
  EXPECT_EQ(told.exhausted, 1);

  told.takes = true;
  for (void* const block : blocks) EXPECT_EQ(pool->Free(block), Error::kOk);
  EXPECT_EQ(told.asked, 4) << "the class's own, lent or not";
  EXPECT_EQ(pool.Used(1), 4u);
  EXPECT_EQ(pool.Lent(1), 2u);
  for (void* const block : blocks) {
    if (pool->ClassOf(block) != 1) continue;
    EXPECT_EQ(pool->FreeDirectly(block), Error::kOk);
  }
  EXPECT_EQ(told.asked, 4);
  EXPECT_EQ(pool->FreeDirectly(blocks.back()), Error::kDoubleFree);
  EXPECT_EQ(pool->Free(blocks.back()), Error::kDoubleFree);
  EXPECT_EQ(told.asked, 4);
  EXPECT_TRUE(pool.SoundAtRest(0));
}

TEST(PriorityPoolHooks, ThatMakeNoSenseAreRefused) {
  const PoolHooks hooks{.on_event = [](const PoolEvent&) {}, .usage_percent = 200};
  TestPriorityPool pool(Classes(&hooks));
  EXPECT_EQ(pool.error, Error::kInvalidHooks);
}

}  // namespace
}  // namespace corepool
