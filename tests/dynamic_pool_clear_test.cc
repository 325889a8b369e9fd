// Proves that pools that grow can be cleared and given up at any stage of their growth,
// that leaks are told exactly, and that hooks and owners know grown blocks too.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <random>
#include <set>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "corepool/dynamic_pool.h"
#include "corepool/error.h"
#include "corepool/hooks.h"
#include "corepool/options.h"
#include "corepool/stats.h"
#include "gtest/gtest.h"
#include "tests/support/cachings.h"
#include "tests/support/event_log.h"
#include "tests/support/gang.h"
#include "tests/support/leaky_pool.h"
#include "tests/support/test_dynamic_pool.h"

namespace corepool {
namespace {

using testing::EventLog;
using LeakyPool = testing::LeakyPool<DynamicPool>;
using testing::NameOf;
using testing::TestDynamicPool;
using testing::TestSegment;
using testing::Works;

std::set<const void*> BlocksOf(const DynamicPool& pool) {
  std::set<const void*> blocks;
  // BlockAt knows no more indices than fit in the segment.
  for (std::size_t i = 0; i < 4096; ++i) {
    if (void* const block = pool.BlockAt(i)) blocks.insert(block);
  }
  return blocks;
}

// `had` is free, nothing is allocated, and nothing has happened yet.
void ExpectFresh(DynamicPool& pool, const std::set<const void*>& had) {
  const PoolStats stats = pool.Stats();
  EXPECT_TRUE(stats.exact);
  EXPECT_EQ(stats.capacity, had.size());
  EXPECT_EQ(stats.free, had.size());
  testing::ExpectNothingCounted(stats);
  EXPECT_EQ(BlocksOf(pool), had);
  const AuditReport audit = pool.Audit(AuditMode::kAtRest);
  EXPECT_EQ(audit.error, Error::kOk);
  EXPECT_EQ(audit.free, had.size());
  EXPECT_EQ(audit.used, 0u);
}

// Exactly the blocks there are can be allocated before the pool grows, and as many as
// it may grow by besides; then all are freed.
void ExpectWhole(DynamicPool& pool, const std::set<const void*>& had) {
  const std::size_t growable = pool.Growable();
  std::set<const void*> got;
  std::vector<void*> held;
  while (void* const block = pool.Allocate()) {
    std::memset(block, 0xa5, pool.Stats().block_size);
    EXPECT_TRUE(got.insert(block).second);
    held.push_back(block);
    if (held.size() == had.size()) {
      EXPECT_EQ(got, had) << "before it grows";
    }
  }
  EXPECT_EQ(held.size(), had.size() + growable);
  EXPECT_EQ(pool.Growable(), 0u);
  const PoolStats stats = pool.Stats();
  EXPECT_EQ(stats.used, held.size());
  EXPECT_EQ(stats.allocations, held.size());
  EXPECT_EQ(stats.frees, 0u);
  EXPECT_GE(stats.peak, held.size());
  for (void* const block : held) EXPECT_EQ(pool.Free(block), Error::kOk);
  EXPECT_EQ(pool.Stats().frees, held.size());
  EXPECT_EQ(pool.Audit(AuditMode::kAtRest).error, Error::kOk);
}

class DynamicPoolClear
    : public ::testing::TestWithParam<std::tuple<Caching, Checking, std::size_t>> {
 protected:
  static constexpr std::size_t kSize = 32;

  void SetUp() override {
    if (!Works(std::get<0>(GetParam()))) GTEST_SKIP() << "not here";
  }
  DynamicPoolOptions Options(std::size_t initial, std::size_t maximum) const {
    return {.block_size = kSize,
            .alignment = 16,
            .initial = initial,
            .maximum = maximum,
            .growth = std::get<2>(GetParam()),
            .checking = std::get<1>(GetParam()),
            .caching = std::get<0>(GetParam()),
            .cores = 2};
  }
  std::size_t Stride() const {
    return std::get<1>(GetParam()) == Checking::kFull ? kSize + 16 : kSize;
  }

  // Traffic of several threads, after which the result is allocated.
  static std::set<const void*> Leak(DynamicPool& pool, unsigned seed,
                                    std::size_t most) {
    std::array<std::vector<void*>, 4> held;
    testing::RunGang(4, [&](int thread) {
      std::mt19937 random(seed * 4 + static_cast<unsigned>(thread));
      auto& mine = held[static_cast<std::size_t>(thread)];
      for (int i = 0; i < 300; ++i) {
        if (mine.size() < most / 4 && random() % 3 != 0) {
          if (void* const block = pool.Allocate()) {
            std::memset(block, static_cast<int>(i), kSize);
            mine.push_back(block);
          }
        } else if (!mine.empty()) {
          EXPECT_EQ(pool.Free(mine.back()), Error::kOk);
          mine.pop_back();
        }
      }
    });
    std::set<const void*> leaked;
    for (const auto& mine : held) leaked.insert(mine.begin(), mine.end());
    return leaked;
  }
};

TEST_P(DynamicPoolClear, IsRefusedWhileBlocksAreAllocatedAndChangesNothing) {
  TestSegment segment(100 * Stride(), 64);
  LeakyPool pool(Options(10, 60), segment.segment);
  ASSERT_EQ(pool.error, Error::kOk);
  const std::set<const void*> leaked = Leak(pool.pool, 1, 40);
  ASSERT_FALSE(leaked.empty());
  const PoolStats before = pool.pool.Stats();
  EXPECT_EQ(pool.pool.Clear(), Error::kBlocksInUse);
  EXPECT_EQ(pool.pool.Deinit(), Error::kBlocksInUse);
  const PoolStats after = pool.pool.Stats();
  EXPECT_EQ(after.used, leaked.size());
  EXPECT_EQ(after.capacity, before.capacity);
  EXPECT_EQ(after.allocations, before.allocations);
  EXPECT_EQ(pool.pool.Audit(AuditMode::kAtRest).error, Error::kOk);
  for (const void* const block : leaked) {
    EXPECT_EQ(pool.pool.Free(const_cast<void*>(block)), Error::kOk);
  }
  const auto had = BlocksOf(pool.pool);
  EXPECT_EQ(pool.pool.Clear(), Error::kOk);
  EXPECT_TRUE(pool.leaks.empty());
  ExpectFresh(pool.pool, had);
  ExpectWhole(pool.pool, had);
}

TEST_P(DynamicPoolClear, BeforeAnyGrowthMakesItAsNew) {
  TestSegment segment(100 * Stride(), 64);
  LeakyPool pool(Options(30, 60), segment.segment);
  const auto had = BlocksOf(pool.pool);
  ASSERT_EQ(had.size(), 30u);
  for (int round = 0; round < 3; ++round) {
    std::array<void*, 20> some{};
    ASSERT_EQ(pool.pool.AllocateBulk(some), Error::kOk);
    for (std::size_t i = 0; i < 7; ++i) {
      ASSERT_EQ(pool.pool.Free(some[i]), Error::kOk);
    }
    pool.leaks.clear();
    ASSERT_EQ(pool.pool.Clear(Leaks::kReport), Error::kOk);
    EXPECT_EQ(pool.Leaked(), (std::set<const void*>(some.begin() + 7, some.end())));
    ExpectFresh(pool.pool, had);
    EXPECT_EQ(segment.segment.used(), 30 * Stride());
  }
  ExpectWhole(pool.pool, had);
  EXPECT_EQ(segment.segment.used(), 60 * Stride());
}

TEST_P(DynamicPoolClear, KeepsWhatHasGrownAndLetsTheRestGrow) {
  TestSegment segment(100 * Stride(), 64);
  LeakyPool pool(Options(5, 60), segment.segment);
  for (unsigned seed = 1; seed <= 10; ++seed) {
    // More is grown in each round.
    const std::set<const void*> leaked = Leak(pool.pool, seed, std::size_t{6} * seed);
    const std::set<const void*> had = BlocksOf(pool.pool);
    EXPECT_EQ(segment.segment.used(), had.size() * Stride());
    if (seed % 3 == 0) pool.pool.FlushCaches();
    pool.leaks.clear();
    ASSERT_EQ(pool.pool.Clear(Leaks::kReport), Error::kOk);
    ASSERT_EQ(pool.Leaked(), leaked);
    ExpectFresh(pool.pool, had);
    ASSERT_EQ(segment.segment.used(), had.size() * Stride());
  }
  ExpectWhole(pool.pool, BlocksOf(pool.pool));
  EXPECT_EQ(BlocksOf(pool.pool).size(), 60u);
  EXPECT_TRUE(pool.memory.Intact());
  EXPECT_TRUE(segment.memory.Intact());
}

// What somebody else has taken of the segment was planned for, so some indices never
// get a block.
TEST_P(DynamicPoolClear, GivesNoBlockToIndicesThatNeverGotMemory) {
  for (std::size_t left = 0; left <= 9; ++left) {
    TestSegment segment(64 * Stride(), 64);
    LeakyPool pool(Options(4, kUnlimited), segment.segment);
    std::array<void*, 10> some{};
    ASSERT_EQ(pool.pool.AllocateBulk(some), Error::kOk);
    const std::size_t remaining = segment.segment.Remaining(16);
    ASSERT_NE(segment.segment.Allocate(remaining - left * Stride(), 16), nullptr);
    for (int round = 0; round < 3; ++round) {
      const std::set<const void*> leaked =
          Leak(pool.pool, static_cast<unsigned>(round + 1), 60);
      const std::set<const void*> had = BlocksOf(pool.pool);
      std::set<const void*> all = leaked;
      if (round == 0) all.insert(some.begin(), some.end());
      pool.leaks.clear();
      ASSERT_EQ(pool.pool.Clear(Leaks::kReport), Error::kOk);
      ASSERT_EQ(pool.Leaked(), all);
      ExpectFresh(pool.pool, had);
      ExpectWhole(pool.pool, had);
      ASSERT_EQ(segment.segment.Remaining(16), 0u);
      EXPECT_EQ(pool.pool.TryAllocate().error, Error::kOk);
      // Cleared again at once, with one leak.
      const std::set<const void*> grown = BlocksOf(pool.pool);
      ASSERT_EQ(pool.pool.Clear(Leaks::kIgnore), Error::kOk);
      ExpectFresh(pool.pool, grown);
    }
    std::vector<void*> held;
    Error error = Error::kOk;
    for (;;) {
      const auto got = pool.pool.TryAllocate();
      error = got.error;
      if (error != Error::kOk) break;
      held.push_back(got.block);
    }
    EXPECT_EQ(error, Error::kSegmentExhausted);
    EXPECT_EQ(pool.pool.Stats().failures, 1u);
    EXPECT_EQ(std::set<const void*>(held.begin(), held.end()), BlocksOf(pool.pool));
    ASSERT_EQ(pool.pool.Clear(Leaks::kIgnore), Error::kOk);
    EXPECT_EQ(pool.pool.Deinit(), Error::kOk);
  }
}

TEST_P(DynamicPoolClear, OfAnExhaustedPoolReportsAll) {
  TestSegment segment(50 * Stride(), 64);
  LeakyPool pool(Options(0, 50), segment.segment);
  std::vector<void*> blocks(50);
  ASSERT_EQ(pool.pool.AllocateBulk(blocks), Error::kOk);
  ASSERT_EQ(pool.pool.Clear(Leaks::kReport), Error::kOk);
  const std::set<const void*> all(blocks.begin(), blocks.end());
  EXPECT_EQ(pool.Leaked(), all);
  ExpectFresh(pool.pool, all);
  ExpectWhole(pool.pool, all);
}

TEST_P(DynamicPoolClear, OfAPoolThatHasNoBlockYetDoesNothing) {
  TestSegment segment(50 * Stride(), 64);
  LeakyPool pool(Options(0, 50), segment.segment);
  for (const Leaks policy :
       {Leaks::kRefuse, Leaks::kReport, Leaks::kAbort, Leaks::kIgnore}) {
    EXPECT_EQ(pool.pool.Clear(policy), Error::kOk);
    ExpectFresh(pool.pool, {});
  }
  ExpectWhole(pool.pool, {});
  EXPECT_TRUE(pool.leaks.empty());

  LeakyPool none(Options(0, 0), segment.segment);
  EXPECT_EQ(none.pool.Clear(Leaks::kAbort), Error::kOk);
  EXPECT_EQ(none.pool.TryAllocate().error, Error::kExhausted);
  EXPECT_EQ(none.pool.Deinit(Leaks::kAbort), Error::kOk);
}

TEST_P(DynamicPoolClear, DeinitReportsOrIgnoresToo) {
  for (const Leaks policy : {Leaks::kReport, Leaks::kIgnore}) {
    TestSegment segment(200 * Stride(), 64);
    LeakyPool pool(Options(5, 60), segment.segment);
    const std::set<const void*> leaked = Leak(pool.pool, 5, 40);
    EXPECT_EQ(segment.segment.Deinit(), Error::kBlocksInUse);
    EXPECT_EQ(pool.pool.Deinit(policy), Error::kOk);
    EXPECT_FALSE(pool.pool.is_initialized());
    EXPECT_EQ(pool.pool.segment(), nullptr);
    EXPECT_EQ(pool.Leaked(),
              policy == Leaks::kReport ? leaked : std::set<const void*>{});
    EXPECT_EQ(pool.pool.TryAllocate().error, Error::kNotInitialized);
    EXPECT_EQ(pool.pool.Deinit(policy), Error::kNotInitialized);
    EXPECT_EQ(pool.pool.Clear(policy), Error::kNotInitialized);
    // Once more in the rest of the segment, with nothing of before left.
    DynamicPoolOptions again = Options(7, 30);
    ASSERT_LE(RequiredBookkeepingBytes(again, segment.segment),
              pool.memory.span().size());
    ASSERT_EQ(pool.pool.Init(again, segment.segment, pool.memory.span()), Error::kOk);
    const auto had = BlocksOf(pool.pool);
    EXPECT_EQ(had.size(), 7u);
    ExpectFresh(pool.pool, had);
    ExpectWhole(pool.pool, had);
    EXPECT_EQ(pool.pool.Deinit(Leaks::kAbort), Error::kOk);
    EXPECT_EQ(segment.segment.Deinit(), Error::kOk);
  }
}

std::string NameOfParams(
    const ::testing::TestParamInfo<DynamicPoolClear::ParamType>& info) {
  constexpr const char* kCheckings[] = {"Off", "Basic", "Strict", "Full"};
  const auto [caching, checking, growth] = info.param;
  return std::string(NameOf(caching)) + kCheckings[static_cast<std::size_t>(checking)] +
         std::to_string(growth);
}

INSTANTIATE_TEST_SUITE_P(
    All, DynamicPoolClear,
    ::testing::Combine(::testing::Values(Caching::kRseq, Caching::kCas, Caching::kNone),
                       ::testing::Values(Checking::kOff, Checking::kBasic,
                                         Checking::kStrict, Checking::kFull),
                       ::testing::Values(1, 6)),
    NameOfParams);

class DynamicPoolHooks : public ::testing::TestWithParam<Caching> {
 protected:
  void SetUp() override {
    if (!Works(GetParam())) GTEST_SKIP() << "not here";
  }
};

INSTANTIATE_TEST_SUITE_P(All, DynamicPoolHooks,
                         ::testing::Values(Caching::kRseq, Caching::kCas,
                                           Caching::kNone),
                         [](const auto& kind) { return NameOf(kind.param); });

TEST_P(DynamicPoolHooks, AlarmsReckonWithTheBlocksThatThePoolMayHave) {
  EventLog log;
  PoolHooks hooks = log.Hooks();
  TestSegment segment(100 * 32, 64);
  TestDynamicPool pool({.block_size = 32,
                        .initial = 10,
                        .maximum = 50,
                        .caching = GetParam(),
                        .cores = 1,
                        .hooks = &hooks},
                       segment.segment);
  ASSERT_EQ(pool.error, Error::kOk);
  for (std::size_t round = 1; round <= 3; ++round) {
    std::vector<void*> held;
    while (held.size() < 44) {
      held.push_back(pool->Allocate());
      ASSERT_NE(held.back(), nullptr);
    }
    if (GetParam() == Caching::kNone) {
      EXPECT_EQ(log.CountOf(PoolEventKind::kUsageHigh), round - 1) << "88 %";
    }
    held.push_back(pool->Allocate());
    EXPECT_EQ(log.CountOf(PoolEventKind::kUsageHigh), round) << "90 %";
    while (void* const block = pool->Allocate()) held.push_back(block);
    EXPECT_EQ(log.CountOf(PoolEventKind::kExhausted), round);
    EXPECT_EQ(held.size(), 50u);
    if (round == 2) {
      ASSERT_EQ(pool->Clear(Leaks::kIgnore), Error::kOk);
    } else {
      for (void* const block : held) ASSERT_EQ(pool->Free(block), Error::kOk);
      pool->FlushCaches();
      pool->FlushCaches();
    }
    EXPECT_EQ(log.CountOf(PoolEventKind::kUsageNormal), round);
  }
  EXPECT_TRUE(
      log.IsHistory(PoolEventKind::kUsageHigh, 45, PoolEventKind::kUsageNormal, 40));
}

// Indices without memory are nobody's blocks.
TEST_P(DynamicPoolHooks, AlarmsAgreeWithUsedBlocksWhenMemoryRunsOut) {
  EventLog log;
  PoolHooks hooks = log.Hooks();
  TestSegment segment(20 * 32, 64);
  TestDynamicPool pool({.block_size = 32,
                        .growth = 20,
                        .caching = GetParam(),
                        .cores = 1,
                        .hooks = &hooks},
                       segment.segment);
  ASSERT_NE(segment.segment.Allocate(19 * 32), nullptr);
  void* const block = pool->Allocate();
  ASSERT_NE(block, nullptr);
  EXPECT_EQ(pool->Stats().capacity, 1u);
  EXPECT_EQ(pool->Free(block), Error::kOk);
  pool->FlushCaches();
  EXPECT_EQ(pool->Stats().used, 0u);
  EXPECT_EQ(log.CountOf(PoolEventKind::kUsageHigh),
            log.CountOf(PoolEventKind::kUsageNormal));
  EXPECT_EQ(pool->Clear(), Error::kOk);
  EXPECT_EQ(log.CountOf(PoolEventKind::kUsageHigh),
            log.CountOf(PoolEventKind::kUsageNormal));
}

TEST_P(DynamicPoolHooks, AlarmsAgreeAtRestWhenThreadsHaveRunOutOfMemory) {
  constexpr int kThreads = 4;
  constexpr std::size_t kBlocks = 40;
  std::size_t burned = 0;
  for (std::size_t round = 0; round < 100; ++round) {
    EventLog log;
    PoolHooks hooks = log.Hooks();
    hooks.usage_percent = 50;
    hooks.rearm_percent = 25;
    TestSegment segment(kBlocks * 32, 64);
    TestDynamicPool pool({.block_size = 32,
                          .growth = 1 + round % 9,
                          .caching = GetParam(),
                          .cores = 1,
                          .hooks = &hooks},
                         segment.segment);
    const auto is_raised = [&] {
      return log.CountOf(PoolEventKind::kUsageHigh) !=
             log.CountOf(PoolEventKind::kUsageNormal);
    };
    std::array<std::vector<void*>, kThreads> held;
    testing::RunGang(kThreads, [&](int thread) {
      auto& mine = held[static_cast<std::size_t>(thread)];
      for (int i = 0; i < 12; ++i) {
        if (thread == 0 && round % 2 == 0) {
          (void)segment.segment.Allocate(32);
        } else if (void* const block = pool->Allocate()) {
          mine.push_back(block);
          if (i % 4 == 3) {
            EXPECT_EQ(pool->Free(block), Error::kOk);
            mine.pop_back();
          }
        }
      }
    });
    const std::size_t used = pool->Stats().used;
    burned += kBlocks - pool->Stats().capacity;
    if (used >= kBlocks / 2) {
      EXPECT_TRUE(is_raised()) << used;
    }
    testing::RunGang(kThreads, [&](int thread) {
      for (void* const block : held[static_cast<std::size_t>(thread)]) {
        EXPECT_EQ(pool->Free(block), Error::kOk);
      }
    });
    pool->FlushCaches();
    pool->FlushCaches();
    EXPECT_FALSE(is_raised()) << "round " << round;
    if (GetParam() == Caching::kNone) {
      EXPECT_TRUE(log.IsHistory(PoolEventKind::kUsageHigh, kBlocks / 2,
                                PoolEventKind::kUsageNormal, kBlocks / 4));
    }
    EXPECT_TRUE(pool.SoundAtRest(0));
  }
  EXPECT_GT(burned, 0u);
}

TEST_P(DynamicPoolHooks, AreAskedAboutGrownBlocks) {
  struct Keeper {
    std::vector<void*> kept;
    bool keeps = true;
  } keeper;
  const PoolHooks hooks{.on_free =
                            [](const FreeRequest& request) {
                              auto& self = *static_cast<Keeper*>(request.context);
                              const auto* const pool =
                                  static_cast<const DynamicPool*>(request.pool);
                              EXPECT_EQ(pool->BlockAt(request.index), request.block);
                              if (!self.keeps) return FreeDecision::kFree;
                              self.kept.push_back(request.block);
                              return FreeDecision::kTaken;
                            },
                        .context = &keeper};
  TestSegment segment(100 * 32, 64);
  TestDynamicPool pool({.block_size = 32,
                        .initial = 2,
                        .maximum = 20,
                        .caching = GetParam(),
                        .cores = 1,
                        .hooks = &hooks},
                       segment.segment);
  ASSERT_EQ(pool.error, Error::kOk);
  std::array<void*, 10> some{};
  ASSERT_EQ(pool->AllocateBulk(some), Error::kOk);
  EXPECT_EQ(pool->Free(some[0]), Error::kOk);
  EXPECT_EQ(pool->Free(some[9]), Error::kOk);
  EXPECT_EQ(pool->FreeBulk(std::span(some).subspan(1, 3)), Error::kOk);
  EXPECT_EQ(keeper.kept,
            (std::vector<void*>{some[0], some[9], some[1], some[2], some[3]}));
  EXPECT_EQ(pool->Stats().used, 10u);
  for (void* const block : keeper.kept) {
    EXPECT_EQ(pool->FreeDirectly(block), Error::kOk);
  }
  EXPECT_EQ(pool->Free(some[9]), Error::kDoubleFree) << "and nobody is asked";
  EXPECT_EQ(keeper.kept.size(), 5u);
  EXPECT_EQ(pool->Stats().used, 5u);
  keeper.keeps = false;
  EXPECT_EQ(pool->FreeBulk(std::span(some).subspan(4, 5)), Error::kOk);
  EXPECT_TRUE(pool.SoundAtRest(0));
}

TEST_P(DynamicPoolHooks, ThatMakeNoSenseAreRefused) {
  EventLog log;
  PoolHooks hooks = log.Hooks();
  hooks.low_free = 50;
  TestSegment segment(100 * 32, 64);
  TestDynamicPool pool(
      {.block_size = 32, .maximum = 50, .caching = GetParam(), .hooks = &hooks},
      segment.segment);
  EXPECT_EQ(pool.error, Error::kInvalidHooks);
  EXPECT_EQ(segment.segment.used(), 0u);
  EXPECT_EQ(segment.segment.Stats().pools, 0u);
}

TEST_P(DynamicPoolHooks, OwnersOfGrownBlocksAreKnownReportedAndForgotten) {
  TestSegment segment(100 * 64, 64);
  LeakyPool pool(DynamicPoolOptions{.block_size = 32,
                                    .initial = 1,
                                    .maximum = 20,
                                    .growth = 3,
                                    .checking = Checking::kFull,
                                    .caching = GetParam(),
                                    .cores = 1},
                 segment.segment);
  ASSERT_EQ(pool.error, Error::kOk);
  void* const one = pool.pool.Allocate();
  std::array<void*, 6> some{};
  ASSERT_EQ(pool.pool.AllocateBulk(some), Error::kOk);
  EXPECT_NE(pool.pool.OwnerOf(one), 0u);
  for (void* const block : some) EXPECT_NE(pool.pool.OwnerOf(block), 0u);
  EXPECT_EQ(pool.pool.SetOwner(some[5], 77), Error::kOk);
  EXPECT_EQ(pool.pool.OwnerOf(some[5]), 77u);
  EXPECT_EQ(pool.pool.Free(one), Error::kOk);
  ASSERT_EQ(pool.pool.Clear(Leaks::kReport), Error::kOk);
  EXPECT_EQ(pool.Leaked(), (std::set<const void*>(some.begin(), some.end())));
  EXPECT_EQ(pool.pool.OwnerOf(some[5]), 0u);
  EXPECT_EQ(pool.pool.OwnerOf(one), 0u);
}

}  // namespace
}  // namespace corepool
