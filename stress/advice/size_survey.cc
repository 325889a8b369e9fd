#include "stress/advice/size_survey.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <queue>
#include <utility>
#include <vector>

#include "stress/trace/block_tracker.h"

namespace corepool::stress {
namespace {

std::uint64_t RoundedUp(std::uint64_t size) {
  return (size + kSizeStep - 1) / kSizeStep * kSizeStep;
}

}  // namespace

void SizeSurvey::Count(std::uint64_t size) {
  Size& counted = sizes_[RoundedUp(size)];
  ++counted.requests;
  counted.peak = std::max(counted.peak, ++counted.live);
}

void SizeSurvey::Take(const TraceStep& step) {
  if (step.kind != TraceStep::Kind::kAllocate) --sizes_[RoundedUp(step.old_size)].live;
  if (step.kind != TraceStep::Kind::kFree) Count(step.size);
}

std::vector<SizeGroup> SizeSurvey::Groups(std::size_t most) const {
  std::vector<SizeGroup> groups;
  groups.reserve(sizes_.size());
  for (const auto& [size, counted] : sizes_) {
    groups.push_back({size, counted.requests, counted.peak});
  }
  std::sort(groups.begin(), groups.end(),
            [](const SizeGroup& one, const SizeGroup& other) {
              return one.largest < other.largest;
            });
  // Joins group i to its next neighbour, cheapest first. Costs grow as groups do, so an
  // entry of the queue that is out of date is too low, and comes up in time.
  std::vector<std::size_t> next(groups.size());
  std::vector<std::size_t> before(groups.size());
  for (std::size_t i = 0; i < groups.size(); ++i) {
    next[i] = i + 1;
    before[i] = i - 1;
  }
  const auto cost = [&](std::size_t i) {
    return static_cast<double>(groups[i].peak) *
           static_cast<double>(groups[next[i]].largest - groups[i].largest);
  };
  using Entry = std::pair<double, std::size_t>;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> queue;
  for (std::size_t i = 0; i + 1 < groups.size(); ++i) queue.push({cost(i), i});
  std::vector<bool> gone(groups.size());
  std::size_t left = groups.size();
  while (left > most && !queue.empty()) {
    const auto [was, i] = queue.top();
    queue.pop();
    if (gone[i] || next[i] == groups.size()) continue;
    if (was != cost(i)) {
      queue.push({cost(i), i});
      continue;
    }
    SizeGroup& joined = groups[next[i]];
    joined.requests += groups[i].requests;
    joined.peak += groups[i].peak;
    gone[i] = true;
    if (before[i] < groups.size()) next[before[i]] = next[i];
    before[next[i]] = before[i];
    --left;
  }
  std::vector<SizeGroup> kept;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (!gone[i]) kept.push_back(groups[i]);
  }
  return kept;
}

PeakSurvey::PeakSurvey(const std::vector<SizeGroup>& groups)
    : live_(kMostGroups), peaks_(kMostGroups * kMostGroups) {
  for (const SizeGroup& group : groups) ends_.push_back(group.largest);
}

std::size_t PeakSurvey::GroupOf(std::uint64_t size) const {
  return static_cast<std::size_t>(
      std::lower_bound(ends_.begin(), ends_.end(), RoundedUp(size)) - ends_.begin());
}

void PeakSurvey::Add(std::size_t group) {
  ++live_[group];
  grown_first_ = std::min(grown_first_, group);
  grown_last_ = std::max(grown_last_, group);
}

// Only where blocks begin to be fewer can there have been a peak.
void PeakSurvey::Remove(std::size_t group) {
  Look();
  --live_[group];
}

void PeakSurvey::Look() {
  if (grown_first_ > grown_last_) return;
  std::array<std::int32_t, kMostGroups> sums;  // up to each group, from the first
  std::int32_t sum = 0;
  for (std::size_t i = 0; i < kMostGroups; ++i) sums[i] = sum += live_[i];
  for (std::size_t first = 0; first <= grown_last_; ++first) {
    const std::int32_t below = first == 0 ? 0 : sums[first - 1];
    std::int32_t* const row = &peaks_[first * kMostGroups];
    for (std::size_t last = 0; last < kMostGroups; ++last) {
      row[last] = std::max(row[last], sums[last] - below);
    }
  }
  grown_first_ = kMostGroups;
  grown_last_ = 0;
}

void PeakSurvey::Take(const TraceStep& step) {
  using Kind = TraceStep::Kind;
  if (step.kind == Kind::kReallocate && GroupOf(step.old_size) == GroupOf(step.size)) {
    return;
  }
  if (step.kind != Kind::kAllocate) Remove(GroupOf(step.old_size));
  if (step.kind != Kind::kFree) Add(GroupOf(step.size));
}

}  // namespace corepool::stress
