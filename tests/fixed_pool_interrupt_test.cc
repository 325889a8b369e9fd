// Proves that interrupt handlers, nested ones too, may use a pool between any two
// steps of its operations. Deterministic: the library is compiled against atomics that
// call the handler (//tests/support:interrupted_core).

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "corepool/config.h"
#include "corepool/error.h"
#include "corepool/fixed_pool.h"
#include "corepool/options.h"
#include "corepool/stats.h"
#include "gtest/gtest.h"
#include "tests/support/interrupt_nest.h"
#include "tests/support/interrupting_atomic.h"
#include "tests/support/ownership_ledger.h"
#include "tests/support/test_pool.h"

namespace corepool {
namespace {

using testing::InterruptNest;
using testing::OwnershipLedger;
using testing::TestPool;

constexpr std::size_t kLevels = InterruptNest::kLevels;
constexpr std::size_t kHeldPerLevel = InterruptNest::kHeldPerLevel;

// What runs on each level: random operations on one pool.
class Nest final : public InterruptNest {
 public:
  // At one access of `seldom` there is an interrupt.
  Nest(const PoolOptions& options, std::uint64_t seed, std::uint64_t seldom = 8)
      : InterruptNest(seed, seldom), pool_(options), ledger_(options.block_count) {}

  // Whether everything was as it must be.
  bool Run(int operations) {
    for (int i = 0; i < operations && Clean(); ++i) OneInterruptedOperation();
    if (!Clean()) return false;
    for (auto& held : held_) {
      Give(held);
      failures_ += pool_->FreeBulk(held) != Error::kOk;
    }
    return Clean() && pool_.SoundAtRest(0) &&
           pool_.DrainAndRefill().size() == pool_->Stats().capacity;
  }

 private:
  // Demand never exceeds the pool, so nothing may fail.
  bool Clean() const {
    return ledger_.faults() == 0 && pool_.misuse.count == 0 && failures_ == 0;
  }

  void OneOperation() override {
    std::vector<void*>& held = held_[level()];
    const std::size_t room = kHeldPerLevel - held.size();
    std::array<void*, kHeldPerLevel> blocks{};
    switch (Random() % 8) {
      case 0:
      case 1:
        if (room > 0) Take(held, std::span(blocks).first(Allocate(blocks[0])));
        break;
      case 2:
        if (room > 0) {
          const std::span<void*> wanted = std::span(blocks).first(room);
          const Error error = pool_->AllocateBulk(wanted);
          if (error == Error::kOk) Take(held, wanted);
          failures_ += error != Error::kOk;
        }
        break;
      case 3:
        if (room > 0) {
          const std::size_t taken = pool_->AllocateUpTo(std::span(blocks).first(room));
          Take(held, std::span(blocks).first(taken));
          failures_ += taken == 0;
        }
        break;
      case 4:
        if (!held.empty()) {
          std::vector<void*> all;
          all.swap(held);
          Give(all);
          failures_ += pool_->FreeBulk(all) != Error::kOk;
        }
        break;
      case 5: {
        const PoolStats stats = pool_->Stats();
        failures_ += stats.used > stats.capacity || stats.peak < stats.used ||
                     stats.allocations < stats.frees;
        if (Random() % 4 == 0) pool_->ResetPeak();
        failures_ += pool_->Audit().error != Error::kOk;
        break;
      }
      default:
        if (!held.empty()) {
          void* const block = held.back();
          held.pop_back();
          Give(std::span(&block, 1));
          failures_ += pool_->Free(block) != Error::kOk;
        }
    }
  }

  std::size_t Allocate(void*& block) {
    const auto allocation = pool_->TryAllocate();
    block = allocation.block;
    failures_ += allocation.error != Error::kOk;
    return block != nullptr ? 1 : 0;
  }
  void Take(std::vector<void*>& held, std::span<void* const> blocks) {
    for (void* const block : blocks) {
      ledger_.Take(pool_.pool.IndexOf(block), Owner());
      *static_cast<std::uint32_t*>(block) = Owner();
      held.push_back(block);
    }
  }
  void Give(std::span<void* const> blocks) {
    for (void* const block : blocks) {
      ledger_.Give(pool_.pool.IndexOf(block), *static_cast<std::uint32_t*>(block));
    }
  }

  TestPool pool_;
  OwnershipLedger ledger_;
  std::array<std::vector<void*>, kLevels> held_;
  std::uint64_t failures_ = 0;
};

#if COREPOOL_SABOTAGE_TAG_BITS > 0

// The same with tags of two bits: the nest must notice.
TEST(SabotagedFixedPoolInterrupt, NestedHandlersFindTheAbaThatTwoTagBitsLetThrough) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    Nest nest({.block_size = 16, .block_count = kLevels * kHeldPerLevel}, seed);
    if (!nest.Run(2000)) return;
  }
  FAIL() << "no fault in 50 nests";
}

#else

TEST(FixedPoolInterrupt, NestedHandlersMayDoAnythingAtAnyAccess) {
  std::uint64_t seed = 0;
  for (const Checking checking :
       {Checking::kOff, Checking::kBasic, Checking::kStrict, Checking::kFull}) {
    for (const State state : {State::kCookie, State::kSide}) {
      for (int round = 0; round < 20; ++round) {
        Nest nest({.block_size = 16,
                   .block_count = kLevels * kHeldPerLevel,
                   .checking = checking,
                   .state = state},
                  ++seed);
        ASSERT_TRUE(nest.Run(2000)) << "seed " << seed;
        ASSERT_GT(nest.interrupts(), 500u);
      }
    }
  }
}

TEST(FixedPoolInterrupt, NestedHandlersMayUseTheQuarantineAtAnyAccess) {
  std::uint64_t seed = 1000;
  for (const Caching caching : {Caching::kNone, Caching::kCas}) {
    for (const std::size_t quarantine : {1u, 2u, 4u}) {
      for (int round = 0; round < 5; ++round) {
        Nest nest({.block_size = 16,
                   .block_count = kLevels * kHeldPerLevel,
                   .checking = Checking::kFull,
                   .caching = caching,
                   .quarantine = quarantine},
                  ++seed, 40);
        ASSERT_TRUE(nest.Run(2000)) << "seed " << seed;
        ASSERT_GT(nest.interrupts(), 200u);
      }
    }
  }
}

// A handler that allocates a block at the nth access that it is called for.
FixedPool* interrupted_pool = nullptr;
int accesses_to_go = 0;
void* allocated_by_handler = nullptr;

void AllocateOnce() {
  if (--accesses_to_go != 0) return;
  allocated_by_handler = interrupted_pool->Allocate();
}

TEST(FixedPoolInterrupt, ARefusedDoubleFreeStaysRefusedThoughTheBlockIsAllocatedNext) {
  for (const State state : {State::kCookie, State::kSide}) {
    for (const Checking checking : {Checking::kBasic, Checking::kFull}) {
      // At the first access the handler's allocation comes before the second free,
      // which then looks like its owner's; from the second on it comes after.
      for (int access = 2; access < 12; ++access) {
        TestPool pool(
            {.block_size = 64, .block_count = 3, .checking = checking, .state = state});
        void* const block = pool->Allocate();
        ASSERT_EQ(pool->Free(block), Error::kOk);
        interrupted_pool = &pool.pool;
        accesses_to_go = access;
        allocated_by_handler = nullptr;
        lockfree::interrupt = &AllocateOnce;
        EXPECT_EQ(pool->Free(block), Error::kDoubleFree);
        lockfree::interrupt = nullptr;
        const std::size_t used = allocated_by_handler == nullptr ? 0 : 1;
        EXPECT_TRUE(pool.SoundAtRest(used)) << access;
        EXPECT_NE(pool->Allocate(), allocated_by_handler);
      }
    }
  }
}

TEST(FixedPoolInterrupt, TotalsAreRightInEverySnapshotThoughTheTagWrapsMeanwhile) {
  // Tags are too wide to wrap here unless words are narrow; the count of half rounds
  // is right all the same.
  static PoolStats seen;
  static FixedPool* pool_seen = nullptr;
  TestPool pool({.block_size = 8, .block_count = 2});
  pool_seen = &pool.pool;
  for (std::uint64_t i = 1; i <= 1000; ++i) {
    void* const block = pool->Allocate();
    lockfree::interrupt = [] {
      lockfree::interrupt = nullptr;
      seen = pool_seen->Stats();
    };
    pool->Free(block);
    lockfree::interrupt = nullptr;
    ASSERT_TRUE(seen.exact);
    ASSERT_EQ(seen.allocations, i);
    ASSERT_EQ(seen.allocations - seen.frees, seen.used);
  }
}

#endif  // COREPOOL_SABOTAGE_TAG_BITS > 0

}  // namespace
}  // namespace corepool
