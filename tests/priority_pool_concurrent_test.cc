// Proves on real cores that loans leave reserves alone and lose no block, whatever the
// classes' threads do to each other.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "corepool/error.h"
#include "corepool/options.h"
#include "corepool/priority_pool.h"
#include "corepool/stats.h"
#include "gtest/gtest.h"
#include "tests/support/cachings.h"
#include "tests/support/disturbances.h"
#include "tests/support/gang.h"
#include "tests/support/ownership_ledger.h"
#include "tests/support/test_priority_pool.h"

namespace corepool {
namespace {

using testing::OwnershipLedger;
using testing::Pinned;
using testing::TestPriorityPool;

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15 | 1) {}
  std::uint64_t operator()() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return state_ >> 16;
  }

 private:
  std::uint64_t state_;
};

class PriorityPoolOnCores : public ::testing::TestWithParam<Caching> {
 protected:
  void SetUp() override {
    if (!testing::Works(GetParam())) GTEST_SKIP() << "not to be had here";
  }
};

TEST_P(PriorityPoolOnCores, ACriticalClassCanAlwaysHaveItsReserveOnAnyCore) {
  constexpr std::size_t kBlocks = 40;
  constexpr std::size_t kReserve = 12;
  constexpr int kGreedy = 8;
  // Everybody else may borrow of the critical class, and they want more than there is.
  TestPriorityPool pool({{.name = "critical",
                          .block_size = 64,
                          .block_count = kBlocks,
                          .reserve = kReserve},
                         {.block_size = 64, .block_count = 4, .borrows = 1u << 0},
                         {.block_size = 32, .block_count = 8, .borrows = 1u << 0},
                         {.block_size = 16, .block_count = 0, .borrows = 1u << 0}},
                        {.caching = GetParam()});
  ASSERT_EQ(pool.error, Error::kOk);
  const std::vector<int> cores = testing::UsableCores();
  std::atomic<bool> done{false};
  std::atomic<std::size_t> borrowed{0};
  std::atomic<std::size_t> most_borrowed{0};
  std::atomic<std::uint64_t> refused{0};
  int rounds = 0;
  int short_of = 0;
  testing::RunGang(kGreedy + 1, [&](int number) {
    if (number < kGreedy) {
      Random random(static_cast<std::uint64_t>(number) + 1);
      const auto cls = static_cast<std::size_t>(1 + number % 3);
      std::vector<void*> held;
      const auto free_one = [&] {
        if (pool->ClassOf(held.back()) == 0) {
          borrowed.fetch_sub(1, std::memory_order_relaxed);
        }
        if (pool->Free(held.back()) != Error::kOk) refused.fetch_add(1);
        held.pop_back();
      };
      while (!done.load(std::memory_order_relaxed)) {
        void* const block =
            held.size() < 16 && random() % 3 != 0 ? pool->Allocate(cls) : nullptr;
        if (block != nullptr) {
          held.push_back(block);
          if (pool->ClassOf(block) != 0) continue;
          const std::size_t now = borrowed.fetch_add(1, std::memory_order_relaxed) + 1;
          std::size_t most = most_borrowed.load(std::memory_order_relaxed);
          while (now > most && !most_borrowed.compare_exchange_weak(most, now)) {
          }
        } else if (!held.empty()) {
          free_one();
        }
      }
      while (!held.empty()) free_one();
      return;
    }
    for (; rounds < 120; ++rounds) {
      const Pinned here(cores[static_cast<std::size_t>(rounds) % cores.size()]);
      std::array<void*, kReserve> blocks{};
      for (void*& block : blocks) {
        block = pool->Allocate(0);
        if (block == nullptr) ++short_of;
      }
      for (void* const block : blocks) {
        if (pool->Free(block) != Error::kOk) refused.fetch_add(1);
      }
    }
    done.store(true, std::memory_order_relaxed);
  });
  EXPECT_EQ(short_of, 0);
  EXPECT_EQ(refused.load(), 0u);
  EXPECT_LE(most_borrowed.load(), kBlocks - kReserve);
  EXPECT_LE(pool->StatsOf(0).lent_peak, kBlocks - kReserve);
  EXPECT_GT(pool->StatsOf(0).lent_peak, 0u);
  EXPECT_EQ(pool->StatsOf(0).pool.failures, 0u);
  EXPECT_TRUE(pool.SoundAtRest(0));
  EXPECT_EQ(pool.Drain(3).size(), kBlocks - kReserve);
  EXPECT_EQ(pool.Drain(0).size(), kReserve);
}

TEST_P(PriorityPoolOnCores, NothingIsLostOrDoubledWhenBlocksAreFreedByOtherClasses) {
  constexpr int kThreads = 8;
  constexpr int kSteps = 20'000;
  constexpr std::size_t kSlots = 16;
  std::vector<PriorityClass> classes(4);
  for (PriorityClass& cls : classes) {
    cls = {.block_size = 32, .block_count = 6, .reserve = 2, .borrows = 0xf};
  }
  classes[3] = {.block_size = 32, .block_count = 16, .borrows = 0x7, .per_core = true};
  TestPriorityPool pool(classes,
                        {.caching = GetParam(), .cores = 4, .measure_time = true});
  ASSERT_EQ(pool.error, Error::kOk);
  const auto number_of = [&](void* block) {
    return static_cast<std::size_t>(static_cast<std::byte*>(block) -
                                    pool.memory.span().data());
  };
  OwnershipLedger ledger(pool.memory.span().size());
  std::array<std::atomic<void*>, kSlots> slots{};
  std::atomic<std::uint64_t> refused{0};
  testing::RunGang(kThreads, [&](int thread) {
    Random random(static_cast<std::uint64_t>(thread) + 1);
    const auto free = [&](void* block) {
      if (block == nullptr) return;
      if (*static_cast<std::size_t*>(block) != number_of(block)) refused.fetch_add(1);
      ledger.Give(number_of(block), 1);
      if (pool->Free(block) != Error::kOk) refused.fetch_add(1);
    };
    for (int step = 0; step < kSteps; ++step) {
      const std::size_t cls = random() % 4;
      void* const block =
          random() % 4 == 0 ? pool->AllocateFromInterrupt(cls) : pool->Allocate(cls);
      if (block != nullptr) {
        ledger.Take(number_of(block), 1);
        *static_cast<std::size_t*>(block) = number_of(block);
      }
      // Pairs with: itself; the block changes hands here.
      free(slots[random() % kSlots].exchange(block, std::memory_order_acq_rel));
      if (random() % 1024 == 0) {
        pool->FlushCaches();
        for (std::size_t k = 0; k < 4; ++k) {
          const ClassStats stats = pool->StatsOf(k);
          const bool sane = stats.pool.used <= stats.pool.capacity &&
                            stats.lent <= (k < 3 ? 4u : 0u) && stats.lent_peak <= 4;
          if (!sane || pool->ResetPeak(k) != Error::kOk) refused.fetch_add(1);
        }
      }
    }
  });
  for (auto& slot : slots) {
    void* const block = slot.load();
    if (block != nullptr) ledger.Give(number_of(block), 1);
    EXPECT_EQ(pool->Free(block), Error::kOk);
  }
  EXPECT_EQ(refused.load(), 0u);
  EXPECT_EQ(ledger.faults(), 0u);
  EXPECT_EQ(pool.misuse.count, 0);
  EXPECT_TRUE(pool.SoundAtRest(0));
  EXPECT_EQ(pool.Drain(0).size(), 6u + 4 + 4);
  EXPECT_EQ(pool.Drain(1).size(), 2u);
  EXPECT_EQ(pool.Drain(2).size(), 2u);
}

TEST_P(PriorityPoolOnCores, OfTwoThreadsThatFreeABorrowedBlockOneEndsTheLoan) {
  TestPriorityPool pool({{.block_size = 32, .block_count = 0, .borrows = kBorrowLower},
                         {.block_size = 32, .block_count = 3, .reserve = 1}},
                        {.checking = Checking::kStrict, .caching = GetParam()});
  for (int round = 1; round <= 2000; ++round) {
    void* const block = pool->Allocate(0);
    ASSERT_NE(block, nullptr);
    std::atomic<int> accepted{0};
    testing::RunGang(2, [&](int) {
      if (pool->Free(block) == Error::kOk) {
        accepted.fetch_add(1, std::memory_order_relaxed);
      }
    });
    ASSERT_EQ(accepted, 1);
    ASSERT_EQ(pool.misuse.count, round);
    ASSERT_EQ(pool.Lent(1), 0u);
    ASSERT_EQ(pool.Borrowed(0), 0u);
  }
  EXPECT_TRUE(pool.SoundAtRest(0));
}

INSTANTIATE_TEST_SUITE_P(Cachings, PriorityPoolOnCores,
                         ::testing::Values(Caching::kNone, Caching::kCas,
                                           Caching::kRseq),
                         [](const auto& tested) {
                           return testing::NameOf(tested.param);
                         });

}  // namespace
}  // namespace corepool
