// How far threads may run ahead of a trace's order without needing more blocks than
// the trace itself did.

#ifndef COREPOOL_STRESS_SCENARIOS_CLASS_LIMITS_H_
#define COREPOOL_STRESS_SCENARIOS_CLASS_LIMITS_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "stress/advice/class_table.h"

namespace corepool::stress {

// Follows a trace's steps, numbered from 1, in their order.
//
// With N blocks in a class, of which L are live in the order of the trace once an
// allocation is done, N - L frees before it may still be undone: all but the latest
// N - L must be over before it may begin. Then there are never more than N live blocks,
// whatever else threads do: let a be the latest allocation, in the order of the trace,
// that has begun. Allocations up to a, less the frees before a that are over, are at
// most L(a) + (N - L(a)). And no allocation waits for anything but earlier steps.
class ClassLimits {
 public:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  // No step may begin before all that are `window` steps earlier are done.
  ClassLimits(const ClassTable& table, std::size_t window) : window_(window) {
    for (const SizeClassOptions& size_class : table) {
      classes_.push_back({size_class.block_size, size_class.block_count, 0, 0,
                          std::vector<std::uint64_t>(window)});
    }
  }

  // The class that serves `size`; kNone if none is large enough.
  std::size_t ClassOf(std::uint64_t size) const {
    const auto found = std::lower_bound(
        classes_.begin(), classes_.end(), size,
        [](const Class& one, std::uint64_t wanted) { return one.size < wanted; });
    return found == classes_.end() ? kNone
                                   : static_cast<std::size_t>(found - classes_.begin());
  }

  // The number of the step that must be over, with all before it, before an allocation
  // from this class may begin; 0: none.
  std::uint64_t Allocate(std::size_t number) {
    Class& one = classes_[number];
    ++one.live;
    if (one.live > one.blocks) short_ = true;
    const std::uint64_t undone = one.live < one.blocks ? one.blocks - one.live : 0;
    if (undone >= window_ || undone >= one.frees) return 0;
    return one.freed_at[(one.frees - 1 - undone) % window_];
  }

  // Step `step` frees a block of this class.
  void Free(std::size_t number, std::uint64_t step) {
    Class& one = classes_[number];
    --one.live;
    one.freed_at[one.frees++ % window_] = step;
  }

  // Whether some class has been too small for the trace: then blocks of any class may
  // be missing, for they serve for smaller ones.
  bool is_short() const { return short_; }

 private:
  struct Class {
    std::uint64_t size;
    std::uint64_t blocks;
    std::uint64_t live;
    std::uint64_t frees;
    std::vector<std::uint64_t> freed_at;  // the latest frees' steps, in a ring
  };

  std::size_t window_;
  std::vector<Class> classes_;
  bool short_ = false;
};

}  // namespace corepool::stress

#endif  // COREPOOL_STRESS_SCENARIOS_CLASS_LIMITS_H_
