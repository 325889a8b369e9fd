// The files that `replay` and `advise` read, and the flags for that.

#ifndef COREPOOL_STRESS_TRACE_INPUT_H_
#define COREPOOL_STRESS_TRACE_INPUT_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/flags/declare.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "stress/advice/class_planner.h"
#include "stress/exit_code.h"
#include "stress/trace/candump_reader.h"
#include "stress/trace/line_source.h"
#include "stress/trace/size_trace.h"
#include "stress/trace/trace_format.h"

ABSL_DECLARE_FLAG(absl::Duration, stall);

namespace corepool::stress {

struct TraceFlags {
  double speed = 0;  // 0: as fast as it goes; else by the trace's clock, times this
  std::string speed_text;
  absl::Duration stall;
  absl::Duration max_gap;
  CandumpReader::Options candump;
  SizeTraceOptions generator;
  PlanOptions plan;
};

// kInvalidArgument and one line if one of them makes no sense.
absl::StatusOr<TraceFlags> TraceFlagsFromFlags();

struct OpenedTrace {
  std::string name;  // printable
  TraceFormat format;
  std::unique_ptr<LineSource> lines;
  std::size_t skipped_lines = 0;
};

// Opens `file` as the user gave it, or the built-in sample if `file` is empty, and
// looks what it is.
absl::StatusOr<OpenedTrace> OpenTrace(const std::string& file, const TraceFlags& flags);

// For --help: of both commands, and of traces of allocations.
std::string_view TraceFlagsHelp();
std::string_view PlanFlagsHelp();

// How a command ends that a trace, or a machine, was not good enough for.
ExitCode CodeOf(const absl::Status& status);

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_TRACE_INPUT_H_
