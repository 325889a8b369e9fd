// Where threads wait for each other, and all of them learn the same.

#ifndef COREPOOL_STRESS_RENDEZVOUS_H_
#define COREPOOL_STRESS_RENDEZVOUS_H_

#include <barrier>
#include <cstddef>

#include "stress/run_control.h"

namespace corepool::stress {

class Rendezvous {
 public:
  Rendezvous(int threads, const RunControl& control)
      : barrier_(threads, Decide{this}), control_(control) {}

  // Returns when all threads have come. Whether the scenario goes on: all of them get
  // the same answer.
  bool Meet() {
    barrier_.arrive_and_wait();
    return go_on_;
  }

 private:
  struct Decide {
    Rendezvous* rendezvous;
    void operator()() noexcept {
      rendezvous->go_on_ = !rendezvous->control_.stopping();
    }
  };

  std::barrier<Decide> barrier_;
  const RunControl& control_;
  bool go_on_ = true;  // written while all wait
};

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_RENDEZVOUS_H_
