#include "bench/peers/tail.h"

#include <chrono>
#include <cstdint>
#include <vector>

#include "bench/peers/cpu.h"
#include "bench/peers/fixed_loops.h"
#include "bench/peers/workload.h"
#include "stress/latency_histogram.h"

namespace corepool::bench {
namespace {

double MeasureTicks() {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point begin = Clock::now();
  const std::int64_t first = Ticks();
  Clock::time_point end;
  do {
    end = Clock::now();
  } while (end - begin < std::chrono::milliseconds(5));
  const std::int64_t ticks = Ticks() - first;
  return std::chrono::duration<double, std::nano>(end - begin).count() /
         static_cast<double>(ticks);
}

}  // namespace

double NanosecondsPerTick() {
  static const double kPerTick = MeasureTicks();
  return kPerTick;
}

std::vector<double> TailNanoseconds(const Tails& one, const Tails& other) {
  std::vector<double> values;
  for (const auto operation : {&Tails::allocate, &Tails::free}) {
    stress::LatencyHistogram both;
    both.Merge(one.*operation);
    both.Merge(other.*operation);
    for (const double percentile : kTailPercentiles) {
      values.push_back(static_cast<double>(both.Percentile(percentile)) *
                       NanosecondsPerTick());
    }
  }
  return values;
}

}  // namespace corepool::bench
