// What is known of a CAN log before it is replayed.

#ifndef COREPOOL_STRESS_TRACE_CAN_SURVEY_H_
#define COREPOOL_STRESS_TRACE_CAN_SURVEY_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "stress/trace/candump_reader.h"

namespace corepool::stress {

struct CanSurvey {
  struct Bus {
    std::string name;
    std::uint64_t frames = 0;
  };

  std::vector<Bus> buses;  // in order of appearance
  std::uint64_t frames = 0;
  std::size_t longest_payload = 0;       // bytes
  std::size_t clock_jumps = 0;           // see Timeline
  std::uint64_t recommended_blocks = 0;  // the largest burst, see BurstMeter
};

// Reads all of `log`, in constant memory, and leaves it at the end. Fails with what is
// wrong with it, and with kCancelled soon after `stop`, asked now and then, says so.
absl::StatusOr<CanSurvey> SurveyCanLog(CandumpReader& log, absl::Duration max_gap,
                                       absl::Duration stall,
                                       const std::function<bool()>& stop);

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_TRACE_CAN_SURVEY_H_
