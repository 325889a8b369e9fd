// Waiting for blocks, step by step: on one CPU with virtual time (hosted/baton.h), so
// that everything happens in one order only.

#include "corepool/wait.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "corepool/dynamic_pool.h"
#include "corepool/error.h"
#include "corepool/fixed_pool.h"
#include "corepool/hooks.h"
#include "corepool/hosted/baton.h"
#include "corepool/multi_pool.h"
#include "corepool/options.h"
#include "corepool/priority_pool.h"
#include "corepool/static_pool.h"
#include "corepool/wait_port.h"
#include "gtest/gtest.h"
#include "tests/support/cachings.h"
#include "tests/support/test_dynamic_pool.h"
#include "tests/support/test_multi_pool.h"
#include "tests/support/test_pool.h"
#include "tests/support/test_priority_pool.h"

namespace corepool {
namespace {

using hosted::Baton;
using testing::TestDynamicPool;
using testing::TestMultiPool;
using testing::TestPool;
using testing::TestPriorityPool;
using testing::TestSegment;
using Log = std::vector<std::string>;

// Tasks and waiters; what happens is logged.
struct Bed {
  explicit Bed(bool strict = false) : waiters(baton.port(), strict) {}

  // A task that waits and notes what came of it: "A:kOk".
  template <class Pool, class... What>
  void Wait(const std::string& name, Pool& pool, Ticks deadline, std::uint8_t priority,
            What... what) {
    baton.Start(100, [this, name, &pool, deadline, priority, what...] {
      const auto got = pool.AllocateUntil(what..., deadline, priority);
      EXPECT_EQ(got.block != nullptr, got.error == Error::kOk) << name;
      if (got.error == Error::kOk) blocks.push_back(got.block);
      log.push_back(name + ":" + ErrorName(got.error));
    });
  }

  Baton baton;
  StaticWaiters<5> waiters;
  Log log;
  std::vector<void*> blocks;  // that waiters have got
};

class WaitForFixedPool : public ::testing::TestWithParam<Caching> {
 protected:
  void SetUp() override {
    if (!testing::Works(GetParam())) GTEST_SKIP();
  }
  PoolOptions Options(Bed& bed, std::size_t count = 2) {
    return {.block_size = 32,
            .block_count = count,
            .caching = GetParam(),
            .waiters = &bed.waiters};
  }
};

TEST_P(WaitForFixedPool, ServesTheMostUrgentFirstAndThenWhoHasWaitedLongest) {
  Bed bed;
  TestPool pool(Options(bed, 4));
  ASSERT_EQ(pool.error, Error::kOk);
  std::vector<void*> own;
  while (void* const block = pool->Allocate()) own.push_back(block);
  bed.Wait("A", pool.pool, kForever, 5);
  bed.Wait("B", pool.pool, kForever, 5);
  bed.Wait("C", pool.pool, kForever, 2);
  bed.Wait("D", pool.pool, kForever, 255);
  EXPECT_EQ(bed.waiters.Count(), 4u);
  for (void* const block : own) EXPECT_EQ(pool->Free(block), Error::kOk);
  EXPECT_EQ(bed.log, (Log{"C:kOk", "A:kOk", "B:kOk", "D:kOk"}));
  EXPECT_EQ(bed.waiters.Count(), 0u);
  EXPECT_TRUE(pool.SoundAtRest(4));
  for (void* const block : bed.blocks) EXPECT_EQ(pool->Free(block), Error::kOk);
  EXPECT_EQ(pool.DrainAndRefill().size(), 4u);
  EXPECT_TRUE(pool.SoundAtRest(0));
}

TEST_P(WaitForFixedPool, RunsAMoreUrgentWaiterBeforeFreeReturns) {
  Bed bed;
  TestPool pool(Options(bed, 1));
  void* const block = pool->Allocate();
  const auto wait = [&](const char* name) {
    return [&bed, &pool, name] {
      ASSERT_EQ(pool->AllocateUntil(kForever, 0).error, Error::kOk);
      bed.log.push_back(name);
    };
  };
  bed.baton.Start(1, wait("urgent"));
  bed.baton.Start(5, [&] {
    pool->Free(block);
    bed.log.push_back("freed");
  });
  EXPECT_EQ(bed.log, (Log{"urgent", "freed"}));
}

TEST_P(WaitForFixedPool, TimesOutAtTheDeadlineToTheTick) {
  Bed bed;
  TestPool pool(Options(bed, 1));
  void* const block = pool->Allocate();
  const Ticks begin = bed.waiters.Now();
  bed.Wait("A", pool.pool, begin + 10, 0);
  bed.Wait("B", pool.pool, begin + 4, 9);
  bed.baton.Advance(3);
  EXPECT_EQ(bed.log, Log{});
  bed.baton.Advance(1);
  EXPECT_EQ(bed.log, (Log{"B:kTimedOut"}));
  bed.baton.Advance(5);
  EXPECT_EQ(bed.log, (Log{"B:kTimedOut"}));
  bed.baton.Advance(1);
  EXPECT_EQ(bed.log, (Log{"B:kTimedOut", "A:kTimedOut"}));
  EXPECT_EQ(bed.waiters.Count(), 0u);
  EXPECT_EQ(pool->Free(block), Error::kOk);
  EXPECT_TRUE(pool.SoundAtRest(0));
}

TEST_P(WaitForFixedPool, DoesNotWaitForWhatIsThereOrIfToldNotTo) {
  Bed bed;
  TestPool pool(Options(bed, 1));
  const auto got = pool->AllocateUntil(kForever, 0);
  EXPECT_EQ(got.error, Error::kOk);
  EXPECT_EQ(pool->AllocateUntil(kNoWait, 0).error, Error::kExhausted);
  // A deadline that has passed.
  EXPECT_EQ(pool->AllocateUntil(bed.waiters.Now(), 0).error, Error::kTimedOut);
  EXPECT_EQ(pool->Free(got.block), Error::kOk);
  EXPECT_EQ(pool->AllocateUntil(kNoWait, 0).error, Error::kOk);
}

TEST_P(WaitForFixedPool, RefusesAtOnceWhenAsManyWaitAsMay) {
  Bed bed;
  TestPool pool(Options(bed, 1));
  void* const block = pool->Allocate();
  for (const char* const name : {"A", "B", "C", "D", "E"}) {
    bed.Wait(name, pool.pool, kForever, 1);
  }
  bed.Wait("F", pool.pool, kForever, 0);
  EXPECT_EQ(bed.log, (Log{"F:kTooMany"}));
  EXPECT_EQ(pool->Free(block), Error::kOk);
  // Its place is free again.
  bed.Wait("G", pool.pool, kForever, 0);
  for (int i = 0; i < 5; ++i) pool->Free(bed.blocks.back());
  EXPECT_EQ(bed.log,
            (Log{"F:kTooMany", "A:kOk", "G:kOk", "B:kOk", "C:kOk", "D:kOk", "E:kOk"}));
}

TEST_P(WaitForFixedPool, CountsAWaitAsAFailureAndWhatCameOfItAsAnAllocation) {
  Bed bed;
  TestPool pool(Options(bed, 1));
  void* const block = pool->Allocate();
  bed.Wait("A", pool.pool, kForever, 1);
  EXPECT_EQ(pool->Stats().failures, 1u);
  pool->Free(block);
  EXPECT_EQ(pool->Stats().failures, 1u);
  EXPECT_EQ(pool->Stats().allocations, 2u);
  EXPECT_EQ(pool->Stats().used, 1u);
}

TEST_P(WaitForFixedPool, IsServedByEveryWayOfFreeing) {
  for (int way = 0; way < 4; ++way) {
    Bed bed;
    TestPool pool(Options(bed, 2));
    std::vector<void*> own{pool->Allocate(), pool->Allocate()};
    bed.Wait("A", pool.pool, kForever, 1);
    bed.Wait("B", pool.pool, kForever, 1);
    switch (way) {
      case 0: EXPECT_EQ(pool->FreeBulk(own), Error::kOk); break;
      case 1:
        for (void* const block : own) pool->FreeDirectly(block);
        break;
      case 2: EXPECT_EQ(pool->Clear(Leaks::kIgnore), Error::kOk); break;
      case 3:
        // A bulk that cannot have all gives back what it has had.
        pool->Free(own[0]);
        EXPECT_EQ(pool->AllocateBulk(own), Error::kExhausted);
        pool->Free(bed.blocks[0]);
        break;
    }
    EXPECT_EQ(bed.log, (Log{"A:kOk", "B:kOk"})) << way;
    for (void* const block : bed.blocks) pool->Free(block);
  }
}

TEST_P(WaitForFixedPool, EndsOnlyWhenNobodyWaits) {
  Bed bed;
  TestPool pool(Options(bed, 1));
  void* const block = pool->Allocate();
  bed.Wait("A", pool.pool, kForever, 1);
  EXPECT_EQ(pool->Deinit(Leaks::kIgnore), Error::kBlocksInUse);
  EXPECT_EQ(bed.waiters.Deinit(), Error::kBlocksInUse);
  pool->Free(block);
  EXPECT_EQ(pool->Deinit(), Error::kBlocksInUse);
  EXPECT_EQ(pool->Deinit(Leaks::kIgnore), Error::kOk);
  EXPECT_EQ(bed.waiters.Deinit(), Error::kOk);
  EXPECT_EQ(bed.waiters.Deinit(), Error::kNotInitialized);
}

INSTANTIATE_TEST_SUITE_P(, WaitForFixedPool,
                         ::testing::Values(Caching::kNone, Caching::kCas,
                                           Caching::kRseq),
                         [](const auto& test) { return testing::NameOf(test.param); });

TEST(Waiters, BelongToOnePool) {
  Bed bed;
  TestPool first({.block_size = 8, .block_count = 1, .waiters = &bed.waiters});
  TestPool second({.block_size = 8, .block_count = 1, .waiters = &bed.waiters});
  EXPECT_EQ(first.error, Error::kOk);
  EXPECT_EQ(second.error, Error::kTooMany);
  EXPECT_FALSE(second->is_initialized());
  ASSERT_EQ(first->Deinit(), Error::kOk);
  EXPECT_EQ(
      TestPool({.block_size = 8, .block_count = 1, .waiters = &bed.waiters}).error,
      Error::kOk);
}

TEST(Waiters, AreMadeInMemoryOfTheCallersOrNotAtAll) {
  Bed bed;
  const WaitersOptions options{.port = bed.baton.port(), .most_waiters = 3};
  testing::GuardedMemory memory(RequiredBytes(options), RequiredAlignment(options));
  Waiters waiters;
  TestPool pool({.block_size = 8, .block_count = 1, .waiters = &waiters});
  EXPECT_EQ(pool.error, Error::kNotInitialized);
  EXPECT_EQ(waiters.Now(), 0u);
  EXPECT_EQ(waiters.Init({.most_waiters = 3}, memory.span()), Error::kUnsupported);
  EXPECT_EQ(waiters.Init(options, {}), Error::kNullMemory);
  EXPECT_EQ(waiters.Init(options, memory.span().subspan(1)), Error::kMisalignedMemory);
  EXPECT_EQ(waiters.Init(options, memory.span().first(RequiredBytes(options) - 1)),
            Error::kMemoryTooSmall);
  EXPECT_EQ(waiters.Init({.port = bed.baton.port(), .most_waiters = kMostWaiters + 1},
                         memory.span()),
            Error::kInvalidCount);
  ASSERT_EQ(waiters.Init(options, memory.span()), Error::kOk);
  EXPECT_EQ(waiters.Init(options, memory.span()), Error::kAlreadyInitialized);
  EXPECT_EQ(waiters.ticks_per_second(), 100u);
  EXPECT_TRUE(memory.Intact());
  EXPECT_EQ(waiters.Deinit(), Error::kOk);
}

TEST(Waiters, MayBeNone) {
  Bed bed;
  StaticWaiters<0> none(bed.baton.port());
  TestPool pool({.block_size = 8, .block_count = 1, .waiters = &none});
  TestPool without({.block_size = 8, .block_count = 1});
  EXPECT_EQ(without->AllocateUntil(kForever, 0).error, Error::kUnsupported);
  EXPECT_EQ(without->AllocateUntil(kNoWait, 0).error, Error::kOk);
  EXPECT_EQ(without->wait_port(), nullptr);
  EXPECT_NE(pool->wait_port(), nullptr);
  EXPECT_EQ(pool->AllocateUntil(kForever, 0).error, Error::kOk);
  EXPECT_EQ(pool->AllocateUntil(kForever, 0).error, Error::kTooMany);
}

TEST(Waiters, ARequestThatCanNeverFitFailsAtOnce) {
  Bed bed;
  TestPool empty({.block_size = 8, .block_count = 0, .waiters = &bed.waiters});
  EXPECT_EQ(empty->AllocateUntil(kForever, 0).error, Error::kExhausted);
  Bed sized;
  TestMultiPool multi({{16, 1}, {64, 1}}, {.pools = {.waiters = &sized.waiters}});
  EXPECT_EQ(multi->AllocateUntil(65, kForever, 0).error, Error::kTooLarge);
  EXPECT_EQ(multi->AllocateUntil(0, kForever, 0).error, Error::kInvalidSize);
  Bed classed;
  TestPriorityPool priority(
      {{.block_size = 16, .block_count = 1}, {.block_size = 32, .block_count = 0}},
      {.waiters = &classed.waiters});
  EXPECT_EQ(priority->AllocateUntil(0, 17, kForever, 0).error, Error::kTooLarge);
  EXPECT_EQ(priority->AllocateUntil(1, kForever, 0).error, Error::kExhausted);
  EXPECT_EQ(priority->AllocateUntil(2, kForever, 0).error, Error::kInvalidClass);
}

TEST(Waiters, AHookThatKeepsABlockServesNobody) {
  static void* kept = nullptr;
  const PoolHooks hooks{.on_free = [](const FreeRequest& request) {
    kept = request.block;
    return FreeDecision::kTaken;
  }};
  Bed bed;
  TestPool pool(
      {.block_size = 8, .block_count = 1, .hooks = &hooks, .waiters = &bed.waiters});
  ASSERT_EQ(pool.error, Error::kOk);
  void* const block = pool->Allocate();
  bed.Wait("A", pool.pool, kForever, 0);
  EXPECT_EQ(pool->Free(block), Error::kOk);
  EXPECT_EQ(bed.log, Log{});
  EXPECT_EQ(pool->FreeDirectly(kept), Error::kOk);
  EXPECT_EQ(bed.log, (Log{"A:kOk"}));
}

TEST(Waiters, AQuarantineServesThemToo) {
  Bed bed;
  TestPool pool({.block_size = 64,
                 .block_count = 2,
                 .checking = Checking::kFull,
                 .quarantine = 2,
                 .waiters = &bed.waiters});
  ASSERT_EQ(pool.error, Error::kOk);
  void* const block = pool->Allocate();
  ASSERT_NE(pool->Allocate(), nullptr);
  bed.Wait("A", pool.pool, kForever, 0);
  pool->Free(block);
  // It is in quarantine, of which blocks come if there are no others.
  EXPECT_EQ(bed.log, (Log{"A:kOk"}));
  EXPECT_NE(pool->OwnerOf(bed.blocks[0]), 0u);
}

TEST(Waiters, OfAStaticPool) {
  struct Frame {
    std::uint64_t words[4];
  };
  static Baton* baton = nullptr;
  static constinit StaticWaiters<2> waiters(WaitPort{
      .now = [](void*) { return baton->Now(); },
      .sleep =
          [](void*, const WaitPlace& place, std::uint32_t seen, Ticks deadline) {
            const WaitPort port = baton->port();
            port.sleep(port.context, place, seen, deadline);
          },
      .wake =
          [](void*, const WaitPlace& place) {
            const WaitPort port = baton->port();
            port.wake(port.context, place);
          }});
  using Pool = StaticPool<Frame, 1, Checking::kBasic, Caching::kAutomatic, &waiters>;
  static constinit Pool pool;
  static constinit Pool other;
  Bed bed;
  baton = &bed.baton;
  Frame* const block = pool.Allocate();
  ASSERT_NE(block, nullptr);
  bed.Wait("A", pool, kForever, 0);
  ASSERT_NE(other.Allocate(), nullptr);
  EXPECT_EQ(other.AllocateUntil(kForever, 0).error, Error::kTooMany);
  EXPECT_EQ(bed.log, Log{});
  EXPECT_EQ(pool.Free(block), Error::kOk);
  EXPECT_EQ(bed.log, (Log{"A:kOk"}));
}

TEST(Waiters, OfAPoolThatGrows) {
  Bed bed;
  TestSegment segment(4096, 64);
  TestDynamicPool pool(
      {.block_size = 64, .maximum = 3, .growth = 2, .waiters = &bed.waiters},
      segment.segment);
  ASSERT_EQ(pool.error, Error::kOk);
  void* blocks[3];
  for (void*& block : blocks) {
    const auto got = pool->AllocateUntil(kForever, 0);
    ASSERT_EQ(got.error, Error::kOk);
    block = got.block;
  }
  bed.Wait("A", pool.pool, kForever, 0);
  EXPECT_EQ(pool->Free(blocks[1]), Error::kOk);
  EXPECT_EQ(bed.log, (Log{"A:kOk"}));
  EXPECT_EQ(bed.blocks[0], blocks[1]);
  EXPECT_TRUE(pool.SoundAtRest(3));
}

TEST(Waiters, ForLargeBlocksArePassedOverAndNotByStrictOrder) {
  for (const bool strict : {false, true}) {
    Bed bed(strict);
    TestMultiPool pool({{64, 1}, {2048, 1}},
                       {.pools = {.waiters = &bed.waiters}, .most_spills = 0});
    ASSERT_EQ(pool.error, Error::kOk);
    void* const small = pool->Allocate(64);
    void* const large = pool->Allocate(2000);
    bed.Wait("large", pool.pool, kForever, 3, std::size_t{2000});
    bed.Wait("small", pool.pool, kForever, 3, std::size_t{60});
    pool->Free(small);
    EXPECT_EQ(bed.log, strict ? Log{} : (Log{"small:kOk"}));
    if (strict) {
      // Calls that do not wait pass them all.
      void* const passing = pool->Allocate(64);
      EXPECT_NE(passing, nullptr);
      pool->Free(passing, 64);
    }
    pool->Free(large);
    EXPECT_EQ(bed.log, strict ? (Log{"large:kOk", "small:kOk"})
                              : (Log{"small:kOk", "large:kOk"}));
    EXPECT_TRUE(pool.SoundAtRest(2));
  }
}

TEST(Waiters, BehindOneWhoGivesUpAreServedThen) {
  Bed bed(true);
  TestMultiPool pool({{64, 1}, {2048, 1}},
                     {.pools = {.waiters = &bed.waiters}, .most_spills = 0});
  void* const small = pool->Allocate(64);
  ASSERT_NE(pool->Allocate(2000), nullptr);
  bed.Wait("large", pool.pool, bed.waiters.Now() + 5, 0, std::size_t{2000});
  bed.Wait("small", pool.pool, kForever, 3, std::size_t{60});
  pool->Free(small);
  EXPECT_EQ(bed.log, Log{});
  bed.baton.Advance(5);
  EXPECT_EQ(bed.log, (Log{"large:kTimedOut", "small:kOk"}));
}

TEST(Waiters, OfSmallBlocksGetLargeOnesTooAndExtensions) {
  Bed bed;
  TestMultiPool pool({{16, 1}, {64, 1}}, {.pools = {.waiters = &bed.waiters}});
  void* const small = pool->Allocate(16);
  void* const large = pool->Allocate(64);
  for (const char* const name : {"A", "B", "C", "D"}) {
    bed.Wait(name, pool.pool, kForever, 1, std::size_t{10});
  }
  EXPECT_EQ(pool->Free(large, 64), Error::kOk);
  EXPECT_EQ(bed.log, (Log{"A:kOk"}));
  EXPECT_EQ(pool.Extend({32, 2}), Error::kOk);
  EXPECT_EQ(bed.log, (Log{"A:kOk", "B:kOk", "C:kOk"}));
  EXPECT_EQ(pool->SizeOf(bed.blocks[0]), 64u);
  EXPECT_EQ(pool->SizeOf(bed.blocks[1]), 32u);
  EXPECT_EQ(pool->SizeOf(bed.blocks[2]), 32u);
  // What takes its place counts, not what was freed.
  EXPECT_EQ(pool->Reallocate(small, 16), small);
  EXPECT_EQ(pool->Free(small), Error::kOk);
  EXPECT_EQ(pool->SizeOf(bed.blocks[3]), 16u);
  for (void* const block : bed.blocks) EXPECT_EQ(pool->Free(block), Error::kOk);
  EXPECT_TRUE(pool.SoundAtRest(0));
}

TEST(Waiters, OfAClassGetItsBlocksAndThoseThatItMayBorrow) {
  for (const Caching caching : {Caching::kNone, Caching::kCas, Caching::kRseq}) {
    if (!testing::Works(caching)) continue;
    Bed bed;
    TestPriorityPool pool(
        {{.block_size = 32, .block_count = 1, .borrows = kBorrowLower},
         {.block_size = 64, .block_count = 2, .reserve = 1}},
        {.caching = caching, .waiters = &bed.waiters});
    ASSERT_EQ(pool.error, Error::kOk);
    void* const own = pool->Allocate(0);
    void* const borrowed = pool->Allocate(0);
    void* const theirs = pool->Allocate(1);
    bed.Wait("A", pool.pool, kForever, 1, std::size_t{0});
    bed.Wait("B", pool.pool, kForever, 1, std::size_t{0});
    bed.Wait("C", pool.pool, kForever, 1, std::size_t{0}, std::size_t{50});
    bed.Wait("D", pool.pool, kForever, 2, std::size_t{1});
    // All that may be lent is lent: it is class 1's alone.
    EXPECT_EQ(pool->Free(theirs), Error::kOk);
    EXPECT_EQ(bed.log, (Log{"D:kOk"}));
    EXPECT_EQ(pool->Free(own), Error::kOk);
    EXPECT_EQ(bed.log, (Log{"D:kOk", "A:kOk"}));
    // The end of a loan makes room for another.
    EXPECT_EQ(pool->Free(borrowed), Error::kOk);
    EXPECT_EQ(bed.log, (Log{"D:kOk", "A:kOk", "B:kOk"}));
    EXPECT_EQ(pool.Lent(1), 1u);
    EXPECT_EQ(pool->Free(bed.blocks[1]), Error::kOk);
    EXPECT_EQ(pool.Lent(1), 1u);
    EXPECT_EQ(pool->Free(bed.blocks[2]), Error::kOk);
    EXPECT_EQ(bed.log, (Log{"D:kOk", "A:kOk", "B:kOk", "C:kOk"}));
    EXPECT_EQ(pool->Deinit(), Error::kBlocksInUse);
    EXPECT_TRUE(pool.SoundAtRest(2));
    EXPECT_EQ(pool->Free(bed.blocks[0]), Error::kOk);
    EXPECT_EQ(pool->Free(bed.blocks[3]), Error::kOk);
    EXPECT_TRUE(pool.SoundAtRest(0));
    EXPECT_EQ(pool->Deinit(), Error::kOk);
  }
}

TEST(Waiters, OfACoresOwnClassGetThatCoresBlocks) {
  Bed bed;
  TestPriorityPool pool(
      {{.block_size = 32, .block_count = 1, .reserve = 1, .per_core = true}},
      {.cores = 1, .waiters = &bed.waiters});
  ASSERT_EQ(pool.error, Error::kOk);
  void* const block = pool->Allocate(0);
  bed.Wait("A", pool.pool, kForever, 1, std::size_t{0});
  EXPECT_EQ(pool->Free(block), Error::kOk);
  EXPECT_EQ(bed.log, (Log{"A:kOk"}));
}

TEST(Waiters, AreNotServedByRefusedFrees) {
  Bed bed;
  TestPool pool({.block_size = 32, .block_count = 1, .waiters = &bed.waiters});
  void* const block = pool->Allocate();
  bed.Wait("A", pool.pool, kForever, 1);
  std::byte foreign[64];
  EXPECT_EQ(pool->Free(foreign), Error::kForeignPointer);
  EXPECT_EQ(bed.log, Log{});
  EXPECT_EQ(pool->Free(block), Error::kOk);
  EXPECT_EQ(bed.log, (Log{"A:kOk"}));
}

}  // namespace
}  // namespace corepool
