// Lets the peers take turns at the workloads.

#ifndef COREPOOL_BENCH_PEERS_TOURNAMENT_H_
#define COREPOOL_BENCH_PEERS_TOURNAMENT_H_

#include <chrono>
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

struct Results {
  // Nanoseconds, one value a round, by result key and peer. Without peers that a
  // workload does not fit.
  std::map<std::string, std::map<std::string, std::vector<double>>> samples;
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
