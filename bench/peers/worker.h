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
#include <type_traits>
#include <utility>
#include <vector>

#include "bench/peers/queue_runner.h"
#include "bench/peers/runner.h"

namespace corepool::bench {

// What a worker knows to measure, under one name. Making a runner may throw
// std::runtime_error, which says why there cannot be one.
struct Peer {
  std::string_view name;
  std::function<std::unique_ptr<Runner>()> fixed;  // may be empty, if it has queues
  std::function<std::unique_ptr<Runner>()> sized;  // for W5; may be empty
  std::function<std::unique_ptr<Runner>()> one_to_one;    // for SPSC; may be empty
  std::function<std::unique_ptr<Runner>()> many_to_many;  // for MPMC; may be empty
};

// For a peer that has no queue of a kind.
struct NoQueue {};

template <class MakeQueue>
std::function<std::unique_ptr<Runner>()> QueueMaker(MakeQueue make) {
  if constexpr (std::is_same_v<MakeQueue, NoQueue>) {
    return nullptr;
  } else {
    return [make] { return std::make_unique<QueueRunner<decltype(make())>>(make()); };
  }
}

// The same peer with queues; either may be NoQueue.
template <class MakeOne, class MakeMany>
Peer WithQueues(Peer peer, MakeOne make_one, MakeMany make_many) {
  peer.one_to_one = QueueMaker(make_one);
  peer.many_to_many = QueueMaker(make_many);
  return peer;
}

// A peer that is nothing but queues.
template <class MakeOne, class MakeMany>
Peer MakeQueuePeer(std::string_view name, MakeOne make_one, MakeMany make_many) {
  return WithQueues(Peer{name, nullptr, nullptr, nullptr, nullptr}, make_one,
                    make_many);
}

template <class MakeFixed>
Peer MakePeer(std::string_view name, MakeFixed make) {
  return {name,
          [make] { return std::make_unique<FixedRunner<decltype(make())>>(make()); },
          nullptr, nullptr, nullptr};
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
