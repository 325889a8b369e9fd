// Proves what a pool with per-core caches promises besides its blocks: that it tells
// the truth about its caches, counts exactly, refuses misuse as other pools do, and
// finds damage to its magazines. On virtual cores.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <random>
#include <set>
#include <span>
#include <vector>

#include "corepool/engine/array_magazines.h"
#include "corepool/engine/cache_parts.h"
#include "corepool/error.h"
#include "corepool/fixed_pool.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/options.h"
#include "corepool/port/cores_concept.h"
#include "corepool/static_pool.h"
#include "corepool/stats.h"
#include "gtest/gtest.h"
#include "tests/support/cache_view.h"
#include "tests/support/gang.h"
#include "tests/support/stalled_thread.h"
#include "tests/support/test_pool.h"
#include "tests/support/virtual_core_traffic.h"
#include "tests/support/virtual_cores.h"

namespace corepool {
namespace {

using port::kNoCore;
using port::VirtualCores;
using testing::AllocateAll;
using testing::AreAll;
using testing::CacheView;
using testing::FreeAll;
using testing::OnCore;
using testing::StalledThread;
using testing::TestPool;

constexpr std::uint32_t kCores = 4;

// No sections meanwhile.
class WithoutSections {
 public:
  WithoutSections() { VirtualCores::enabled = false; }
  ~WithoutSections() { VirtualCores::enabled = true; }
};

PoolOptions Options(Caching caching, std::size_t blocks,
                    Checking checking = Checking::kBasic) {
  return {.block_size = 16,
          .block_count = blocks,
          .checking = checking,
          .caching = caching,
          .cores = kCores};
}

Caching Made(Caching asked, std::size_t blocks) {
  TestPool pool(Options(asked, blocks));
  return pool.error == Error::kOk ? pool->Caching() : Caching::kAutomatic;
}

TEST(Caching, OfFewerThanSixteenBlocksACoreIsNone) {
  EXPECT_EQ(Made(Caching::kAutomatic, 16 * kCores - 1), Caching::kNone);
  EXPECT_EQ(Made(Caching::kAutomatic, 16 * kCores), Caching::kRseq);
  EXPECT_EQ(Made(Caching::kRseq, 1), Caching::kRseq) << "unless asked for";
  EXPECT_EQ(Made(Caching::kCas, 1), Caching::kCas);
  EXPECT_EQ(Made(Caching::kRseq, 0), Caching::kNone) << "nothing to keep";
}

TEST(Caching, CountsTheMachinesCoresIfNotTold) {
  TestPool pool({.block_size = 16, .block_count = 16 * 8});
  EXPECT_EQ(pool->Caching(), Caching::kRseq);
  EXPECT_EQ(pool->Stats().cores, 8u);
  TestPool few({.block_size = 16, .block_count = 16 * 8 - 1});
  EXPECT_EQ(few->Caching(), Caching::kNone);
  EXPECT_EQ(few->Stats().cores, 0u);
  EXPECT_EQ(few->Stats().cache_bound(), 0u);
}

TEST(Caching, WithoutSectionsIsByCompareAndSwapAndRseqIsRefused) {
  const WithoutSections without;
  EXPECT_EQ(Made(Caching::kAutomatic, 100), Caching::kCas);
  EXPECT_EQ(Made(Caching::kCas, 100), Caching::kCas);
  EXPECT_EQ(Made(Caching::kNone, 100), Caching::kNone);
  TestPool pool(Options(Caching::kRseq, 100));
  EXPECT_EQ(pool.error, Error::kUnsupported);
  EXPECT_FALSE(pool->is_initialized());
  EXPECT_TRUE(pool.memory.Intact());
}

TEST(Caching, OfAStaticPoolWithoutSectionsIsNoneAndAllItsBlocksAreThere) {
  static constinit StaticPool<std::uint64_t, 500> pool;
  {
    const WithoutSections without;
    EXPECT_EQ(pool.Caching(), Caching::kNone);
    for (const std::uint32_t core : {0u, 3u, kNoCore}) {
      const OnCore on(core);
      std::set<std::uint64_t*> blocks;
      while (std::uint64_t* const block = pool.Allocate()) blocks.insert(block);
      EXPECT_EQ(blocks.size(), 500u);
      for (std::uint64_t* const block : blocks) EXPECT_EQ(pool.Free(block), Error::kOk);
    }
    EXPECT_EQ(pool.Audit(AuditMode::kAtRest).error, Error::kOk);
    EXPECT_EQ(pool.Stats().used, 0u);
  }
  EXPECT_EQ(pool.Caching(), Caching::kRseq) << "as soon as they work";
  std::set<std::uint64_t*> blocks;
  while (std::uint64_t* const block = pool.Allocate()) blocks.insert(block);
  EXPECT_EQ(blocks.size(), 500u);
  for (std::uint64_t* const block : blocks) EXPECT_EQ(pool.Free(block), Error::kOk);
  EXPECT_EQ(pool.Audit(AuditMode::kAtRest).error, Error::kOk);
}

class CoreCacheTest : public ::testing::TestWithParam<Caching> {};

// --- statistics

// Random traffic on all cores that keeps count itself.
struct Tally {
  std::uint64_t allocations = 0;
  std::uint64_t frees = 0;
  std::uint64_t failures = 0;
  std::size_t highest = 0;
  std::vector<void*> held;
};

void Traffic(FixedPool& pool, std::mt19937& random, int operations, Tally& tally) {
  std::array<void*, 20> bulk;
  for (int i = 0; i < operations; ++i) {
    const auto die = static_cast<std::uint32_t>(random() % (kCores + 2));
    const OnCore on(die < kCores + 1 ? die : kNoCore);
    const std::span<void*> some = std::span(bulk).first(1 + random() % bulk.size());
    switch (random() % 8) {
      case 0:
        if (pool.AllocateBulk(some) == Error::kOk) {
          tally.held.insert(tally.held.end(), some.begin(), some.end());
          tally.allocations += some.size();
        } else {
          ++tally.failures;
        }
        break;
      case 1: {
        const std::size_t got = pool.AllocateUpTo(some);
        const std::span<void*> taken = some.first(got);
        tally.held.insert(tally.held.end(), taken.begin(), taken.end());
        tally.allocations += got;
        if (got == 0) ++tally.failures;
        break;
      }
      case 2: {
        const std::size_t count = std::min(some.size(), tally.held.size());
        ASSERT_EQ(pool.FreeBulk(std::span(tally.held).last(count)), Error::kOk);
        tally.held.resize(tally.held.size() - count);
        tally.frees += count;
        break;
      }
      case 3:
        if (random() % 16 == 0) pool.FlushCaches();
        break;
      case 4:
      case 5:
        if (void* const block = pool.Allocate()) {
          tally.held.push_back(block);
          ++tally.allocations;
        } else {
          ++tally.failures;
        }
        break;
      default:
        if (tally.held.empty()) break;
        std::swap(tally.held[random() % tally.held.size()], tally.held.back());
        ASSERT_EQ(pool.Free(tally.held.back()), Error::kOk);
        tally.held.pop_back();
        ++tally.frees;
    }
    tally.highest = std::max(tally.highest, tally.held.size());
  }
}

TEST_P(CoreCacheTest, StatisticsAreExactAtRestAfterAnyTraffic) {
  std::mt19937 random(11);
  for (const std::size_t blocks : {1u, 40u, 150u, 1000u}) {
    const PoolOptions options = Options(GetParam(), blocks);
    TestPool pool(options);
    const CacheView view(pool, options);
    Tally tally;
    for (int round = 0; round < 200; ++round) {
      pool->ResetPeak();
      tally.highest = tally.held.size();
      Traffic(pool.pool, random, 50, tally);
      const PoolStats stats = pool->Stats();
      ASSERT_TRUE(stats.exact);
      ASSERT_EQ(stats.used, tally.held.size());
      ASSERT_EQ(stats.free + stats.used, blocks);
      ASSERT_EQ(stats.allocations, tally.allocations);
      ASSERT_EQ(stats.frees, tally.frees);
      ASSERT_EQ(stats.failures, tally.failures);
      ASSERT_EQ(stats.misuses, 0u);
      ASSERT_GE(stats.peak, tally.highest);
      ASSERT_LE(stats.peak, tally.highest + stats.cache_bound());
      ASSERT_TRUE(pool.SoundAtRest(stats.used));
      ASSERT_TRUE(view.HasAllMagazines());
      ASSERT_EQ(view.Outstanding(), view.ExpectedOutstanding(stats.used));
    }
  }
}

TEST_P(CoreCacheTest, PeakIsWithinTheCachesOfTheTruthWhenAThiefComesWithoutACache) {
  TestPool pool(Options(GetParam(), 40));
  const std::vector<void*> blocks = AllocateAll(pool.pool, 0);
  for (std::uint32_t core = 0; core < kCores; ++core) {
    ASSERT_TRUE(FreeAll(pool.pool, core, std::span(blocks).subspan(core * 10, 10)));
  }
  pool->ResetPeak();
  const OnCore on(kNoCore);
  void* const block = pool->Allocate();
  const PoolStats stats = pool->Stats();
  EXPECT_GE(stats.peak, 1u);
  EXPECT_LE(stats.peak, 1 + stats.cache_bound());
  EXPECT_EQ(pool->Free(block), Error::kOk);
}

TEST_P(CoreCacheTest, EverySnapshotUnderTrafficIsWithinBounds) {
  TestPool pool(Options(GetParam(), 100));
  std::atomic<int> busy{3};
  testing::RunGang(4, [&](int number) {
    if (number == 0) {
      do {
        const PoolStats stats = pool->Stats();
        ASSERT_LE(stats.used, stats.capacity);
        ASSERT_EQ(stats.used + stats.free, stats.capacity);
        ASSERT_GE(stats.peak, stats.used);
        ASSERT_LE(stats.peak, stats.capacity);
        ASSERT_LT(stats.allocations, 1'000'000u);
        ASSERT_LT(stats.frees, 1'000'000u);
      } while (busy.load() > 0);
      return;
    }
    std::mt19937 random(static_cast<unsigned>(number));
    Tally tally;
    Traffic(pool.pool, random, 5000, tally);
    ASSERT_EQ(pool->FreeBulk(tally.held), Error::kOk);
    busy.fetch_sub(1);
  });
  EXPECT_TRUE(pool.SoundAtRest(0));
}

TEST_P(CoreCacheTest, StealsAreCounted) {
  TestPool pool(Options(GetParam(), 40));
  const std::vector<void*> blocks = AllocateAll(pool.pool, 0);
  EXPECT_EQ(pool->Stats().steals, 0u);
  ASSERT_TRUE(FreeAll(pool.pool, 1, std::span(blocks).first(3)));
  const OnCore on(0);
  void* const stolen = pool->Allocate();
  EXPECT_NE(stolen, nullptr);
  EXPECT_EQ(pool->Stats().steals, 1u);
}

TEST_P(CoreCacheTest, AskingForMoreThanThereIsIsNoFailureIfItGetsSome) {
  for (const Caching caching : {GetParam(), Caching::kNone}) {
    TestPool pool(Options(caching, 40));
    std::vector<void*> blocks(50);
    EXPECT_EQ(pool->AllocateUpTo(blocks), 40u);
    EXPECT_EQ(pool->Stats().failures, 0u);
    EXPECT_EQ(pool->AllocateUpTo(blocks), 0u);
    EXPECT_EQ(pool->Stats().failures, 1u);
  }
}

TEST_P(CoreCacheTest, AThousandInterruptedSectionsLoseNothing) {
  TestPool pool(Options(GetParam(), 100));
  static thread_local std::mt19937 dice(3);
  VirtualCores::interrupted = [] {
    if (dice() % 4 == 0) {
      VirtualCores::current = static_cast<std::uint32_t>(dice() % kCores);
    }
    return dice() % 2 == 0;
  };
  const std::uint64_t before = VirtualCores::aborts.load();
  std::mt19937 random(4);
  Tally tally;
  Traffic(pool.pool, random, 5000, tally);
  VirtualCores::interrupted = nullptr;
  if (GetParam() == Caching::kRseq) {
    EXPECT_GT(VirtualCores::aborts.load(), before + 1000);
  }
  EXPECT_TRUE(pool.SoundAtRest(tally.held.size()));
  EXPECT_EQ(pool->FreeBulk(tally.held), Error::kOk);
  EXPECT_TRUE(AreAll(pool.pool, AllocateAll(pool.pool, 1)));
}

// --- misuse

class CachedMisuse : public ::testing::TestWithParam<std::tuple<Caching, Checking>> {
 protected:
  static constexpr std::size_t kBlocks = 40;

  PoolOptions options_ =
      Options(std::get<0>(GetParam()), kBlocks, std::get<1>(GetParam()));
  TestPool pool_{options_};

  bool lax() const {  // double frees and writes are told apart late
    return std::get<0>(GetParam()) == Caching::kRseq &&
           std::get<1>(GetParam()) == Checking::kBasic;
  }
};

TEST_P(CachedMisuse, DoubleFreeIsRefusedFromAnyCore) {
  const OnCore on(0);
  void* const block = pool_->Allocate();
  EXPECT_EQ(pool_->Free(block), Error::kOk);
  for (const std::uint32_t core : {0u, 1u, kNoCore}) {
    const OnCore elsewhere(core);
    EXPECT_EQ(pool_->Free(block), Error::kDoubleFree);
    EXPECT_EQ(pool_->FreeBulk(std::span(&block, 1)), Error::kDoubleFree);
  }
  EXPECT_EQ(pool_.misuse.count, 6);
  EXPECT_EQ(pool_.misuse.last_block, block);
  EXPECT_TRUE(pool_.SoundAtRest(0));
  EXPECT_TRUE(AreAll(pool_.pool, AllocateAll(pool_.pool, 1)));
}

TEST_P(CachedMisuse, PointersThatAreNoBlocksAreRefused) {
  auto* const block = static_cast<std::byte*>(pool_->Allocate());
  int local = 0;
  EXPECT_EQ(pool_->Free(&local), Error::kForeignPointer);
  EXPECT_EQ(pool_->Free(block + 8), Error::kMisalignedPointer);
  EXPECT_EQ(pool_->Free(nullptr), Error::kOk);
  EXPECT_EQ(pool_.misuse.count, 2);
  EXPECT_EQ(pool_->Free(block), Error::kOk);
  EXPECT_TRUE(pool_.SoundAtRest(0));

  TestPool wide({.block_size = 64,
                 .block_count = kBlocks,
                 .checking = options_.checking,
                 .caching = options_.caching,
                 .cores = kCores});
  auto* const inner = static_cast<std::byte*>(wide->Allocate());
  EXPECT_EQ(wide->Free(inner + 16), Error::kInteriorPointer);
  EXPECT_EQ(wide->Free(inner), Error::kOk);
}

TEST_P(CachedMisuse, WritesToFreeBlocksAreReportedWhenTheBlockComesUp) {
  const OnCore on(0);
  auto* const block = static_cast<std::uint64_t*>(pool_->Allocate());
  ASSERT_EQ(pool_->Free(block), Error::kOk);
  *block ^= 1;
  const auto refused = pool_->TryAllocate();
  EXPECT_EQ(refused.error, Error::kWriteAfterFree);
  EXPECT_EQ(refused.block, nullptr);
  EXPECT_EQ(pool_.misuse.last_block, block);
  const std::size_t withheld = lax() ? 1 : 0;
  EXPECT_EQ(pool_->Stats().withheld, withheld);
  const std::vector<void*> rest = AllocateAll(pool_.pool, 0);
  EXPECT_EQ(rest.size(), kBlocks - withheld)
      << "made good, unless it may be somebody's";
  ASSERT_TRUE(FreeAll(pool_.pool, 0, rest));
  const PoolStats stats = pool_->Stats();
  EXPECT_EQ(stats.allocations - stats.frees + stats.withheld, stats.used);
  EXPECT_EQ(pool_->Deinit(), Error::kOk) << "withheld blocks are in nobody's use";
}

TEST_P(CachedMisuse, BulksAreFreedButForTheBadPointersAmongThem) {
  const OnCore on(0);
  std::vector<void*> blocks(12);
  ASSERT_EQ(pool_->AllocateBulk(blocks), Error::kOk);
  void* const twice = blocks[11];
  ASSERT_EQ(pool_->Free(twice), Error::kOk);
  int local = 0;
  blocks.insert(blocks.begin() + 2, &local);
  blocks.insert(blocks.begin() + 5, nullptr);
  blocks.push_back(blocks[0]);
  EXPECT_EQ(pool_->FreeBulk(blocks), Error::kForeignPointer);
  EXPECT_EQ(pool_.misuse.count, 3);
  EXPECT_TRUE(pool_.SoundAtRest(0));
  EXPECT_TRUE(AreAll(pool_.pool, AllocateAll(pool_.pool, 2)));
}

TEST_P(CachedMisuse, ABulkThatMeetsADamagedBlockLeavesNothingAndLosesNothing) {
  const OnCore on(0);
  std::vector<void*> blocks(8);
  ASSERT_EQ(pool_->AllocateBulk(blocks), Error::kOk);
  auto* const victim = static_cast<std::uint64_t*>(blocks[4]);
  ASSERT_EQ(pool_->FreeBulk(blocks), Error::kOk);
  *victim ^= 1;
  std::vector<void*> all(kBlocks, &all);
  EXPECT_EQ(pool_->AllocateBulk(all), Error::kWriteAfterFree);
  EXPECT_EQ(all, std::vector<void*>(kBlocks));
  EXPECT_EQ(pool_.misuse.count, 1);
  const std::size_t withheld = lax() ? 1 : 0;
  EXPECT_EQ(pool_->Stats().used, withheld);
  EXPECT_EQ(AllocateAll(pool_.pool, 1).size(), kBlocks - withheld);
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, CachedMisuse,
    ::testing::Combine(::testing::Values(Caching::kRseq, Caching::kCas),
                       ::testing::Values(Checking::kBasic, Checking::kStrict)),
    [](const auto& kind) {
      return std::string(std::get<0>(kind.param) == Caching::kRseq ? "Rseq" : "Cas") +
             (std::get<1>(kind.param) == Checking::kBasic ? "Basic" : "Strict");
    });

// Two threads free one block at the same time: the first is stopped before each of its
// accesses, and the second comes in between.
void RaceFrees(Caching caching, Checking checking) {
  const bool lax = caching == Caching::kRseq && checking == Checking::kBasic;
  bool passed_once = false;
  bool stalled = true;
  for (int access = 0; stalled; ++access) {
    SCOPED_TRACE(access);
    TestPool pool(Options(caching, 10, checking));
    const OnCore on(1);
    void* const block = pool->Allocate();
    Error first = Error::kOk;
    {
      StalledThread thread(0, access, true, [&] { first = pool->Free(block); });
      stalled = thread.IsStalled();
      const Error second = pool->Free(block);
      thread.Resume();
      const int accepted =
          (first == Error::kOk ? 1 : 0) + (second == Error::kOk ? 1 : 0);
      ASSERT_GE(accepted, 1);
      ASSERT_LE(accepted, lax ? 2 : 1);
      passed_once = passed_once || accepted == 2;
    }
    // Never handed out twice, and never lost.
    const auto count = static_cast<std::size_t>(pool.misuse.count.load());
    std::vector<void*> blocks;
    for (int i = 0; i < 12; ++i) {
      void* const got = pool->Allocate();
      if (got != nullptr) blocks.push_back(got);
    }
    ASSERT_TRUE(AreAll(pool.pool, blocks));
    const PoolStats stats = pool->Stats();
    ASSERT_EQ(stats.misuses, 1u) << "either at once or when it comes up again";
    ASSERT_EQ(stats.withheld, 1 - count);
    for (void* const got : blocks) ASSERT_EQ(pool->Free(got), Error::kOk);
    ASSERT_EQ(pool->Deinit(), Error::kOk);
  }
  EXPECT_EQ(passed_once, lax) << "or the race was none";
}

TEST(RacingDoubleFree, OfAnArrayWithStrictChecksIsAcceptedOnce) {
  RaceFrees(Caching::kRseq, Checking::kStrict);
}
TEST(RacingDoubleFree, OfAListIsAcceptedOnce) {
  RaceFrees(Caching::kCas, Checking::kBasic);
  RaceFrees(Caching::kCas, Checking::kStrict);
}
TEST(RacingDoubleFree, OfAnArrayIsFoundWhenTheBlockComesUpForTheSecondTime) {
  RaceFrees(Caching::kRseq, Checking::kBasic);
}

// --- audit

class CachedAudit : public ::testing::Test {
 protected:
  // Blocks 0 to 2 in core 0's magazine.
  void Fill(TestPool& pool) {
    const OnCore on(0);
    std::array<void*, 3> blocks;
    ASSERT_EQ(pool->AllocateBulk(blocks), Error::kOk);
    ASSERT_EQ(pool->FreeBulk(blocks), Error::kOk);
    ASSERT_TRUE(pool.SoundAtRest(0));
  }
};

TEST_F(CachedAudit, SeesADuplicateOrForeignEntryInAnArray) {
  const PoolOptions options = Options(Caching::kRseq, 40);
  TestPool pool(options);
  Fill(pool);
  const CacheView view(pool, options);
  auto& magazine = engine::ArrayMagazine::At(
      view.parts(), view.parts().Line(0).current.load(lockfree::kRelaxed));
  auto* const entries = magazine.entries + port::CoreArea::kGuardEntries;
  const std::uint64_t whole = entries[1].load(lockfree::kRelaxed);
  const std::uint64_t wrong[] = {entries[0].load(lockfree::kRelaxed),  // there already
                                 reinterpret_cast<std::uintptr_t>(&pool), whole + 8, 0,
                                 whole ^ 1};
  for (const std::uint64_t entry : wrong) {
    entries[1].store(entry, lockfree::kRelaxed);
    EXPECT_EQ(pool->Audit(AuditMode::kAtRest).error, Error::kCorrupted) << entry;
  }
  entries[1].store(whole, lockfree::kRelaxed);
  EXPECT_TRUE(pool.SoundAtRest(0));
  EXPECT_TRUE(AreAll(pool.pool, AllocateAll(pool.pool, 1)));
  ASSERT_TRUE(pool.SoundAtRest(40));
}

TEST_F(CachedAudit, SeesABlockInAnArrayThatIsOnTheLooseStackAsWell) {
  const PoolOptions options = Options(Caching::kRseq, 40);
  TestPool pool(options);
  Fill(pool);
  const CacheView view(pool, options);
  auto& magazine = engine::ArrayMagazine::At(
      view.parts(), view.parts().Line(0).current.load(lockfree::kRelaxed));
  magazine.entries[port::CoreArea::kGuardEntries].store(
      reinterpret_cast<std::uintptr_t>(pool->BlockAt(39)), lockfree::kRelaxed);
  EXPECT_EQ(pool->Audit(AuditMode::kAtRest).error, Error::kCorrupted);
}

TEST_F(CachedAudit, SeesACountBeyondTheLimitOfAnArray) {
  const PoolOptions options = Options(Caching::kRseq, 40);
  TestPool pool(options);
  Fill(pool);
  const CacheView view(pool, options);
  auto& magazine = engine::ArrayMagazine::At(
      view.parts(), view.parts().Line(0).current.load(lockfree::kRelaxed));
  magazine.header.store(
      engine::MagazineHeader::Owned(magazine.header.load(lockfree::kRelaxed), 6),
      lockfree::kRelaxed);
  EXPECT_EQ(pool->Audit(AuditMode::kAtRest).error, Error::kCorrupted);
}

TEST_F(CachedAudit, SeesAListThatIsNone) {
  const PoolOptions options = Options(Caching::kCas, 40);
  TestPool pool(options);
  Fill(pool);
  // The pool's nodes are where its memory begins.
  const lockfree::StackSpace space(
      reinterpret_cast<lockfree::StackNode*>(pool.memory.span().data()), 40);
  const lockfree::Index below = space.Next(1);
  for (const lockfree::Index wrong : {1u, 39u, 40u, 41u, 0xffffu}) {
    if (wrong == below) continue;
    space.SetNext(1, wrong);
    EXPECT_EQ(pool->Audit(AuditMode::kAtRest).error, Error::kCorrupted) << wrong;
  }
  // Of these 39 is on the loose stack, at the very depth that is expected.
  space.SetNext(1, below);
  EXPECT_TRUE(pool.SoundAtRest(0));
  space.SetDepth(1, 7);
  EXPECT_EQ(pool->Audit(AuditMode::kAtRest).error, Error::kCorrupted);
}

TEST_F(CachedAudit, SeesAWriteToABlockInAMagazine) {
  for (const Caching caching : {Caching::kRseq, Caching::kCas}) {
    TestPool pool(Options(caching, 40));
    Fill(pool);
    *static_cast<std::uint64_t*>(pool->BlockAt(1)) ^= 1;
    const AuditReport report = pool->Audit(AuditMode::kAtRest);
    EXPECT_EQ(report.error, Error::kWriteAfterFree);
    EXPECT_EQ(report.index, 1u);
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, CoreCacheTest,
                         ::testing::Values(Caching::kRseq, Caching::kCas),
                         [](const auto& kind) {
                           return kind.param == Caching::kRseq ? "Rseq" : "Cas";
                         });

}  // namespace
}  // namespace corepool
