// Who uses a pool, and what that one did and measured.

#ifndef COREPOOL_STRESS_ACTOR_H_
#define COREPOOL_STRESS_ACTOR_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "stress/latency_recorder.h"
#include "stress/random.h"

namespace corepool::stress {

// A thread, or a signal handler that interrupts one; nobody else touches it meanwhile,
// nor its cache lines.
struct alignas(128) Actor {
  Actor(int its_number, int its_cpu, std::uint64_t seed, std::size_t operation_kinds,
        bool open_loop)
      : number(its_number),
        cpu(its_cpu),
        random(seed, static_cast<std::uint64_t>(its_number)) {
    latencies.reserve(operation_kinds);
    for (std::size_t i = 0; i < operation_kinds; ++i) latencies.emplace_back(open_loop);
  }

  void Record(std::size_t operation, std::int64_t begin, std::int64_t end) {
    latencies[operation].Record(due == 0 ? begin : due, begin, end);
  }

  const int number;  // of all that use the pool, from 0
  const int cpu;     // -1: any
  Random random;
  std::int64_t due = 0;  // when its present operation should have begun; 0: when it did

  std::uint64_t operations = 0;   // that succeeded
  std::uint64_t failures = 0;     // that found no block, rightly
  std::uint64_t allocations = 0;  // blocks that it was handed
  std::uint64_t frees = 0;        // blocks that it gave back

  std::vector<LatencyRecorder> latencies;  // by operation
};

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_ACTOR_H_
