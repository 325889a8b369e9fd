// BlockPool::Audit: the pool's invariant as a function.

#include <cstddef>

#include "corepool/engine/block_pool.h"
#include "corepool/engine/pool_parts.h"
#include "corepool/error.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/misuse.h"
#include "corepool/stats.h"

namespace corepool::engine {

Error BlockPool::CheckFreeBlock(Index index, bool at_rest) const {
  if (parts_.checking == Checking::kOff) return Error::kOk;
  // A cookie lies in memory that is a user's again if the block has been popped
  // since the walk came by; the side array may always be read.
  if (parts_.state.in_block() && !at_rest) return Error::kOk;
  void* const block = parts_.layout.BlockAt(index);
  if (!parts_.state.IsMarkedFree(index, block)) {
    return parts_.state.in_block() ? Error::kWriteAfterFree : Error::kCorrupted;
  }
  if (parts_.filled && at_rest && !FillOf(block).IsFilled()) {
    return Error::kWriteAfterFree;
  }
  return Error::kOk;
}

AuditReport BlockPool::Audit(bool at_rest) const {
  constexpr int kAttempts = 8;
  const lockfree::StackSpace& space = parts_.space;
  AuditReport report{};
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const lockfree::Word head = state_.free_blocks.Head();
    report = {Error::kOk, kNoIndex, 0, 0, false};
    Index index = space.tagged.IndexOf(head);
    Index expected = 0;
    // Depths that fall by one to 0 leave no room for a block that is on the list
    // twice, nor for a list that is longer than the pool.
    while (index != space.count && report.error == Error::kOk) {
      const Index depth = space.Depth(index);
      if (depth == 0 || (report.free > 0 && depth != expected)) {
        report.error = Error::kCorrupted;
      } else {
        report.error = CheckFreeBlock(index, at_rest);
      }
      if (report.error != Error::kOk) report.index = index;
      expected = static_cast<Index>(depth - 1);
      ++report.free;
      index = space.Next(index);
    }
    if (report.error == Error::kOk && expected != 0) {
      report.error = Error::kCorrupted;
    }
    report.used = parts_.layout.count() - report.free;
    if (state_.free_blocks.StandsStill(head)) return report;
  }
  report.error = Error::kOk;
  report.inconclusive = true;
  return report;
}

}  // namespace corepool::engine
