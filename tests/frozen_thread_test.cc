// Proves that a thread which stands still in the middle of an operation, at any look it
// takes and before any change it makes, keeps no block from the others and stops
// nobody; and that it can go on afterwards. On real cores, with real restartable
// sections.

#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <iterator>
#include <random>
#include <semaphore>
#include <set>
#include <thread>
#include <vector>

#include "corepool/error.h"
#include "corepool/options.h"
#include "gtest/gtest.h"
#include "tests/support/cachings.h"
#include "tests/support/disturbances.h"
#include "tests/support/disturbed_traffic.h"
#include "tests/support/perturbing_atomic.h"
#include "tests/support/test_pool.h"

namespace corepool::testing {
namespace {

constexpr std::size_t kBlocks = 37;  // in magazines of 5, and never a whole number
constexpr std::size_t kBulk = 7;

enum class Operation { kAllocate, kFree, kAllocateBulk, kFreeBulk, kFlush };
constexpr Operation kOperations[] = {Operation::kAllocate, Operation::kFree,
                                     Operation::kAllocateBulk, Operation::kFreeBulk,
                                     Operation::kFlush};

// Where the calling thread stops.
struct Stop {
  int looks_left;  // negative: nowhere
  std::binary_semaphore* stopped;
  std::binary_semaphore* go_on;
};
constinit thread_local Stop stop{-1, nullptr, nullptr};

void StopHere() {
  if (stop.looks_left < 0 || stop.looks_left-- > 0) return;
  stop.stopped->release();
  stop.go_on->acquire();
}

// One pool with a past, one operation, and one place to stop in it.
class Freeze {
 public:
  Freeze(Caching caching, std::uint64_t seed, const std::vector<int>& cores)
      : pool_({.block_size = 32, .block_count = kBlocks, .caching = caching}),
        random_(seed),
        cores_(cores) {
    // Blocks and magazines come to lie everywhere, by what two cores do.
    for (int turn = 0; turn < 6; ++turn) {
      const Pinned here(AnyCore());
      const std::size_t wanted = random_() % (kBlocks + 1);
      while (held_.size() < wanted) held_.push_back(pool_->Allocate());
      std::shuffle(held_.begin(), held_.end(), random_);
      while (held_.size() > wanted) {
        pool_->Free(held_.back());
        held_.pop_back();
      }
    }
    operation_ = kOperations[random_() % std::size(kOperations)];
    const std::size_t needed = operation_ == Operation::kFree       ? 1
                               : operation_ == Operation::kFreeBulk ? kBulk
                                                                    : 0;
    const Pinned here(AnyCore());
    while (held_.size() < needed) held_.push_back(pool_->Allocate());
    mine_.assign(held_.end() - static_cast<std::ptrdiff_t>(needed), held_.end());
    held_.resize(held_.size() - needed);
    thread_core_ = AnyCore();
    core_ = AnyCore();
  }

  // False if the operation was over before it got there.
  bool StopAtLook(int look) {
    const std::size_t freed = mine_.size();
    const std::size_t wanted = operation_ == Operation::kAllocate       ? 1
                               : operation_ == Operation::kAllocateBulk ? kBulk
                                                                        : 0;
    std::binary_semaphore stopped(0);
    std::binary_semaphore go_on(0);
    bool over = false;
    std::thread thread([&] {
      const Pinned here(thread_core_);
      stop = {look, &stopped, &go_on};
      lockfree::perturb = &StopHere;
      lockfree::perturb_look = &StopHere;
      Operate();
      lockfree::perturb = nullptr;
      lockfree::perturb_look = nullptr;
      if (stop.looks_left < 0) return;
      over = true;
      stopped.release();
    });
    stopped.acquire();
    if (over) {
      thread.join();
      return false;
    }
    {
      const Pinned here(core_);
      // Everything that it does not have; it has what it frees, or not any more, and
      // what it has asked for, or not yet.
      const std::size_t least = kBlocks - held_.size() - freed < wanted
                                    ? 0
                                    : kBlocks - held_.size() - freed - wanted;
      std::vector<void*> found = TakeAll();
      EXPECT_GE(found.size(), least);
      EXPECT_LE(found.size(), kBlocks - held_.size());
      // Nothing changes as long as it stands still.
      for (void* const block : found) EXPECT_EQ(pool_->Free(block), Error::kOk);
      std::vector<void*> again = TakeAll();
      EXPECT_EQ(std::set<void*>(again.begin(), again.end()),
                std::set<void*>(found.begin(), found.end()));
      // It goes on while we have all that we could get.
      held_.insert(held_.end(), again.begin(), again.end());
      go_on.release();
      thread.join();
      // Its bulk may have failed for want of blocks, and given back some.
      const std::vector<void*> rest = TakeAll();
      held_.insert(held_.end(), rest.begin(), rest.end());
    }
    held_.insert(held_.end(), mine_.begin(), mine_.end());
    EXPECT_EQ(held_.size(), kBlocks);
    EXPECT_EQ(std::set<void*>(held_.begin(), held_.end()).size(), kBlocks);
    EXPECT_TRUE(pool_.SoundAtRest(kBlocks));
    for (void* const block : held_) EXPECT_EQ(pool_->Free(block), Error::kOk);
    EXPECT_TRUE(pool_.SoundAtRest(0));
    EXPECT_EQ(pool_.misuse.count, 0);
    return true;
  }

 private:
  int AnyCore() { return cores_[random_() % cores_.size()]; }

  void Operate() {
    switch (operation_) {
      case Operation::kAllocate:
        mine_.push_back(pool_->Allocate());
        if (mine_.back() == nullptr) mine_.clear();
        break;
      case Operation::kAllocateBulk:
        mine_.resize(kBulk);
        if (pool_->AllocateBulk(mine_) != Error::kOk) mine_.clear();
        break;
      case Operation::kFree:
        EXPECT_EQ(pool_->Free(mine_.front()), Error::kOk);
        mine_.clear();
        break;
      case Operation::kFreeBulk:
        EXPECT_EQ(pool_->FreeBulk(mine_), Error::kOk);
        mine_.clear();
        break;
      case Operation::kFlush: pool_->FlushCaches(); break;
    }
  }

  std::vector<void*> TakeAll() {
    std::vector<void*> blocks;
    while (blocks.size() <= kBlocks) {
      void* const block = pool_->Allocate();
      if (block == nullptr) break;
      blocks.push_back(block);
    }
    return blocks;
  }

  TestPool pool_;
  std::mt19937_64 random_;
  const std::vector<int>& cores_;
  std::vector<void*> held_;
  std::vector<void*> mine_;  // the thread's
  Operation operation_;
  int thread_core_;
  int core_;
};

class FrozenThread : public ::testing::TestWithParam<Caching> {};

INSTANTIATE_TEST_SUITE_P(Kinds, FrozenThread,
                         ::testing::Values(Caching::kRseq, Caching::kCas,
                                           Caching::kNone),
                         [](const auto& kind) { return NameOf(kind.param); });

TEST_P(FrozenThread, KeepsNoBlockFromTheOthers) {
  if (!Works(GetParam())) GTEST_SKIP() << "not to be had here";
  constexpr unsigned kPatience = 250;  // seconds; who waits for the thread waits long
  alarm(kPatience);
  const std::vector<int> cores = UsableCores();
  const auto seeds = static_cast<std::uint64_t>(40 * Effort());
  std::uint64_t places = 0;
  for (std::uint64_t seed = 1; seed <= seeds && !HasFailure(); ++seed) {
    for (int look = 0; Freeze(GetParam(), seed, cores).StopAtLook(look); ++look) {
      ++places;
      ASSERT_FALSE(HasFailure()) << "seed " << seed << ", look " << look;
    }
  }
  alarm(0);
  std::cout << "stood still in " << places << " places\n";
  EXPECT_GT(places, 0u);
}

}  // namespace
}  // namespace corepool::testing
