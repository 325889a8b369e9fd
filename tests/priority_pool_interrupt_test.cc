// Proves that interrupt handlers, nested ones too, may borrow and return blocks between
// any two steps of other calls on the pool. Deterministic: the library is compiled
// against atomics that call the handler (//tests/support:interrupted_core).

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "corepool/error.h"
#include "corepool/options.h"
#include "corepool/priority_pool.h"
#include "corepool/stats.h"
#include "gtest/gtest.h"
#include "tests/support/interrupt_nest.h"
#include "tests/support/interrupting_atomic.h"
#include "tests/support/ownership_ledger.h"
#include "tests/support/test_priority_pool.h"

namespace corepool {
namespace {

using testing::InterruptNest;
using testing::OwnershipLedger;
using testing::TestPriorityPool;

// What runs on each level: random operations on one pool. No level ever wants more than
// its class can have: class 0 its own two blocks and one of each other class for each
// of its levels, the others their reserves.
class Nest final : public InterruptNest {
 public:
  Nest(Checking checking, std::uint64_t seed)
      : InterruptNest(seed),
        pool_({{.block_size = 16,
                .block_count = 2,
                .borrows = kBorrowLower,
                .attempts = 64},
               {.block_size = 16, .block_count = 5, .reserve = kHeldPerLevel},
               {.block_size = 16, .block_count = 5, .reserve = kHeldPerLevel}},
              {.checking = checking, .caching = Caching::kNone, .cores = 1}),
        ledger_(pool_.memory.span().size()) {}

  // Whether everything was as it must be.
  bool Run(int operations) {
    for (int i = 0; i < operations && Clean(); ++i) OneInterruptedOperation();
    for (auto& held : held_) {
      while (!held.empty()) Give(held);
    }
    return Clean() && pool_.SoundAtRest(0) && pool_.Drain(0).size() == 6 &&
           pool_.Drain(1).size() == kHeldPerLevel;
  }

  std::uint64_t borrowed() const { return borrowed_; }

 private:
  bool Clean() const {
    return ledger_.faults() == 0 && pool_.misuse.count == 0 && failures_ == 0;
  }

  void OneOperation() override {
    std::vector<void*>& held = held_[level()];
    switch (Random() % 8) {
      case 0:
        for (std::size_t cls = 0; cls < 3; ++cls) {
          const ClassStats stats = pool_->StatsOf(cls);
          failures_ += stats.pool.used > stats.pool.capacity || stats.lent > 2;
        }
        break;
      case 1:
      case 2:
      case 3:
        if (held.size() < kHeldPerLevel) Take(held);
        break;
      default:
        if (!held.empty()) Give(held);
    }
  }

  void Take(std::vector<void*>& held) {
    const std::size_t cls = level() % 3;
    const bool bounded = Random() % 2 == 0;
    const auto [error, block] =
        bounded ? pool_->TryAllocateFromInterrupt(cls) : pool_->TryAllocate(cls);
    if (block == nullptr) {
      failures_ += !bounded || error != Error::kContended;
      return;
    }
    borrowed_ += pool_->ClassOf(block) != cls;
    ledger_.Take(NumberOf(block), Owner());
    held.push_back(block);
  }
  void Give(std::vector<void*>& held) {
    void* const block = held.back();
    held.pop_back();
    ledger_.Give(NumberOf(block), OwnerOf(held));
    failures_ += pool_->Free(block) != Error::kOk;
  }
  std::uint32_t OwnerOf(const std::vector<void*>& held) const {
    return static_cast<std::uint32_t>(&held - held_.data()) + 1;
  }
  std::size_t NumberOf(const void* block) {
    return static_cast<std::size_t>(static_cast<const std::byte*>(block) -
                                    pool_.memory.span().data());
  }

  TestPriorityPool pool_;
  OwnershipLedger ledger_;
  std::array<std::vector<void*>, kLevels> held_;
  std::uint64_t borrowed_ = 0;
  std::uint64_t failures_ = 0;
};

TEST(PriorityPoolInterrupt, NestedHandlersMayBorrowAndReturnAtAnyAccess) {
  std::uint64_t seed = 0;
  for (const Checking checking : {Checking::kOff, Checking::kBasic, Checking::kFull}) {
    for (int round = 0; round < 30; ++round) {
      Nest nest(checking, ++seed);
      ASSERT_TRUE(nest.Run(3000)) << "seed " << seed;
      ASSERT_GT(nest.interrupts(), 500u);
      ASSERT_GT(nest.borrowed(), 100u);
    }
  }
}

// What a handler uses at the nth access that it is called for.
TestPriorityPool* interrupted_pool = nullptr;
int accesses_to_go = 0;

TEST(PriorityPoolInterrupt, AReserveIsThereAtEveryAccessOfAFreeAndOfALoan) {
  for (const bool freeing : {false, true}) {
    int access = 1;
    for (; access < 200; ++access) {
      TestPriorityPool pool(
          {{.block_size = 16, .block_count = 0, .borrows = kBorrowLower},
           {.block_size = 16, .block_count = 3, .reserve = 2},
           {.block_size = 16, .block_count = 0, .borrows = 1u << 1}},
          {.caching = Caching::kNone, .cores = 1});
      void* const block = freeing ? pool->Allocate(0) : nullptr;
      interrupted_pool = &pool;
      accesses_to_go = access;
      // The handler takes what it can get for the other borrower, and the reserve.
      static std::vector<void*> borrowed;
      static std::vector<void*> own;
      borrowed.clear();
      own.clear();
      lockfree::interrupt = [] {
        if (--accesses_to_go != 0) return;
        lockfree::interrupt = nullptr;
        borrowed = interrupted_pool->Drain(2);
        own = interrupted_pool->Drain(1);
      };
      void* allocated = nullptr;
      if (freeing) {
        EXPECT_EQ(pool->Free(block), Error::kOk);
      } else {
        allocated = pool->Allocate(0);
      }
      const bool interrupted = lockfree::interrupt == nullptr;
      lockfree::interrupt = nullptr;
      if (!interrupted) break;
      EXPECT_LE(borrowed.size(), 1u) << access;
      EXPECT_GE(own.size(), 2u) << access;
      EXPECT_LE(borrowed.size() + own.size() + (allocated != nullptr ? 1 : 0), 3u);
      EXPECT_TRUE(pool.FreeAll(borrowed));
      EXPECT_TRUE(pool.FreeAll(own));
      EXPECT_EQ(pool->Free(allocated), Error::kOk);
      EXPECT_TRUE(pool.SoundAtRest(0));
    }
    EXPECT_GT(access, 8) << "so many accesses at least";
    EXPECT_LT(access, 200);
  }
}

}  // namespace
}  // namespace corepool
