// Ctrl-C.

#ifndef COREPOOL_STRESS_INTERRUPTION_H_
#define COREPOOL_STRESS_INTERRUPTION_H_

#include <signal.h>

#include <cstdint>

namespace corepool::stress {

// For as long as it lives, the first SIGINT or SIGTERM is but noted, even where they
// were ignored before, as by what a script started with `&`. One that comes `kGrace`
// after it or later does what it does to all programs. Those in between are the same
// wish told twice: `timeout` sends one to the program and one to its group.
class Interruption {
 public:
  static constexpr std::int64_t kGrace = 500'000'000;  // nanoseconds

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
