// Proves that unregistering waits for a reader that stands still where it may be
// looking at the pool, at whatever instruction, and for no other; and that nothing else
// waits.
//
// Compiled with COREPOOL_SABOTAGE_GRACE the same must be noticed.

#include <atomic>
#include <iostream>
#include <semaphore>
#include <thread>

#include "corepool/config.h"
#include "corepool/error.h"
#include "corepool/registry.h"
#include "corepool/stats.h"
#include "gtest/gtest.h"
#include "tests/support/perturbing_atomic.h"
#include "tests/support/stalled_thread.h"

namespace corepool::testing {
namespace {

// A pool that knows whether it is read when it might be destroyed already. It really is
// there all the time, so that sabotage can be looked at.
class Pool {
 public:
  PoolStats Stats() const {
    if (stalls_) {
      inside_.release();
      go_on_.acquire();
    }
    if (gone_.load(std::memory_order_relaxed)) {
      late_.store(true, std::memory_order_relaxed);
    }
    return {};
  }

  // Lets its readers stand still in Stats.
  void Stall() { stalls_ = true; }
  void AwaitReader() const { inside_.acquire(); }
  void LetGoOn() const { go_on_.release(); }

  void SayGone() { gone_.store(true, std::memory_order_relaxed); }
  bool WasReadLate() const { return late_.load(std::memory_order_relaxed); }

 private:
  bool stalls_ = false;
  mutable std::binary_semaphore inside_{0};
  mutable std::binary_semaphore go_on_{0};
  std::atomic<bool> gone_{false};
  mutable std::atomic<bool> late_{false};
};

// A thread that unregisters an entry.
class Unregisterer {
 public:
  // Returns when that is done or has taken more steps than it could without waiting.
  Unregisterer(RegistryEntry& entry, Pool& pool)
      : thread_([this, &entry, &pool] {
          self_ = this;
          SetStepHook([] { self_->Step(); }, true);
          EXPECT_EQ(entry.Unregister(), Error::kOk);
          SetStepHook(nullptr);
          pool.SayGone();
          done_ = true;
          if (steps_ < kMany) arrived_.release();
        }) {
    arrived_.acquire();
    has_waited_ = steps_at_arrival_ == kMany;
  }
  ~Unregisterer() { thread_.join(); }
  Unregisterer(const Unregisterer&) = delete;
  Unregisterer& operator=(const Unregisterer&) = delete;

  bool HasWaited() const { return has_waited_; }
  bool IsDone() const { return done_; }

 private:
  static constexpr int kMany = 60;

  void Step() {
    if (++steps_ != kMany) return;
    steps_at_arrival_ = kMany;
    arrived_.release();
  }

  static inline thread_local Unregisterer* self_ = nullptr;

  int steps_ = 0;
  int steps_at_arrival_ = 0;
  bool has_waited_ = false;
  std::atomic<bool> done_{false};
  std::binary_semaphore arrived_{0};
  std::thread thread_;
};

struct Outcome {
  int waited = 0;
  int went_ahead = 0;
  int late = 0;  // reads of pools that might have been destroyed

  void Count(const Unregisterer& unregisterer) {
    EXPECT_NE(unregisterer.HasWaited(), unregisterer.IsDone());
    ++(unregisterer.HasWaited() ? waited : went_ahead);
  }
};

// A reader stands still before each of its steps, and one of two pools is unregistered
// meanwhile.
template <class Read>
Outcome StallAtEveryStep(bool take_older, const Read& read) {
  Outcome outcome;
  for (int step = 0;; ++step) {
    Pool older;
    Pool newer;
    Pool another;
    RegistryEntry older_entry("older", older);
    RegistryEntry newer_entry("newer", newer);
    RegistryEntry another_entry;  // its end would wait too, so not before the reader's
    StalledThread reader(0, step, true, read);
    if (!reader.IsStalled()) return outcome;
    {
      const Unregisterer unregisterer(take_older ? older_entry : newer_entry,
                                      take_older ? older : newer);
      outcome.Count(unregisterer);
      {
        StepLimit limit(100);
        PoolInfo info;
        EXPECT_EQ(PoolCount(), 1u);
        limit.BeginOperation();
        EXPECT_EQ(another_entry.Register("another", another), Error::kOk);
        limit.BeginOperation();
        EXPECT_TRUE(FindPool("another", info));
        limit.BeginOperation();
        EXPECT_TRUE(FindPool(take_older ? "newer" : "older", info));
        limit.BeginOperation();
        EXPECT_FALSE(FindPool(take_older ? "older" : "newer", info));
      }
      reader.Resume();
    }
    outcome.late += older.WasReadLate() + newer.WasReadLate();
  }
}

// The same, and when it goes on after a pool has been unregistered, it stands still
// once more: in the Stats of a pool that is unregistered next.
Outcome StallTwice() {
  constexpr int kStepsBeforeStats = 6;
  Outcome outcome;
  for (int step = 0; step < kStepsBeforeStats; ++step) {
    Pool older;
    Pool newer;
    RegistryEntry older_entry("older", older);
    RegistryEntry newer_entry("newer", newer);
    bool found = false;
    older.Stall();
    StalledThread reader(0, step, true, [&] {
      PoolInfo info;
      found = FindPool("older", info);
    });
    EXPECT_TRUE(reader.IsStalled());
    const Unregisterer first(newer_entry, newer);
    std::thread resuming([&] { reader.Resume(); });
    older.AwaitReader();
    {
      const Unregisterer second(older_entry, older);
      outcome.Count(second);
      older.LetGoOn();
      resuming.join();
    }
    EXPECT_TRUE(found);
    outcome.late += older.WasReadLate() + newer.WasReadLate();
  }
  return outcome;
}

void ReadTheFirst() {
  RegistryCursor cursor;
  PoolInfo info;
  (void)NextPool(cursor, info);
}

void ReadAll() {
  RegistryCursor cursor;
  PoolInfo info;
  while (NextPool(cursor, info)) {
  }
}

void LookUp() {
  PoolInfo info;
  (void)FindPool("newer", info);
}

void CountThem() { (void)PoolCount(); }

constexpr void (*kReads[])() = {&ReadTheFirst, &ReadAll, &LookUp, &CountThem};

#if COREPOOL_SABOTAGE_GRACE == 0

TEST(RegistryStalled, AReaderHoldsUpUnregisteringWhereItMayBeLookingAndNothingElse) {
  for (const auto read : kReads) {
    for (const bool take_older : {false, true}) {
      const Outcome outcome = StallAtEveryStep(take_older, read);
      EXPECT_EQ(outcome.late, 0);
      EXPECT_GE(outcome.waited, 3) << "steps between its first look and its last";
      EXPECT_GE(outcome.went_ahead, 2) << "steps before it is counted";
      std::cout << outcome.waited << " steps held it up, " << outcome.went_ahead
                << " did not\n";
    }
  }
}

TEST(RegistryStalled, AReaderThatWasLateHoldsUpTheNextToUnregister) {
  const Outcome outcome = StallTwice();
  EXPECT_EQ(outcome.late, 0);
  EXPECT_EQ(outcome.went_ahead, 0);
  EXPECT_GE(outcome.waited, 5);
}

TEST(RegistryStalled, UnregisteringWaitsForAnotherThatWaits) {
  Pool pools[3];
  RegistryEntry entries[3];
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(entries[i].Register(i == 0 ? "first" : "", pools[i]), Error::kOk);
  }
  pools[0].Stall();
  std::thread reader([] {
    PoolInfo info;
    EXPECT_TRUE(FindPool("first", info));
  });
  pools[0].AwaitReader();
  {
    const Unregisterer one(entries[1], pools[1]);
    const Unregisterer other(entries[2], pools[2]);
    EXPECT_TRUE(one.HasWaited());
    EXPECT_TRUE(other.HasWaited());
    EXPECT_EQ(entries[1].Register("", pools[1]), Error::kAlreadyInitialized);
    EXPECT_EQ(entries[1].Unregister(), Error::kNotInitialized) << "under way already";
    pools[0].LetGoOn();
    reader.join();
  }
  EXPECT_EQ(PoolCount(), 1u);
}

#else

TEST(RegistrySabotaged, IsNoticed) {
  EXPECT_GT(StallTwice().late, 0);
  int late = 0;
  for (const auto read : kReads) {
    late += StallAtEveryStep(true, read).late + StallAtEveryStep(false, read).late;
  }
  EXPECT_GE(late, COREPOOL_SABOTAGE_GRACE == 1 ? 1 : 0);
}

#endif  // COREPOOL_SABOTAGE_GRACE == 0

}  // namespace
}  // namespace corepool::testing
