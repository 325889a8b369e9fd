// A trace of allocations and frees, done again on a MultiPool.
//
// A reader deals the trace's steps out to workers, which stand for the trace's threads;
// each does its steps in order. A step of a block waits until the block's step before
// is done, whoever does that; so blocks are handed from thread to thread as in the
// trace. Otherwise threads run as they like, within class_limits.h. Nobody waits for
// anything but earlier steps, so the earliest that is not done can always go on.
//
// Must catch: blocks handed out twice, lost or damaged; requests refused though the
// pool has as many blocks as the trace needs at once.

#ifndef COREPOOL_STRESS_SCENARIOS_MALLOC_REPLAY_H_
#define COREPOOL_STRESS_SCENARIOS_MALLOC_REPLAY_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "stress/advice/class_table.h"
#include "stress/load_options.h"
#include "stress/run_control.h"
#include "stress/run_record.h"
#include "stress/trace/block_tracker.h"
#include "stress/trace/malloc_trace.h"

namespace corepool::stress {

struct MallocReplayOptions {
  ClassTable table;
  LoadOptions load;  // threads (0: one for each of the trace, at most 64), pin,
                     // rt_priority, caching, checking, prefault
  double speed = 0;  // 0: as fast as it goes; else by the trace's clock, times this
  std::int64_t max_gap_ns = 0;  // longer pauses of that clock take no time
  std::uint64_t largest_block = std::uint64_t{1} << 31;  // larger ones are left out
  bool repeat = false;  // again and again, until told to stop
};

// Replays `trace`, from its first event, of which `expected` is what it amounts to.
// Returns soon after `control` says so. Blocks that the trace does not free are freed
// at the end, and told as figures. Fails as TracePool::Create and Gang do, and with
// what the trace says if it is not the same as before.
absl::StatusOr<ScenarioRecord> ReplayMalloc(MallocTrace& trace,
                                            const TraceCounts& expected,
                                            const MallocReplayOptions& options,
                                            RunControl& control);

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_SCENARIOS_MALLOC_REPLAY_H_
