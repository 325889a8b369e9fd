// Proves that caches hide no block: from any one core exactly N blocks of an N-block
// pool can be allocated, whatever rests in the caches of others. On virtual cores.

#include <cstddef>
#include <cstdint>
#include <ostream>
#include <span>
#include <string>
#include <vector>

#include "corepool/error.h"
#include "corepool/fixed_pool.h"
#include "corepool/options.h"
#include "corepool/port/cores_concept.h"
#include "corepool/stats.h"
#include "gtest/gtest.h"
#include "tests/support/test_pool.h"
#include "tests/support/virtual_core_traffic.h"

namespace corepool {
namespace {

using testing::AllocateAll;
using testing::AreAll;
using testing::FreeAll;
using testing::OnCore;
using testing::TestPool;

constexpr std::size_t kCounts[] = {1, 2, 3, 31, 32, 33, 127, 1000};
constexpr std::uint32_t kMostCores = 8;

struct Kind {
  Caching caching;
  Checking checking;
  State state;
};

void PrintTo(const Kind& kind, std::ostream* out) {
  *out << (kind.caching == Caching::kRseq ? "Rseq" : "Cas");
  constexpr const char* kNames[] = {"Off", "Basic", "Strict", "Full"};
  *out << kNames[static_cast<int>(kind.checking)];
  if (kind.state == State::kSide) *out << "Side";
}

class ExactlyN : public ::testing::TestWithParam<Kind> {
 protected:
  static PoolOptions Options(std::size_t count, std::uint32_t cores) {
    return {.block_size = 16,
            .block_count = count,
            .checking = GetParam().checking,
            .caching = GetParam().caching,
            .state = GetParam().state,
            .cores = cores};
  }

  // Frees `blocks`, which are all there are, to every core's cache but `taker`'s, in
  // equal shares, so that each of them has as much as it can.
  static void FillOtherCaches(FixedPool& pool, std::uint32_t taker, std::uint32_t cores,
                              std::span<void* const> blocks) {
    std::vector<std::uint32_t> others;
    for (std::uint32_t core = 0; core < cores; ++core) {
      if (core != taker) others.push_back(core);
    }
    if (others.empty()) others.push_back(port::kNoCore);
    std::size_t begin = 0;
    for (std::size_t i = 0; i < others.size(); ++i) {
      const std::size_t end = blocks.size() * (i + 1) / others.size();
      ASSERT_TRUE(FreeAll(pool, others[i], blocks.subspan(begin, end - begin)));
      begin = end;
    }
  }

  // What the pool must be like after `taker` has taken all.
  static void ExpectExactlyAll(TestPool& pool, std::uint32_t taker,
                               std::span<void* const> blocks) {
    EXPECT_TRUE(AreAll(pool.pool, blocks)) << blocks.size();
    const OnCore on(taker);
    EXPECT_EQ(pool->TryAllocate().error, Error::kExhausted);
    EXPECT_TRUE(pool.SoundAtRest(blocks.size()));
  }

  // Calls `test` on each core of pools of several sizes, when all blocks rest in other
  // cores' caches. It leaves all of them allocated, and in its argument `blocks`.
  template <class Test>
  static void ForEachTaker(const Test& test) {
    for (const std::size_t count : kCounts) {
      for (const std::uint32_t cores : {1u, 2u, 5u, 8u}) {
        SCOPED_TRACE(std::to_string(count) +
                     " blocks, cores: " + std::to_string(cores));
        TestPool pool(Options(count, cores));
        std::vector<void*> blocks = AllocateAll(pool.pool, 0);
        for (std::uint32_t taker = 0; taker < cores; ++taker) {
          FillOtherCaches(pool.pool, taker, cores, blocks);
          const OnCore on(taker);
          test(pool, taker, blocks);
          if (::testing::Test::HasFailure()) return;
        }
      }
    }
  }

  // From each core in turn, from one beyond the caches, and from a thread that does not
  // know where it runs.
  static void TakeAllFromEverywhere(std::size_t count, std::uint32_t cores) {
    TestPool pool(Options(count, cores));
    ASSERT_EQ(pool.error, Error::kOk);
    ASSERT_EQ(pool->Caching(), GetParam().caching);
    std::vector<void*> blocks = AllocateAll(pool.pool, 0);
    ExpectExactlyAll(pool, 0, blocks);
    for (std::uint32_t i = 0; i <= cores + 1; ++i) {
      const std::uint32_t taker = i <= cores ? i : port::kNoCore;
      SCOPED_TRACE(std::to_string(count) + " blocks, core " + std::to_string(taker) +
                   " of " + std::to_string(cores));
      FillOtherCaches(pool.pool, taker, cores, blocks);
      ASSERT_TRUE(pool.SoundAtRest(0));
      blocks = AllocateAll(pool.pool, taker);
      ExpectExactlyAll(pool, taker, blocks);
      if (::testing::Test::HasFailure()) return;
    }
    // Or the caches of the others were not full.
    EXPECT_GT(pool->Stats().steals, 0u);
    ASSERT_TRUE(FreeAll(pool.pool, 0, blocks));
    EXPECT_TRUE(pool.SoundAtRest(0));
    EXPECT_EQ(pool.misuse.count, 0);
    EXPECT_EQ(pool->Deinit(), Error::kOk);
  }
};

TEST_P(ExactlyN, BlocksCanBeAllocatedFromAnyCoreThoughAllOtherCachesAreFull) {
  for (const std::size_t count : kCounts) {
    for (std::uint32_t cores = 1; cores <= kMostCores; ++cores) {
      TakeAllFromEverywhere(count, cores);
      if (HasFailure()) return;
    }
  }
}

TEST_P(ExactlyN, BlocksCanBeAllocatedOfALargePool) {
  for (const std::uint32_t cores : {1u, 3u}) TakeAllFromEverywhere(65536, cores);
}

TEST_P(ExactlyN, BlocksCanBeAllocatedAfterTheCachesWereFlushed) {
  ForEachTaker([](TestPool& pool, std::uint32_t taker, std::vector<void*>& blocks) {
    pool->FlushCaches();
    ASSERT_TRUE(pool.SoundAtRest(0));
    blocks = AllocateAll(pool.pool, taker);
    ExpectExactlyAll(pool, taker, blocks);
    pool->FlushCaches();
    ExpectExactlyAll(pool, taker, blocks);
  });
}

TEST_P(ExactlyN, BlocksAreGatheredByOneBulkAcrossAllCaches) {
  ForEachTaker([](TestPool& pool, std::uint32_t taker, std::vector<void*>& blocks) {
    std::vector<void*> more(blocks.size() + 1);
    EXPECT_EQ(pool->AllocateUpTo(more), blocks.size());
    more.pop_back();
    ExpectExactlyAll(pool, taker, more);
    EXPECT_EQ(pool->AllocateUpTo(blocks), 0u);
    EXPECT_EQ(pool->FreeBulk(more), Error::kOk);
    EXPECT_TRUE(pool.SoundAtRest(0));

    const std::uint32_t cores = static_cast<std::uint32_t>(pool->Stats().cores);
    FillOtherCaches(pool.pool, taker, cores, AllocateAll(pool.pool, taker));
    EXPECT_EQ(pool->AllocateBulk(blocks), Error::kOk);
    ExpectExactlyAll(pool, taker, blocks);
  });
}

TEST_P(ExactlyN, BlocksAreLeftWhenABulkAsksForOneMore) {
  for (const std::size_t count : kCounts) {
    for (const std::uint32_t cores : {1u, 2u, 8u}) {
      SCOPED_TRACE(std::to_string(count) + " blocks, cores: " + std::to_string(cores));
      TestPool pool(Options(count, cores));
      FillOtherCaches(pool.pool, 0, cores, AllocateAll(pool.pool, 0));
      const OnCore on(0);
      std::vector<void*> more(count + 1, &pool);
      EXPECT_EQ(pool->AllocateBulk(more), Error::kExhausted);
      EXPECT_EQ(more, std::vector<void*>(count + 1));
      EXPECT_TRUE(pool.SoundAtRest(0));
      EXPECT_TRUE(AreAll(pool.pool, AllocateAll(pool.pool, cores - 1)));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, ExactlyN,
    ::testing::Values(Kind{Caching::kRseq, Checking::kBasic, State::kAutomatic},
                      Kind{Caching::kRseq, Checking::kBasic, State::kSide},
                      Kind{Caching::kRseq, Checking::kStrict, State::kAutomatic},
                      Kind{Caching::kRseq, Checking::kOff, State::kAutomatic},
                      Kind{Caching::kRseq, Checking::kFull, State::kAutomatic},
                      Kind{Caching::kCas, Checking::kBasic, State::kAutomatic},
                      Kind{Caching::kCas, Checking::kStrict, State::kSide},
                      Kind{Caching::kCas, Checking::kOff, State::kAutomatic}),
    ::testing::PrintToStringParamName());

}  // namespace
}  // namespace corepool
