// Proves that a process may fork in the middle of traffic: the child can use its copy
// of the pool, and the parent's is what it was.

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <new>
#include <vector>

#include "corepool/error.h"
#include "corepool/options.h"
#include "gtest/gtest.h"
#include "tests/support/cachings.h"
#include "tests/support/disturbances.h"
#include "tests/support/disturbed_traffic.h"
#include "tests/support/gang.h"
#include "tests/support/test_pool.h"
#include "tests/support/token_traffic.h"

namespace corepool::testing {
namespace {

constexpr std::size_t kBlocks = 64;
constexpr int kThreads = 3;
constexpr std::size_t kHeld = 8;  // blocks that a thread has at most

enum Outcome {
  kGood,
  kMisuse,       // something was reported
  kRefused,      // a free
  kTwice,        // a block was handed out twice
  kTooMany,      // more blocks than there are
  kTooFew,       // fewer than the parent's threads can have had
  kOthersLater,  // other blocks than before could be allocated again
};

// What children tell.
struct Report {
  std::atomic<std::uint64_t> steals{0};
  std::atomic<std::uint64_t> allocated{0};
};

// Allocates until the pool is exhausted and frees all again.
Outcome Drain(TestPool& pool, std::array<bool, kBlocks>& seen, std::size_t& count) {
  std::array<void*, kBlocks + 1> blocks;
  seen = {};
  count = 0;
  while (void* const block = pool->Allocate()) {
    if (count == kBlocks) return kTooMany;
    blocks[count++] = block;
    bool& before = seen[pool->IndexOf(block)];
    if (before) return kTwice;
    before = true;
  }
  for (std::size_t i = 0; i < count; ++i) {
    if (pool->Free(blocks[i]) != Error::kOk) return kRefused;
  }
  return kGood;
}

// In a child, where of all threads only the one that forked has gone on. Whatever
// others had, or were about to give back, is nobody's here; all the rest must be found.
Outcome UseInChild(TestPool& pool, int core, Report& report) {
  constexpr unsigned kPatience = 30;  // seconds
  alarm(kPatience);
  MoveTo(0, {core});
  const std::uint64_t stolen_before = pool->Stats().steals;
  for (int i = 0; i < 20; ++i) {
    void* const block = pool->Allocate();
    if (block != nullptr && pool->Free(block) != Error::kOk) return kRefused;
  }
  std::array<bool, kBlocks> first;
  std::array<bool, kBlocks> second;
  std::size_t count = 0;
  Outcome outcome = Drain(pool, first, count);
  if (outcome != kGood) return outcome;
  if (count < kBlocks - kThreads * kHeld) return kTooFew;
  outcome = Drain(pool, second, count);
  if (outcome != kGood) return outcome;
  report.steals.fetch_add(pool->Stats().steals - stolen_before);
  report.allocated.fetch_add(count);
  if (first != second) return kOthersLater;
  return pool.misuse.count == 0 ? kGood : kMisuse;
}

class Fork : public ::testing::TestWithParam<Caching> {};

INSTANTIATE_TEST_SUITE_P(Kinds, Fork,
                         ::testing::Values(Caching::kRseq, Caching::kCas,
                                           Caching::kNone),
                         [](const auto& kind) { return NameOf(kind.param); });

TEST_P(Fork, InTheMiddleOfTrafficHarmsNeitherSide) {
  if (!Works(GetParam())) GTEST_SKIP() << "not to be had here";
  const int children = 200 * Effort();
  void* const shared = mmap(nullptr, sizeof(Report), PROT_READ | PROT_WRITE,
                            MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(shared, MAP_FAILED);
  auto& report = *::new (shared) Report;
  const std::vector<int> cores = UsableCores();

  TokenTraffic traffic(kBlocks, GetParam());
  std::atomic<bool> enough{false};
  RunGang(kThreads + 1, [&](int number) {
    if (number > 0) {
      Visitor visitor(traffic, static_cast<std::uint32_t>(number), kHeld);
      while (!enough.load(std::memory_order_relaxed)) visitor.Step();
      return;
    }
    for (int i = 0; i < children; ++i) {
      const int core = cores[static_cast<std::size_t>(i) % cores.size()];
      const pid_t child = fork();
      if (child == 0) _exit(UseInChild(traffic.pool, core, report));
      int status = 0;
      EXPECT_EQ(waitpid(child, &status, 0), child);
      EXPECT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
      EXPECT_EQ(WEXITSTATUS(status), kGood);
      if (::testing::Test::HasFailure()) break;
    }
    enough.store(true, std::memory_order_relaxed);
  });

  const TrafficReport parents = traffic.Report();
  EXPECT_TRUE(parents.Clean()) << parents;
  std::cout << children << " children allocated " << report.allocated << " blocks, "
            << report.steals << " of them stolen; the parent " << parents.allocations
            << "\n";
  EXPECT_GT(report.allocated, 0u);
  // Stealing needs the fence across cores, which must work in children as well.
  if (GetParam() != Caching::kNone && cores.size() > 1) {
    EXPECT_GT(report.steals, 0u);
  }
  munmap(shared, sizeof(Report));
}

}  // namespace
}  // namespace corepool::testing
