// Proves that alarms are told once for each crossing and agree with the pool at rest,
// though threads meet at every step of theirs; and with caches never late. On virtual
// cores, with atomics that let threads meet.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "corepool/error.h"
#include "corepool/fixed_pool.h"
#include "corepool/hooks.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/options.h"
#include "corepool/port/cores_concept.h"
#include "gtest/gtest.h"
#include "tests/support/cache_view.h"
#include "tests/support/event_log.h"
#include "tests/support/gang.h"
#include "tests/support/test_pool.h"
#include "tests/support/virtual_core_traffic.h"
#include "tests/support/virtual_cores.h"

namespace corepool {
namespace {

using testing::CacheView;
using testing::EventLog;
using testing::OnCore;
using testing::TestPool;

constexpr std::uint32_t kCores = 4;

class AlarmsByCaching : public ::testing::TestWithParam<Caching> {
 protected:
  static PoolOptions With(const PoolHooks& hooks, std::size_t blocks) {
    return {.block_size = 16,
            .block_count = blocks,
            .caching = GetParam(),
            .cores = kCores,
            .hooks = &hooks};
  }
};

// Moves aside now and then, so that others come between any two steps.
thread_local std::uint32_t dice = 1;
void MaybeYield() {
  dice = dice * 1664525 + 1013904223;
  if (dice >> 30 == 0) std::this_thread::yield();
}

TEST_P(AlarmsByCaching, AgreeWithThePoolWheneverItIsAtRest) {
  constexpr int kThreads = 3;
  constexpr std::size_t kBlocks = 40;
  constexpr std::size_t kBallast = 18;
  EventLog log(1u << 20);
  PoolHooks hooks = log.Hooks();
  hooks.usage_percent = 50;  // 20 blocks
  hooks.rearm_percent = 50;
  hooks.low_free = 19;  // 21
  hooks.rearm_free = 21;
  const PoolOptions options = With(hooks, kBlocks);
  TestPool pool(options);
  std::vector<void*> ballast(kBallast);
  ASSERT_EQ(pool->AllocateBulk(ballast), Error::kOk);
  std::array<std::vector<void*>, kThreads> held;
  std::mt19937 random(1);
  for (int round = 0; round < 2000; ++round) {
    const auto seed = static_cast<std::uint32_t>(random());
    testing::RunGang(kThreads, [&](int thread) {
      const OnCore on(static_cast<std::uint32_t>(thread));
      dice = seed + static_cast<std::uint32_t>(thread) * 977;
      lockfree::perturb = &MaybeYield;
      lockfree::perturb_look = &MaybeYield;
      std::vector<void*>& mine = held[static_cast<std::size_t>(thread)];
      for (int i = 0; i < 6; ++i) {
        if (mine.size() < 2 && (mine.empty() || dice >> 31 == 0)) {
          mine.push_back(pool->Allocate());
        } else {
          pool->Free(mine.back());
          mine.pop_back();
        }
      }
    });
    std::size_t used = kBallast;
    for (const auto& mine : held) used += mine.size();
    ASSERT_EQ(pool->Stats().used, used);
    if (round % 4 != 0) pool->FlushCaches();
    // With caches alarms go by what is outstanding.
    if (GetParam() != Caching::kNone) {
      const std::size_t outstanding = CacheView(pool, options).Outstanding();
      ASSERT_GE(outstanding, used);
      used = outstanding;
    }
    const std::size_t high = log.CountOf(PoolEventKind::kUsageHigh) -
                             log.CountOf(PoolEventKind::kUsageNormal);
    ASSERT_EQ(high, used >= 20 ? 1u : 0u) << "round " << round << ", used " << used;
    const std::size_t low =
        log.CountOf(PoolEventKind::kFreeLow) - log.CountOf(PoolEventKind::kFreeNormal);
    ASSERT_TRUE(low == 1 || used < 21) << "round " << round << ", used " << used;
    ASSERT_TRUE(low == 0 || used >= 19) << "round " << round << ", used " << used;
  }
  EXPECT_GT(log.size(), 100u);
  EXPECT_TRUE(
      log.IsHistory(PoolEventKind::kUsageHigh, 20, PoolEventKind::kUsageNormal, 20));
  EXPECT_TRUE(
      log.IsHistory(PoolEventKind::kFreeLow, 21, PoolEventKind::kFreeNormal, 19));
}

TEST_P(AlarmsByCaching, AreNeverLateWhateverCoresHaveForThemselves) {
  constexpr std::size_t kBlocks = 200;
  for (std::uint32_t seed = 1; seed <= 60; ++seed) {
    std::mt19937 random(seed);
    EventLog log(1u << 16);
    PoolHooks hooks = log.Hooks();
    hooks.usage_percent = static_cast<std::uint8_t>(1 + random() % 100);
    hooks.rearm_percent = static_cast<std::uint8_t>(1 + random() % 100);
    const PoolOptions options = With(hooks, kBlocks);
    TestPool pool(options);
    const std::size_t raise_at = std::size_t{hooks.usage_percent} * 2;
    const std::size_t calm_below =
        std::min(raise_at, std::size_t{hooks.rearm_percent} * 2);
    const std::size_t bound = pool->Stats().cache_bound();
    std::vector<void*> held;
    std::size_t seen = 0;
    for (int step = 0; step < 400; ++step) {
      const auto die = static_cast<std::uint32_t>(random() % (kCores + 1));
      const OnCore on(die < kCores ? die : port::kNoCore);
      const std::size_t size = random() % 20;
      if (random() % 16 == 0) {
        pool->FlushCaches();
      } else if (random() % 2 == 0) {
        std::vector<void*> blocks(size);
        const std::size_t got = pool->AllocateUpTo(blocks);
        held.insert(held.end(), blocks.begin(),
                    blocks.begin() + static_cast<std::ptrdiff_t>(got));
      } else {
        for (std::size_t i = 0; i < size && !held.empty(); ++i) {
          ASSERT_EQ(pool->Free(held.back()), Error::kOk);
          held.pop_back();
        }
      }
      const std::size_t highs = log.CountOf(PoolEventKind::kUsageHigh);
      const std::size_t normals = log.CountOf(PoolEventKind::kUsageNormal);
      const bool raised = highs != normals;
      ASSERT_TRUE(raised || held.size() < raise_at) << "late, seed " << seed;
      ASSERT_TRUE(!raised || held.size() + bound >= calm_below) << "seed " << seed;
      if (highs != seen) {
        // A call of this step raised it, and took at most so many blocks since.
        ASSERT_GE(held.size() + bound + 20, raise_at) << "early, seed " << seed;
        seen = highs;
      }
    }
    pool->FlushCaches();
    const bool raised = log.CountOf(PoolEventKind::kUsageHigh) !=
                        log.CountOf(PoolEventKind::kUsageNormal);
    const std::size_t level = GetParam() == Caching::kNone
                                  ? held.size()
                                  : CacheView(pool, options).Outstanding();
    ASSERT_TRUE(raised ? level >= calm_below : level < raise_at);
    ASSERT_TRUE(log.IsHistory(PoolEventKind::kUsageHigh, raise_at,
                              PoolEventKind::kUsageNormal, calm_below));
    ASSERT_EQ(pool->FreeBulk(held), Error::kOk);
    ASSERT_TRUE(pool.SoundAtRest(0));
  }
}

INSTANTIATE_TEST_SUITE_P(All, AlarmsByCaching,
                         ::testing::Values(Caching::kRseq, Caching::kCas,
                                           Caching::kNone));

}  // namespace
}  // namespace corepool
