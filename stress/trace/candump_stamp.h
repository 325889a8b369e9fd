// The times that candump writes in front of frames.

#ifndef COREPOOL_STRESS_TRACE_CANDUMP_STAMP_H_
#define COREPOOL_STRESS_TRACE_CANDUMP_STAMP_H_

#include <cstdint>
#include <string_view>

#include "absl/status/status.h"

namespace corepool::stress {

// Takes "(seconds.fraction)" or "(2017-08-17 15:48:03.826289)" off `line`. `relative`
// tells that the seconds have fewer digits than -ta writes. Dates count as UTC.
absl::Status TakeStamp(std::string_view& line, std::int64_t& nanoseconds,
                       bool& relative);

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_TRACE_CANDUMP_STAMP_H_
