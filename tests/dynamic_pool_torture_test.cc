// Proves that threads that grow pools at the same time lose no byte, never go beyond
// the maximum and are refused only when they must be.

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "corepool/dynamic_pool.h"
#include "corepool/error.h"
#include "corepool/options.h"
#include "corepool/stats.h"
#include "gtest/gtest.h"
#include "tests/support/cachings.h"
#include "tests/support/disturbed_traffic.h"
#include "tests/support/gang.h"
#include "tests/support/ownership_ledger.h"
#include "tests/support/test_dynamic_pool.h"
#include "tests/support/tokens.h"

namespace corepool {
namespace {

using testing::Effort;
using testing::OwnershipLedger;
using testing::RunGang;
using testing::TestDynamicPool;
using testing::TestSegment;

class DynamicPoolTorture : public ::testing::TestWithParam<Caching> {
 protected:
  void SetUp() override {
    if (!testing::Works(GetParam())) GTEST_SKIP() << "not to be had here";
  }
};

INSTANTIATE_TEST_SUITE_P(Kinds, DynamicPoolTorture,
                         ::testing::Values(Caching::kRseq, Caching::kCas,
                                           Caching::kNone),
                         [](const auto& kind) { return testing::NameOf(kind.param); });

TEST_P(DynamicPoolTorture, TwoPoolsUseEveryByteOfTheSegmentThatFits) {
  constexpr int kThreads = 6;
  constexpr std::size_t kSizes[] = {24, 40};
  constexpr std::size_t kBytes = 16 * 1024 + 8;
  for (int round = 0; round < 20 * Effort(); ++round) {
    TestSegment segment(kBytes, 64);
    std::vector<std::unique_ptr<TestDynamicPool>> pools;
    for (const std::size_t size : kSizes) {
      pools.push_back(std::make_unique<TestDynamicPool>(
          DynamicPoolOptions{.block_size = size,
                             .alignment = 8,
                             .initial = static_cast<std::size_t>(round % 3),
                             .growth = round % 4 == 3 ? 5u : 1u,
                             .caching = GetParam(),
                             .cores = 2},
          segment.segment));
      ASSERT_EQ(pools.back()->error, Error::kOk);
    }
    std::vector<std::byte*> got[kThreads];
    RunGang(kThreads, [&](int thread) {
      TestDynamicPool& pool = *pools[static_cast<std::size_t>(thread % 2)];
      auto& mine = got[thread];
      for (int i = 1;; ++i) {
        const auto [error, block] = pool->TryAllocate();
        if (error != Error::kOk) {
          EXPECT_EQ(error, Error::kSegmentExhausted);
          break;
        }
        mine.push_back(static_cast<std::byte*>(block));
        if (i % 5 == 0) {
          EXPECT_EQ(pool->Free(mine.back()), Error::kOk);
          mine.pop_back();
        }
      }
    });
    // Blocks that were freed, or grown with others, after somebody had given up.
    for (std::size_t which = 0; which < 2; ++which) {
      while (void* const block = (*pools[which])->Allocate()) {
        got[which].push_back(static_cast<std::byte*>(block));
      }
    }
    std::vector<std::pair<std::byte*, std::size_t>> all;
    for (int thread = 0; thread < kThreads; ++thread) {
      for (std::byte* const block : got[thread]) {
        all.emplace_back(block, kSizes[thread % 2]);
      }
    }
    std::sort(all.begin(), all.end());
    std::byte* end = segment.memory.span().data();
    for (const auto& [block, size] : all) {
      ASSERT_EQ(block, end) << "one behind the other: nothing twice, nothing lost";
      end = block + size;
    }
    const std::size_t remaining = segment.segment.Remaining();
    EXPECT_EQ(end + remaining, segment.memory.span().data() + kBytes);
    EXPECT_LT(remaining, kSizes[0]);
    for (std::size_t which = 0; which < 2; ++which) {
      TestDynamicPool& pool = *pools[which];
      std::size_t used = 0;
      for (std::size_t thread = which; thread < kThreads; thread += 2) {
        used += got[thread].size();
        for (void* const block : got[thread]) {
          ASSERT_LT(pool->IndexOf(block), kBytes / kSizes[which]);
        }
      }
      EXPECT_TRUE(pool.SoundAtRest(used));
      EXPECT_EQ(pool->Stats().capacity, used);
      for (std::size_t thread = which; thread < kThreads; thread += 2) {
        for (void* const block : got[thread]) {
          ASSERT_EQ(pool->Free(block), Error::kOk);
        }
      }
      EXPECT_TRUE(pool.SoundAtRest(0));
    }
  }
}

TEST_P(DynamicPoolTorture, NeverGrowsBeyondTheMaximum) {
  constexpr int kThreads = 8;
  constexpr std::size_t kMaximum = 37;
  for (int round = 0; round < 50 * Effort(); ++round) {
    TestSegment segment(32 * 1024, 64);
    TestDynamicPool pool({.block_size = 32,
                          .initial = static_cast<std::size_t>(round % 5),
                          .maximum = kMaximum,
                          .growth = round % 2 == 0 ? 1u : 4u,
                          .caching = GetParam(),
                          .cores = 2},
                         segment.segment);
    std::vector<void*> got[kThreads];
    RunGang(kThreads, [&](int thread) {
      for (int i = 0; i < 200; ++i) {
        const auto [error, block] = pool->TryAllocate();
        if (error == Error::kOk) {
          got[thread].push_back(block);
        } else {
          EXPECT_EQ(error, Error::kExhausted);
        }
        const PoolStats stats = pool->Stats();
        EXPECT_LE(stats.used, stats.capacity);
        EXPECT_LE(stats.capacity, kMaximum);
        EXPECT_LE(stats.peak, kMaximum);
      }
    });
    std::set<void*> all;
    std::size_t count = 0;
    for (const auto& mine : got) {
      count += mine.size();
      all.insert(mine.begin(), mine.end());
    }
    ASSERT_EQ(count, kMaximum);
    ASSERT_EQ(all.size(), kMaximum);
    EXPECT_EQ(segment.segment.used(), kMaximum * 32);
    EXPECT_TRUE(pool.SoundAtRest(kMaximum));
    EXPECT_EQ(pool->Stats().peak, kMaximum);
  }
}

// Demand equals the pool: who has taken a token must be given a block.
class Tokens {
 public:
  Tokens(const DynamicPoolOptions& options, Segment& segment, std::size_t blocks)
      : pool(options, segment), ledger_(blocks), tokens_(blocks) {}

  void Run(std::uint64_t seed, int operations) {
    std::mt19937_64 random(seed);
    std::vector<void*> held;
    const auto owner = static_cast<std::uint32_t>(seed % 1000 + 1);
    for (int i = 0; i < operations; ++i) {
      if (random() % 2 == 0 && held.size() < 8) {
        std::array<void*, 3> bulk{};
        const std::size_t wanted = random() % 4 == 0 ? 3 : 1;
        if (!tokens_.Take(wanted)) continue;
        const std::span<void*> blocks = std::span(bulk).first(wanted);
        if (pool->AllocateBulk(blocks) != Error::kOk) {
          failures.fetch_add(1, std::memory_order_relaxed);
          tokens_.Give(wanted);
          continue;
        }
        for (void* const block : blocks) {
          ledger_.Take(pool->IndexOf(block), owner);
          *static_cast<std::uint32_t*>(block) = owner;
          held.push_back(block);
        }
      } else if (!held.empty()) {
        Give(held.back(), owner);
        held.pop_back();
      }
    }
    for (void* const block : held) Give(block, owner);
  }

  std::uint64_t faults() const { return ledger_.faults(); }

  TestDynamicPool pool;
  std::atomic<std::uint64_t> failures{0};

 private:
  void Give(void* block, std::uint32_t owner) {
    ledger_.Give(pool->IndexOf(block), *static_cast<std::uint32_t*>(block));
    if (*static_cast<std::uint32_t*>(block) != owner ||
        pool->Free(block) != Error::kOk) {
      failures.fetch_add(1, std::memory_order_relaxed);
    }
    tokens_.Give();
  }

  OwnershipLedger ledger_;
  testing::Tokens tokens_;
};

TEST_P(DynamicPoolTorture, WhoHasATokenGetsABlock) {
  constexpr int kThreads = 8;
  constexpr std::size_t kBlocks = 20;
  for (int round = 0; round < 60 * Effort(); ++round) {
    // The limit is the pool's or the segment's; growth happens in the first instants.
    const bool limited = round % 2 == 0;
    TestSegment segment(kBlocks * 32 + (limited ? 1000 : 0), 64);
    Tokens tokens({.block_size = 32,
                   .maximum = limited ? kBlocks : kUnlimited,
                   .caching = GetParam(),
                   .cores = 2},
                  segment.segment, kBlocks);
    RunGang(kThreads, [&](int thread) {
      tokens.Run(static_cast<std::uint64_t>(round * kThreads + thread), 1000);
    });
    ASSERT_EQ(tokens.failures, 0u) << "round " << round;
    ASSERT_EQ(tokens.faults(), 0u);
    EXPECT_EQ(tokens.pool.misuse.count, 0);
    ASSERT_TRUE(tokens.pool.SoundAtRest(0));
    EXPECT_LE(tokens.pool->Stats().peak,
              GetParam() == Caching::kNone ? kBlocks : 2 * kBlocks);
    EXPECT_EQ(tokens.pool.DrainAndRefill().size(), kBlocks);
  }
}

}  // namespace
}  // namespace corepool
