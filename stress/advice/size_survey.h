// Which sizes a trace asks for, and how many blocks of a range of sizes are live at
// once at most. Two looks at the trace: one for the sizes, one for the ranges.

#ifndef COREPOOL_STRESS_ADVICE_SIZE_SURVEY_H_
#define COREPOOL_STRESS_ADVICE_SIZE_SURVEY_H_

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "stress/trace/block_tracker.h"

namespace corepool::stress {

// Blocks are as large as asked for, rounded up to this: closer ones lie no closer.
inline constexpr std::uint64_t kSizeStep = 16;

// Sizes that share a class in any plan.
struct SizeGroup {
  std::uint64_t largest = 0;   // bytes, a multiple of kSizeStep
  std::uint64_t requests = 0;  // allocations, and reallocations to such a size
  std::uint64_t peak = 0;      // most blocks live at once; as merged, a bound of it
};

// The first look. Memory for each different size.
class SizeSurvey {
 public:
  void Take(const TraceStep& step);

  // All sizes in at most `most` groups, ascending. Neighbours are merged where that
  // makes the fewest bytes of blocks larger.
  std::vector<SizeGroup> Groups(std::size_t most) const;

 private:
  struct Size {
    std::uint64_t requests = 0;
    std::uint64_t live = 0;
    std::uint64_t peak = 0;
  };
  void Count(std::uint64_t size);

  std::unordered_map<std::uint64_t, Size> sizes_;
};

// The second look: exact peaks of every range of groups.
class PeakSurvey {
 public:
  static constexpr std::size_t kMostGroups = 64;

  // At most kMostGroups.
  explicit PeakSurvey(const std::vector<SizeGroup>& groups);

  // Steps as SizeSurvey took them. A reallocation counts as one block: within a class
  // it stays where it is, and in different classes it never counts twice.
  void Take(const TraceStep& step);
  void Finish() { Look(); }

  // Most blocks of groups `first` to `last` that were live at once.
  std::uint64_t Peak(std::size_t first, std::size_t last) const {
    return static_cast<std::uint64_t>(peaks_[first * kMostGroups + last]);
  }

 private:
  std::size_t GroupOf(std::uint64_t size) const;
  void Add(std::size_t group);
  void Remove(std::size_t group);
  // Updates the peaks of all ranges that have grown.
  void Look();

  std::vector<std::uint64_t> ends_;
  std::vector<std::int32_t> live_;
  std::vector<std::int32_t> peaks_;  // [first][last]
  std::size_t grown_first_ = kMostGroups;
  std::size_t grown_last_ = 0;
};

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_ADVICE_SIZE_SURVEY_H_
