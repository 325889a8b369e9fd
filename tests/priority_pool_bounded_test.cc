// Proves that allocations for interrupt handlers end after as many attempts as their
// class has, whatever others do, and that a core's reserve is that core's alone. On
// virtual cores, with atomics that count and that let others in
// (//tests/support:virtual_core).

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <vector>

#include "corepool/error.h"
#include "corepool/options.h"
#include "corepool/port/cores_concept.h"
#include "corepool/priority_pool.h"
#include "corepool/stats.h"
#include "gtest/gtest.h"
#include "tests/support/gang.h"
#include "tests/support/perturbing_atomic.h"
#include "tests/support/test_priority_pool.h"
#include "tests/support/virtual_core_traffic.h"
#include "tests/support/virtual_cores.h"
#include "tests/support/virtual_disturbance.h"

namespace corepool {
namespace {

using testing::OnCore;
using testing::TestPriorityPool;

constexpr std::size_t kAttempts = 5;

// Counts the calling thread's compare-and-swaps, and does something before each of the
// first few.
class Swaps {
 public:
  explicit Swaps(void (*meddle)() = nullptr, int times = 0)
      : meddle_(meddle), times_(times) {
    self_ = this;
    lockfree::perturb_swap = [] { self_->Count(); };
  }
  ~Swaps() { lockfree::perturb_swap = nullptr; }
  Swaps(const Swaps&) = delete;
  Swaps& operator=(const Swaps&) = delete;

  std::size_t count() const { return count_; }

 private:
  void Count() {
    ++count_;
    if (times_ == 0) return;
    --times_;
    const auto counting = lockfree::perturb_swap;
    lockfree::perturb_swap = nullptr;
    meddle_();
    lockfree::perturb_swap = counting;
  }

  static inline thread_local Swaps* self_ = nullptr;

  void (*meddle_)();
  int times_;
  std::size_t count_ = 0;
};

// Who meddles, and with which class.
TestPriorityPool* meddled = nullptr;
std::vector<void*> taken_by_meddler;

void TakeOne(std::size_t cls) {
  void* const block = meddled->pool.AllocateFromInterrupt(cls);
  if (block != nullptr) taken_by_meddler.push_back(block);
}
void GiveOne() {
  if (taken_by_meddler.empty()) return;
  EXPECT_EQ(meddled->pool.Free(taken_by_meddler.back()), Error::kOk);
  taken_by_meddler.pop_back();
}

class BoundedAllocation : public ::testing::Test {
 protected:
  ~BoundedAllocation() override { taken_by_meddler.clear(); }

  TestPriorityPool pool_{{{.name = "isr",
                           .block_size = 16,
                           .block_count = 32,
                           .per_core = true,
                           .attempts = kAttempts},
                          {.name = "borrower",
                           .block_size = 16,
                           .block_count = 0,
                           .borrows = 1u << 2,
                           .attempts = kAttempts},
                          {.name = "lender",
                           .block_size = 16,
                           .block_count = 32,
                           .reserve = 2,
                           .attempts = kAttempts}},
                         {.caching = Caching::kNone, .cores = 4}};
};

TEST_F(BoundedAllocation, EndsAfterAsManyAttemptsAsTheClassHas) {
  meddled = &pool_;
  for (int others = 0; others < 20; ++others) {
    {
      const Swaps swaps([] { TakeOne(0); }, others);
      const auto [error, block] = pool_->TryAllocate(0);
      if (others < static_cast<int>(kAttempts)) {
        EXPECT_EQ(error, Error::kOk) << others;
        taken_by_meddler.push_back(block);
      } else {
        EXPECT_EQ(error, Error::kContended) << others;
        EXPECT_EQ(swaps.count(), kAttempts);
      }
      EXPECT_LE(swaps.count(), 2 * kAttempts) << "for the block, and for the peak";
    }
    EXPECT_TRUE(pool_.FreeAll(taken_by_meddler));
    taken_by_meddler.clear();
  }
  EXPECT_EQ(pool_->StatsOf(0).contended, 20 - kAttempts);
  EXPECT_EQ(pool_->StatsOf(0).pool.failures, 20 - kAttempts);
  EXPECT_TRUE(pool_.SoundAtRest(0));
}

TEST_F(BoundedAllocation, CountsAttemptsAtLoansToo) {
  meddled = &pool_;
  for (int others = 0; others < 40; ++others) {
    PriorityPool::Allocation got;
    {
      // Each loan that is made and ended changes the lender's word.
      const Swaps swaps(
          [] {
            TakeOne(1);
            GiveOne();
          },
          others);
      got = pool_->TryAllocateFromInterrupt(1);
      EXPECT_LE(swaps.count(), 3 * kAttempts) << "block and loan, and a peak of each";
    }
    const auto [error, block] = got;
    if (block != nullptr) {
      EXPECT_EQ(pool_.Lent(2), 1u);
      EXPECT_EQ(pool_->Free(block), Error::kOk);
      EXPECT_LT(others, static_cast<int>(kAttempts));
    } else {
      EXPECT_EQ(error, Error::kContended);
      EXPECT_GE(others, static_cast<int>(kAttempts) - 1);
    }
    EXPECT_EQ(pool_.Lent(2), 0u);
  }
  EXPECT_TRUE(pool_.SoundAtRest(0));
}

TEST_F(BoundedAllocation, SaysExhaustedOnlyIfNobodyChangedAnythingMeanwhile) {
  std::vector<void*> blocks = pool_.Drain(1);
  EXPECT_EQ(blocks.size(), 30u);
  EXPECT_EQ(pool_->TryAllocateFromInterrupt(1).error, Error::kExhausted);
  meddled = &pool_;
  // A block is returned, and lent again, after the call has seen that all are lent.
  static int looks = 0;
  static std::vector<void*>* others = nullptr;
  others = &blocks;
  looks = 0;
  lockfree::perturb_look = [] {
    if (++looks != 3) return;
    const auto look = lockfree::perturb_look;
    lockfree::perturb_look = nullptr;
    EXPECT_EQ(meddled->pool.Free(others->back()), Error::kOk);
    others->back() = meddled->pool.Allocate(1);
    EXPECT_NE(others->back(), nullptr);
    lockfree::perturb_look = look;
  };
  const Error error = pool_->TryAllocateFromInterrupt(1).error;
  lockfree::perturb_look = nullptr;
  EXPECT_GE(looks, 3);
  EXPECT_EQ(error, Error::kContended);
  EXPECT_EQ(pool_->TryAllocateFromInterrupt(1).error, Error::kExhausted);
}

TEST_F(BoundedAllocation, NeverExceedsItsBoundWhileOtherCoresFree) {
  // Core 0 allocates; cores 1 to 3 free what it hands them.
  constexpr int kRounds = 10'000;
  constexpr std::size_t kSlots = 24;
  static std::atomic<void*> slots[kSlots];
  for (auto& slot : slots) slot.store(nullptr);
  std::atomic<bool> done{false};
  std::size_t most = 0;
  std::uint64_t got = 0;
  std::uint64_t wrong = 0;
  testing::RunGang(4, [&](int number) {
    testing::Disturbance disturbance(static_cast<std::uint64_t>(number) + 1, 4);
    port::VirtualCores::current = static_cast<std::uint32_t>(number);
    if (number != 0) {
      while (!done.load()) {
        void* const block = slots[disturbance.Random() % kSlots].exchange(nullptr);
        if (block == nullptr) std::this_thread::yield();
        if (block != nullptr && pool_->Free(block) != Error::kOk) done.store(true);
      }
      return;
    }
    for (int i = 0; i < kRounds && !done.load(); ++i) {
      Swaps swaps;
      const auto [error, block] = pool_->TryAllocate(0);
      most = std::max(most, swaps.count());
      if (error == Error::kOk) {
        ++got;
        for (std::size_t k = 0;; k = (k + 1) % kSlots) {
          void* none = nullptr;
          if (slots[k].compare_exchange_strong(none, block)) break;
          std::this_thread::yield();
        }
      } else if (error != Error::kContended && error != Error::kExhausted) {
        ++wrong;
      }
    }
    done.store(true);
  });
  for (auto& slot : slots) {
    EXPECT_EQ(pool_->Free(slot.load()), Error::kOk);
  }
  EXPECT_LE(most, 2 * kAttempts);
  EXPECT_GT(got, kRounds / 2u);
  EXPECT_EQ(wrong, 0u);
  EXPECT_TRUE(pool_.SoundAtRest(0));
}

TEST_F(BoundedAllocation, ACoresReserveIsThatCoresAlone) {
  std::vector<std::vector<void*>> of(4);
  for (std::uint32_t core = 0; core < 4; ++core) {
    const OnCore on(core);
    of[core] = pool_.Drain(0);
    EXPECT_EQ(of[core].size(), 32u) << core;
    EXPECT_EQ(pool_->TryAllocate(0).error, Error::kExhausted);
  }
  EXPECT_EQ(pool_->StatsOf(0).pool.used, 128u);
  // What core 3 frees is the core's that it was taken on.
  {
    const OnCore on(3);
    EXPECT_TRUE(pool_.FreeAll(of[1]));
    EXPECT_EQ(pool_->TryAllocate(0).error, Error::kExhausted);
  }
  for (const std::uint32_t core : {0u, 2u}) {
    const OnCore on(core);
    EXPECT_EQ(pool_->TryAllocate(0).error, Error::kExhausted);
  }
  {
    const OnCore on(5);  // beyond those that have blocks: shares core 1's
    of[1] = pool_.Drain(0);
    EXPECT_EQ(of[1].size(), 32u);
  }
  {
    const OnCore on(port::kNoCore);
    EXPECT_EQ(pool_->TryAllocate(0).error, Error::kExhausted);
  }
  for (const auto& blocks : of) EXPECT_TRUE(pool_.FreeAll(blocks));
  EXPECT_TRUE(pool_.SoundAtRest(0));
}

TEST(BoundedAllocationWithCaches, TakesWhatIsAtHandAndNeverMoreThanTheBound) {
  for (const Caching caching : {Caching::kCas, Caching::kRseq}) {
    TestPriorityPool pool({{.block_size = 16, .block_count = 128, .attempts = 3}},
                          {.caching = caching, .cores = 4});
    ASSERT_EQ(pool.error, Error::kOk);
    const OnCore on(0);
    // Of an untouched pool all blocks are in the depot; an allocation adopts some.
    EXPECT_EQ(pool->TryAllocateFromInterrupt(0).error, Error::kContended);
    std::vector<void*> blocks{pool->Allocate(0)};
    for (int i = 0; i < 3; ++i) {
      const Swaps swaps;
      blocks.push_back(pool->AllocateFromInterrupt(0));
      EXPECT_NE(blocks.back(), nullptr);
      EXPECT_LE(swaps.count(), 6u);
    }
    EXPECT_TRUE(testing::AreDistinct(blocks));
    EXPECT_TRUE(pool.FreeAll(blocks));
    // Under pressure all blocks pass through the loose stack.
    blocks = pool.Drain(0);
    {
      const OnCore elsewhere(7);  // which has no magazine
      EXPECT_EQ(pool->Free(blocks.back()), Error::kOk);
    }
    blocks.back() = pool->AllocateFromInterrupt(0);
    EXPECT_NE(blocks.back(), nullptr);
    EXPECT_EQ(pool->TryAllocateFromInterrupt(0).error, Error::kContended)
        << "nothing is proved of other cores' caches";
    EXPECT_TRUE(pool.FreeAll(blocks));
    EXPECT_TRUE(pool.SoundAtRest(0));
    EXPECT_EQ(pool.Drain(0).size(), 128u);
  }
}

}  // namespace
}  // namespace corepool
