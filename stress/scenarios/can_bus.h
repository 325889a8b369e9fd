// One CAN bus of a replay: its controller, its interrupt and its task.

#ifndef COREPOOL_STRESS_SCENARIOS_CAN_BUS_H_
#define COREPOOL_STRESS_SCENARIOS_CAN_BUS_H_

#include <signal.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <random>
#include <thread>
#include <vector>

#include "corepool/fixed_pool.h"
#include "corepool/spsc_queue.h"
#include "stress/clock.h"
#include "stress/latency_histogram.h"
#include "stress/scenarios/can_replay.h"
#include "stress/trace/can_log.h"

namespace corepool::stress {

// A frame on its way, in a pool's block; the payload follows.
struct FrameBlock {
  std::uint64_t sequence;  // of the frame on its bus
  std::int64_t enqueued_ns;
  std::uint32_t id;
  std::uint8_t flags;
  std::uint8_t fd_flags;
  std::uint8_t length;
  std::uint8_t payload_length;

  std::uint8_t* payload() { return reinterpret_cast<std::uint8_t*>(this + 1); }
};

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
  // The references must outlive the bus. `window` frames at most are under way in a
  // closed loop. `crowded`: there are more buses than CPUs.
  CanBus(const CanLog& log, const Timeline& timeline, const ReplayOptions& options,
         FixedPool& pool, Sharing& sharing, std::uint16_t number, std::size_t window,
         bool crowded);

  // Starts the interrupted thread and the task, each on its CPU (or on any, -1).
  void Start(int interrupted_cpu, int task_cpu);
  void StartSource(std::int64_t start_ns);

  // Waits until every frame has been received or dropped.
  void JoinSource();
  // Ends the task and the interrupted thread.
  void Finish();

  // Frames received so far. Any thread.
  std::uint64_t frames_out() const {
    return frames_out_.load(std::memory_order_relaxed);
  }

  // Frames taken and received so far; stands still if nothing happens. Any thread.
  std::uint64_t progress() const {
    return frames_out() + handled_.load(std::memory_order_relaxed);
  }
  // Whether a frame is in the controller, or on its way to the task. Any thread.
  bool is_busy() const {
    return raised_.load(std::memory_order_relaxed) != frames_out();
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
  void RunTask();
  void RunInterrupted();

  static void OnSignal(int signal);
  // The interrupt. Runs on the interrupted thread, between any two instructions.
  void OnInterrupt();
  // Lets frames up to `raised` arrive in the controller, and interrupts.
  void Raise(std::size_t raised);
  void Interrupt();
  void SetStarving(bool starving);
  bool Enough() const { return sharing_.enough.load(std::memory_order_relaxed); }
  bool Stopped() const { return sharing_.stop.load(std::memory_order_relaxed); }
  // Moves frame `sequence` into a block and on to the task. False: no block.
  bool Receive(std::size_t sequence);
  // Checks a received frame against the log.
  void Check(FrameBlock& block);

  const CanLog& log_;
  const Timeline& timeline_;
  const bool open_loop_;
  FixedPool& pool_;
  Sharing& sharing_;
  const bool crowded_;
  std::mt19937_64 random_;
  const std::vector<std::size_t> frames_;  // of this bus, as indices into the log
  std::thread source_;
  std::thread interrupted_;
  std::thread task_;

  // From the source to the handler.
  std::atomic<std::size_t> raised_{0};
  std::atomic<std::size_t> handled_{0};

  // The handler's, and its interrupted thread's.
  volatile sig_atomic_t inside_operation_ = 0;
  volatile sig_atomic_t starving_ = 0;
  std::uint64_t interrupts_ = 0;
  std::uint64_t interrupts_inside_ = 0;
  std::uint64_t retries_ = 0;
  std::uint64_t overflows_ = 0;  // blocks that no queue slot was left for
  std::vector<std::uint8_t> dropped_;
  LatencyHistogram allocate_;
  std::uint64_t background_pairs_ = 0;
  std::uint64_t background_damaged_ = 0;

  // From the handler to the task. As many slots as frames can have blocks: never full.
  std::vector<FrameBlock*> slots_;
  SpscQueue<FrameBlock*> queue_;
  Semaphore ready_{0};

  // The task's.
  std::vector<std::uint8_t> delivered_;  // how often, up to 255
  std::uint64_t next_sequence_ = 0;
  std::uint64_t payload_bytes_ = 0;
  std::atomic<std::uint64_t> frames_out_{0};
  BusResult result_;
  LatencyHistogram free_;
  LatencyHistogram handover_;

  Semaphore credits_;  // closed loop: frames that may still be raised
  std::atomic<bool> finished_{false};
};

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_SCENARIOS_CAN_BUS_H_
