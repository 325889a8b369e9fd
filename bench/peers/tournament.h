// Lets the peers take turns at the workloads.

#ifndef COREPOOL_BENCH_PEERS_TOURNAMENT_H_
#define COREPOOL_BENCH_PEERS_TOURNAMENT_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "bench/peers/peer_table.h"
#include "bench/peers/workload.h"

namespace corepool::bench {

struct Plan {
  std::vector<const PeerInfo*> peers;
  std::vector<const WorkloadInfo*> workloads;
  int rounds = 0;
  std::chrono::milliseconds slice{};
  std::uint64_t seed = 0;
  std::vector<int> cpus;
  std::string worker_folder;
};

// Nanoseconds by result key and peer, without peers that a workload does not fit.
using Samples = std::map<std::string, std::map<std::string, std::vector<double>>>;

struct Results {
  // One value a round, but for those that were disturbed by other programs. Where
  // less than a third of them were not, all are here.
  Samples samples;
  std::size_t slices = 0;
  std::size_t disturbed = 0;  // of these
  // Why a peer took no part, by its name.
  std::map<std::string, std::string> skipped;
  // What ended a peer that did. What it had measured before is kept.
  std::map<std::string, std::string> failed;
};

// In each round all workers are started anew, because where memory happens to lie makes
// some of them faster or slower for as long as they live. Then, for one workload after
// the other, each peer has its slice; both orders are drawn again each time. `progress`
// is told the round before each of them, from 1.
Results Play(const Plan& plan, const std::function<void(int round)>& progress);

}  // namespace corepool::bench

#endif  // COREPOOL_BENCH_PEERS_TOURNAMENT_H_
