// Proves that alarms are told once for each crossing, and agree with the pool at rest,
// though interrupt handlers cross levels between any two steps of whoever else does.
// Deterministic: the library is compiled against atomics that call the handler
// (//tests/support:interrupted_core).

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "corepool/error.h"
#include "corepool/fixed_pool.h"
#include "corepool/hooks.h"
#include "corepool/options.h"
#include "gtest/gtest.h"
#include "tests/support/cache_view.h"
#include "tests/support/event_log.h"
#include "tests/support/interrupt_nest.h"
#include "tests/support/test_pool.h"

namespace corepool {
namespace {

using testing::CacheView;
using testing::EventLog;
using testing::InterruptNest;
using testing::TestPool;

constexpr std::size_t kLevels = InterruptNest::kLevels;
constexpr std::size_t kHeldPerLevel = InterruptNest::kHeldPerLevel;
constexpr std::size_t kBlocks = kLevels * kHeldPerLevel;

// What runs on each level: allocates and frees at random.
class Nest final : public InterruptNest {
 public:
  Nest(Caching caching, std::uint64_t seed)
      : InterruptNest(seed, 6),
        hooks_(WithLevels(log_)),
        options_{.block_size = 16,
                 .block_count = kBlocks,
                 .caching = caching,
                 .cores = 2,
                 .hooks = &hooks_},
        pool_(options_) {}

  // Whether alarms were as they must be after each operation of the thread.
  bool Run(int operations) {
    for (int i = 0; i < operations; ++i) {
      OneInterruptedOperation();
      if (!Agrees()) return false;
    }
    for (auto& held : held_) {
      if (pool_->FreeBulk(held) != Error::kOk) return false;
    }
    return failures_ == 0 && interrupts() > 0 && pool_.SoundAtRest(0) &&
           log_.IsHistory(PoolEventKind::kUsageHigh, kBlocks / 2,
                          PoolEventKind::kUsageNormal, kBlocks / 2) &&
           log_.IsHistory(PoolEventKind::kFreeLow, kBlocks - 4,
                          PoolEventKind::kFreeNormal, kBlocks - 5);
  }
  std::size_t events() const { return log_.size(); }

 private:
  static PoolHooks WithLevels(EventLog& log) {
    PoolHooks hooks = log.Hooks();
    hooks.usage_percent = 50;
    hooks.rearm_percent = 50;
    hooks.low_free = 4;
    hooks.rearm_free = 5;
    return hooks;
  }

  std::size_t Pending(PoolEventKind raised, PoolEventKind normal) const {
    return log_.CountOf(raised) - log_.CountOf(normal);
  }
  bool Agrees() {
    std::size_t used = 0;
    for (const auto& held : held_) used += held.size();
    // With caches alarms go by what is outstanding.
    if (options_.caching != Caching::kNone) {
      const std::size_t outstanding = CacheView(pool_, options_).Outstanding();
      if (outstanding < used) return false;
      used = outstanding;
    }
    const std::size_t high =
        Pending(PoolEventKind::kUsageHigh, PoolEventKind::kUsageNormal);
    const std::size_t low =
        Pending(PoolEventKind::kFreeLow, PoolEventKind::kFreeNormal);
    return high == (used >= kBlocks / 2 ? 1u : 0u) &&
           (low == 1 || (low == 0 && used < kBlocks - 4)) &&
           (low == 0 || used >= kBlocks - 5);
  }

  void OneOperation() override {
    std::vector<void*>& held = held_[level()];
    const std::size_t room = kHeldPerLevel - held.size();
    if (room > 0 && (held.empty() || Random() % 2 == 0)) {
      std::array<void*, kHeldPerLevel> blocks{};
      const std::size_t wanted = Random() % 4 == 0 ? room : 1;
      const auto some = std::span(blocks).first(wanted);
      failures_ += pool_->AllocateBulk(some) != Error::kOk;
      held.insert(held.end(), some.begin(), some.end());
    } else if (Random() % 4 == 0) {
      std::vector<void*> all;
      all.swap(held);
      failures_ += pool_->FreeBulk(all) != Error::kOk;
    } else {
      void* const block = held.back();
      held.pop_back();
      failures_ += pool_->Free(block) != Error::kOk;
    }
  }

  EventLog log_{1u << 16};
  PoolHooks hooks_;
  PoolOptions options_;
  TestPool pool_;
  std::array<std::vector<void*>, kLevels> held_;
  std::uint64_t failures_ = 0;
};

TEST(AlarmsInterrupt, HandlersCrossLevelsAtAnyAccess) {
  for (const Caching caching : {Caching::kNone, Caching::kCas}) {
    for (std::uint64_t seed = 1; seed <= 25; ++seed) {
      Nest nest(caching, seed);
      ASSERT_TRUE(nest.Run(500)) << "seed " << seed;
      ASSERT_GT(nest.events(), 100u);
    }
  }
}

}  // namespace
}  // namespace corepool
