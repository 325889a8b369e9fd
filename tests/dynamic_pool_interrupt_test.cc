// Proves that interrupt handlers, nested ones too, may use and grow a pool between any
// two steps of growing it. Deterministic: the library is compiled against atomics that
// call the handler (//tests/support:interrupted_core).

#include <array>
#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <vector>

#include "corepool/config.h"
#include "corepool/dynamic_pool.h"
#include "corepool/error.h"
#include "corepool/options.h"
#include "corepool/segment.h"
#include "corepool/stats.h"
#include "gtest/gtest.h"
#include "tests/support/interrupt_nest.h"
#include "tests/support/interrupting_atomic.h"
#include "tests/support/ownership_ledger.h"
#include "tests/support/test_dynamic_pool.h"

namespace corepool {
namespace {

using testing::InterruptNest;
using testing::OwnershipLedger;
using testing::TestDynamicPool;
using testing::TestSegment;

constexpr std::size_t kBlockSize = 16;

// What runs on each level: random operations on two pools that share a segment.
class Nest final : public InterruptNest {
 public:
  Nest(std::size_t growth, Caching caching, std::uint64_t seed)
      // With caches some operations have hundreds of accesses.
      : InterruptNest(seed, caching == Caching::kNone ? 8 : 60),
        // What a call sets aside while it grows others cannot have.
        maximum_(kLevels * (kHeldPerLevel + growth - 1)),
        segment_(2 * maximum_ * kBlockSize, 16),
        pools_{TestDynamicPool(Options(growth, caching), segment_.segment),
               TestDynamicPool(Options(growth, caching), segment_.segment)},
        ledgers_{OwnershipLedger(maximum_), OwnershipLedger(maximum_)} {}

  // Whether everything was as it must be.
  bool Run(int operations) {
    for (int i = 0; i < operations && Clean(); ++i) OneInterruptedOperation();
    if (!Clean()) return false;
    for (auto& level : held_) {
      for (std::size_t which = 0; which < 2; ++which) {
        while (!level[which].empty()) FreeOne(which, level[which]);
      }
    }
    bool sound = Clean();
    for (TestDynamicPool& pool : pools_) {
      sound = sound && pool.SoundAtRest(0) && pool->Stats().peak <= maximum_ &&
              pool.DrainAndRefill().size() == maximum_ && pool.SoundAtRest(0);
    }
    return sound && segment_.segment.Remaining() == 0;
  }

 private:
  DynamicPoolOptions Options(std::size_t growth, Caching caching) const {
    return {.block_size = kBlockSize,
            .maximum = maximum_,
            .growth = growth,
            .caching = caching,
            .cores = 1};
  }

  // Demand never exceeds the pool, so nothing may fail.
  bool Clean() const {
    return ledgers_[0].faults() + ledgers_[1].faults() == 0 &&
           pools_[0].misuse.count + pools_[1].misuse.count == 0 && failures_ == 0;
  }

  void OneOperation() override {
    const std::size_t which = Random() % 2;
    TestDynamicPool& pool = pools_[which];
    std::vector<void*>& held = held_[level()][which];
    const std::size_t room = kHeldPerLevel - held.size();
    std::array<void*, kHeldPerLevel> blocks{};
    const std::span<void*> wanted = std::span(blocks).first(room);
    switch (Random() % 8) {
      case 0:
      case 1:
      case 2:
        if (room > 0) {
          const auto allocation = pool->TryAllocate();
          failures_ += allocation.error != Error::kOk;
          blocks[0] = allocation.block;
          if (allocation.block != nullptr) Take(which, wanted.first(1));
        }
        break;
      case 3:
        if (room > 0) {
          const Error error = pool->AllocateBulk(wanted);
          failures_ += error != Error::kOk;
          if (error == Error::kOk) Take(which, wanted);
        }
        break;
      case 4:
        if (room > 0) {
          const std::size_t taken = pool->AllocateUpTo(wanted);
          failures_ += taken == 0;
          Take(which, wanted.first(taken));
        }
        break;
      case 5: {
        const PoolStats stats = pool->Stats();
        failures_ += stats.used > stats.capacity || stats.peak < stats.used ||
                     stats.capacity > maximum_ || stats.allocations < stats.frees;
        failures_ += pool->Available() > maximum_;
        if (Random() % 4 == 0) pool->ResetPeak();
        failures_ += pool->Audit().error != Error::kOk;
        break;
      }
      default:
        if (!held.empty()) FreeOne(which, held);
    }
  }

  void Take(std::size_t which, std::span<void* const> blocks) {
    for (void* const block : blocks) {
      ledgers_[which].Take(pools_[which]->IndexOf(block), Owner());
      *static_cast<std::uint32_t*>(block) = Owner();
      held_[level()][which].push_back(block);
    }
  }
  void FreeOne(std::size_t which, std::vector<void*>& held) {
    void* const block = held.back();
    held.pop_back();
    ledgers_[which].Give(pools_[which]->IndexOf(block),
                         *static_cast<std::uint32_t*>(block));
    failures_ += pools_[which]->Free(block) != Error::kOk;
  }

  std::size_t maximum_;
  TestSegment segment_;
  std::array<TestDynamicPool, 2> pools_;
  std::array<OwnershipLedger, 2> ledgers_;
  std::array<std::array<std::vector<void*>, 2>, kLevels> held_;
  std::uint64_t failures_ = 0;
};

#if COREPOOL_SABOTAGE_TAG_BITS > 0

// The same with tags of two bits: the nest must notice.
TEST(SabotagedDynamicPoolInterrupt, NestedHandlersFindTheAbaThatTwoTagBitsLetThrough) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    Nest nest(1, Caching::kNone, seed);
    if (!nest.Run(1000)) return;
  }
  FAIL() << "no fault in 200 nests";
}

#else

int accesses_to_go = 0;
TestDynamicPool* interrupted = nullptr;
std::vector<void*> drained;

void DrainOnce() {
  if (--accesses_to_go != 0) return;
  while (void* const block = interrupted->pool.Allocate()) drained.push_back(block);
}

// How a pool ends: at its maximum, or with the segment.
struct Limit {
  std::size_t maximum;
  std::size_t segment_bytes;
  std::size_t blocks;  // that it can have
};
constexpr Limit kLimits[] = {{7, 4096, 7}, {kUnlimited, 7 * kBlockSize + 3, 7}};

TEST(DynamicPoolInterrupt, AHandlerMayTakeAllThatIsLeftAtAnyAccessOfAGrowth) {
  for (const Limit& limit : kLimits) {
    for (const std::size_t growth : {1u, 3u}) {
      for (const Caching caching : {Caching::kNone, Caching::kCas}) {
        bool interrupted_once = true;
        for (int access = 1; interrupted_once; ++access) {
          TestSegment segment(limit.segment_bytes, 16);
          TestDynamicPool pool({.block_size = kBlockSize,
                                .initial = 1,
                                .maximum = limit.maximum,
                                .growth = growth,
                                .caching = caching,
                                .cores = 1},
                               segment.segment);
          ASSERT_EQ(pool.error, Error::kOk);
          std::vector<void*> blocks = {pool->Allocate()};
          interrupted = &pool;
          drained.clear();
          accesses_to_go = access;
          lockfree::interrupt = &DrainOnce;
          const auto [error, block] = pool->TryAllocate();
          lockfree::interrupt = nullptr;
          interrupted_once = accesses_to_go <= 0;
          const std::size_t by_handler = drained.size();
          blocks.insert(blocks.end(), drained.begin(), drained.end());
          if (error == Error::kOk) {
            blocks.push_back(block);
          } else {
            ASSERT_EQ(blocks.size(), limit.blocks) << "refused for nothing, " << access;
            ASSERT_EQ(error, limit.maximum == kUnlimited ? Error::kSegmentExhausted
                                                         : Error::kExhausted);
          }
          // What the interrupted call had set aside, and nothing else.
          if (interrupted_once) {
            ASSERT_GE(by_handler + growth, limit.blocks - 1) << access;
          }
          while (void* const more = pool->Allocate()) blocks.push_back(more);
          ASSERT_EQ(blocks.size(), limit.blocks) << access;
          ASSERT_EQ(std::set<void*>(blocks.begin(), blocks.end()).size(), limit.blocks);
          ASSERT_TRUE(pool.SoundAtRest(limit.blocks)) << access;
          ASSERT_GE(pool->Stats().peak, limit.blocks);
          if (caching == Caching::kNone) {
            ASSERT_EQ(pool->Stats().peak, limit.blocks);
          }
          for (void* const each : blocks) ASSERT_EQ(pool->Free(each), Error::kOk);
          ASSERT_TRUE(pool.SoundAtRest(0));
          ASSERT_EQ(pool.misuse.count, 0);
        }
      }
    }
  }
}

TEST(DynamicPoolInterrupt, NestedHandlersMayGrowPoolsOfOneSegmentAtAnyAccess) {
  std::uint64_t seed = 0;
  std::uint64_t interrupts = 0;
  for (const Caching caching : {Caching::kNone, Caching::kCas}) {
    for (const std::size_t growth : {1u, 2u, 5u}) {
      for (int round = 0; round < 100; ++round) {
        Nest nest(growth, caching, ++seed);
        ASSERT_TRUE(nest.Run(100)) << "seed " << seed;
        interrupts += nest.interrupts();
      }
    }
  }
  EXPECT_GT(interrupts, 30000u);
}

#endif  // COREPOOL_SABOTAGE_TAG_BITS > 0

}  // namespace
}  // namespace corepool
