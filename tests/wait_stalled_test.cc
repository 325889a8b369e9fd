// Proves that a waiter, or a free, that stands still anywhere stops neither other
// waiters, nor other frees, nor timeouts, and that no wake-up and no block is lost
// whatever happens meanwhile (on virtual cores, //tests/support:virtual_core). Its
// sabotaged twins (COREPOOL_SABOTAGE_WAIT) must lose something.

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "corepool/config.h"
#include "corepool/error.h"
#include "corepool/fixed_pool.h"
#include "corepool/multi_pool.h"
#include "corepool/options.h"
#include "corepool/priority_pool.h"
#include "corepool/stats.h"
#include "corepool/wait.h"
#include "corepool/wait_port.h"
#include "gtest/gtest.h"
#include "tests/support/perturbing_atomic.h"
#include "tests/support/stalled_thread.h"
#include "tests/support/test_pool.h"
#include "tests/support/test_priority_pool.h"
#include "tests/support/virtual_core_traffic.h"

namespace corepool {
namespace {

using testing::OnCore;
using testing::StalledThread;
using testing::StepLimit;
using testing::TestPool;
using testing::TestPriorityPool;
using Allocation = FixedPool::Allocation;

// The calling thread takes no steps, and so does not stand still, while it lives.
class NoSteps {
 public:
  NoSteps() : perturb_(lockfree::perturb), plain_(lockfree::perturb_plain) {
    lockfree::perturb = nullptr;
    lockfree::perturb_plain = nullptr;
  }
  ~NoSteps() {
    lockfree::perturb = perturb_;
    lockfree::perturb_plain = plain_;
  }
  NoSteps(const NoSteps&) = delete;
  NoSteps& operator=(const NoSteps&) = delete;

 private:
  void (*perturb_)();
  void (*plain_)();
};

// Threads sleep until they are woken, or until the test sets the clock.
class ManualClock {
 public:
  WaitPort port() {
    return {
        .now = [](void* self) { return static_cast<ManualClock*>(self)->Now(); },
        .sleep =
            [](void* self, const WaitPlace& place, std::uint32_t seen, Ticks deadline) {
              static_cast<ManualClock*>(self)->Sleep(place, seen, deadline);
            },
        .wake = [](void* self,
                   const WaitPlace&) { static_cast<ManualClock*>(self)->Wake(); },
        .context = this};
  }

  // Nobody sleeps: it is the deadline at once.
  bool never_sleeps = false;

  Ticks Now() {
    const std::lock_guard lock(mutex_);
    return now_;
  }
  void Set(Ticks now) {
    const std::lock_guard lock(mutex_);
    now_ = now;
    changed_.notify_all();
  }
  // Until a thread sleeps, or `done`.
  void AwaitSleeper(const std::atomic<bool>& done) {
    for (;;) {
      {
        const std::lock_guard lock(mutex_);
        if (sleepers_ > 0) return;
      }
      if (done.load()) return;
      std::this_thread::yield();
    }
  }

 private:
  void Sleep(const WaitPlace& place, std::uint32_t seen, Ticks deadline) {
    const NoSteps no_steps;
    std::unique_lock lock(mutex_);
    if (never_sleeps) now_ = deadline;
    ++sleepers_;
    changed_.wait(lock, [&] {
      return now_ >= deadline || place.signal->load(lockfree::kRelaxed) != seen;
    });
    --sleepers_;
  }
  void Wake() {
    const NoSteps no_steps;
    const std::lock_guard lock(mutex_);
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  Ticks now_ = 1;
  int sleepers_ = 0;
};

// A MultiPool in no more memory than it needs: there are thousands of them.
struct SmallMultiPool {
  SmallMultiPool(const std::vector<SizeClassOptions>& classes,
                 const MultiPoolOptions& options)
      : memory(RequiredBytes(classes, options), RequiredAlignment(classes, options)),
        error(pool.Init(classes, options, memory.span())) {}

  bool SoundAtRest(std::size_t used) const {
    const AuditReport audit = pool.Audit(AuditMode::kAtRest);
    return audit.error == Error::kOk && !audit.inconclusive && audit.used == used &&
           pool.Stats().used == used && memory.Intact();
  }

  testing::GuardedMemory memory;
  MultiPool pool;
  Error error;
};

// A pool from which so many blocks can be had in one way.
struct World {
  ManualClock clock;
  StaticWaiters<4> waiters{clock.port()};
  std::unique_ptr<TestPool> fixed;
  std::unique_ptr<SmallMultiPool> multi;
  std::unique_ptr<TestPriorityPool> priority;

  World(int kind, std::size_t blocks) {
    constexpr Caching kCachings[] = {Caching::kNone, Caching::kCas, Caching::kRseq};
    const Caching caching = kCachings[kind % 3];
    if (kind < 3) {
      fixed = std::make_unique<TestPool>(PoolOptions{.block_size = 16,
                                                     .block_count = blocks,
                                                     .caching = caching,
                                                     .cores = 3,
                                                     .waiters = &waiters});
      EXPECT_EQ(fixed->error, Error::kOk);
    } else if (kind < 6) {
      // What is asked for is one size, what is there another.
      multi = std::make_unique<SmallMultiPool>(
          std::vector<SizeClassOptions>{{16, 0}, {64, blocks}},
          MultiPoolOptions{
              .pools = {.caching = caching, .cores = 3, .waiters = &waiters}});
      EXPECT_EQ(multi->error, Error::kOk);
    } else {
      // All blocks are borrowed.
      priority = std::make_unique<TestPriorityPool>(
          std::vector<PriorityClass>{
              {.block_size = 16, .block_count = 0, .borrows = kBorrowLower},
              {.block_size = 16, .block_count = blocks, .reserve = 0}},
          PriorityPoolOptions{.caching = caching, .cores = 3, .waiters = &waiters});
      EXPECT_EQ(priority->error, Error::kOk);
    }
  }

  Allocation Until(Ticks deadline) {
    return fixed   ? (*fixed)->AllocateUntil(deadline, 0)
           : multi ? multi->pool.AllocateUntil(10, deadline, 0)
                   : (*priority)->AllocateUntil(0, deadline, 0);
  }
  void* Allocate() { return Until(kNoWait).block; }
  Error Free(void* block) {
    return fixed   ? (*fixed)->Free(block)
           : multi ? multi->pool.Free(block)
                   : (*priority)->Free(block);
  }
  bool SoundAtRest(std::size_t used) {
    return fixed   ? fixed->SoundAtRest(used)
           : multi ? multi->SoundAtRest(used)
                   : priority->SoundAtRest(used);
  }
};
constexpr int kKinds = 9;

// Frees, in a bounded number of steps.
void FreeQuickly(World& world, void* block) {
  const OnCore on(1);
  StepLimit limit(3000);
  limit.BeginOperation();
  EXPECT_EQ(world.Free(block), Error::kOk);
}

// What has gone wrong, if everybody is done and those who were served have freed: not
// all blocks can be allocated.
int CountMissing(World& world, std::size_t blocks) {
  std::size_t free = 0;
  while (world.Allocate() != nullptr) ++free;
  return free != blocks || !world.SoundAtRest(blocks) ? 1 : 0;
}

constexpr bool kSabotaged = COREPOOL_SABOTAGE_WAIT != 0;

// Nobody sleeps, so a waiter that is not served at once gives up. While it stands still
// the only block is freed: it has to have it then, or leave it in the pool.
TEST(StalledWaiter, StopsNobodyAndGetsWhatWasFreedMeanwhile) {
  int faults = 0;
  for (int kind = 0; kind < kKinds; ++kind) {
    bool stalled = true;
    for (int step = 0; stalled; ++step) {
      World world(kind, 1);
      world.clock.never_sleeps = true;
      void* const block = world.Allocate();
      ASSERT_NE(block, nullptr);
      Allocation got{};
      bool before_deadline = false;
      {
        StalledThread waiter(0, step, true, [&] { got = world.Until(10); });
        stalled = waiter.IsStalled();
        before_deadline = world.clock.Now() < 10;
        FreeQuickly(world, block);
      }
      // Unless it has given up already, there was no reason to.
      if (got.error != Error::kOk && before_deadline) ++faults;
      if (got.error == Error::kOk) {
        EXPECT_EQ(world.Free(got.block), Error::kOk);
      } else {
        EXPECT_EQ(got.error, Error::kTimedOut);
      }
      faults += CountMissing(world, 1);
      EXPECT_EQ(world.waiters.Count(), 0u);
      if (!kSabotaged) {
        ASSERT_EQ(faults, 0) << kind << " " << step;
        if (!stalled) {
          EXPECT_GT(step, 30) << kind;
        }
      }
    }
  }
  if constexpr (COREPOOL_SABOTAGE_WAIT == 1 || COREPOOL_SABOTAGE_WAIT == 2) {
    EXPECT_GT(faults, 0);
  }
}

// Others wait, and are served, while it stands still.
TEST(StalledWaiter, DoesNotHoldUpTheNext) {
  for (int kind = 0; kind < kKinds; ++kind) {
    bool stalled = true;
    for (int step = 0; stalled; ++step) {
      World world(kind, 2);
      void* const first = world.Allocate();
      void* const second = world.Allocate();
      world.clock.never_sleeps = true;
      Allocation got{};
      Allocation next{};
      {
        StalledThread waiter(0, step, true, [&] { got = world.Until(10); });
        stalled = waiter.IsStalled();
        FreeQuickly(world, first);
        FreeQuickly(world, second);
        const OnCore on(2);
        StepLimit limit(3000);
        limit.BeginOperation();
        next = world.Until(20);
        // One of two blocks can be the stalled one's.
        EXPECT_EQ(next.error, Error::kOk) << kind << " " << step;
      }
      if (got.error == Error::kOk) world.Free(got.block);
      if (next.error == Error::kOk) world.Free(next.block);
      if constexpr (!kSabotaged) {
        ASSERT_EQ(CountMissing(world, 2), 0) << kind << " " << step;
      }
    }
  }
}

// A waiter sleeps, and a free stands still. The waiter's time comes, and another waiter
// takes its place.
TEST(StalledFree, NeitherHoldsUpATimeoutNorForgetsTheNext) {
  int faults = 0;
  for (int kind = 0; kind < kKinds; ++kind) {
    bool stalled = true;
    for (int step = 0; stalled; ++step) {
      World world(kind, 1);
      void* const block = world.Allocate();
      std::atomic<bool> done{false};
      Allocation first{};
      Allocation second{};
      std::thread waiter([&] {
        const OnCore on(1);
        first = world.Until(10);
        done.store(true);
      });
      world.clock.AwaitSleeper(done);
      std::thread next;
      std::atomic<bool> next_done{false};
      {
        StalledThread freer(0, step, true,
                            [&] { EXPECT_EQ(world.Free(block), Error::kOk); });
        stalled = freer.IsStalled();
        world.clock.Set(10);
        waiter.join();
        next = std::thread([&] {
          const OnCore on(2);
          second = world.Until(20);
          next_done.store(true);
        });
        world.clock.AwaitSleeper(next_done);
      }
      // The free is over. Whom it has served, it has.
      world.clock.Set(20);
      next.join();
      const int served =
          (first.error == Error::kOk ? 1 : 0) + (second.error == Error::kOk ? 1 : 0);
      if (served != 1) ++faults;
      if (first.error == Error::kOk) world.Free(first.block);
      if (second.error == Error::kOk) world.Free(second.block);
      faults += CountMissing(world, 1);
      if (!kSabotaged) {
        ASSERT_EQ(faults, 0) << kind << " " << step;
      }
    }
  }
  if constexpr (COREPOOL_SABOTAGE_WAIT == 3) {
    EXPECT_GT(faults, 0);
  }
}

// Another free meanwhile serves who waits.
TEST(StalledFree, DoesNotHoldUpAnother) {
  if (kSabotaged) GTEST_SKIP();
  for (int kind = 0; kind < kKinds; ++kind) {
    bool stalled = true;
    for (int step = 0; stalled; ++step) {
      World world(kind, 2);
      void* const block = world.Allocate();
      void* const other = world.Allocate();
      std::atomic<bool> done{false};
      Allocation got{};
      std::thread waiter([&] {
        const OnCore on(1);
        got = world.Until(10);
        done.store(true);
      });
      world.clock.AwaitSleeper(done);
      {
        StalledThread freer(0, step, true,
                            [&] { EXPECT_EQ(world.Free(block), Error::kOk); });
        stalled = freer.IsStalled();
        FreeQuickly(world, other);
        // It has a block by now; who stands still may just not have woken it.
        world.clock.Set(10);
        waiter.join();
        ASSERT_EQ(got.error, Error::kOk) << kind << " " << step;
      }
      world.Free(got.block);
      ASSERT_EQ(CountMissing(world, 2), 0) << kind << " " << step;
    }
  }
}

}  // namespace
}  // namespace corepool
