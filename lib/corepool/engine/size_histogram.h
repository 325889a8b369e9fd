// How often which sizes are asked for, and the classes that would waste least on them.

#ifndef COREPOOL_ENGINE_SIZE_HISTOGRAM_H_
#define COREPOOL_ENGINE_SIZE_HISTOGRAM_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "corepool/lockfree/atomic.h"

namespace corepool::engine {

// Sizes that were asked for equally often and may share a class.
struct SizeDemand {
  std::size_t size;  // the largest of them; not 0
  std::uint64_t requests;
};

struct SizePlan {
  std::size_t classes;   // how many were used, the fewest of all that waste as little
  std::uint64_t wasted;  // bytes, in all requests together
};

// Divides `demands`, in ascending order of size, into at most `sizes.size()` classes so
// that least is wasted: by blocks larger than asked for, which take up their size
// rounded up to `alignment`. Fills the front of `sizes` with block sizes in ascending
// order. At most kMostDemands and kMostPlanned are looked at. O(classes * demands^2),
// about 4 KiB of stack.
inline constexpr std::size_t kMostDemands = 128;
inline constexpr std::size_t kMostPlanned = 16;
SizePlan PlanSizes(std::span<const SizeDemand> demands, std::size_t alignment,
                   std::span<std::size_t> sizes);

// Counts in kMostDemands equal steps. Wait-free where the CPU adds by itself.
class SizeHistogram {
 public:
  struct Step {
    lockfree::Atomic<lockfree::Word> requests;
    lockfree::Atomic<lockfree::Word> largest;  // of the sizes asked for
  };

  constexpr SizeHistogram() = default;
  // Over all-new `steps`, kMostDemands of them for each of `copies`, one of which each
  // core should use for itself. Sizes above `up_to` count as of the last step.
  SizeHistogram(Step* steps, std::size_t copies, std::size_t up_to)
      : steps_(steps),
        copies_(copies),
        width_((up_to + kMostDemands - 1) / kMostDemands) {}

  bool counts() const { return steps_ != nullptr; }

  void Count(std::size_t size, std::size_t copy) const {
    const std::size_t at = (size - 1) / width_;
    Step& step = steps_[copy % copies_ * kMostDemands +
                        (at < kMostDemands ? at : kMostDemands - 1)];
    step.requests.fetch_add(1, lockfree::kRelaxed);
    lockfree::Word seen = step.largest.load(lockfree::kRelaxed);
    while (size > seen && !step.largest.compare_exchange_weak(
                              seen, size, lockfree::kRelaxed, lockfree::kRelaxed)) {
    }
  }

  // Fills the front of `demands`, which holds kMostDemands, and returns how many.
  std::size_t Collect(std::span<SizeDemand> demands) const;
  // Not concurrently with Count.
  void Reset() const;

 private:
  Step* steps_ = nullptr;
  std::size_t copies_ = 0;
  std::size_t width_ = 1;
};

}  // namespace corepool::engine

#endif  // COREPOOL_ENGINE_SIZE_HISTOGRAM_H_
