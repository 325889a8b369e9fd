// A thread that stands still in the middle of an operation.

#ifndef COREPOOL_TESTS_SUPPORT_STALLED_THREAD_H_
#define COREPOOL_TESTS_SUPPORT_STALLED_THREAD_H_

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <semaphore>
#include <thread>
#include <utility>

#include "tests/support/perturbing_atomic.h"
#include "tests/support/virtual_cores.h"

namespace corepool::testing {

// A step begins with each read-modify-write, section and fence of the calling thread,
// or also with each plain load and store.
inline void SetStepHook(void (*hook)(), bool plain_too = false) {
  lockfree::perturb = hook;
  lockfree::perturb_plain = plain_too ? hook : nullptr;
  port::VirtualCores::entering = hook;
}

// Does `work` on virtual core `core`, and stands still before step `step` of it,
// counted from 0, until Resume. The constructor returns when it stands still or is
// done.
class StalledThread {
 public:
  StalledThread(std::uint32_t core, int step, bool plain_too,
                std::function<void()> work)
      : steps_to_go_(step), thread_([this, core, plain_too, work = std::move(work)] {
          port::VirtualCores::current = core;
          self_ = this;
          SetStepHook([] { self_->Step(); }, plain_too);
          work();
          SetStepHook(nullptr);
          done_ = true;
          arrived_.release();
        }) {
    arrived_.acquire();
  }
  ~StalledThread() { Resume(); }
  StalledThread(const StalledThread&) = delete;
  StalledThread& operator=(const StalledThread&) = delete;

  // False if the work had fewer steps.
  bool IsStalled() const { return !done_; }

  // Returns when the work is done.
  void Resume() {
    if (!thread_.joinable()) return;
    go_on_.release();
    thread_.join();
  }

 private:
  void Step() {
    if (steps_to_go_-- != 0) return;
    arrived_.release();
    go_on_.acquire();
    SetStepHook(nullptr);
  }

  static inline thread_local StalledThread* self_ = nullptr;

  int steps_to_go_;
  bool done_ = false;  // of the thread's until it has arrived, or been joined
  std::binary_semaphore go_on_{0};
  std::counting_semaphore<2> arrived_{0};
  std::thread thread_;
};

// While it lives, no operation of this thread may take more than `most` steps, plain
// ones among them: waiting for somebody who stands still is a fault that no other
// thread would live to tell.
class StepLimit {
 public:
  explicit StepLimit(int most) : most_(most) {
    self_ = this;
    SetStepHook([] { self_->Step(); }, true);
  }
  ~StepLimit() {
    SetStepHook(nullptr);
    self_ = nullptr;
  }
  StepLimit(const StepLimit&) = delete;
  StepLimit& operator=(const StepLimit&) = delete;

  // To be called between operations.
  void BeginOperation() { steps_ = 0; }

 private:
  void Step() {
    if (++steps_ <= most_) return;
    std::fprintf(stderr, "waits for a stalled thread\n");
    std::abort();
  }

  static inline thread_local StepLimit* self_ = nullptr;

  int most_;
  int steps_ = 0;
};

}  // namespace corepool::testing

#endif  // COREPOOL_TESTS_SUPPORT_STALLED_THREAD_H_
