// All peers by name, and what is known of them without starting them.

#ifndef COREPOOL_BENCH_PEERS_PEER_TABLE_H_
#define COREPOOL_BENCH_PEERS_PEER_TABLE_H_

#include <span>
#include <string_view>

namespace corepool::bench {

struct PeerInfo {
  const char* name;
  const char* worker;   // the program that measures it
  const char* package;  // Debian's, that the worker is built with; may be empty
};

// The peer that all others are compared with.
inline constexpr char kReference[] = "corepool";

std::span<const PeerInfo> AllPeers();

// nullptr if there is none of that name.
const PeerInfo* FindPeer(std::string_view name);

}  // namespace corepool::bench

#endif  // COREPOOL_BENCH_PEERS_PEER_TABLE_H_
