// CAN frames from interrupt handlers to tasks, through one pool.
//
// For each bus: an interrupt source, a thread that it interrupts, and a task.
//
//   reader   for all buses, reads the log some thousand frames ahead
//   source   waits until a frame is due, then raises a signal in the
//   handler  which allocates a block, copies the frame into it and enqueues it; it
//            interrupts a thread that does nothing but allocate from and free to
//            the same pool, so that it runs in the middle of pool operations. (That
//            thread steps back when a frame finds no block.)
//   task     on another core where there is one, dequeues the block, checks the
//            frame and its order, and frees the block
//
// Must catch: blocks handed out twice, lost or damaged; frames lost, doubled or out
// of order.

#ifndef COREPOOL_STRESS_SCENARIOS_CAN_REPLAY_H_
#define COREPOOL_STRESS_SCENARIOS_CAN_REPLAY_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "corepool/stats.h"
#include "stress/latency_histogram.h"
#include "stress/trace/can_survey.h"
#include "stress/trace/candump_reader.h"
#include "stress/trace/timeline.h"

namespace corepool::stress {

struct ReplayOptions {
  bool open_loop = false;  // by the log's clock; else as fast as tasks keep up
  std::size_t pool_blocks = 256;
  std::size_t block_size = 0;  // bytes; 0: what the log's longest frame needs
  std::size_t window = 64;     // closed loop: most frames under way on a bus
  std::uint64_t seed = 1;      // of what the interrupted threads do
  std::function<bool()> enough = [] { return false; };  // asked a few times a second:
                                                        // whether to end early
};

struct BusResult {
  std::string name;
  std::uint64_t frames_in = 0;   // that the handler took or dropped
  std::uint64_t frames_out = 0;  // that the task received, each once
  std::uint64_t exhausted = 0;   // dropped by the handler: no block
  std::uint64_t lost = 0;        // neither received nor dropped
  std::uint64_t duplicated = 0;  // received once more than once
  std::uint64_t misordered = 0;  // received after a later one
  std::uint64_t damaged = 0;     // received with other contents
  int interrupted_cpu = -1;      // -1: not pinned
  int task_cpu = -1;
};

struct ReplayResult {
  std::vector<BusResult> buses;
  BusResult all;                         // sums
  std::size_t block_size = 0;            // as it was
  std::size_t window = 0;                // as it was, per bus; 0 in an open loop
  std::uint64_t payload_bytes = 0;       // received
  std::uint64_t interrupts = 0;          // handler calls
  std::uint64_t inside_operation = 0;    // of them, within a pool operation
  std::uint64_t background_pairs = 0;    // allocations and frees of the interrupted
  std::uint64_t background_damaged = 0;  // of their blocks, found overwritten
  std::uint64_t retries = 0;  // how often a frame stayed in the controller for a while
  bool ended_early = false;   // frames not yet raised are not in any count
  std::int64_t elapsed_ns = 0;
  std::int64_t timer_overhead_ns = 0;  // part of every latency below
  PoolStats pool{};                    // at the end, after everything was freed
  AuditReport audit{};
  LatencyHistogram allocate;  // in the handler
  LatencyHistogram free;      // in the task
  LatencyHistogram handover;  // from before enqueuing to after dequeuing

  bool correct() const;
};

// Called a few times a second with the frames received so far.
using ReplayProgress = std::function<void(std::uint64_t frames_out)>;

// Replays `log`, from its first frame, of which `survey` is what is known, by
// `timeline`, a new one. Memory does not depend on its length. Fails if the pool or the
// threads cannot be had, and with what the log says if it is not what it was when it
// was surveyed; everything else that goes wrong is in the result. Threads only, one
// replay at a time in a process: it owns the signals SIGRTMIN+1 and SIGUSR1.
absl::StatusOr<ReplayResult> ReplayCan(CandumpReader& log, const CanSurvey& survey,
                                       Timeline timeline, const ReplayOptions& options,
                                       const ReplayProgress& progress);

// The smallest block that can carry every frame of the log, in bytes.
std::size_t SmallestBlock(const CanSurvey& survey);

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_SCENARIOS_CAN_REPLAY_H_
