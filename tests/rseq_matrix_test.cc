// Proves that whoever has taken one of N tokens is given one of N blocks, whatever
// befalls threads on a real machine: more of them than cores, interrupts whose handlers
// allocate and free, moves from core to core, sleeps; and that nothing is lost.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <string>
#include <tuple>

#include "corepool/options.h"
#include "gtest/gtest.h"
#include "tests/support/cachings.h"
#include "tests/support/disturbed_traffic.h"
#include "tests/support/token_traffic.h"

namespace corepool::testing {
namespace {

class RseqMatrix : public ::testing::TestWithParam<std::tuple<Caching, int>> {};

INSTANTIATE_TEST_SUITE_P(
    Threads, RseqMatrix,
    ::testing::Combine(::testing::Values(Caching::kRseq, Caching::kCas, Caching::kNone),
                       ::testing::Values(2, 4, 8, 12)),
    [](const auto& kind) {
      return std::string(NameOf(std::get<0>(kind.param))) +
             std::to_string(std::get<1>(kind.param));
    });

TEST_P(RseqMatrix, WhoHasATokenIsGivenABlock) {
  const auto [caching, threads] = GetParam();
  if (!Works(caching)) GTEST_SKIP() << "not to be had here";
  InterruptTraffic::interrupts = 0;
  InterruptTraffic::hit_a_section = 0;
  // One interrupt in 40 microseconds on the whole, from a timer of each thread.
  const Disturbances disturbances[] = {
      {.timer = 40'000L * threads, .mover = true},
      {.sender = true, .mover = true},
      {.timer = 40'000L * threads, .sender = true},
  };
  std::uint64_t allocations = 0;
  // Fewer blocks than threads, one each, and several magazines.
  for (const std::size_t blocks :
       {std::size_t{1}, static_cast<std::size_t>(threads), std::size_t{24}}) {
    for (const Disturbances& what : disturbances) {
      TokenTraffic traffic(blocks, caching);
      const TrafficReport report = RunDisturbed(
          traffic, threads, what, std::chrono::milliseconds(120) * Effort());
      ASSERT_TRUE(report.Clean()) << blocks << " blocks: " << report;
      allocations += report.allocations;
    }
  }
  std::cout << allocations << " allocations, " << InterruptTraffic::interrupts
            << " interrupts, " << InterruptTraffic::hit_a_section << " in sections\n";
  EXPECT_GT(allocations, 0u);
  EXPECT_GT(InterruptTraffic::interrupts, 0u);
}

}  // namespace
}  // namespace corepool::testing
