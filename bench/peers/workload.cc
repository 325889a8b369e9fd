#include "bench/peers/workload.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace corepool::bench {
namespace {

constexpr WorkloadInfo kWorkloads[] = {
    {Workload::kW1, "W1", "one thread, allocate and free", 1},
    {Workload::kW2Batch64, "W2_64", "one thread, batches of 64", 1},
    {Workload::kW2Batch1000, "W2_1000", "one thread, batches of 1000", 1},
    {Workload::kW3, "W3", "two threads, allocate and free", 1},
    {Workload::kW3Batch64, "W3_64", "two threads, batches of 64", 1},
    {Workload::kW4, "W4", "one thread allocates, another frees", 1},
    {Workload::kW5, "W5", "one thread, sizes 16 to 1024", 1},
    {Workload::kW5Shared, "W5_shared", "two threads, sizes 16 to 1024, shared slots",
     1},
    {Workload::kW6, "W6", "eight threads on two cores, batches of 64", 10},
    {Workload::kW7, "W7", "two threads, single operations timed", 2},
    {Workload::kW8, "W8", "one thread, bulk calls of 32", 1},
    {Workload::kSpsc, "SPSC", "a queue from one thread to another", 1},
    {Workload::kMpmc1p1c, "MPMC_1p1c", "the same, with a queue for any number of both",
     1},
    {Workload::kMpmc2p2c, "MPMC_2p2c", "two producers and two consumers on two cores",
     10},
    {Workload::kMpmc4p4c, "MPMC_4p4c",
     "four producers and four consumers on two cores, first attempt to success", 10},
};

}  // namespace

std::span<const WorkloadInfo> AllWorkloads() { return kWorkloads; }

const WorkloadInfo* FindWorkload(std::string_view name) {
  for (const WorkloadInfo& workload : kWorkloads) {
    if (name == workload.name) return &workload;
  }
  return nullptr;
}

std::vector<std::string> ResultKeys(const WorkloadInfo& workload) {
  if (workload.workload == Workload::kMpmc4p4c) {
    return {"MPMC_4p4c_enqueue_p50",  "MPMC_4p4c_enqueue_p99",
            "MPMC_4p4c_enqueue_p999", "MPMC_4p4c_enqueue_p9999",
            "MPMC_4p4c_dequeue_p50",  "MPMC_4p4c_dequeue_p99",
            "MPMC_4p4c_dequeue_p999", "MPMC_4p4c_dequeue_p9999"};
  }
  if (workload.workload != Workload::kW7) return {workload.name};
  return {"W7_alloc_p50", "W7_alloc_p99", "W7_alloc_p999",
          "W7_free_p50",  "W7_free_p99",  "W7_free_p999"};
}

}  // namespace corepool::bench
