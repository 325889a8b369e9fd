// One CAN bus of a replay: its controller, its interrupt and its task.

#ifndef COREPOOL_STRESS_SCENARIOS_CAN_BUS_H_
#define COREPOOL_STRESS_SCENARIOS_CAN_BUS_H_

#include <signal.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "corepool/fixed_pool.h"
#include "corepool/spsc_queue.h"
#include "stress/clock.h"
#include "stress/latency_histogram.h"
#include "stress/scenarios/can_replay.h"
#include "stress/scenarios/frame_ring.h"
#include "stress/trace/can_survey.h"

namespace corepool::stress {

// What the buses of a replay know of each other. The interrupted threads use the same
// pool as the frames, but must never be the reason for which a frame finds no block:
// while a bus is starving none of them begins, and a frame is dropped only if none of
// them had a block.
struct Sharing {
  std::atomic<int> holding{0};      // interrupted threads that may have a block
  std::atomic<int> starving{0};     // buses with a frame that found no block
  std::atomic<bool> stop{false};    // give up: nothing moves any more
  std::atomic<bool> enough{false};  // no more frames; those under way are finished
};

class CanBus {
 public:
  // The references must outlive the bus. `slots`: most frames that are read ahead.
  // `window` frames at most are under way in a closed loop. `crowded`: there are more
  // buses than CPUs.
  CanBus(const CanSurvey::Bus& facts, const ReplayOptions& options, FixedPool& pool,
         Sharing& sharing, std::uint16_t number, std::size_t slots, std::size_t window,
         bool crowded);

  // Starts the interrupted thread and the task, each on its CPU (or on any, -1).
  void Start(int interrupted_cpu, int task_cpu);
  void StartSource(std::int64_t start_ns);

  // For the one thread that reads the log. False: too many have been read ahead.
  bool TryPut(const CanFrame& frame, std::int64_t due_ns) {
    return ring_.TryPut(frame, due_ns);
  }
  // Whether it has been given all of its frames.
  bool has_all() const { return ring_.filled() == frames_; }

  // Waits until every frame has been received or dropped.
  void JoinSource();
  // Ends the task and the interrupted thread.
  void Finish();

  // Frames received so far. Any thread.
  std::uint64_t frames_out() const {
    return frames_out_.load(std::memory_order_relaxed);
  }

  // Frames taken and received so far; stands still if nothing happens. Any thread.
  std::uint64_t progress() const { return frames_out() + ring_.RoughlyHandled(); }
  // Whether a frame is in the controller, or on its way to the task. Any thread.
  bool is_busy() const {
    return ring_.RoughlyRaised() !=
           frames_out() + drops_.load(std::memory_order_relaxed);
  }

  // Adds what happened; after Finish.
  void AddTo(ReplayResult& result);

  // Installs the handler of the signals that stand for interrupts, for as long as it
  // lives.
  class InterruptsInstalled {
   public:
    InterruptsInstalled();
    ~InterruptsInstalled();
    InterruptsInstalled(const InterruptsInstalled&) = delete;
    InterruptsInstalled& operator=(const InterruptsInstalled&) = delete;

   private:
    struct sigaction queued_before_ = {};
    struct sigaction plain_before_ = {};
  };

 private:
  void RunSource(std::int64_t start_ns);
  // Source: there is nothing to raise yet.
  void AwaitFrames();
  void RunTask();
  // Task: the next block; nullptr at the end.
  FrameBlock* NextBlock();
  void RunInterrupted();

  static void OnSignal(int signal);
  // The interrupt. Runs on the interrupted thread, between any two instructions.
  void OnInterrupt();
  // Lets frames up to `raised` arrive in the controller, and interrupts.
  void Raise(std::uint64_t raised);
  void Interrupt();
  void SetStarving(bool starving);
  bool Enough() const { return sharing_.enough.load(std::memory_order_relaxed); }
  bool Stopped() const { return sharing_.stop.load(std::memory_order_relaxed); }
  // Moves frame `sequence` into a block and on to the task. False: no block.
  bool Receive(std::uint64_t sequence);

  const std::uint64_t frames_;
  const bool open_loop_;
  FixedPool& pool_;
  Sharing& sharing_;
  const bool crowded_;
  std::mt19937_64 random_;
  std::thread source_;
  std::thread interrupted_;
  std::thread task_;

  FrameRing ring_;

  // The handler's, and its interrupted thread's.
  volatile sig_atomic_t inside_operation_ = 0;
  volatile sig_atomic_t starving_ = 0;
  std::uint64_t interrupts_ = 0;
  std::uint64_t interrupts_inside_ = 0;
  std::uint64_t retries_ = 0;
  std::uint64_t overflows_ = 0;  // blocks that no queue slot was left for
  std::atomic<std::uint64_t> drops_{0};
  LatencyHistogram allocate_;
  std::uint64_t background_pairs_ = 0;
  std::uint64_t background_damaged_ = 0;

  // From the handler to the task. As many slots as frames can have blocks: never full.
  std::vector<FrameBlock*> slots_;
  SpscQueue<FrameBlock*> queue_;
  Semaphore ready_{0};

  // The task's.
  std::atomic<std::uint64_t> frames_out_{0};
  LatencyHistogram free_;
  LatencyHistogram handover_;

  const std::string name_;
  int interrupted_cpu_ = -1;
  int task_cpu_ = -1;
  Semaphore credits_;  // closed loop: frames that may still be raised
  std::atomic<bool> finished_{false};
};

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_SCENARIOS_CAN_BUS_H_
