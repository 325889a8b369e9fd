// How long to step aside after losing a compare-and-swap.

#ifndef COREPOOL_LOCKFREE_BACKOFF_H_
#define COREPOOL_LOCKFREE_BACKOFF_H_

#include "corepool/port/port.h"

namespace corepool::lockfree {

// Truncated exponential back-off. The first lost race costs nothing, since the
// winner is done already; later ones mean a crowd, which thins out when everyone
// waits a little. Never more than kLongestPause - 1 pauses at a time, for the sake of
// callers in interrupt handlers: about 450 cycles on the CPU measured (Intel, Sapphire
// Rapids), 30 a pause; CPUs whose pause takes 140 cycles wait nearly five times as
// long.
class Backoff {
 public:
  void Wait() {
    for (int i = 1; i < pauses_; ++i) port::Port::Pause();
    if (pauses_ < kLongestPause) pauses_ *= 2;
  }

 private:
  static constexpr int kLongestPause = 16;

  int pauses_ = 1;
};

}  // namespace corepool::lockfree

#endif  // COREPOOL_LOCKFREE_BACKOFF_H_
