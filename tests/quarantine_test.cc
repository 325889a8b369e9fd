// Proves that blocks in quarantine are kept from being used again, in the order in
// which they were freed, but from nobody who needs them.

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <ostream>
#include <set>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "corepool/error.h"
#include "corepool/fixed_pool.h"
#include "corepool/options.h"
#include "corepool/stats.h"
#include "gtest/gtest.h"
#include "tests/support/cachings.h"
#include "tests/support/gang.h"
#include "tests/support/stray.h"
#include "tests/support/test_pool.h"
#include "tests/support/token_traffic.h"

namespace corepool {
namespace {

using testing::TestPool;
using testing::TokenTraffic;
using testing::TrafficReport;
using testing::Visitor;

class QuarantineOf : public ::testing::TestWithParam<Caching> {
 protected:
  void SetUp() override {
    if (!testing::Works(GetParam())) GTEST_SKIP() << "not to be had here";
  }
  static PoolOptions Options(std::size_t blocks, std::size_t quarantine) {
    return {.block_size = 48,
            .block_count = blocks,
            .checking = Checking::kFull,
            .caching = GetParam(),
            .cores = 1,
            .quarantine = quarantine};
  }
};

INSTANTIATE_TEST_SUITE_P(Kinds, QuarantineOf,
                         ::testing::Values(Caching::kRseq, Caching::kCas,
                                           Caching::kNone),
                         [](const auto& kind) { return testing::NameOf(kind.param); });

TEST(Quarantine, NeedsFullChecking) {
  for (const Checking checking :
       {Checking::kOff, Checking::kBasic, Checking::kStrict}) {
    TestPool pool(
        {.block_size = 48, .block_count = 4, .checking = checking, .quarantine = 1});
    EXPECT_EQ(pool.error, Error::kUnsupported);
  }
}

TEST(Quarantine, OfAPoolWithoutBlocksIsEmpty) {
  TestPool pool({.block_size = 48, .checking = Checking::kFull, .quarantine = 5});
  EXPECT_EQ(pool.error, Error::kOk);
  EXPECT_EQ(pool->TryAllocate().error, Error::kExhausted);
  EXPECT_EQ(pool->Deinit(), Error::kOk);
}

TEST_P(QuarantineOf, KeepsTheBlocksFreedLastFromReuse) {
  constexpr std::size_t kBlocks = 20;
  constexpr std::size_t kQuarantine = 7;
  TestPool pool(Options(kBlocks, kQuarantine));
  std::deque<void*> freed;
  for (int i = 0; i < 200; ++i) {
    void* const block = pool->Allocate();
    ASSERT_NE(block, nullptr);
    for (void* const kept : freed) ASSERT_NE(block, kept);
    ASSERT_EQ(pool->Free(block), Error::kOk);
    freed.push_back(block);
    if (freed.size() > kQuarantine) freed.pop_front();
    ASSERT_EQ(pool->Stats().quarantined, freed.size());
    ASSERT_EQ(pool->Stats().used, freed.size()) << "counted as used";
    ASSERT_TRUE(pool.SoundAtRest(0));
  }
  const PoolStats stats = pool->Stats();
  EXPECT_GE(stats.peak, kQuarantine + 1);
  EXPECT_LE(stats.peak, kQuarantine + 1 + stats.cache_bound());
}

TEST_P(QuarantineOf, GivesUpTheOldestBlockFirstWhenThereIsNoOther) {
  constexpr std::size_t kBlocks = 6;
  for (const std::size_t quarantine : {std::size_t{4}, kBlocks, std::size_t{1000}}) {
    TestPool pool(Options(kBlocks, quarantine));
    ASSERT_EQ(pool.error, Error::kOk);
    std::vector<void*> blocks;
    while (void* const block = pool->Allocate()) blocks.push_back(block);
    ASSERT_EQ(blocks.size(), kBlocks);
    std::vector<void*> freed;
    for (std::size_t i = 0; i < 4; ++i) {
      ASSERT_EQ(pool->Free(blocks[i * 5 % kBlocks]), Error::kOk);
      freed.push_back(blocks[i * 5 % kBlocks]);
    }
    ASSERT_EQ(pool->Stats().quarantined, 4u);
    for (void* const oldest : freed) ASSERT_EQ(pool->Allocate(), oldest);
    EXPECT_EQ(pool->TryAllocate().error, Error::kExhausted);
    EXPECT_EQ(pool->Stats().allocations, kBlocks + 4);
    EXPECT_TRUE(pool.SoundAtRest(kBlocks));
  }
}

TEST_P(QuarantineOf, LeavesExactlyNBlocksToAllocate) {
  for (const std::size_t blocks : {1u, 2u, 5u, 40u}) {
    for (const std::size_t quarantine : {1u, 3u, 40u}) {
      TestPool pool(Options(blocks, quarantine));
      std::set<void*> all;
      for (std::size_t i = 0; i < blocks; ++i) all.insert(pool->BlockAt(i));
      for (int round = 0; round < 4; ++round) {
        ASSERT_EQ(pool.DrainAndRefill(), all);
        ASSERT_TRUE(pool.SoundAtRest(0));
        std::vector<void*> bulk(blocks);
        ASSERT_EQ(pool->AllocateBulk(bulk), Error::kOk);
        ASSERT_EQ(std::set<void*>(bulk.begin(), bulk.end()), all);
        ASSERT_EQ(pool->TryAllocate().error, Error::kExhausted);
        ASSERT_EQ(pool->FreeBulk(bulk), Error::kOk);
        bulk.push_back(nullptr);
        ASSERT_EQ(pool->AllocateBulk(bulk), Error::kExhausted);
        ASSERT_EQ(pool->AllocateUpTo(bulk), blocks);
        bulk.pop_back();
        ASSERT_EQ(pool->FreeBulk(bulk), Error::kOk);
        ASSERT_TRUE(pool.SoundAtRest(0));
      }
      EXPECT_EQ(pool.misuse.count, 0);
    }
  }
}

TEST_P(QuarantineOf, RefusesASecondFreeAndFindsWrites) {
  TestPool pool(Options(3, 3));
  void* const block = pool->Allocate();
  ASSERT_EQ(pool->Free(block), Error::kOk);
  EXPECT_EQ(pool->Free(block), Error::kDoubleFree);
  EXPECT_EQ(pool->FreeBulk(std::array<void*, 2>{block, nullptr}), Error::kDoubleFree);
  EXPECT_EQ(pool->FreeBulk(std::array<void*, 1>{&pool}), Error::kForeignPointer);
  EXPECT_TRUE(pool.SoundAtRest(0));
  testing::StrayFlip(block, 40);
  EXPECT_EQ(pool->Audit(AuditMode::kAtRest).error, Error::kWriteAfterFree);
  EXPECT_NE(pool->Allocate(), nullptr);
  EXPECT_NE(pool->Allocate(), nullptr);
  EXPECT_EQ(pool->TryAllocate().error, Error::kWriteAfterFree);
  EXPECT_EQ(pool.misuse.last_block, block);
  EXPECT_EQ(pool.misuse.last_offset, 40u);
  EXPECT_TRUE(pool.SoundAtRest(2));
  EXPECT_EQ(pool->Allocate(), block) << "made good";
  EXPECT_TRUE(pool.SoundAtRest(3));
}

TEST_P(QuarantineOf, CanBeFlushed) {
  TestPool pool(Options(5, 3));
  EXPECT_EQ(pool.DrainAndRefill().size(), 5u);
  EXPECT_EQ(pool->Stats().quarantined, 3u);
  pool->FlushQuarantine();
  EXPECT_EQ(pool->Stats().quarantined, 0u);
  EXPECT_EQ(pool->Stats().used, 0u);
  EXPECT_EQ(pool->Stats().frees, 5u);
  EXPECT_TRUE(pool.SoundAtRest(0));
  pool->FlushQuarantine();
  EXPECT_EQ(pool.DrainAndRefill().size(), 5u);
}

TEST_P(QuarantineOf, DoesNotKeepAPoolFromBeingGivenUp) {
  TestPool pool(Options(5, 3));
  void* const block = pool->Allocate();
  void* const other = pool->Allocate();
  EXPECT_EQ(pool->Free(other), Error::kOk);
  EXPECT_EQ(pool->Deinit(), Error::kBlocksInUse);
  EXPECT_EQ(pool->Free(block), Error::kOk);
  EXPECT_EQ(pool->Deinit(), Error::kOk);
  ASSERT_EQ(pool->Init(Options(5, 3), pool.memory.span()), Error::kOk);
  EXPECT_EQ(pool->Stats().quarantined, 0u) << "as new";
  EXPECT_EQ(pool.DrainAndRefill().size(), 5u);
}

TEST_P(QuarantineOf, NeverKeepsABlockFromWhoHasAToken) {
  for (const int threads : {2, 4, 8}) {
    const auto some = static_cast<std::size_t>(threads);
    for (const std::size_t blocks : {some, 3 * some}) {
      for (const std::size_t quarantine : {std::size_t{1}, some, 3 * some}) {
        TokenTraffic traffic({.block_count = blocks,
                              .checking = Checking::kFull,
                              .caching = GetParam(),
                              .quarantine = quarantine});
        testing::RunGang(threads, [&](int number) {
          Visitor visitor(traffic, static_cast<std::uint32_t>(number) + 1,
                          blocks / some);
          for (int i = 0; i < 5'000 && !traffic.faulty(); ++i) {
            if (!visitor.Step()) std::this_thread::yield();
          }
        });
        const TrafficReport report = traffic.Report();
        ASSERT_TRUE(report.Clean()) << threads << " threads, " << blocks << " blocks, "
                                    << quarantine << " in quarantine: " << report;
      }
    }
  }
}

}  // namespace
}  // namespace corepool
