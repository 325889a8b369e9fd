// Proves that an aborted section changes nothing: with sections that take long, so that
// about every interrupt, preemption and move hits one, and every fence has one to wait
// for. And that this would be noticed: sections that commit although they were aborted,
// and fences that do nothing, must fail.

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iostream>

#include "corepool/options.h"
#include "corepool/port/cores.h"
#include "gtest/gtest.h"
#include "tests/support/cachings.h"
#include "tests/support/delayed_cores.h"
#include "tests/support/disturbed_traffic.h"
#include "tests/support/token_traffic.h"

namespace corepool::testing {
namespace {

using port::DelayedCores;

SectionControls& controls = corepool_test_sections;

TrafficReport RunDelayed(int threads, std::size_t blocks, std::uint32_t spins,
                         const Disturbances& disturbances,
                         std::chrono::milliseconds duration) {
  controls.spins = spins;
  TokenTraffic traffic(blocks, Caching::kRseq);
  const TrafficReport report = RunDisturbed(traffic, threads, disturbances, duration);
  controls.spins = 0;
  return report;
}

class DelayedSections : public ::testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    if (!Works(Caching::kRseq)) GTEST_SKIP() << "no restartable sections here";
  }
};

INSTANTIATE_TEST_SUITE_P(Threads, DelayedSections, ::testing::Values(2, 4, 8, 12),
                         ::testing::PrintToStringParamName());

TEST_P(DelayedSections, LoseNothingWhenTheyAreAborted) {
  const int threads = GetParam();
  const std::uint64_t before = controls.aborts;
  const Disturbances disturbances[] = {
      {.timer = 20'000L * threads, .mover = true},
      {.timer = 40'000L * threads, .sender = true, .mover = true},
  };
  std::uint64_t allocations = 0;
  // So few that blocks are stolen; enough for a while; and so many that cores keep
  // their magazines and every operation is a section.
  for (const std::size_t blocks :
       {static_cast<std::size_t>(threads), std::size_t{24}, std::size_t{256}}) {
    for (const std::uint32_t spins : {100u, 3'000u}) {
      for (const Disturbances& what : disturbances) {
        const TrafficReport report = RunDelayed(
            threads, blocks, spins, what, std::chrono::milliseconds(200) * Effort());
        ASSERT_TRUE(report.Clean())
            << blocks << " blocks, " << spins << " spins: " << report;
        allocations += report.allocations;
      }
    }
  }
  const std::uint64_t aborts = controls.aborts - before;
  std::cout << allocations << " allocations, " << aborts << " aborts\n";
  EXPECT_GT(allocations, 0u);
  EXPECT_GT(aborts, 0u);
}

// Runs traffic in a process of its own, because what is sabotaged may crash or hang,
// and tells whether it has failed.
template <class Sabotage>
bool Fails(int rounds, const Sabotage& sabotage) {
  constexpr unsigned kPatience = 60;  // seconds
  const pid_t child = fork();
  if (child == 0) {
    alarm(kPatience);
    sabotage();
    for (int i = 0; i < rounds; ++i) {
      const TrafficReport report =
          RunDelayed(4, 4, 3'000, {.timer = 80'000, .mover = true},
                     std::chrono::milliseconds(100));
      if (report.Clean()) continue;
      std::cout << "in round " << i << ": " << report << std::endl;
      _exit(1);
    }
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFSIGNALED(status)) std::cout << "signal " << WTERMSIG(status) << std::endl;
  return !WIFEXITED(status) || WEXITSTATUS(status) != 0;
}

class SabotagedSections : public DelayedSections {};

INSTANTIATE_TEST_SUITE_P(Threads, SabotagedSections, ::testing::Values(4),
                         ::testing::PrintToStringParamName());

TEST_P(SabotagedSections, AreNotNoticedWhereThereAreNone) {
  EXPECT_FALSE(Fails(5, [] {}));
}

TEST_P(SabotagedSections, AreNoticedIfTheyCommitAfterAnAbort) {
  EXPECT_TRUE(Fails(200, [] { controls.abort_commits = 1; }));
}

TEST_P(SabotagedSections, AreNoticedIfFencesDoNothing) {
  if (UsableCores().size() < 2) GTEST_SKIP() << "one core needs no fences";
  EXPECT_TRUE(Fails(200, [] { DelayedCores::fences_work = false; }));
}

}  // namespace
}  // namespace corepool::testing
