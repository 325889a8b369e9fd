// Rounds of slices in which all contestants take turns, and what they come to.

#ifndef COREPOOL_BENCH_QUAD_CONTEST_H_
#define COREPOOL_BENCH_QUAD_CONTEST_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bench/quad/contestant.h"
#include "bench/quad/mix.h"
#include "stress/latency_histogram.h"

namespace corepool::bench {

struct ContestPlan {
  std::vector<const Mix*> mixes;
  std::vector<std::size_t> threads;
  std::vector<const QuadEntry*> contestants;
  int rounds = 0;
  std::chrono::nanoseconds slice{};
  std::uint64_t seed = 0;
  std::vector<int> cpus;
};

// A value for each round; apart if others used the CPUs meanwhile.
struct Slices {
  void Add(double value, bool was_disturbed) {
    (was_disturbed ? disturbed : quiet).push_back(value);
  }

  std::vector<double> quiet;
  std::vector<double> disturbed;
};

// Of one contestant, with one mix and number of threads.
struct ContestCell {
  // Of one core, for a request and the free of what the slot held before.
  Slices nanoseconds;
  Slices p9999;  // nanoseconds that one operation of 10000 exceeds
  std::uint64_t requests = 0;
  std::uint64_t failures = 0;
  stress::LatencyHistogram single;  // ticks of operations, of all rounds
};

class Contest {
 public:
  explicit Contest(ContestPlan plan) : plan_(std::move(plan)) {}

  // In each round every contestant has a slice, and one of timed operations, of each
  // mix and number of threads, in an order drawn anew.
  void Run();

  // Tables, and what quad_pool is compared to.
  void Print() const;

 private:
  using Key = std::pair<const Mix*, std::size_t>;

  void RunSlice(const Mix& mix, std::size_t threads, bool timed,
                const QuadEntry& entry);
  void PrintTable(const Key& key) const;

  ContestPlan plan_;
  std::map<std::pair<const Mix*, const QuadEntry*>, std::unique_ptr<QuadContestant>>
      made_;
  std::map<Key, std::map<const QuadEntry*, ContestCell>> cells_;
};

}  // namespace corepool::bench

#endif  // COREPOOL_BENCH_QUAD_CONTEST_H_
