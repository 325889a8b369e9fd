#include "stress/replay_command.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "stress/can_command.h"
#include "stress/command.h"
#include "stress/exit_code.h"
#include "stress/malloc_command.h"
#include "stress/trace/trace_format.h"
#include "stress/trace_input.h"

namespace corepool::stress {

std::string_view ReplayHelp() {
  static const std::string help = absl::StrCat(
      R"(replay [FILE...]: recorded traffic, done again. What a FILE is, its contents tell,
  also if gzip has packed it; - is standard input. Without FILE a built-in CAN log.

  CAN logs (candump -L, -l, and text with -ta -tA -td -tz): frames arrive in interrupt
  handlers (signals that interrupt threads which use the same pool). Each handler
  allocates a block, fills it and hands it to a task on another core, which checks and
  frees it. Several logs are replayed one behind the other.

  --speed=asap         as fast as the tasks keep up, nothing is dropped; 1x, 2x, 0.5x:
                       by the log's clock, times that; frames that find no block are
                       dropped and counted
  --pool_blocks=256    blocks in the pool
  --block_size=0       bytes in a block; 0: what the log's longest frame needs
  --window=64          asap: most frames under way on a bus
  --seed=1             of what the interrupted threads do
)",
      std::string(TraceFlagsHelp()), R"(
  Traces of allocations (malloc lab .rep; memory_replay of Android; CSV with
  ns_since_start,cpu,tid,op,ptr,size) and distributions of sizes (CSV with size,
  alloc_rate, live_count): threads allocate from a MultiPool and free as those of the
  trace did, each trace for itself. Of --speed only CSV can have 1x; of the load,
  --pin --rt_prio --caching --checking --prefault --mlock count, see run.

)",
      std::string(MallocFlagsHelp()), std::string(PlanFlagsHelp()));
  return help;
}

ExitCode RunReplay(const std::vector<std::string>& files) {
  const absl::StatusOr<TraceFlags> flags = TraceFlagsFromFlags();
  if (!flags.ok()) return FailLines(kUsage, flags.status());
  std::vector<OpenedTrace> traces;
  for (const std::string& file : files.empty() ? std::vector<std::string>{""} : files) {
    absl::StatusOr<OpenedTrace> trace = OpenTrace(file, *flags);
    if (!trace.ok()) return FailLines(CodeOf(trace.status()), trace.status());
    const bool is_can = trace->format == TraceFormat::kCandump;
    if (!traces.empty() && is_can != (traces[0].format == TraceFormat::kCandump)) {
      return Fail(kUsage,
                  absl::StrCat(traces[0].name, " is ", FormatName(traces[0].format),
                               ", ", trace->name, " is ", FormatName(trace->format),
                               ": replay them one by one"));
    }
    traces.push_back(*std::move(trace));
  }
  return traces[0].format == TraceFormat::kCandump
             ? ReplayCanLogs(std::move(traces), *flags, files)
             : ReplayMallocTraces(std::move(traces), *flags, files);
}

}  // namespace corepool::stress
