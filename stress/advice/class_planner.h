// The class table that wastes least memory on a trace.

#ifndef COREPOOL_STRESS_ADVICE_CLASS_PLANNER_H_
#define COREPOOL_STRESS_ADVICE_CLASS_PLANNER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "absl/status/statusor.h"
#include "stress/advice/class_table.h"
#include "stress/advice/size_survey.h"
#include "stress/trace/block_tracker.h"
#include "stress/trace/malloc_trace.h"

namespace corepool::stress {

struct PlannedClass {
  std::size_t block_size = 0;
  std::uint64_t peak = 0;      // most blocks live at once, in the order of the trace
  std::uint64_t requests = 0;  // that it serves
};

// Divides the groups into at most `most_classes` classes so that all blocks together
// take the fewest bytes; each class has as many as the trace needs at once. Exact
// dynamic programming over the groups, O(most_classes * groups^2).
std::vector<PlannedClass> PlanClasses(const std::vector<SizeGroup>& groups,
                                      const PeakSurvey& peaks,
                                      std::size_t most_classes);

struct PlanOptions {
  std::size_t most_classes = 8;  // 1 to kMostSizeClasses
  double headroom = 0;           // more blocks than the trace needed: 0.1 is a tenth
  std::uint64_t largest_block = std::uint64_t{1} << 31;  // larger requests are left out
};

struct TraceAdvice {
  std::vector<PlannedClass> classes;  // by ascending size
  ClassTable table;                   // the same for a pool, headroom included
  std::uint64_t block_bytes = 0;      // of the pool's blocks
  std::uint64_t total_bytes = 0;      // and its bookkeeping, as this machine needs it
  TraceCounts counts;
  std::size_t skipped_lines = 0;

  std::uint64_t wasted_bytes() const {
    return total_bytes > counts.peak_bytes ? total_bytes - counts.peak_bytes : 0;
  }
  double wasted_share() const {
    return total_bytes == 0
               ? 0
               : static_cast<double>(wasted_bytes()) / static_cast<double>(total_bytes);
  }
};

// Reads the trace twice and leaves it at its end. `stop` is asked now and then.
absl::StatusOr<TraceAdvice> AdviseForTrace(MallocTrace& trace,
                                           const PlanOptions& options,
                                           const std::function<bool()>& stop);

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_ADVICE_CLASS_PLANNER_H_
