#include "stress/advice/class_planner.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "corepool/multi_pool.h"
#include "stress/advice/size_survey.h"
#include "stress/trace/block_tracker.h"
#include "stress/trace/malloc_trace.h"

namespace corepool::stress {
namespace {

// What a block and a class take besides the block, roughly: the same on every machine,
// so that the same trace gets the same advice.
constexpr std::uint64_t kBytesBesideBlock = 16;
constexpr std::uint64_t kBytesBesideClass = 1024;

absl::Status TakeAll(MallocTrace& trace, BlockTracker& tracker,
                     const std::function<bool()>& stop,
                     const std::function<void(const TraceStep&)>& take) {
  MallocEvent event;
  for (std::uint64_t events = 0;; ++events) {
    const absl::StatusOr<bool> found = trace.Next(event);
    if (!found.ok()) return found.status();
    if (!*found) return absl::OkStatus();
    if (events % 4096 == 0 && stop()) return absl::CancelledError("interrupted");
    for (const TraceStep& step : tracker.Take(event)) take(step);
  }
}

}  // namespace

std::vector<PlannedClass> PlanClasses(const std::vector<SizeGroup>& groups,
                                      const PeakSurvey& peaks,
                                      std::size_t most_classes) {
  const std::size_t count = groups.size();
  if (count == 0) return {};
  constexpr double kNone = std::numeric_limits<double>::infinity();
  // best[k][end]: the fewest bytes for the groups below `end` in k classes;
  // from[k][end]: where the last of them begins.
  const std::size_t most = std::min(most_classes, count);
  std::vector<std::vector<double>> best(most + 1,
                                        std::vector<double>(count + 1, kNone));
  std::vector<std::vector<std::size_t>> from(most + 1,
                                             std::vector<std::size_t>(count + 1));
  best[0][0] = 0;
  for (std::size_t k = 1; k <= most; ++k) {
    for (std::size_t end = 1; end <= count; ++end) {
      for (std::size_t begin = 0; begin < end; ++begin) {
        const auto blocks = static_cast<double>(peaks.Peak(begin, end - 1));
        const auto each =
            static_cast<double>(groups[end - 1].largest + kBytesBesideBlock);
        const double bytes = best[k - 1][begin] + blocks * each + kBytesBesideClass;
        if (bytes < best[k][end]) {
          best[k][end] = bytes;
          from[k][end] = begin;
        }
      }
    }
  }
  std::size_t classes = 1;
  for (std::size_t k = 2; k <= most; ++k) {
    if (best[k][count] < best[classes][count]) classes = k;
  }
  std::vector<PlannedClass> plan(classes);
  std::size_t end = count;
  for (std::size_t k = classes; k > 0; --k) {
    const std::size_t begin = from[k][end];
    PlannedClass& planned = plan[k - 1];
    planned.block_size = groups[end - 1].largest;
    planned.peak = peaks.Peak(begin, end - 1);
    for (std::size_t i = begin; i < end; ++i) planned.requests += groups[i].requests;
    end = begin;
  }
  return plan;
}

absl::StatusOr<TraceAdvice> AdviseForTrace(MallocTrace& trace,
                                           const PlanOptions& options,
                                           const std::function<bool()>& stop) {
  const BlockTracker::Options tracking = {.addresses = trace.addresses(),
                                          .largest = options.largest_block};
  SizeSurvey sizes;
  TraceAdvice advice;
  {
    BlockTracker tracker(tracking);
    const absl::Status status = TakeAll(
        trace, tracker, stop, [&sizes](const TraceStep& step) { sizes.Take(step); });
    if (!status.ok()) return status;
    advice.counts = tracker.counts();
    advice.skipped_lines = trace.skipped_lines();
  }
  const std::vector<SizeGroup> groups = sizes.Groups(PeakSurvey::kMostGroups);
  PeakSurvey peaks(groups);
  absl::Status status = trace.Rewind();
  if (!status.ok()) return status;
  BlockTracker tracker(tracking);
  status = TakeAll(trace, tracker, stop,
                   [&peaks](const TraceStep& step) { peaks.Take(step); });
  if (!status.ok()) return status;
  peaks.Finish();

  advice.classes = PlanClasses(groups, peaks, options.most_classes);
  for (const PlannedClass& planned : advice.classes) {
    const double wanted =
        std::ceil(static_cast<double>(planned.peak) * (1 + options.headroom));
    advice.table.push_back({planned.block_size, static_cast<std::size_t>(wanted)});
    advice.block_bytes += planned.block_size * static_cast<std::uint64_t>(wanted);
  }
  advice.total_bytes = RequiredBytes(advice.table, {});
  return advice;
}

}  // namespace corepool::stress
