// Proves that a pool can be cleared and given up while blocks are allocated, that each
// of them is reported, and by whom it was allocated.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "corepool/error.h"
#include "corepool/fixed_pool.h"
#include "corepool/hooks.h"
#include "corepool/misuse.h"
#include "corepool/options.h"
#include "corepool/static_pool.h"
#include "corepool/stats.h"
#include "gtest/gtest.h"
#include "tests/support/cachings.h"
#include "tests/support/event_log.h"
#include "tests/support/gang.h"
#include "tests/support/leaky_pool.h"
#include "tests/support/test_pool.h"

namespace corepool {
namespace {

using testing::EventLog;
using LeakyPool = testing::LeakyPool<FixedPool>;
using testing::NameOf;
using testing::TestPool;
using testing::Works;

// What is free after Init, and nothing else, is free.
void ExpectFresh(FixedPool& pool) {
  const PoolStats stats = pool.Stats();
  testing::ExpectNothingCounted(stats);
  const AuditReport audit = pool.Audit(AuditMode::kAtRest);
  EXPECT_EQ(audit.error, Error::kOk);
  EXPECT_EQ(audit.free, stats.capacity);
  std::set<void*> blocks;
  while (void* const block = pool.Allocate()) {
    EXPECT_TRUE(blocks.insert(block).second);
  }
  EXPECT_EQ(blocks.size(), stats.capacity);
  for (void* const block : blocks) EXPECT_EQ(pool.Free(block), Error::kOk);
}

class Clear : public ::testing::TestWithParam<std::tuple<Caching, Checking, State>> {
 protected:
  void SetUp() override {
    if (!Works(std::get<0>(GetParam()))) GTEST_SKIP() << "not here";
  }
  PoolOptions Options() const {
    return {.block_size = 40,
            .block_count = 300,
            .checking = std::get<1>(GetParam()),
            .caching = std::get<0>(GetParam()),
            .state = std::get<2>(GetParam())};
  }

  // Traffic of several threads, after which the result is allocated.
  static std::set<const void*> Leak(FixedPool& pool, unsigned seed) {
    std::array<std::vector<void*>, 4> held;
    testing::RunGang(4, [&](int thread) {
      std::mt19937 random(seed + static_cast<unsigned>(thread));
      auto& mine = held[static_cast<std::size_t>(thread)];
      for (int i = 0; i < 500; ++i) {
        if (mine.size() < 60 && random() % 2 == 0) {
          void* const block = pool.Allocate();
          std::memset(block, static_cast<int>(i), 40);
          mine.push_back(block);
        } else if (!mine.empty()) {
          pool.Free(mine.back());
          mine.pop_back();
        }
      }
    });
    std::set<const void*> leaked;
    for (const auto& mine : held) leaked.insert(mine.begin(), mine.end());
    return leaked;
  }
};

TEST_P(Clear, IsRefusedWhileBlocksAreAllocatedAndChangesNothing) {
  LeakyPool pool(Options());
  const std::set<const void*> leaked = Leak(pool.pool, 1);
  ASSERT_FALSE(leaked.empty());
  const PoolStats before = pool.pool.Stats();
  EXPECT_EQ(pool.pool.Clear(), Error::kBlocksInUse);
  EXPECT_EQ(pool.pool.Deinit(), Error::kBlocksInUse);
  const PoolStats after = pool.pool.Stats();
  EXPECT_EQ(after.used, leaked.size());
  EXPECT_EQ(after.allocations, before.allocations);
  EXPECT_EQ(after.peak, before.peak);
  EXPECT_EQ(pool.pool.Audit(AuditMode::kAtRest).error, Error::kOk);
  for (const void* const block : leaked) {
    EXPECT_EQ(pool.pool.Free(const_cast<void*>(block)), Error::kOk);
  }
  EXPECT_EQ(pool.pool.Clear(), Error::kOk);
  EXPECT_TRUE(pool.leaks.empty());
  ExpectFresh(pool.pool);
}

TEST_P(Clear, ReportsEachBlockThatIsAllocatedAndMakesAllFree) {
  LeakyPool pool(Options());
  for (unsigned seed = 1; seed <= 20; ++seed) {
    const std::set<const void*> leaked = Leak(pool.pool, seed);
    if (seed % 3 == 0) pool.pool.FlushCaches();
    pool.leaks.clear();
    ASSERT_EQ(pool.pool.Clear(Leaks::kReport), Error::kOk);
    ASSERT_EQ(pool.Leaked(), leaked);
    ExpectFresh(pool.pool);
  }
  EXPECT_TRUE(pool.memory.Intact());
}

TEST_P(Clear, MayIgnoreWhatIsAllocated) {
  LeakyPool pool(Options());
  for (unsigned seed = 1; seed <= 5; ++seed) {
    Leak(pool.pool, seed);
    ASSERT_EQ(pool.pool.Clear(Leaks::kIgnore), Error::kOk);
    ExpectFresh(pool.pool);
  }
  // Threads go on as in a new pool.
  const std::set<const void*> leaked = Leak(pool.pool, 77);
  EXPECT_EQ(pool.pool.Stats().used, leaked.size());
  EXPECT_EQ(pool.pool.Audit(AuditMode::kAtRest).error, Error::kOk);
  EXPECT_TRUE(pool.leaks.empty());
}

TEST_P(Clear, OfAnExhaustedPoolReportsAll) {
  LeakyPool pool(Options());
  std::vector<void*> blocks(300);
  ASSERT_EQ(pool.pool.AllocateBulk(blocks), Error::kOk);
  ASSERT_EQ(pool.pool.Clear(Leaks::kReport), Error::kOk);
  EXPECT_EQ(pool.leaks.size(), 300u);
  ExpectFresh(pool.pool);
  EXPECT_EQ(pool.pool.Deinit(), Error::kOk);
}

TEST_P(Clear, DeinitReportsOrIgnoresToo) {
  for (const Leaks policy : {Leaks::kReport, Leaks::kIgnore}) {
    LeakyPool pool(Options());
    const std::set<const void*> leaked = Leak(pool.pool, 5);
    EXPECT_EQ(pool.pool.Deinit(policy), Error::kOk);
    EXPECT_FALSE(pool.pool.is_initialized());
    EXPECT_EQ(pool.leaks.size(), policy == Leaks::kReport ? leaked.size() : 0u);
    EXPECT_EQ(pool.pool.Allocate(), nullptr);
    EXPECT_EQ(pool.pool.Deinit(policy), Error::kNotInitialized);
    EXPECT_EQ(pool.pool.Clear(policy), Error::kNotInitialized);
    EXPECT_EQ(pool.pool.Init(Options(), pool.memory.span()), Error::kOk);
    ExpectFresh(pool.pool);
  }
}

TEST_P(Clear, OfAPoolWithoutBlocksDoesNothing) {
  PoolOptions options = Options();
  options.block_count = 0;
  LeakyPool pool(options);
  for (const Leaks policy :
       {Leaks::kRefuse, Leaks::kReport, Leaks::kAbort, Leaks::kIgnore}) {
    EXPECT_EQ(pool.pool.Clear(policy), Error::kOk);
  }
  EXPECT_EQ(pool.pool.Allocate(), nullptr);
  EXPECT_EQ(pool.pool.Deinit(Leaks::kAbort), Error::kOk);
  EXPECT_TRUE(pool.leaks.empty());
}

INSTANTIATE_TEST_SUITE_P(
    All, Clear,
    ::testing::Combine(::testing::Values(Caching::kRseq, Caching::kCas, Caching::kNone),
                       ::testing::Values(Checking::kOff, Checking::kBasic,
                                         Checking::kStrict, Checking::kFull),
                       ::testing::Values(State::kCookie, State::kSide)));

TEST(ClearWithAlarms, TellsThatTheyAreNormal) {
  for (const Caching caching : {Caching::kRseq, Caching::kCas, Caching::kNone}) {
    if (!Works(caching)) continue;
    EventLog log;
    const PoolHooks hooks = log.Hooks();
    TestPool pool(
        {.block_size = 16, .block_count = 200, .caching = caching, .hooks = &hooks});
    for (std::size_t round = 1; round <= 3; ++round) {
      std::vector<void*> blocks(200);
      ASSERT_EQ(pool->AllocateBulk(blocks), Error::kOk);
      ASSERT_EQ(log.CountOf(PoolEventKind::kUsageHigh), round);
      ASSERT_EQ(pool->Clear(Leaks::kIgnore), Error::kOk);
      ASSERT_EQ(log.CountOf(PoolEventKind::kUsageNormal), round);
    }
    EXPECT_TRUE(log.IsHistory(PoolEventKind::kUsageHigh, 180,
                              PoolEventKind::kUsageNormal, 160));
  }
}

TEST(ClearWithWithheldBlocks, MakesThemFree) {
  if (!Works(Caching::kRseq)) GTEST_SKIP() << "nothing is withheld";
  TestPool pool({.block_size = 16, .block_count = 8, .caching = Caching::kRseq});
  auto* const block = static_cast<std::uint64_t*>(pool->Allocate());
  ASSERT_EQ(pool->Free(block), Error::kOk);
  *block = 1;
  ASSERT_EQ(pool->TryAllocate().error, Error::kWriteAfterFree);
  ASSERT_EQ(pool->Stats().withheld, 1u);
  EXPECT_EQ(pool->Clear(Leaks::kAbort), Error::kOk) << "not known to be leaked";
  ExpectFresh(pool.pool);
}

template <class Pool>
void ClearStatic(Pool& pool) {
  std::vector<std::uint64_t*> held;
  const auto fill = [&] {
    held.clear();
    while (std::uint64_t* const block = pool.Allocate()) {
      *block = 7;
      held.push_back(block);
    }
    return held.size();
  };
  EXPECT_EQ(pool.Clear(), Error::kOk) << "never used";
  EXPECT_EQ(fill(), Pool::capacity());
  EXPECT_EQ(pool.Clear(), Pool::capacity() == 0 ? Error::kOk : Error::kBlocksInUse);
  for (std::size_t i = 0; i < held.size() / 2; ++i) {
    EXPECT_EQ(i % 2 == 0 ? pool.Free(held[i]) : pool.FreeDirectly(held[i]), Error::kOk);
  }
  static std::set<const void*> leaked;
  leaked.clear();
  SetMisuseHandler([](const MisuseReport& report) {
    EXPECT_EQ(report.kind, Error::kLeak);
    EXPECT_TRUE(leaked.insert(report.block).second);
  });
  EXPECT_EQ(pool.Clear(Leaks::kReport), Error::kOk);
  SetMisuseHandler(nullptr);
  EXPECT_EQ(leaked, (std::set<const void*>(
                        held.begin() + static_cast<std::ptrdiff_t>(held.size() / 2),
                        held.end())));
  EXPECT_EQ(pool.Stats().used, 0u);
  EXPECT_EQ(pool.Stats().allocations, 0u);
  EXPECT_EQ(pool.Audit(AuditMode::kAtRest).error, Error::kOk);
  EXPECT_EQ(fill(), Pool::capacity());
  EXPECT_EQ(pool.Clear(Leaks::kIgnore), Error::kOk);
  EXPECT_EQ(pool.Audit(AuditMode::kAtRest).error, Error::kOk);
}

TEST(StaticPoolClear, WorksWithEveryCachingAndChecking) {
  static constinit StaticPool<std::uint64_t, 500> automatic;
  static constinit StaticPool<std::uint64_t, 500, Checking::kOff> off;
  static constinit StaticPool<std::uint64_t, 500, Checking::kStrict> strict;
  static constinit StaticPool<std::uint64_t, 500, Checking::kBasic, Caching::kCas> cas;
  static constinit StaticPool<std::uint64_t, 500, Checking::kBasic, Caching::kNone>
      none;
  static constinit StaticPool<std::uint64_t, 0> empty;
  ClearStatic(automatic);
  ClearStatic(off);
  ClearStatic(strict);
  ClearStatic(cas);
  ClearStatic(none);
  ClearStatic(empty);
}

[[gnu::noinline]] void* AllocateHere(FixedPool& pool) {
  void* const block = pool.Allocate();
  EXPECT_NE(block, nullptr);
  return block;
}
[[gnu::noinline]] void* AllocateThere(FixedPool& pool) {
  void* const block = pool.Allocate();
  EXPECT_NE(block, nullptr) << "there";
  return block;
}

class Owners : public ::testing::TestWithParam<Caching> {
 protected:
  void SetUp() override {
    if (!Works(GetParam())) GTEST_SKIP() << "not here";
  }
  PoolOptions Options(Checking checking) const {
    return {.block_size = 24,
            .block_count = 50,
            .alignment = 8,
            .checking = checking,
            .caching = GetParam(),
            .name = "owned"};
  }
};

TEST_P(Owners, AreTheCodeThatAllocatedUnlessTold) {
  TestPool pool(Options(Checking::kFull));
  void* const here = AllocateHere(pool.pool);
  void* const there = AllocateThere(pool.pool);
  const OwnerTag code = pool->OwnerOf(here);
  EXPECT_NE(code, 0u);
  EXPECT_NE(pool->OwnerOf(there), 0u);
  EXPECT_NE(pool->OwnerOf(there), code) << "not the library's";
  EXPECT_EQ(pool->SetOwner(here, 42), Error::kOk);
  EXPECT_EQ(pool->OwnerOf(here), 42u);
  EXPECT_EQ(pool->OwnerOf(pool->BlockAt(49)), 0u) << "nobody's ever";
  EXPECT_EQ(pool->OwnerOf(&pool), 0u);
  EXPECT_EQ(pool->SetOwner(&pool, 1), Error::kForeignPointer);
  EXPECT_EQ(pool->Free(there), Error::kOk);
  EXPECT_EQ(pool->Free(here), Error::kOk);
  EXPECT_EQ(pool->Free(here), Error::kDoubleFree);
  EXPECT_EQ(pool.misuse.last_owner, 42u) << "who had it last";
  EXPECT_EQ(pool->OwnerOf(AllocateHere(pool.pool)), code);
}

TEST_P(Owners, OfBlocksFromBulksAreKnown) {
  TestPool pool(Options(Checking::kFull));
  std::array<void*, 20> some{};
  ASSERT_EQ(pool->AllocateBulk(some), Error::kOk);
  std::array<void*, 40> rest{};
  ASSERT_EQ(pool->AllocateUpTo(rest), 30u);
  for (void* const block : some) EXPECT_NE(pool->OwnerOf(block), 0u);
  for (std::size_t i = 0; i < 30; ++i) EXPECT_NE(pool->OwnerOf(rest[i]), 0u);
}

TEST_P(Owners, AreInReportsOfLeaksAndForgottenByClear) {
  LeakyPool pool(Options(Checking::kFull));
  void* const block = pool.pool.Allocate();
  EXPECT_EQ(pool.pool.SetOwner(block, 1234), Error::kOk);
  EXPECT_EQ(pool.pool.Clear(Leaks::kReport), Error::kOk);
  EXPECT_EQ(pool.leaks.size(), 1u);
  EXPECT_EQ(pool.pool.OwnerOf(block), 0u);
}

TEST_P(Owners, AreNotKeptWithoutAllChecks) {
  for (const Checking checking :
       {Checking::kOff, Checking::kBasic, Checking::kStrict}) {
    TestPool pool(Options(checking));
    void* const block = pool->Allocate();
    EXPECT_EQ(pool->OwnerOf(block), 0u);
    EXPECT_EQ(pool->SetOwner(block, 1), Error::kUnsupported);
  }
}

INSTANTIATE_TEST_SUITE_P(All, Owners,
                         ::testing::Values(Caching::kRseq, Caching::kCas,
                                           Caching::kNone),
                         [](const ::testing::TestParamInfo<Caching>& caching) {
                           return std::string(NameOf(caching.param));
                         });

TEST(LeaksDeathTest, AreAllShownAndThenTheProgramHalts) {
  alignas(16) static std::byte memory[4096];
  static FixedPool pool;
  ASSERT_EQ(pool.Init({.block_size = 16,
                       .block_count = 4,
                       .checking = Checking::kFull,
                       .caching = Caching::kNone,
                       .name = "rx"},
                      memory),
            Error::kOk);
  void* const first = pool.Allocate();
  void* const second = pool.Allocate();
  ASSERT_EQ(pool.SetOwner(first, 0xabc), Error::kOk);
  ASSERT_EQ(pool.SetOwner(second, 0xdef), Error::kOk);
  const char* const shown =
      "corepool: kLeak: 0x[0-9a-f]+, block 0, in pool 'rx'.*, owner 0xabc\n"
      "corepool: kLeak: 0x[0-9a-f]+, block 1, in pool 'rx'.*, owner 0xdef\n"
      "corepool: a pool came to an end with blocks in use";
  EXPECT_DEATH((void)pool.Deinit(Leaks::kAbort), shown);
  EXPECT_DEATH((void)pool.Clear(Leaks::kAbort), shown);
  EXPECT_EQ(pool.Free(first), Error::kOk);
  EXPECT_EQ(pool.Free(second), Error::kOk);
  EXPECT_EQ(pool.Deinit(Leaks::kAbort), Error::kOk) << "nothing is leaked";
}

TEST(Leaks, AreShownByTheDefaultHandlerWhichReturns) {
  alignas(16) std::byte memory[1024];
  FixedPool pool;
  ASSERT_EQ(pool.Init({.block_size = 16, .block_count = 4, .caching = Caching::kNone},
                      memory),
            Error::kOk);
  EXPECT_NE(pool.Allocate(), nullptr);
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(pool.Deinit(Leaks::kReport), Error::kOk);
  EXPECT_NE(::testing::internal::GetCapturedStderr().find("corepool: kLeak"),
            std::string::npos);
}

}  // namespace
}  // namespace corepool
