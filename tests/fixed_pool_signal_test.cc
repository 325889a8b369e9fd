// Proves that signal handlers may use a pool in the middle of its operations: on
// Linux they stand for interrupt handlers.

#include <pthread.h>
#include <signal.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <thread>

#include "corepool/error.h"
#include "corepool/fixed_pool.h"
#include "corepool/options.h"
#include "gtest/gtest.h"
#include "tests/support/ownership_ledger.h"
#include "tests/support/test_pool.h"

namespace corepool {
namespace {

using testing::OwnershipLedger;
using testing::TestPool;

constexpr std::size_t kBlocks = 4;
constexpr std::uint32_t kHandler = 1000;

struct Stage {
  TestPool* pool;
  OwnershipLedger* ledger;
  std::atomic<std::uint64_t> interrupts{0};
  std::atomic<std::uint64_t> hit_an_operation{0};
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

void OnSignal(int) {
  const int saved_errno = errno;
  FixedPool& pool = stage->pool->pool;
  stage->interrupts.fetch_add(1, std::memory_order_relaxed);
  if (inside_operation != 0) {
    stage->hit_an_operation.fetch_add(1, std::memory_order_relaxed);
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

TEST(FixedPoolSignal, HandlersMayInterruptAnyOperation) {
  constexpr std::uint64_t kInterrupts = 3'000;
  TestPool pool({.block_size = 64, .block_count = kBlocks});
  OwnershipLedger ledger(kBlocks);
  Stage this_stage{&pool, &ledger};
  stage = &this_stage;
  struct sigaction action = {};
  action.sa_handler = OnSignal;
  sigemptyset(&action.sa_mask);
  struct sigaction before = {};
  ASSERT_EQ(sigaction(SIGRTMIN, &action, &before), 0);

  std::atomic<bool> stop{false};
  std::thread interrupted([&] {
    while (!stop.load(std::memory_order_relaxed)) {
      inside_operation = 1;
      Use(pool.pool, ledger, 1);
      inside_operation = 0;
    }
  });
  // A second thread changes the list from another core meanwhile.
  std::thread other([&] {
    while (!stop.load(std::memory_order_relaxed)) Use(pool.pool, ledger, 2);
  });
  while (this_stage.interrupts.load(std::memory_order_relaxed) < kInterrupts) {
    pthread_kill(interrupted.native_handle(), SIGRTMIN);
    std::this_thread::yield();
  }
  stop.store(true, std::memory_order_relaxed);
  interrupted.join();
  other.join();
  sigaction(SIGRTMIN, &before, nullptr);
  if (held_by_handler != nullptr) pool->Free(held_by_handler);

  EXPECT_EQ(ledger.faults(), 0u);
  EXPECT_EQ(this_stage.refused.load(std::memory_order_relaxed), 0u);
  EXPECT_GT(this_stage.hit_an_operation.load(std::memory_order_relaxed), 0u);
  EXPECT_EQ(pool.misuse.count, 0);
  EXPECT_TRUE(pool.SoundAtRest(0));
  EXPECT_EQ(pool.DrainAndRefill().size(), kBlocks);
}

}  // namespace
}  // namespace corepool
