#include "bench/peers/peer_table.h"

#include <span>
#include <string_view>

namespace corepool::bench {
namespace {

constexpr PeerInfo kPeers[] = {
    {kReference, "corepool_worker", ""},
    {"corepool_off", "corepool_worker", ""},
    {"corepool_strict", "corepool_worker", ""},
    {"corepool_full", "corepool_worker", ""},
    {"corepool_static", "corepool_worker", ""},
    {"corepool_cas", "corepool_worker", ""},
    {"corepool_none", "corepool_worker", ""},
    {"corepool_index", "corepool_worker", ""},
    {"corepool_uncounted", "uncounted_worker", ""},
    {"dpdk_ring", "dpdk_worker", "libdpdk-dev"},
    {"dpdk_stack", "dpdk_worker", "libdpdk-dev"},
    {"dpdk_lf_stack", "dpdk_worker", "libdpdk-dev"},
    {"dpdk_ring_nocache", "dpdk_worker", "libdpdk-dev"},
    {"dpdk_stack_nocache", "dpdk_worker", "libdpdk-dev"},
    {"dpdk_lf_stack_nocache", "dpdk_worker", "libdpdk-dev"},
    {"mimalloc", "mimalloc_worker", "libmimalloc-dev"},
    {"jemalloc", "jemalloc_worker", "libjemalloc-dev"},
    {"gperftools", "gperftools_worker", "libgoogle-perftools-dev"},
    {"tbb", "tbb_worker", "libtbb-dev"},
    {"tbb_fixed", "tbb_worker", "libtbb-dev"},
    {"glibc", "builtin_worker", ""},
    {"boost_stack", "boost_worker", "libboost-dev"},
    {"boost_queue", "boost_worker", "libboost-dev"},
    {"boost_freelist", "boost_worker", "libboost-dev"},
    {"boost_pool", "boost_worker", "libboost-dev"},
    {"pmr_sync", "builtin_worker", ""},
    {"pmr_unsync", "builtin_worker", ""},
    {"mutex", "builtin_worker", ""},
    {"spin", "builtin_worker", ""},
    {"tls_magazine", "builtin_worker", ""},
    {"fastforward", "builtin_worker", ""},
    {"vyukov", "builtin_worker", ""},
    {"list", "builtin_worker", ""},
    {"empty", "builtin_worker", ""},
};

}  // namespace

std::span<const PeerInfo> AllPeers() { return kPeers; }

const PeerInfo* FindPeer(std::string_view name) {
  for (const PeerInfo& peer : kPeers) {
    if (name == peer.name) return &peer;
  }
  return nullptr;
}

}  // namespace corepool::bench
