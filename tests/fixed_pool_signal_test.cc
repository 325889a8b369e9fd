// Proves that signal handlers may use a pool in the middle of its operations: on
// Linux they stand for interrupt handlers.

#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "corepool/error.h"
#include "corepool/fixed_pool.h"
#include "corepool/options.h"
#include "gtest/gtest.h"
#include "tests/support/gang.h"
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

// Interrupts the calling thread every 30 microseconds for as long as it lives.
class InterruptingTimer {
 public:
  InterruptingTimer() {
    // Who started the test may have blocked it, and masks are inherited.
    sigset_t interrupt;
    sigemptyset(&interrupt);
    sigaddset(&interrupt, SIGUSR1);
    pthread_sigmask(SIG_UNBLOCK, &interrupt, nullptr);
    sigevent event = {};
    event.sigev_notify = SIGEV_THREAD_ID;
    event.sigev_signo = SIGUSR1;
    event._sigev_un._tid = gettid();
    const itimerspec period = {.it_interval = {.tv_sec = 0, .tv_nsec = 30'000},
                               .it_value = {.tv_sec = 0, .tv_nsec = 30'000}};
    if (timer_create(CLOCK_MONOTONIC, &event, &timer_) != 0 ||
        timer_settime(timer_, 0, &period, nullptr) != 0) {
      std::abort();
    }
  }
  ~InterruptingTimer() { timer_delete(timer_); }
  InterruptingTimer(const InterruptingTimer&) = delete;
  InterruptingTimer& operator=(const InterruptingTimer&) = delete;

 private:
  timer_t timer_{};
};

TEST(FixedPoolSignal, HandlersMayInterruptAnyOperation) {
  constexpr std::uint64_t kInterrupts = 10'000;
  TestPool pool({.block_size = 64, .block_count = kBlocks});
  OwnershipLedger ledger(kBlocks);
  Stage this_stage{&pool, &ledger};
  stage = &this_stage;
  struct sigaction action = {};
  action.sa_handler = OnSignal;
  sigemptyset(&action.sa_mask);
  struct sigaction before = {};
  ASSERT_EQ(sigaction(SIGUSR1, &action, &before), 0);

  // The second thread changes the list from another core meanwhile.
  std::atomic<bool> enough{false};
  testing::RunGang(2, [&](int number) {
    if (number == 0) {
      const InterruptingTimer timer;
      while (this_stage.hit_an_operation.load(std::memory_order_relaxed) <
             kInterrupts) {
        inside_operation = 1;
        Use(pool.pool, ledger, 1);
        inside_operation = 0;
      }
      enough.store(true, std::memory_order_relaxed);
    } else {
      while (!enough.load(std::memory_order_relaxed)) Use(pool.pool, ledger, 2);
    }
  });
  sigaction(SIGUSR1, &before, nullptr);
  if (held_by_handler != nullptr) pool->Free(held_by_handler);

  EXPECT_EQ(ledger.faults(), 0u);
  EXPECT_EQ(this_stage.refused.load(std::memory_order_relaxed), 0u);
  EXPECT_GE(this_stage.interrupts.load(std::memory_order_relaxed), kInterrupts);
  EXPECT_EQ(pool.misuse.count, 0);
  EXPECT_TRUE(pool.SoundAtRest(0));
  EXPECT_EQ(pool.DrainAndRefill().size(), kBlocks);
}

}  // namespace
}  // namespace corepool
