// Ctrl-C.

#ifndef COREPOOL_STRESS_INTERRUPTION_H_
#define COREPOOL_STRESS_INTERRUPTION_H_

#include <signal.h>

namespace corepool::stress {

// For as long as it lives, the first SIGINT or SIGTERM is but noted; the second one of
// a kind does what it does to all programs.
class Interruption {
 public:
  Interruption();
  ~Interruption();
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;

  // Any thread.
  static bool happened();

 private:
  struct sigaction int_before_ = {};
  struct sigaction term_before_ = {};
};

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_INTERRUPTION_H_
