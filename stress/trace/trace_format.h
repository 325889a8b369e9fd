// Which format a file has, by what is in it.

#ifndef COREPOOL_STRESS_TRACE_TRACE_FORMAT_H_
#define COREPOOL_STRESS_TRACE_TRACE_FORMAT_H_

#include <cstddef>
#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "stress/trace/line_source.h"
#include "stress/trace/malloc_trace.h"
#include "stress/trace/size_trace.h"

namespace corepool::stress {

enum class TraceFormat : std::uint8_t {
  kCandump,    // CAN frames; also what is empty, for whose reader to complain about
  kRep,        // CS:APP malloc lab
  kAndroid,    // memory_replay
  kMallocCsv,  // ns_since_start,cpu,tid,op,ptr,size
  kSizes,      // size, alloc_rate, live_count
};

// For people: "a candump log".
const char* FormatName(TraceFormat format);

// Looks at the first line that is neither empty nor a comment; the next line of `lines`
// is that one. Lines of no format are counted in `skipped` and read over if
// `skip_bad_lines`, else an error.
absl::StatusOr<TraceFormat> RecogniseFormat(LineSource& lines, bool skip_bad_lines,
                                            std::size_t& skipped);

// The trace that `lines` are, from their first line; `format` is not kCandump. Reads
// nothing yet, but for distributions of sizes, which it takes in and checks.
absl::StatusOr<std::unique_ptr<MallocTrace>> OpenMallocTrace(
    std::unique_ptr<LineSource> lines, TraceFormat format, bool skip_bad_lines,
    const SizeTraceOptions& generator);

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_TRACE_TRACE_FORMAT_H_
