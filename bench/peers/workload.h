// The workloads: what a peer is asked to do, and under which names the results go.

#ifndef COREPOOL_BENCH_PEERS_WORKLOAD_H_
#define COREPOOL_BENCH_PEERS_WORKLOAD_H_

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace corepool::bench {

inline constexpr std::size_t kBlockSize = 64;
inline constexpr std::size_t kBlocks = 16384;

// The sizes of W5, in bytes, both included.
inline constexpr std::size_t kSmallestSize = 16;
inline constexpr std::size_t kLargestSize = 1024;

enum class Workload {
  kW1,
  kW2Batch64,
  kW2Batch1000,
  kW3,
  kW3Batch64,
  kW4,
  kW5,
  kW5Shared,
  kW6,
  kW7,
  kW8,
  kSpsc,
  kMpmc1p1c,
  kMpmc2p2c,
  kMpmc4p4c,
};

struct WorkloadInfo {
  Workload workload;
  const char* name;
  const char* title;
  // How many times as long as others a slice of it must be to tell something.
  int slices;
};

// In the order of their numbers.
std::span<const WorkloadInfo> AllWorkloads();

// nullptr if there is none of that name.
const WorkloadInfo* FindWorkload(std::string_view name);

// What one slice measures: the workload's name, or one key for each of the percentiles
// of W7 and MPMC_4p4c.
std::vector<std::string> ResultKeys(const WorkloadInfo& workload);

// The percentiles of W7, in the order of its keys, for allocating and then for freeing.
inline constexpr double kTailPercentiles[] = {50, 99, 99.9};

// The percentiles of kMpmc4p4c, in the order of its keys, for enqueuing and then for
// dequeuing.
inline constexpr double kQueuePercentiles[] = {50, 99, 99.9, 99.99};

}  // namespace corepool::bench

#endif  // COREPOOL_BENCH_PEERS_WORKLOAD_H_
