// Proves that alarms are raised where their level is, once for each crossing, whoever
// crosses it; and that hooks may use the pool that calls them.

#include "corepool/hooks.h"

#include <signal.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "corepool/error.h"
#include "corepool/fixed_pool.h"
#include "corepool/options.h"
#include "corepool/stats.h"
#include "gtest/gtest.h"
#include "tests/support/cachings.h"
#include "tests/support/event_log.h"
#include "tests/support/gang.h"
#include "tests/support/signals.h"
#include "tests/support/test_pool.h"

namespace corepool {
namespace {

using testing::EventLog;
using testing::InterruptHandler;
using testing::InterruptingTimer;
using testing::NameOf;
using testing::TestPool;
using testing::Works;

constexpr std::size_t RoundedUp(std::size_t blocks, std::size_t percent) {
  return (blocks * percent + 99) / 100;
}

// What an alarm must have told so far, by its definition.
class Model {
 public:
  Model(std::size_t raise_at, std::size_t calm_below)
      : raise_at_(raise_at), calm_below_(calm_below) {}
  void See(std::size_t used) {
    if (!raised_ && used >= raise_at_) {
      raised_ = true;
      ++raises;
    } else if (raised_ && used < calm_below_) {
      raised_ = false;
      ++calms;
    }
  }
  std::size_t raises = 0;
  std::size_t calms = 0;

 private:
  std::size_t raise_at_;
  std::size_t calm_below_;
  bool raised_ = false;
};

TEST(Alarms, WithoutCachesAreExactAtEveryBlock) {
  std::mt19937 random(1);
  for (std::size_t capacity = 1; capacity <= 24; ++capacity) {
    for (const int percent : {1, 33, 50, 90, 100}) {
      for (const int rearm : {0, 30, 80, 100}) {
        EventLog log;
        PoolHooks hooks = log.Hooks();
        hooks.usage_percent = static_cast<std::uint8_t>(percent);
        hooks.rearm_percent = static_cast<std::uint8_t>(rearm);
        hooks.low_free = random() % capacity;
        hooks.rearm_free = random() % capacity;
        TestPool pool({.block_size = 16,
                       .block_count = capacity,
                       .caching = Caching::kNone,
                       .hooks = &hooks});
        ASSERT_EQ(pool.error, Error::kOk);
        Model usage(RoundedUp(capacity, static_cast<std::size_t>(percent)),
                    std::max<std::size_t>(
                        1, RoundedUp(capacity, static_cast<std::size_t>(
                                                   std::min(rearm, percent)))));
        Model low(capacity - hooks.low_free,
                  capacity - std::max(hooks.low_free, hooks.rearm_free));
        std::vector<void*> held;
        for (int step = 0; step < 300; ++step) {
          const std::size_t room = capacity - held.size();
          const std::size_t size = random() % 4;
          std::array<void*, 4> blocks{};
          if (random() % 2 == 0 && size <= room) {
            const auto some = std::span(blocks).first(size);
            ASSERT_EQ(pool->AllocateBulk(some), Error::kOk);
            held.insert(held.end(), some.begin(), some.end());
          } else if (random() % 2 == 0 && size <= held.size()) {
            ASSERT_EQ(pool->FreeBulk(std::span(held).last(size)), Error::kOk);
            held.resize(held.size() - size);
          } else if (room > 0 && random() % 2 == 0) {
            held.push_back(pool->Allocate());
          } else if (!held.empty()) {
            ASSERT_EQ(pool->Free(held.back()), Error::kOk);
            held.pop_back();
          }
          usage.See(held.size());
          low.See(held.size());
          ASSERT_EQ(log.CountOf(PoolEventKind::kUsageHigh), usage.raises);
          ASSERT_EQ(log.CountOf(PoolEventKind::kUsageNormal), usage.calms);
          ASSERT_EQ(log.CountOf(PoolEventKind::kFreeLow), low.raises);
          ASSERT_EQ(log.CountOf(PoolEventKind::kFreeNormal), low.calms);
        }
      }
    }
  }
}

TEST(Alarms, SayWhatHasHappenedAndWhere) {
  EventLog log;
  PoolHooks hooks = log.Hooks();
  TestPool pool({.block_size = 16,
                 .block_count = 11,
                 .caching = Caching::kNone,
                 .name = "rx",
                 .hooks = &hooks});
  std::vector<void*> held;
  for (int i = 0; i < 9; ++i) held.push_back(pool->Allocate());
  EXPECT_EQ(log.size(), 0u) << "90 % of 11 are 10, rounded up";
  held.push_back(pool->Allocate());
  ASSERT_EQ(log.size(), 1u);
  const PoolEvent& event = log.last();
  EXPECT_EQ(event.kind, PoolEventKind::kUsageHigh);
  EXPECT_EQ(event.pool, &pool.pool);
  EXPECT_STREQ(event.pool_name, "rx");
  EXPECT_EQ(event.used, 10u);
  EXPECT_EQ(event.free, 1u);
  EXPECT_EQ(event.capacity, 11u);
  EXPECT_EQ(event.number, 1u);
  EXPECT_EQ(event.context, &log);
  pool->Free(held.back());
  held.pop_back();
  EXPECT_EQ(log.size(), 1u) << "80 % of 11 are 9, and fewer it must be";
  pool->Free(held.back());
  EXPECT_EQ(log.last().kind, PoolEventKind::kUsageNormal);
  EXPECT_EQ(log.last().used, 8u);
  EXPECT_EQ(log.last().number, 2u);
}

TEST(Alarms, OfNoFreeBlockCanBeHadAndNoneToo) {
  EventLog log;
  PoolHooks hooks = log.Hooks();
  hooks.usage_percent = 0;
  hooks.low_free = 0;
  {
    TestPool pool({.block_size = 16,
                   .block_count = 3,
                   .caching = Caching::kNone,
                   .hooks = &hooks});
    void* const first = pool->Allocate();
    void* const second = pool->Allocate();
    EXPECT_EQ(log.size(), 0u);
    void* const third = pool->Allocate();
    EXPECT_EQ(log.size(), 1u);
    EXPECT_EQ(log.last().kind, PoolEventKind::kFreeLow);
    for (void* const block : {first, second, third}) pool->Free(block);
    EXPECT_EQ(log.size(), 2u);
  }
  hooks.low_free = kNoLowFree;
  log.Clear();
  TestPool pool(
      {.block_size = 16, .block_count = 3, .caching = Caching::kNone, .hooks = &hooks});
  pool.DrainAndRefill();
  EXPECT_EQ(log.size(), 1u) << "exhausted, but no alarms";
}

TEST(Alarms, ThatCouldNeverBeNormalAreRefused) {
  EventLog log;
  PoolHooks high = log.Hooks();
  high.usage_percent = 101;
  PoolHooks low = log.Hooks();
  low.low_free = 4;
  PoolHooks rearm = log.Hooks();
  rearm.low_free = 1;
  rearm.rearm_free = 4;
  for (const PoolHooks* const hooks : {&high, &low, &rearm}) {
    TestPool pool({.block_size = 16, .block_count = 4, .hooks = hooks});
    EXPECT_EQ(pool.error, Error::kInvalidHooks);
    EXPECT_FALSE(pool->is_initialized());
  }
}

TEST(Alarms, OfAPoolWithoutBlocksAreSilent) {
  EventLog log;
  PoolHooks hooks = log.Hooks();
  hooks.low_free = 0;
  TestPool pool({.block_size = 16, .block_count = 0, .hooks = &hooks});
  ASSERT_EQ(pool.error, Error::kOk);
  EXPECT_EQ(pool->Allocate(), nullptr);
  ASSERT_EQ(log.size(), 1u);
  EXPECT_EQ(log.last().kind, PoolEventKind::kExhausted);
}

class HooksByCaching : public ::testing::TestWithParam<Caching> {
 protected:
  void SetUp() override {
    if (!Works(GetParam())) GTEST_SKIP() << "not here";
  }
  PoolOptions With(const PoolHooks& hooks, std::size_t blocks) const {
    return {.block_size = 16,
            .block_count = blocks,
            .caching = GetParam(),
            .hooks = &hooks};
  }
};

TEST_P(HooksByCaching, ExhaustionIsToldEveryTime) {
  EventLog log;
  PoolHooks hooks = log.Hooks();
  hooks.usage_percent = 0;
  TestPool pool(With(hooks, 40));
  std::vector<void*> held(40);
  ASSERT_EQ(pool->AllocateBulk(held), Error::kOk);
  EXPECT_EQ(log.size(), 0u);
  EXPECT_EQ(pool->Allocate(), nullptr);
  EXPECT_EQ(pool->Allocate(), nullptr);
  std::array<void*, 2> more{};
  EXPECT_EQ(pool->AllocateBulk(more), Error::kExhausted);
  EXPECT_EQ(pool->AllocateUpTo(more), 0u);
  EXPECT_EQ(log.CountOf(PoolEventKind::kExhausted), 4u);
  EXPECT_EQ(log.size(), pool->Stats().failures);
  EXPECT_EQ(log.last().used, 40u);
  EXPECT_EQ(pool->FreeBulk(held), Error::kOk);
  EXPECT_EQ(log.size(), 4u);
}

TEST_P(HooksByCaching, AlarmsAreNeverLateAndEarlyByTheBoundAtMost) {
  for (const std::size_t raise : {10u, 50u, 90u, 100u}) {
    EventLog log;
    PoolHooks hooks = log.Hooks();
    hooks.usage_percent = static_cast<std::uint8_t>(raise);
    hooks.rearm_percent = static_cast<std::uint8_t>(raise / 2);
    TestPool pool(With(hooks, 1000));
    const std::size_t bound = pool->Stats().cache_bound();
    for (int round = 1; round <= 3; ++round) {
      const std::size_t told = log.size();
      std::vector<void*> held;
      while (log.size() == told && held.size() < 1000) held.push_back(pool->Allocate());
      ASSERT_EQ(log.size(), told + 1) << "never late";
      ASSERT_LE(held.size(), raise * 10);
      ASSERT_GE(held.size() + bound, raise * 10);
      ASSERT_EQ(log.last().kind, PoolEventKind::kUsageHigh);
      while (log.size() == told + 1 && !held.empty()) {
        ASSERT_EQ(pool->Free(held.back()), Error::kOk);
        held.pop_back();
      }
      ASSERT_LT(held.size(), raise * 5);
      pool->FlushCaches();
      ASSERT_EQ(pool->FreeBulk(held), Error::kOk);
      pool->FlushCaches();
      ASSERT_EQ(log.size(), told + 2);
      ASSERT_EQ(log.last().kind, PoolEventKind::kUsageNormal);
    }
    EXPECT_TRUE(log.IsHistory(PoolEventKind::kUsageHigh, raise * 10,
                              PoolEventKind::kUsageNormal, raise * 5));
    EXPECT_TRUE(pool.SoundAtRest(0));
  }
}

TEST_P(HooksByCaching, OfManyThreadsAboutALevelEachCrossingIsToldOnce) {
  // The level lies where threads cross it all the time.
  constexpr int kThreads = 8;
  constexpr std::size_t kBlocks = 400;
  for (const std::uint8_t rearm : {std::uint8_t{50}, std::uint8_t{49}}) {
    EventLog log(1u << 20);
    PoolHooks hooks = log.Hooks();
    hooks.usage_percent = 50;
    hooks.rearm_percent = rearm;
    hooks.low_free = 195;
    hooks.rearm_free = 205;
    TestPool pool(With(hooks, kBlocks));
    std::vector<void*> ballast(kBlocks / 2 - 10);
    ASSERT_EQ(pool->AllocateBulk(ballast), Error::kOk);
    testing::RunGang(kThreads, [&](int thread) {
      std::mt19937 random(static_cast<unsigned>(thread));
      std::vector<void*> held;
      for (int i = 0; i < 50'000; ++i) {
        if (held.size() < 20 && random() % 2 == 0) {
          held.push_back(pool->Allocate());
        } else if (!held.empty()) {
          pool->Free(held.back());
          held.pop_back();
        }
      }
      pool->FreeBulk(held);
    });
    pool->FlushCaches();
    EXPECT_EQ(log.CountOf(PoolEventKind::kUsageHigh),
              log.CountOf(PoolEventKind::kUsageNormal))
        << "at rest below the level";
    EXPECT_EQ(log.CountOf(PoolEventKind::kFreeLow),
              log.CountOf(PoolEventKind::kFreeNormal));
    EXPECT_GT(log.size(), 2u);
    EXPECT_TRUE(log.IsHistory(PoolEventKind::kUsageHigh, kBlocks / 2,
                              PoolEventKind::kUsageNormal, kBlocks * rearm / 100));
    EXPECT_TRUE(
        log.IsHistory(PoolEventKind::kFreeLow, 205, PoolEventKind::kFreeNormal, 195));
    // At rest above the level.
    std::vector<void*> more(kBlocks / 2);
    ASSERT_EQ(pool->AllocateBulk(more), Error::kOk);
    EXPECT_EQ(log.CountOf(PoolEventKind::kUsageHigh),
              log.CountOf(PoolEventKind::kUsageNormal) + 1);
    EXPECT_EQ(pool->FreeBulk(more), Error::kOk);
    EXPECT_EQ(pool->FreeBulk(ballast), Error::kOk);
    EXPECT_TRUE(pool.SoundAtRest(0));
  }
}

// Signal handlers that hold a block from one call to the next.
TestPool* interrupted_pool = nullptr;
thread_local void* held_by_handler = nullptr;

void AllocateOrFree(int, siginfo_t*, void*) {
  if (held_by_handler != nullptr) {
    if ((*interrupted_pool)->Free(held_by_handler) != Error::kOk) std::abort();
    held_by_handler = nullptr;
  } else {
    held_by_handler = (*interrupted_pool)->Allocate();
  }
}

TEST_P(HooksByCaching, SignalHandlersCrossLevelsLikeAnybody) {
  EventLog log(1u << 20);
  PoolHooks hooks = log.Hooks();
  hooks.usage_percent = 50;
  hooks.rearm_percent = 50;
  TestPool pool(With(hooks, 400));
  std::vector<void*> ballast(198);
  ASSERT_EQ(pool->AllocateBulk(ballast), Error::kOk);
  interrupted_pool = &pool;
  {
    const InterruptHandler handler(&AllocateOrFree);
    testing::RunGang(2, [&](int) {
      {
        const InterruptingTimer timer(20'000);
        for (int i = 0; i < 200'000; ++i) {
          if (pool->Free(pool->Allocate()) != Error::kOk) std::abort();
        }
      }
      sigset_t interrupt;
      sigemptyset(&interrupt);
      sigaddset(&interrupt, SIGUSR1);
      pthread_sigmask(SIG_BLOCK, &interrupt, nullptr);
      if (held_by_handler != nullptr) pool->Free(held_by_handler);
      held_by_handler = nullptr;
    });
  }
  pool->FlushCaches();
  EXPECT_TRUE(
      log.IsHistory(PoolEventKind::kUsageHigh, 200, PoolEventKind::kUsageNormal, 200));
  EXPECT_EQ(log.CountOf(PoolEventKind::kUsageHigh),
            log.CountOf(PoolEventKind::kUsageNormal));
  EXPECT_EQ(pool->FreeBulk(ballast), Error::kOk);
  EXPECT_TRUE(pool.SoundAtRest(0));
}

// A hook that makes room as soon as the alarm is raised.
struct Reserve {
  TestPool* pool = nullptr;
  std::vector<void*> blocks;
  std::vector<PoolEventKind> told;
  void* got = nullptr;

  static void Handle(const PoolEvent& event) {
    auto& self = *static_cast<Reserve*>(event.context);
    FixedPool& pool = self.pool->pool;
    self.told.push_back(event.kind);
    if (event.kind == PoolEventKind::kUsageHigh ||
        event.kind == PoolEventKind::kExhausted) {
      const std::vector<void*> blocks = std::move(self.blocks);
      self.blocks.clear();
      for (void* const block : blocks) EXPECT_EQ(pool.Free(block), Error::kOk);
      if (event.kind == PoolEventKind::kExhausted && !blocks.empty()) {
        self.got = pool.Allocate();
      }
    }
  }
};

TEST_P(HooksByCaching, MayAllocateAndFreeInTheirPool) {
  Reserve reserve;
  PoolHooks hooks;
  hooks.on_event = &Reserve::Handle;
  hooks.context = &reserve;
  hooks.usage_percent = 0;
  TestPool pool(With(hooks, 40));
  reserve.pool = &pool;
  reserve.blocks.resize(2);
  ASSERT_EQ(pool->AllocateBulk(reserve.blocks), Error::kOk);
  std::vector<void*> held(38);
  ASSERT_EQ(pool->AllocateBulk(held), Error::kOk);
  EXPECT_EQ(pool->Allocate(), nullptr) << "the hook makes room for the next call";
  ASSERT_NE(reserve.got, nullptr);
  held.push_back(reserve.got);
  held.push_back(pool->Allocate());
  ASSERT_NE(held.back(), nullptr);
  EXPECT_EQ(pool->Allocate(), nullptr);
  EXPECT_EQ(reserve.told,
            (std::vector{PoolEventKind::kExhausted, PoolEventKind::kExhausted}));
  EXPECT_EQ(pool->FreeBulk(held), Error::kOk);
  EXPECT_TRUE(pool.SoundAtRest(0));
}

TEST(Hooks, ThatCrossALevelThemselvesAreToldOfThatInside) {
  Reserve reserve;
  PoolHooks hooks;
  hooks.on_event = &Reserve::Handle;
  hooks.context = &reserve;
  hooks.usage_percent = 50;
  hooks.rearm_percent = 50;
  TestPool pool(
      {.block_size = 16, .block_count = 8, .caching = Caching::kNone, .hooks = &hooks});
  reserve.pool = &pool;
  reserve.blocks.resize(3);
  ASSERT_EQ(pool->AllocateBulk(reserve.blocks), Error::kOk);
  void* const block = pool->Allocate();
  EXPECT_EQ(reserve.told,
            (std::vector{PoolEventKind::kUsageHigh, PoolEventKind::kUsageNormal}));
  EXPECT_EQ(pool->Stats().used, 1u);
  EXPECT_EQ(pool->Free(block), Error::kOk);
  EXPECT_EQ(reserve.told.size(), 2u);
  EXPECT_TRUE(pool.SoundAtRest(0));
}

std::string CachingName(const ::testing::TestParamInfo<Caching>& info) {
  return NameOf(info.param);
}
INSTANTIATE_TEST_SUITE_P(All, HooksByCaching,
                         ::testing::Values(Caching::kRseq, Caching::kCas,
                                           Caching::kNone),
                         &CachingName);

}  // namespace
}  // namespace corepool
