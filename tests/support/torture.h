// Many threads on a small pool, and a ledger that knows better.

#ifndef COREPOOL_TESTS_SUPPORT_TORTURE_H_
#define COREPOOL_TESTS_SUPPORT_TORTURE_H_

#include <cstddef>
#include <cstdint>

#include "corepool/options.h"

namespace corepool::testing {

struct TortureOptions {
  int threads = 8;
  std::uint64_t operations = 1'000'000;  // of all threads together
  std::size_t blocks = 5;
  std::size_t held_per_thread = 3;  // blocks that a thread has at most
  bool bulk = true;                 // also bulk operations
  Checking checking = Checking::kBasic;
  State state = State::kAutomatic;
  Caching caching = Caching::kAutomatic;
  std::size_t cores = 0;
  std::uint64_t seed = 1;
};

struct TortureReport {
  std::uint64_t operations = 0;      // allocations and frees that succeeded
  std::uint64_t doubled = 0;         // blocks handed out while somebody had them
  std::uint64_t damaged = 0;         // blocks that changed while somebody had them
  std::uint64_t refused = 0;         // frees of owned blocks that were refused
  std::uint64_t false_failures = 0;  // "exhausted" although blocks must be free
  std::size_t missing = 0;           // blocks that can no longer be allocated
  bool sound = true;                 // audit and statistics at the end

  bool Clean() const {
    return doubled == 0 && damaged == 0 && refused == 0 && false_failures == 0 &&
           missing == 0 && sound;
  }
};

// Threads allocate, stamp, verify and free at random. Stops at the first fault.
TortureReport Torture(const TortureOptions& options);

}  // namespace corepool::testing

#endif  // COREPOOL_TESTS_SUPPORT_TORTURE_H_
