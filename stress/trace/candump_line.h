// One line of a candump log, in either of its forms.

#ifndef COREPOOL_STRESS_TRACE_CANDUMP_LINE_H_
#define COREPOOL_STRESS_TRACE_CANDUMP_LINE_H_

#include <string_view>

#include "absl/status/statusor.h"
#include "stress/trace/can_frame.h"

namespace corepool::stress {

struct CandumpLine {
  std::string_view bus;         // empty: there is no frame in this line
  bool relative_stamp = false;  // of -td or -tz: which of them, only the log tells
};

// Takes `line` apart into `frame`, all but its bus. Fails with what is wrong.
absl::StatusOr<CandumpLine> ParseCandumpLine(std::string_view line, CanFrame& frame);

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_TRACE_CANDUMP_LINE_H_
