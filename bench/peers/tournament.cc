#include "bench/peers/tournament.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <random>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "bench/peers/peer_table.h"
#include "bench/peers/worker_process.h"
#include "bench/peers/workload.h"

namespace corepool::bench {
namespace {

constexpr std::chrono::milliseconds kPatience = std::chrono::seconds(60);

class Tournament {
 public:
  explicit Tournament(const Plan& plan)
      : plan_(plan), random_(plan.seed), players_(plan.peers) {}

  void PlayRound() {
    Workers workers = StartWorkers();
    std::vector<const WorkloadInfo*> workloads = plan_.workloads;
    std::shuffle(workloads.begin(), workloads.end(), random_);
    for (const WorkloadInfo* const workload : workloads) {
      std::vector<const PeerInfo*> order = players_;
      std::shuffle(order.begin(), order.end(), random_);
      for (const PeerInfo* const peer : order) {
        // One that hangs must not go on beside the others.
        if (!Measure(*workload, *peer, workers.at(peer))) workers.erase(peer);
      }
    }
  }

  Results TakeResults() {
    for (const auto& [key, by_peer] : disturbed_) {
      for (const auto& [peer, values] : by_peer) {
        std::vector<double>& kept = results_.samples[key][peer];
        if (kept.size() * 2 >= values.size()) continue;
        kept.insert(kept.end(), values.begin(), values.end());
      }
    }
    return std::move(results_);
  }

 private:
  using Workers = std::map<const PeerInfo*, WorkerProcess>;

  // All at once, since some need long to get ready.
  Workers StartWorkers() {
    Workers workers;
    const std::vector<const PeerInfo*> candidates = players_;
    for (const PeerInfo* const peer : candidates) {
      const std::string program = absl::StrCat(plan_.worker_folder, "/", peer->worker);
      if (!std::filesystem::exists(program)) {
        Remove(*peer, results_.skipped,
               absl::StrCat(peer->package, " is not installed"));
        continue;
      }
      absl::StatusOr<WorkerProcess> worker = WorkerProcess::Start(program, peer->name);
      if (worker.ok()) {
        workers.emplace(peer, *std::move(worker));
      } else {
        Remove(*peer, results_.failed, worker.status().ToString());
      }
    }
    for (auto& [peer, worker] : workers) {
      const absl::StatusOr<std::string> answer = worker.ReadLine(kPatience);
      if (!answer.ok()) {
        Remove(*peer, results_.failed, std::string(answer.status().message()));
      } else if (*answer != "ready") {
        Remove(*peer, results_.skipped, answer->substr(answer->find(' ') + 1));
      }
    }
    return workers;
  }

  // False if the worker is of no more use.
  bool Measure(const WorkloadInfo& workload, const PeerInfo& peer,
               WorkerProcess& worker) {
    const std::chrono::nanoseconds duration = plan_.slice * workload.slices;
    const absl::StatusOr<std::string> answer =
        worker.Ask(absl::StrCat(workload.name, " ", duration.count(), " ",
                                absl::StrJoin(plan_.cpus, " ")),
                   kPatience);
    if (!answer.ok()) {
      Remove(peer, results_.failed,
             absl::StrCat(workload.name, ": ", answer.status().message()));
      return false;
    }
    std::istringstream words(*answer);
    std::string word;
    words >> word;
    if (word == "unfit") return true;
    const bool disturbed = word == "disturbed";
    ++results_.slices;
    if (disturbed) ++results_.disturbed;
    Samples& samples = disturbed ? disturbed_ : results_.samples;
    for (const std::string& key : ResultKeys(workload)) {
      double value = 0;
      words >> value;
      samples[key][peer.name].push_back(value);
    }
    return true;
  }

  void Remove(const PeerInfo& peer, std::map<std::string, std::string>& why,
              std::string reason) {
    why.emplace(peer.name, std::move(reason));
    std::erase(players_, &peer);
  }

  const Plan& plan_;
  std::mt19937_64 random_;
  std::vector<const PeerInfo*> players_;  // those still in the game
  Results results_;
  Samples disturbed_;
};

}  // namespace

Results Play(const Plan& plan, const std::function<void(int round)>& progress) {
  Tournament tournament(plan);
  for (int round = 1; round <= plan.rounds; ++round) {
    progress(round);
    tournament.PlayRound();
  }
  return tournament.TakeResults();
}

}  // namespace corepool::bench
