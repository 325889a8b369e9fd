#include "corepool/engine/size_histogram.h"

#include <cstddef>
#include <cstdint>
#include <span>

#include "corepool/base/align.h"
#include "corepool/lockfree/atomic.h"

namespace corepool::engine {
namespace {

// Least waste for the first so many demands, class by class: with one class more, the
// last class begins anywhere, and what comes before is divided as well as could be.
class Planner {
 public:
  Planner(std::span<const SizeDemand> demands, std::size_t alignment)
      : demands_(demands), alignment_(alignment) {}

  SizePlan Plan(std::span<std::size_t> sizes) {
    SizePlan best{0, 0};
    const std::size_t count = demands_.size();
    for (std::size_t classes = 1; classes <= sizes.size() && classes <= count;
         ++classes) {
      AddClass(classes);
      if (classes == 1 || least_[count] < best.wasted) {
        best = {classes, least_[count]};
      }
    }
    std::size_t end = count;
    for (std::size_t c = best.classes; c > 0; --c) {
      sizes[c - 1] = demands_[end - 1].size;
      end = begins_[c - 1][end];
    }
    return best;
  }

 private:
  // From the best for `classes - 1` classes to the best for one more, in place: longer
  // prefixes first, as they need only shorter ones.
  void AddClass(std::size_t classes) {
    for (std::size_t end = demands_.size(); end >= classes; --end) {
      std::uint64_t least = ~std::uint64_t{0};
      std::uint64_t in_last = 0;
      const std::size_t stride =
          base::CheckedSize(demands_[end - 1].size).AlignedUp(alignment_).value();
      for (std::size_t begin = end; begin-- > classes - 1;) {
        const SizeDemand& demand = demands_[begin];
        in_last += demand.requests * (stride - demand.size);
        if (classes == 1 && begin > 0) continue;
        const std::uint64_t wasted = in_last + (begin > 0 ? least_[begin] : 0);
        if (wasted < least) {
          least = wasted;
          begins_[classes - 1][end] = static_cast<std::uint8_t>(begin);
        }
      }
      least_[end] = least;
    }
  }

  std::span<const SizeDemand> demands_;
  std::size_t alignment_;
  std::uint64_t least_[kMostDemands + 1] = {};
  // Where the last of so many classes begins.
  std::uint8_t begins_[kMostPlanned][kMostDemands + 1] = {};
};

}  // namespace

SizePlan PlanSizes(std::span<const SizeDemand> demands, std::size_t alignment,
                   std::span<std::size_t> sizes) {
  if (demands.size() > kMostDemands) demands = demands.last(kMostDemands);
  if (sizes.size() > kMostPlanned) sizes = sizes.first(kMostPlanned);
  if (demands.empty() || sizes.empty()) return {0, 0};
  return Planner(demands, alignment).Plan(sizes);
}

std::size_t SizeHistogram::Collect(std::span<SizeDemand> demands) const {
  std::size_t count = 0;
  for (std::size_t at = 0; at < kMostDemands && counts(); ++at) {
    SizeDemand demand{0, 0};
    for (std::size_t copy = 0; copy < copies_; ++copy) {
      const Step& step = steps_[copy * kMostDemands + at];
      demand.requests += step.requests.load(lockfree::kRelaxed);
      const std::size_t largest = step.largest.load(lockfree::kRelaxed);
      if (largest > demand.size) demand.size = largest;
    }
    // Somebody may stand between counting and noting the size.
    if (demand.requests > 0 && demand.size > 0) demands[count++] = demand;
  }
  return count;
}

void SizeHistogram::Reset() const {
  for (std::size_t i = 0; i < copies_ * kMostDemands; ++i) {
    steps_[i].requests.store(0, lockfree::kRelaxed);
    steps_[i].largest.store(0, lockfree::kRelaxed);
  }
}

}  // namespace corepool::engine
