// Proves that a thread that stands still anywhere in an operation holds up nobody and
// no free block: everything but what it owns, or has just popped for itself, can be
// allocated by others, from any core, in a bounded number of steps. Deterministic: the
// library is compiled against atomics and cores that let a thread stop between any two
// steps (//tests/support:virtual_core).

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <ostream>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "corepool/error.h"
#include "corepool/fixed_pool.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/options.h"
#include "corepool/port/cores_concept.h"
#include "corepool/stats.h"
#include "gtest/gtest.h"
#include "tests/support/cache_situations.h"
#include "tests/support/stalled_thread.h"
#include "tests/support/virtual_core_traffic.h"
#include "tests/support/virtual_cores.h"

namespace corepool {
namespace {

using testing::AfterHistory;
using testing::AllocateAll;
using testing::AreAll;
using testing::AreDistinct;
using testing::FreeAll;
using testing::kBlocks;
using testing::kCores;
using testing::kLimit;
using testing::kSituations;
using testing::OnCore;
using testing::Situation;
using testing::StalledThread;
using testing::StepLimit;
using testing::World;

constexpr std::size_t kBulk = 7;
constexpr unsigned kHistories = 20;
constexpr std::uint32_t kNoCore = port::kNoCore;

// No operation on kBlocks blocks needs as many, if nobody else moves.
constexpr int kMostSteps = 1000;

// What a thread can be stopped in.
enum class Act { kAllocate, kFree, kAllocateBulk, kAllocateUpTo, kFreeBulk, kFlush };
constexpr Act kActs[] = {Act::kAllocate,     Act::kFree,     Act::kAllocateBulk,
                         Act::kAllocateUpTo, Act::kFreeBulk, Act::kFlush};

// One thread's operation, and what came of it.
class Victim {
 public:
  // Takes what it is to free from the blocks held.
  Victim(World& world, Act act) : world_(world), act_(act) {
    if (act == Act::kFree || act == Act::kFreeBulk) {
      const std::size_t count = std::min(Concerned(), world.held.size());
      freed_.assign(world.held.end() - static_cast<std::ptrdiff_t>(count),
                    world.held.end());
      world.held.resize(world.held.size() - count);
    }
  }

  // Goes as far as before step `step`.
  bool Stall(std::uint32_t core, int step, bool plain_too = false) {
    thread_ =
        std::make_unique<StalledThread>(core, step, plain_too, [this] { Work(); });
    return thread_->IsStalled();
  }
  void Resume() { thread_->Resume(); }

  // How many blocks may be neither free nor anybody else's while it stands still.
  std::size_t Concerned() const {
    switch (act_) {
      case Act::kAllocate:
      case Act::kFree: return 1;
      case Act::kAllocateBulk:
      case Act::kAllocateUpTo:
      case Act::kFreeBulk: return kBulk;
      case Act::kFlush: return 0;
    }
    return 0;
  }

  // After Resume.
  const std::vector<void*>& allocated() const { return allocated_; }
  Error error() const { return error_; }
  bool Allocates() const {
    return act_ == Act::kAllocate || act_ == Act::kAllocateBulk ||
           act_ == Act::kAllocateUpTo;
  }

 private:
  void Work() {
    FixedPool& pool = world_.pool.pool;
    allocated_.resize(Allocates() ? Concerned() : 0);
    switch (act_) {
      case Act::kAllocate: {
        const auto allocation = pool.TryAllocate();
        error_ = allocation.error;
        allocated_[0] = allocation.block;
        break;
      }
      case Act::kFree:
        if (!freed_.empty()) error_ = pool.Free(freed_[0]);
        break;
      case Act::kAllocateBulk: error_ = pool.AllocateBulk(allocated_); break;
      case Act::kAllocateUpTo: allocated_.resize(pool.AllocateUpTo(allocated_)); break;
      case Act::kFreeBulk: error_ = pool.FreeBulk(freed_); break;
      case Act::kFlush: pool.FlushCaches(); break;
    }
    if (error_ != Error::kOk) allocated_.clear();
  }

  World& world_;
  const Act act_;
  std::vector<void*> freed_;
  std::vector<void*> allocated_;
  Error error_ = Error::kOk;
  std::unique_ptr<StalledThread> thread_;
};

// Allocates on `core` until the pool is exhausted.
std::vector<void*> TakeAll(World& world, std::uint32_t core, StepLimit& limit) {
  const OnCore on(core);
  std::vector<void*> blocks;
  for (;;) {
    limit.BeginOperation();
    void* const block = world.pool->Allocate();
    if (block == nullptr || blocks.size() > kBlocks) return blocks;
    blocks.push_back(block);
  }
}

void GiveBack(World& world, std::uint32_t core, std::vector<void*>& blocks,
              StepLimit& limit) {
  for (; !blocks.empty(); blocks.pop_back()) {
    limit.BeginOperation();
    EXPECT_TRUE(FreeAll(world.pool.pool, core, std::span(blocks).last(1)));
  }
}

// Allocates and frees on all cores, never more than `most` blocks at once. All of it
// must succeed if so many are free.
void Busy(World& world, std::size_t most, int operations, StepLimit& limit) {
  std::mt19937 random(7);
  std::vector<void*> blocks;
  for (int i = 0; i < operations || !blocks.empty(); ++i) {
    const std::uint32_t die = static_cast<std::uint32_t>(random() % (kCores + 1));
    const OnCore on(die == kCores ? kNoCore : die);
    limit.BeginOperation();
    if (i < operations && blocks.size() < most && random() % 2 == 0) {
      void* const block = world.pool->Allocate();
      ASSERT_NE(block, nullptr);
      blocks.push_back(block);
    } else if (!blocks.empty()) {
      std::swap(blocks[random() % blocks.size()], blocks.back());
      ASSERT_EQ(world.pool->Free(blocks.back()), Error::kOk);
      blocks.pop_back();
    }
  }
}

// What the others do meanwhile.
struct Others {
  std::uint32_t taker;  // the core that takes all there is
  bool drain;           // whether it does
  bool give_back;       // before the victims go on
  int operations;
  bool flush = false;  // instead of all that
};

// One of the threads to be stopped.
struct Stop {
  Act act;
  std::uint32_t core;
  int step;
  bool plain_too = false;
};

// The whole test. Returns for each victim whether it stood still; if not, its operation
// has no such step.
std::vector<bool> Play(Caching caching, const Situation& situation,
                       std::span<const Stop> stops, const Others& others) {
  World world(caching);
  FixedPool& pool = world.pool.pool;
  situation.arrange(world);
  pool.ResetPeak();

  std::vector<std::unique_ptr<Victim>> victims;
  std::vector<bool> stalled;
  std::size_t concerned = 0;
  for (const Stop& stop : stops) {
    victims.push_back(std::make_unique<Victim>(world, stop.act));
    concerned += victims.back()->Concerned();
  }
  for (std::size_t i = 0; i < stops.size(); ++i) {
    stalled.push_back(
        victims[i]->Stall(stops[i].core, stops[i].step, stops[i].plain_too));
  }
  const std::size_t may_be_free = kBlocks - world.held.size();
  const std::size_t must_be_free = may_be_free - std::min(concerned, may_be_free);

  std::vector<void*> taken;
  std::size_t highest = world.held.size();
  {
    StepLimit limit(kMostSteps);
    if (others.flush) pool.FlushCaches();
    if (others.drain) {
      taken = TakeAll(world, others.taker, limit);
      EXPECT_GE(taken.size(), must_be_free);
    }
    highest += taken.size();
    std::vector<void*> all = taken;
    all.insert(all.end(), world.held.begin(), world.held.end());
    EXPECT_TRUE(AreDistinct(pool, all));
    if (others.give_back) {
      const std::size_t most = others.drain ? taken.size() : must_be_free;
      GiveBack(world, others.taker, taken, limit);
      Busy(world, most, others.operations, limit);
    }
  }

  for (const auto& victim : victims) {
    victim->Resume();
    // Unless others have been there all the time, something was free for it.
    if (!victim->Allocates() || (!others.drain && must_be_free > 0)) {
      EXPECT_EQ(victim->error(), Error::kOk);
    }
    taken.insert(taken.end(), victim->allocated().begin(), victim->allocated().end());
  }
  world.held.insert(world.held.end(), taken.begin(), taken.end());
  EXPECT_TRUE(world.pool.SoundAtRest(world.held.size()));
  EXPECT_TRUE(world.caches.HasAllMagazines());
  EXPECT_EQ(world.caches.Outstanding(),
            world.caches.ExpectedOutstanding(world.held.size()));

  if (others.flush) {
    pool.FlushCaches();
    EXPECT_EQ(world.caches.Outstanding(), world.held.size());
  }
  const PoolStats stats = pool.Stats();
  EXPECT_GE(stats.peak, highest);
  EXPECT_TRUE(stats.exact);

  const std::vector<void*> rest = AllocateAll(pool, others.taker);
  world.held.insert(world.held.end(), rest.begin(), rest.end());
  EXPECT_TRUE(AreAll(pool, world.held));
  world.Give(kNoCore, kBlocks);
  EXPECT_TRUE(world.sound);
  EXPECT_TRUE(world.pool.SoundAtRest(0));
  EXPECT_EQ(world.pool.misuse.count, 0);
  return stalled;
}

std::string Describe(const Situation& situation, std::span<const Stop> stops,
                     const Others& others) {
  std::string text = situation.name;
  for (const Stop& stop : stops) {
    text += ", act " + std::to_string(static_cast<int>(stop.act)) + " on core " +
            std::to_string(static_cast<int>(stop.core)) + " before step " +
            std::to_string(stop.step);
  }
  return text + ", taker " + std::to_string(static_cast<int>(others.taker)) +
         (others.flush ? ", flushed" : "") + (others.drain ? ", drained" : "") +
         (others.give_back ? ", given back" : "");
}

class StalledThreads : public ::testing::TestWithParam<Caching> {
 protected:
  static void SetUpTestSuite() { EXPECT_EQ(port::VirtualCores::count, 8u); }

  // For every step of the victim.
  static void StopEverywhere(const Situation& situation, Act act, std::uint32_t core,
                             const Others& others, bool plain_too = false) {
    bool stalled = true;
    for (int step = 0; stalled; ++step) {
      const Stop stops[] = {{act, core, step, plain_too}};
      stalled = Play(GetParam(), situation, stops, others)[0];
      ASSERT_FALSE(HasFailure()) << Describe(situation, stops, others);
    }
  }
};

TEST_P(StalledThreads, PoolsHereAreAsTheSituationsNeedThem) {
  World world(GetParam());
  ASSERT_EQ(world.pool.error, Error::kOk);
  EXPECT_EQ(world.pool->Caching(), GetParam());
  EXPECT_EQ(world.pool->Stats().magazine_size, kLimit);
  EXPECT_EQ(world.pool->Stats().cores, std::size_t{kCores});
}

TEST_P(StalledThreads, LeaveAllTheOthersBlocksToAnyCoreThatTakesThem) {
  for (const Situation& situation : kSituations) {
    for (const Act act : kActs) {
      for (const std::uint32_t core : {0u, 1u, kNoCore}) {
        for (const std::uint32_t taker : {0u, 1u, 2u, kNoCore}) {
          StopEverywhere(situation, act, core,
                         {.taker = taker,
                          .drain = true,
                          .give_back = taker == 2,
                          .operations = 50});
          if (HasFailure()) return;
        }
      }
    }
  }
}

TEST_P(StalledThreads, LetOthersCompleteAThousandOperationsOnAllCores) {
  for (const Situation& situation : kSituations) {
    for (const Act act : kActs) {
      for (const std::uint32_t taker : {0u, 2u}) {
        StopEverywhere(
            situation, act, 0,
            {.taker = taker, .drain = true, .give_back = true, .operations = 1000});
        if (HasFailure()) return;
      }
    }
  }
}

TEST_P(StalledThreads, MayStandStillBeforeAPlainLoadOrStoreAsWell) {
  for (const Situation& situation : kSituations) {
    for (const Act act : {Act::kAllocate, Act::kFree, Act::kFlush}) {
      for (const std::uint32_t taker : {0u, 2u}) {
        StopEverywhere(
            situation, act, 0,
            {.taker = taker, .drain = true, .give_back = taker == 2, .operations = 30},
            true);
        if (HasFailure()) return;
      }
    }
  }
}

TEST_P(StalledThreads, MayFindTheirMagazineFlushedAway) {
  for (const Situation& situation : kSituations) {
    for (const Act act : kActs) {
      StopEverywhere(situation, act, 0,
                     {.taker = 1,
                      .drain = false,
                      .give_back = false,
                      .operations = 0,
                      .flush = true},
                     true);
      if (HasFailure()) return;
    }
  }
}

TEST_P(StalledThreads, MayStandStillWhateverHappenedBefore) {
  std::mt19937 random(1);
  for (unsigned seed = 1; seed <= kHistories; ++seed) {
    const Situation situation = AfterHistory(seed);
    for (const Act act : kActs) {
      const auto core = static_cast<std::uint32_t>(random() % kCores);
      const auto taker = static_cast<std::uint32_t>(random() % (kCores + 1));
      StopEverywhere(situation, act, core,
                     {.taker = taker < kCores ? taker : kNoCore,
                      .drain = true,
                      .give_back = random() % 2 == 0,
                      .operations = 50},
                     random() % 2 == 0);
      if (HasFailure()) return;
    }
  }
}

TEST_P(StalledThreads, FindABlockLaterThoughOthersWereBusyIfThereAlwaysWasOne) {
  for (const Situation& situation : kSituations) {
    for (const std::uint32_t core : {0u, 1u, kNoCore}) {
      StopEverywhere(situation, Act::kAllocate, core,
                     {.taker = 2, .drain = false, .give_back = true, .operations = 300},
                     true);
      if (HasFailure()) return;
    }
  }
}

TEST_P(StalledThreads, HoldUpNothingWhenTwoOfThemStandStill) {
  constexpr std::pair<Act, Act> kPairs[] = {{Act::kAllocate, Act::kAllocate},
                                            {Act::kFree, Act::kAllocate},
                                            {Act::kFree, Act::kFree},
                                            {Act::kFlush, Act::kAllocate}};
  for (const Situation& situation : kSituations) {
    for (const auto& [first, second] : kPairs) {
      for (const std::uint32_t core : {0u, 1u}) {
        bool stalled = true;
        for (int i = 0; stalled; ++i) {
          bool second_stalled = true;
          for (int j = 0; second_stalled; ++j) {
            const Stop stops[] = {{first, 0, i}, {second, core, j}};
            const Others others{.taker = static_cast<std::uint32_t>((i + j) % 3),
                                .drain = true,
                                .give_back = (i + j) % 2 == 0,
                                .operations = 10};
            const auto which = Play(GetParam(), situation, stops, others);
            stalled = which[0];
            second_stalled = which[1];
            ASSERT_FALSE(HasFailure()) << Describe(situation, stops, others);
          }
        }
      }
    }
  }
}

// Blocks that a thread is about to take are set aside beforehand.
TEST(StalledThreadsUnderPressure, DoNotMakeFewBlocksLookPlenty) {
  bool first_stalled = true;
  for (int i = 0; first_stalled; ++i) {
    bool second_stalled = true;
    for (int j = 0; second_stalled; ++j) {
      World world(Caching::kRseq);
      world.Take(0, kBlocks);
      world.Give(1, 1);
      world.Take(2, 1);
      world.Give(kNoCore, 1);
      auto& pressure = world.caches.state().pressure;
      ASSERT_NE(pressure.load(lockfree::kRelaxed), 0u);
      ASSERT_EQ(world.held.size(), kBlocks - 1);

      Victim first(world, Act::kAllocate);
      Victim second(world, Act::kAllocate);
      first_stalled = first.Stall(0, i);
      second_stalled = second.Stall(3, j);
      world.Take(2, 1);
      world.Give(2, 1);
      ASSERT_NE(pressure.load(lockfree::kRelaxed), 0u) << i << ", " << j;
      first.Resume();
      second.Resume();
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, StalledThreads,
                         ::testing::Values(Caching::kRseq, Caching::kCas),
                         [](const auto& kind) {
                           return kind.param == Caching::kRseq ? "Rseq" : "Cas";
                         });

}  // namespace
}  // namespace corepool
