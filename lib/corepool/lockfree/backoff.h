// How long to step aside after losing a compare-and-swap.

#ifndef COREPOOL_LOCKFREE_BACKOFF_H_
#define COREPOOL_LOCKFREE_BACKOFF_H_

#include "corepool/port/port.h"

namespace corepool::lockfree {

// Truncated exponential back-off. The first lost race costs nothing, since the
// winner is done already; later ones mean a crowd, which thins out when everyone
// waits a little. Never more than kLongestPause pauses at a time, so a caller in
// an interrupt handler is not held up for longer than a few hundred cycles.
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
