// A worker: a process that holds one peer and measures it when told to. A process of
// its own, because some peers replace malloc for all of it.
//
//   FOLDER/dpdk_worker dpdk_ring
//
// First it answers with "ready", or "refused REASON". Then each line that it reads,
//   WORKLOAD NANOSECONDS CPU...
// is a slice to be measured on these CPUs, and each line that it answers is
//   done VALUE...       in the order of ResultKeys, or
//   disturbed VALUE...  the same, but somebody else was using the CPUs too, or
//   unfit               the workload does not fit the peer.
// It ends when its standard input does.

#ifndef COREPOOL_BENCH_PEERS_WORKER_H_
#define COREPOOL_BENCH_PEERS_WORKER_H_

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/peers/runner.h"

namespace corepool::bench {

// What a worker knows to measure, under one name. Making a runner may throw
// std::runtime_error, which says why there cannot be one.
struct Peer {
  std::string_view name;
  std::function<std::unique_ptr<Runner>()> fixed;
  std::function<std::unique_ptr<Runner>()> sized;  // for W5; may be empty
};

template <class MakeFixed>
Peer MakePeer(std::string_view name, MakeFixed make) {
  return {name,
          [make] { return std::make_unique<FixedRunner<decltype(make())>>(make()); },
          nullptr};
}

template <class MakeFixed, class MakeSized>
Peer MakePeer(std::string_view name, MakeFixed make, MakeSized make_sized) {
  Peer peer = MakePeer(name, make);
  peer.sized = [make_sized] {
    return std::make_unique<SizedRunner<decltype(make_sized())>>(make_sized());
  };
  return peer;
}

// The whole of a worker's main.
int RunWorker(int argc, char** argv, const std::vector<Peer>& peers);

}  // namespace corepool::bench

#endif  // COREPOOL_BENCH_PEERS_WORKER_H_
