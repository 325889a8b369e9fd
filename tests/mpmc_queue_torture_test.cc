// Proves that nothing is lost, doubled or overtaken on its way through a queue, with
// many threads that all want to get on; then with threads that stand aside before their
// compare-and-swaps (//tests/support:perturbed_core). COREPOOL_EFFORT=100 makes it
// 10^9.
//
// Compiled with COREPOOL_SABOTAGE_TAG_BITS the same must be noticed.

#include <sched.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <thread>
#include <vector>

#include "corepool/config.h"
#include "corepool/error.h"
#include "corepool/mpmc_queue.h"
#include "gtest/gtest.h"
#include "tests/support/gang.h"
#include "tests/support/perturbing_atomic.h"

namespace corepool::testing {
namespace {

struct Traffic {
  std::size_t capacity;
  std::size_t spares;
  int producers;
  int consumers;
  std::uint32_t each;  // values of a producer
  bool perturbed;
};

struct Report {
  std::atomic<std::uint64_t> doubled{0};  // or made up
  std::atomic<std::uint64_t> overtaken{0};
  std::uint64_t lost = 0;
  bool cells_gone = false;
  std::atomic<bool> stuck{false};

  std::uint64_t Faults() const {
    return doubled + overtaken + lost + cells_gone + stuck;
  }
};

constexpr int kPatience = 500;

thread_local std::uint32_t draws;

// Lets others run, seldom, for on a busy machine that may take long.
void StandAside() {
  draws = draws * 1664525 + 1013904223;
  constexpr int kSeldom = COREPOOL_SABOTAGE_TAG_BITS > 0 ? 30 : 26;
  if (draws >> kSeldom == 0) sched_yield();
}

// Stops at the first fault.
template <class T>
void Pass(const Traffic& traffic, Report& report) {
  MpmcQueue<T> queue;
  const MpmcOptions options{.capacity = traffic.capacity,
                            .spares = traffic.spares,
                            .first_round = ~std::uint64_t{0} - 5};
  std::vector<std::byte> memory(MpmcQueue<T>::RequiredBytes(options));
  ASSERT_EQ(queue.Init(options, memory), Error::kOk);
  const auto all = static_cast<std::size_t>(traffic.producers) * traffic.each;
  std::vector<std::atomic<std::uint8_t>> seen(all);
  std::atomic<int> producing{traffic.producers};
  std::atomic<bool> stop{false};
  RunGang(traffic.producers + traffic.consumers, [&](int number) {
    draws = static_cast<std::uint32_t>(number) * 7919 + 1;
    if (traffic.perturbed) lockfree::perturb_swap = &StandAside;
    if (number < traffic.producers) {
      const std::uint32_t base = static_cast<std::uint32_t>(number) * traffic.each;
      int failures = 0;
      for (std::uint32_t i = 0; i < traffic.each && !stop;) {
        if (queue.Enqueue(static_cast<T>(base + i))) {
          ++i;
          failures = 0;
        } else {
          // A queue that is broken may be full and empty.
          if (COREPOOL_SABOTAGE_TAG_BITS > 0 && ++failures > kPatience) {
            report.stuck = true;
            stop = true;
          }
          std::this_thread::yield();
        }
      }
      --producing;
    } else {
      std::vector<std::int64_t> last(static_cast<std::size_t>(traffic.producers), -1);
      while (!stop) {
        const bool over = producing == 0;
        T value;
        if (!queue.Dequeue(value)) {
          if (over) break;
          std::this_thread::yield();
          continue;
        }
        if (value >= all || seen[value]++ != 0) {
          ++report.doubled;
          stop = true;
        } else if (auto& before = last[value / traffic.each];
                   before >= static_cast<std::int64_t>(value)) {
          ++report.overtaken;
          stop = true;
        } else {
          before = static_cast<std::int64_t>(value);
        }
      }
    }
    lockfree::perturb_swap = nullptr;
  });
  if (stop) return;
  for (const auto& count : seen) report.lost += count == 0 ? 1 : 0;
  for (std::size_t i = 0; i < traffic.capacity; ++i) {
    if (!queue.Enqueue(static_cast<T>(i))) report.cells_gone = true;
  }
}

#if COREPOOL_SABOTAGE_TAG_BITS == 0

std::uint32_t Times() {
  const char* const effort = std::getenv("COREPOOL_EFFORT");
  const int times = effort == nullptr ? 1 : std::atoi(effort);
  return times < 1 ? 1 : static_cast<std::uint32_t>(times);
}

template <class T>
void ExpectNoFaults(const Traffic& traffic) {
  Report report;
  Pass<T>(traffic, report);
  EXPECT_EQ(report.doubled, 0u);
  EXPECT_EQ(report.overtaken, 0u);
  EXPECT_EQ(report.lost, 0u);
  EXPECT_FALSE(report.cells_gone);
}

TEST(MpmcQueueTorture, TenMillionFromTwoToTwo) {
  for (std::uint32_t i = 0; i < Times(); ++i) {
    ExpectNoFaults<std::uint32_t>({1024, 0, 2, 2, 2'500'000, false});
    ExpectNoFaults<std::size_t>({1024, 8, 2, 2, 2'500'000, false});
  }
}

TEST(MpmcQueueTorture, WhileThreadsStandAside) {
  for (std::uint32_t i = 0; i < Times(); ++i) {
    for (const std::size_t capacity : {1u, 5u}) {
      for (const std::size_t spares : {0u, 8u}) {
        ExpectNoFaults<std::size_t>({capacity, spares, 3, 3, 300, true});
      }
      ExpectNoFaults<std::uint32_t>({capacity, 0, 3, 3, 300, true});
    }
  }
}

#else

TEST(MpmcQueueTortureSabotaged, IsNoticed) {
  int noticed = 0;
  for (int i = 0; i < 5'000 && noticed == 0; ++i) {
    Report wide;
    Report narrow;
    Pass<std::size_t>({1, 8, 3, 3, 500, true}, wide);
    Pass<std::uint32_t>({1, 0, 3, 3, 500, true}, narrow);
    // A queue that is stuck is no proof: others might just not have come round.
    noticed += (wide.Faults() - wide.stuck > 0) + (narrow.Faults() - narrow.stuck > 0);
    if (noticed > 0) std::cout << "noticed in round " << i << "\n";
  }
  EXPECT_GT(noticed, 0);
}

#endif  // COREPOOL_SABOTAGE_TAG_BITS == 0

}  // namespace
}  // namespace corepool::testing
