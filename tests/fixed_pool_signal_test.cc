// Proves that signal handlers may use a pool in the middle of its operations: on
// Linux they stand for interrupt handlers.

#include <signal.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>
#include <tuple>

#include "corepool/error.h"
#include "corepool/fixed_pool.h"
#include "corepool/options.h"
#include "gtest/gtest.h"
#include "tests/support/cachings.h"
#include "tests/support/gang.h"
#include "tests/support/ownership_ledger.h"
#include "tests/support/signals.h"
#include "tests/support/test_pool.h"

namespace corepool {
namespace {

using testing::HasAbortedASection;
using testing::InterruptHandler;
using testing::InterruptingTimer;
using testing::NameOf;
using testing::OwnershipLedger;
using testing::TestPool;

constexpr std::uint32_t kHandler = 1000;

struct Stage {
  TestPool* pool;
  OwnershipLedger* ledger;
  std::atomic<std::uint64_t> interrupts{0};
  std::atomic<std::uint64_t> hit_an_operation{0};
  std::atomic<std::uint64_t> hit_a_section{0};
  std::atomic<std::uint64_t> refused{0};
};
Stage* stage = nullptr;
thread_local volatile sig_atomic_t inside_operation = 0;

// Holds a block from one interrupt to the next, so that the free list changes under
// the operation that was interrupted.
void* held_by_handler = nullptr;

void Use(FixedPool& pool, OwnershipLedger& ledger, std::uint32_t owner) {
  void* const block = pool.Allocate();
  if (block == nullptr) return;
  ledger.Take(pool.IndexOf(block), owner);
  *static_cast<volatile std::uint64_t*>(block) = owner;
  if (*static_cast<volatile std::uint64_t*>(block) != owner) std::abort();
  ledger.Give(pool.IndexOf(block), owner);
  if (pool.Free(block) != Error::kOk) {
    stage->refused.fetch_add(1, std::memory_order_relaxed);
  }
}

void OnSignal(int, siginfo_t*, void* context) {
  const int saved_errno = errno;
  FixedPool& pool = stage->pool->pool;
  stage->interrupts.fetch_add(1, std::memory_order_relaxed);
  if (inside_operation != 0) {
    stage->hit_an_operation.fetch_add(1, std::memory_order_relaxed);
  }
  if (HasAbortedASection(context)) {
    stage->hit_a_section.fetch_add(1, std::memory_order_relaxed);
  }
  if (held_by_handler != nullptr) {
    stage->ledger->Give(pool.IndexOf(held_by_handler), kHandler);
    if (pool.Free(held_by_handler) != Error::kOk) std::abort();
    held_by_handler = nullptr;
  } else if ((held_by_handler = pool.Allocate()) != nullptr) {
    stage->ledger->Take(pool.IndexOf(held_by_handler), kHandler);
  }
  Use(pool, *stage->ledger, kHandler + 1);
  errno = saved_errno;
}

// Without caches, with those of compare-and-swap and with restartable sections. Few
// blocks, so that cores steal from each other; more, so that magazines come and go.
class FixedPoolSignal
    : public ::testing::TestWithParam<std::tuple<Caching, std::size_t>> {};

INSTANTIATE_TEST_SUITE_P(
    Kinds, FixedPoolSignal,
    ::testing::Combine(::testing::Values(Caching::kNone, Caching::kCas, Caching::kRseq),
                       ::testing::Values(4, 12)),
    [](const auto& kind) {
      return std::string(NameOf(std::get<0>(kind.param))) +
             std::to_string(std::get<1>(kind.param));
    });

TEST_P(FixedPoolSignal, HandlersMayInterruptAnyOperation) {
  constexpr std::uint64_t kInterrupts = 5'000;
  constexpr long kPeriod = 30'000;  // nanoseconds
  const auto [caching, blocks] = GetParam();
  if (!testing::Works(caching)) GTEST_SKIP() << "not to be had here";
  TestPool pool({.block_size = 64, .block_count = blocks, .caching = caching});
  ASSERT_EQ(pool->Caching(), caching);
  OwnershipLedger ledger(blocks);
  Stage this_stage{&pool, &ledger};
  stage = &this_stage;
  {
    const InterruptHandler handler(OnSignal);
    // The second thread changes the list from another core meanwhile.
    std::atomic<bool> enough{false};
    testing::RunGang(2, [&](int number) {
      if (number == 0) {
        const InterruptingTimer timer(kPeriod);
        while (this_stage.hit_an_operation.load(std::memory_order_relaxed) <
                   kInterrupts ||
               (caching == Caching::kRseq &&
                this_stage.hit_a_section.load(std::memory_order_relaxed) == 0)) {
          inside_operation = 1;
          Use(pool.pool, ledger, 1);
          inside_operation = 0;
        }
        enough.store(true, std::memory_order_relaxed);
      } else {
        while (!enough.load(std::memory_order_relaxed)) Use(pool.pool, ledger, 2);
      }
    });
  }
  if (held_by_handler != nullptr) pool->Free(held_by_handler);
  held_by_handler = nullptr;

  EXPECT_EQ(ledger.faults(), 0u);
  EXPECT_EQ(this_stage.refused.load(std::memory_order_relaxed), 0u);
  EXPECT_GE(this_stage.interrupts.load(std::memory_order_relaxed), kInterrupts);
  EXPECT_EQ(pool.misuse.count, 0);
  EXPECT_TRUE(pool.SoundAtRest(0));
  EXPECT_EQ(pool.DrainAndRefill().size(), blocks);
  std::cout << this_stage.interrupts << " interrupts, " << this_stage.hit_an_operation
            << " in operations, " << this_stage.hit_a_section << " in sections\n";
}

}  // namespace
}  // namespace corepool
