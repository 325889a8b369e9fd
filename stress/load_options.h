// What load a scenario is asked to make.

#ifndef COREPOOL_STRESS_LOAD_OPTIONS_H_
#define COREPOOL_STRESS_LOAD_OPTIONS_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "corepool/options.h"

namespace corepool::stress {

enum class Arrival : std::uint8_t { kFixed, kPoisson };

struct Pinning {
  enum class Kind : std::uint8_t {
    kSpread,  // thread i on the i-th usable CPU, and round again
    kNone,
    kList,  // the same over `cpus`
  };
  Kind kind = Kind::kSpread;
  std::vector<int> cpus;
};

// Where 0 stands for the scenario's own choice, its record tells what was used. What a
// scenario cannot heed, it names in its header and in `list`.
struct LoadOptions {
  int threads = 0;
  int producers = 0;
  int consumers = 0;
  Pinning pin;
  int rt_priority = 0;  // SCHED_FIFO; 0: none
  std::size_t pool_blocks = 0;
  std::size_t block_size = 0;  // bytes
  std::size_t bulk = 1;        // blocks a call
  Caching caching = Caching::kAutomatic;
  Checking checking = Checking::kBasic;
  bool prefault = false;
  bool lock_memory = false;
  double rate = 0;  // operations a second, of all threads together; 0: closed loop
  Arrival arrival = Arrival::kFixed;
  std::uint64_t seed = 1;
};

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_LOAD_OPTIONS_H_
