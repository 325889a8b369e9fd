// One CPU, as tests and simulations want it: tasks that take turns, and time that only
// passes when it is told to.

#ifndef COREPOOL_HOSTED_BATON_H_
#define COREPOOL_HOSTED_BATON_H_

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "corepool/wait_port.h"

namespace corepool::hosted {

// Tasks are threads of which exactly one runs: the most urgent that is ready; among
// equals the one that runs, then the one that has been ready longest. Whoever makes a
// more urgent one ready goes on when that one sleeps or has ended. So everything
// happens in the same order each time; a model of an RTOS on one core, and of its port.
//
// The thread that makes the Baton is its idle task, less urgent than all others. All
// functions are for tasks only; a free that wakes somebody must come from a task, too.
// [default: threads; blocking; O(tasks)]
class Baton {
 public:
  Baton();
  // All tasks must have ended.
  ~Baton();
  Baton(const Baton&) = delete;
  Baton& operator=(const Baton&) = delete;

  // A task with that priority; lower numbers are more urgent. Runs at once if it is
  // more urgent than the caller.
  void Start(int priority, std::function<void()> body);

  // Lets time pass, tick by tick: whoever is due becomes ready, and runs if it is more
  // urgent than the caller. If all tasks sleep time passes by itself until one is due;
  // if none ever will be, the program ends with a message.
  void Advance(Ticks ticks);

  // The calling task sleeps until that time.
  void SleepUntil(Ticks time);

  Ticks Now() const;

  // How tasks wait for blocks; must not outlive the Baton. 100 ticks a second.
  WaitPort port();

 private:
  struct Task {
    int priority;
    std::uint64_t order = 0;  // in which tasks became ready
    bool ready = true;
    bool ended = false;
    const WaitSignal* signal = nullptr;  // that it sleeps at
    Ticks deadline = kForever;
    std::condition_variable turn;
    std::thread thread;
  };

  void MakeReady(Task& task);
  void MakeDueReady();
  Task* MostUrgent();
  // When anybody sleeping is due next.
  Ticks NextDeadline() const;
  // Hands the baton on, if somebody else should have it, and waits to have it back.
  void Dispatch(std::unique_lock<std::mutex>& lock);
  void Sleep(const WaitSignal* signal, std::uint32_t seen, Ticks deadline);
  void Wake(const WaitSignal* signal);
  Task& Self();

  mutable std::mutex mutex_;
  Ticks now_ = 1;  // 0 is kNoWait
  std::uint64_t orders_ = 0;
  std::vector<std::unique_ptr<Task>> tasks_;
  Task* running_ = nullptr;
};

}  // namespace corepool::hosted

#endif  // COREPOOL_HOSTED_BATON_H_
