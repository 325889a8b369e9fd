// Ends a scenario when its time is over, or on Ctrl-C.

#ifndef COREPOOL_STRESS_SUPERVISOR_H_
#define COREPOOL_STRESS_SUPERVISOR_H_

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>

#include "stress/run_control.h"

namespace corepool::stress {

// Looks after one scenario for as long as it lives. Needs an Interruption.
class Supervisor {
 public:
  struct Options {
    std::int64_t duration_ns = 0;  // from when threads begin; 0: no bound
    int rt_priority = 0;           // of the scenario's threads
    // Called every 200 ms while the scenario runs. May be empty.
    std::function<void(std::int64_t elapsed_ns, std::uint64_t operations)> progress;
    bool keeps_busy = false;  // there is always an operation under way
    // Called once if the scenario's threads do not come back within 20 seconds after
    // they were told to stop, or end no operation for as long though they are kept
    // busy: only a broken pool can make that of them.
    std::function<void()> on_stuck;
  };
  Supervisor(RunControl& control, Options options);
  ~Supervisor();
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

 private:
  void Run();

  RunControl& control_;
  const Options options_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool enough_ = false;
  std::thread thread_;
};

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_SUPERVISOR_H_
