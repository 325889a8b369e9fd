// Proves that a thread that stands still anywhere while it grows a pool holds up
// nobody, and keeps no block from others but those that it is growing. Deterministic:
// the library is compiled against atomics and cores that let a thread stop between any
// two steps (//tests/support:virtual_core).

#include <cstddef>
#include <cstdint>
#include <iostream>
#include <memory>
#include <set>
#include <vector>

#include "corepool/dynamic_pool.h"
#include "corepool/error.h"
#include "corepool/options.h"
#include "gtest/gtest.h"
#include "tests/support/cachings.h"
#include "tests/support/stalled_thread.h"
#include "tests/support/test_dynamic_pool.h"
#include "tests/support/virtual_cores.h"

namespace corepool {
namespace {

using testing::NameOf;
using testing::StalledThread;
using testing::StepLimit;
using testing::TestDynamicPool;
using testing::TestSegment;

constexpr std::size_t kBlockSize = 32;
constexpr std::size_t kBlocks = 9;  // that the pool can have

// No operation needs as many, if nobody else moves.
constexpr int kMostSteps = 2000;

struct Case {
  Caching caching;
  std::size_t growth;
  bool limited;      // by its maximum, else by the segment
  std::size_t bulk;  // blocks that the threads that stand still want
};

// Threads that stand still before the given steps of an allocation that grows the pool,
// the first on core 1, the next on core 2. Returns whether the last one did; the others
// may have been done before.
bool Play(const Case& which, const std::vector<int>& steps) {
  TestSegment segment(kBlocks * kBlockSize + (which.limited ? 500 : 5), 64);
  TestDynamicPool pool({.block_size = kBlockSize,
                        .initial = 1,
                        .maximum = which.limited ? kBlocks : kUnlimited,
                        .growth = which.growth,
                        .caching = which.caching,
                        .cores = 3},
                       segment.segment);
  EXPECT_EQ(pool.error, Error::kOk);
  std::vector<void*> blocks = {pool->Allocate()};

  std::vector<std::vector<void*>> theirs(steps.size());
  std::vector<std::unique_ptr<StalledThread>> threads;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    threads.push_back(std::make_unique<StalledThread>(
        static_cast<std::uint32_t>(i + 1), steps[i], true, [&, i] {
          theirs[i].resize(which.bulk);
          if (which.bulk == 1) {
            theirs[i][0] = pool->Allocate();
            if (theirs[i][0] == nullptr) theirs[i].clear();
          } else {
            theirs[i].resize(pool->AllocateUpTo(theirs[i]));
          }
        }));
  }
  const bool stalled = threads.back()->IsStalled();

  {
    StepLimit limit(kMostSteps);
    for (;;) {
      limit.BeginOperation();
      const auto [error, block] = pool->TryAllocate();
      if (error != Error::kOk) {
        EXPECT_EQ(block, nullptr);
        break;
      }
      blocks.push_back(block);
    }
    // A bulk holds what it has got so far, besides.
    const std::size_t each = which.bulk - 1 + which.growth;
    EXPECT_GE(blocks.size() + steps.size() * each, kBlocks);
    limit.BeginOperation();
    const PoolStats stats = pool->Stats();
    EXPECT_LE(stats.used, stats.capacity);
    EXPECT_LE(stats.capacity, kBlocks);
    EXPECT_GE(stats.used, blocks.size());
    EXPECT_EQ(pool->Audit().error, Error::kOk);
    // Frees and new allocations go on.
    for (int i = 0; i < 3; ++i) {
      void* const freed = blocks.back();
      blocks.pop_back();
      limit.BeginOperation();
      EXPECT_EQ(pool->Free(freed), Error::kOk);
      limit.BeginOperation();
      void* const block = pool->Allocate();
      EXPECT_NE(block, nullptr);
      blocks.push_back(block);
    }
  }
  for (const auto& thread : threads) thread->Resume();
  for (const auto& mine : theirs) blocks.insert(blocks.end(), mine.begin(), mine.end());
  while (void* const block = pool->Allocate()) blocks.push_back(block);
  EXPECT_EQ(blocks.size(), kBlocks);
  EXPECT_EQ(std::set<void*>(blocks.begin(), blocks.end()).size(), kBlocks);
  EXPECT_TRUE(pool.SoundAtRest(kBlocks));
  for (void* const block : blocks) EXPECT_EQ(pool->Free(block), Error::kOk);
  EXPECT_TRUE(pool.SoundAtRest(0));
  EXPECT_EQ(pool.misuse.count, 0);
  EXPECT_TRUE(segment.memory.Intact());
  return stalled;
}

constexpr Caching kCachings[] = {Caching::kNone, Caching::kCas, Caching::kRseq};

TEST(DynamicPoolStalled, AThreadAtAnyStepOfAGrowthKeepsOnlyWhatItGrows) {
  int places = 0;
  for (const Caching caching : kCachings) {
    for (const std::size_t growth : {1u, 3u, 20u}) {
      for (const bool limited : {true, false}) {
        for (const std::size_t bulk : {1u, 3u}) {
          const Case which{caching, growth, limited, bulk};
          for (int step = 0; Play(which, {step}); ++step) {
            ++places;
            ASSERT_FALSE(HasFailure())
                << NameOf(caching) << ", growth " << growth << ", limited " << limited
                << ", bulk " << bulk << ", step " << step;
          }
        }
      }
    }
  }
  std::cout << "stood still in " << places << " places\n";
  EXPECT_GT(places, 500);
}

TEST(DynamicPoolStalled, SoDoTwoThreadsAtAnyTwoSteps) {
  int places = 0;
  for (const Caching caching : kCachings) {
    for (const std::size_t growth : {1u, 4u}) {
      for (const bool limited : {true, false}) {
        const Case which{caching, growth, limited, 1};
        for (int first = 0; Play(which, {first}); first += 2) {
          for (int second = 0; Play(which, {first, second}); ++second) {
            ++places;
            ASSERT_FALSE(HasFailure())
                << NameOf(caching) << ", growth " << growth << ", limited " << limited
                << ", steps " << first << ", " << second;
          }
        }
      }
    }
  }
  std::cout << "stood still in " << places << " places\n";
  EXPECT_GT(places, 1000);
}

}  // namespace
}  // namespace corepool
