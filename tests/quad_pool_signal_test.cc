// Proves that signal handlers may use a QuadPool in the middle of its operations: on
// Linux they stand for interrupt handlers.

#include <signal.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <iostream>
#include <random>

#include "corepool/quad_pool_options.h"
#include "gtest/gtest.h"
#include "tests/support/gang.h"
#include "tests/support/quad_traffic.h"
#include "tests/support/signals.h"
#include "tests/support/test_quad_pool.h"

namespace corepool::testing {
namespace {

// What the handler uses; it interrupts one thread only.
struct Stage {
  QuadTraffic* traffic;
  QuadTraffic::Held held{.owner = 1000, .limit = 3};
  std::mt19937_64 random{7};
  std::atomic<std::uint64_t> hit_an_operation{0};
};
Stage* stage = nullptr;
thread_local volatile sig_atomic_t inside_operation = 0;

void OnSignal(int, siginfo_t*, void*) {
  const int saved_errno = errno;
  if (inside_operation != 0) {
    stage->hit_an_operation.fetch_add(1, std::memory_order_relaxed);
  }
  for (int i = 0; i < 4; ++i) stage->traffic->Operate(stage->held, stage->random);
  errno = saved_errno;
}

void Play(SplitFactor split, int levels, std::size_t blocks, int most_level) {
  constexpr std::uint64_t kInterrupts = 3'000;
  constexpr long kPeriod = 30'000;  // nanoseconds
  QuadTraffic traffic(QuadOptions(8, levels, blocks, split), most_level, true);
  Stage this_stage{.traffic = &traffic};
  stage = &this_stage;
  std::atomic<std::uint64_t> operations{0};
  {
    const InterruptHandler handler(OnSignal);
    // The second thread changes the tree from another core meanwhile.
    std::atomic<bool> enough{false};
    RunGang(2, [&](int number) {
      QuadTraffic::Held held{.owner = static_cast<std::uint32_t>(number + 1),
                             .limit = 4};
      std::mt19937_64 random(static_cast<std::uint64_t>(number));
      if (number == 0) {
        const InterruptingTimer timer(kPeriod);
        while (!traffic.faulty() && this_stage.hit_an_operation.load(
                                        std::memory_order_relaxed) < kInterrupts) {
          inside_operation = 1;
          traffic.Operate(held, random);
          inside_operation = 0;
        }
        enough.store(true, std::memory_order_relaxed);
      } else {
        while (!traffic.faulty() && !enough.load(std::memory_order_relaxed)) {
          traffic.Operate(held, random);
        }
      }
      traffic.FreeAll(held);
      operations.fetch_add(held.operations, std::memory_order_relaxed);
    });
  }
  traffic.FreeAll(this_stage.held);
  const QuadTrafficReport report = traffic.Report(operations.load());
  EXPECT_TRUE(report.Clean()) << report;
  std::cout << report << ", interrupted " << this_stage.hit_an_operation << " times\n";
}

TEST(QuadPoolSignal, HandlersMayInterruptAnyOperation) {
  Play(SplitFactor::kQuad, 4, 3, 3);
  Play(SplitFactor::kQuad, 5, 1, 2);
  Play(SplitFactor::kBinary, 7, 4, 6);
}

}  // namespace
}  // namespace corepool::testing
