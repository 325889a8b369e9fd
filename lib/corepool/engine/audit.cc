// BlockPool::Audit: the pool's invariant as a function.

#include <cstddef>

#include "corepool/engine/block_pool.h"
#include "corepool/engine/pool_parts.h"
#include "corepool/error.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/misuse.h"
#include "corepool/stats.h"

namespace corepool::engine {

Error BlockPool::CheckFreeBlock(Index index, AuditMode mode) const {
  if (parts_.checking == Checking::kOff) return Error::kOk;
  if (parts_.state.IsAllocated(index)) return Error::kCorrupted;
  // A block's memory is a user's again if the block has been popped since the walk
  // came by.
  if (mode == AuditMode::kAtRest && !IsIntact(parts_.layout.BlockAt(index))) {
    return Error::kWriteAfterFree;
  }
  return Error::kOk;
}

AuditReport BlockPool::Audit(AuditMode mode) const {
  constexpr int kAttempts = 8;
  const lockfree::StackSpace& space = parts_.space;
  AuditReport report{};
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const lockfree::Word head = state_.free_blocks.Head();
    report = {Error::kOk, kNoIndex, 0, 0, false};
    const auto fault = [&report](Error error, std::size_t index) {
      if (report.error != Error::kOk || error == Error::kOk) return;
      report.error = error;
      report.index = index;
    };
    std::size_t above = kNoIndex;
    Index expected = 0;
    Index index = space.tagged.IndexOf(head);
    // Depths that fall by one to 0 leave no room for a block that is on the list
    // twice, nor for a list that is longer than the pool.
    while (index < space.count && report.error == Error::kOk) {
      const Index depth = space.Depth(index);
      if (depth == 0 || (report.free > 0 && depth != expected)) {
        fault(Error::kCorrupted, index);
      }
      fault(CheckFreeBlock(index, mode), index);
      expected = static_cast<Index>(depth - 1);
      ++report.free;
      above = index;
      index = space.Next(index);
    }
    // A link that leads out of the pool, or to the bottom too soon.
    if (report.error == Error::kOk && (index != space.count || expected != 0)) {
      fault(Error::kCorrupted, above);
    }
    report.used = parts_.layout.count() - report.free;
    // A block that is neither on the list nor allocated is lost. Between two steps of
    // other calls that is the rule, hence only at rest.
    if (mode == AuditMode::kAtRest && parts_.checking != Checking::kOff) {
      std::size_t allocated = 0;
      for (Index i = 0; i < space.count; ++i)
        allocated += parts_.state.IsAllocated(i) ? 1 : 0;
      if (allocated != report.used) fault(Error::kCorrupted, kNoIndex);
    }
    if (state_.free_blocks.StandsStill(head)) return report;
  }
  report.error = Error::kOk;
  report.index = kNoIndex;
  report.inconclusive = true;
  return report;
}

}  // namespace corepool::engine
