// BlockPool::Audit: the pool's invariant as a function.

#include <cstddef>

#include "corepool/engine/block_pool.h"
#include "corepool/engine/cache_parts.h"
#include "corepool/engine/core_cache.h"
#include "corepool/engine/pool_parts.h"
#include "corepool/error.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/lockfree/tagged_stack.h"
#include "corepool/misuse.h"
#include "corepool/options.h"
#include "corepool/stats.h"

namespace corepool::engine {
namespace {

void Fault(AuditReport& report, Error error, std::size_t index) {
  if (report.error != Error::kOk || error == Error::kOk) return;
  report.error = error;
  report.index = index;
}

// No depth has it.
constexpr lockfree::Index kSeen =
    static_cast<lockfree::Index>(~(lockfree::Index{0}) ^ lockfree::kMostIndices);

}  // namespace

Error BlockPool::CheckFreeBlock(Index index, AuditMode mode) const {
  if (parts_.state.IsAllocated(index)) return Error::kCorrupted;
  // A block's memory is a user's again if the block has been popped since the walk
  // came by.
  return mode == AuditMode::kAtRest ? Examine(index, parts_.layout.BlockAt(index)).error
                                    : Error::kOk;
}

void BlockPool::AuditList(lockfree::Word head, AuditMode mode, AuditReport& report,
                          std::size_t& unborn) const {
  const lockfree::StackSpace& space = parts_.space;
  std::size_t above = kNoIndex;
  Index expected = 0;
  Index index = space.tagged.IndexOf(head);
  // Depths that fall by one to 0 leave no room for a block that is on the list
  // twice, nor for a list that is longer than the pool. Two lists that run into each
  // other at the same depth are told by marks, as long as nobody uses them.
  while (index < space.count && report.error == Error::kOk) {
    const Index depth = space.Depth(index);
    if (depth == 0 || depth > space.count || (above != kNoIndex && depth != expected)) {
      Fault(report, Error::kCorrupted, index);
    } else if (mode == AuditMode::kAtRest && cached()) {
      space.SetDepth(index, static_cast<Index>(depth | kSeen));
    }
    if (parts_.layout.HasBlock(index)) {
      Fault(report, CheckFreeBlock(index, mode), index);
      ++report.free;
    } else {
      // Unborn ones lie at the bottom, in order.
      if (depth != space.count - index) Fault(report, Error::kCorrupted, index);
      ++unborn;
    }
    expected = static_cast<Index>(depth - 1);
    above = index;
    index = space.Next(index);
  }
  // A link that leads out of the pool, or to the bottom too soon.
  if (report.error == Error::kOk && (index != space.count || expected != 0)) {
    Fault(report, Error::kCorrupted, above);
  }
}

void BlockPool::ForgetMarks(lockfree::Word head) const {
  const lockfree::StackSpace& space = parts_.space;
  Index index = space.tagged.IndexOf(head);
  while (index < space.count && (space.Depth(index) & kSeen) != 0) {
    space.SetDepth(index, static_cast<Index>(space.Depth(index) & ~kSeen));
    index = space.Next(index);
  }
}

// What is in an array, or in quarantine, is on no list, so its node is ours to note in
// that it has been seen: with a depth of 0, which no list allows either.
std::size_t BlockPool::AuditArrays(AuditReport& report) const {
  const CacheParts& cache = parts_.cache;
  const bool arrays = parts_.caching == Caching::kRseq;
  std::size_t quarantined = 0;
  for (int round = 0; round < 2; ++round) {
    const bool looking = round == 1;
    const auto visit = [&](std::size_t found) {
      if (found >= parts_.space.count) {
        Fault(report, Error::kCorrupted, kNoIndex);
        return false;
      }
      const auto index = static_cast<Index>(found);
      if (looking) {
        if (parts_.space.Depth(index) == 0) Fault(report, Error::kCorrupted, index);
        Fault(report, CheckFreeBlock(index, AuditMode::kAtRest), index);
      }
      parts_.space.SetDepth(index, looking ? Index{0} : Index{1});
      return true;
    };
    for (Index id = 0; arrays && id < cache.ids.count; ++id) {
      const Index count = caches().ArrayCount(id);
      if (count > cache.limit) Fault(report, Error::kCorrupted, kNoIndex);
      for (Index i = 0; i < count && i < cache.limit; ++i) {
        if (!visit(parts_.layout.IndexOf(caches().ArrayBlock(id, i)))) return 0;
        if (looking) ++report.free;
      }
    }
    for (Index place = 0; place < parts_.quarantine.places(); ++place) {
      const Index index = parts_.quarantine.IndexAt(place);
      if (index == parts_.quarantine.none()) continue;
      if (!visit(index)) return 0;
      if (looking) ++quarantined;
    }
  }
  return quarantined;
}

AuditReport BlockPool::Audit(AuditMode mode) const {
  constexpr int kAttempts = 8;
  const lockfree::StackSpace& space = parts_.space;
  AuditReport report{};
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    report = {Error::kOk, kNoIndex, 0, 0, false};
    std::size_t unborn = static_cast<std::size_t>(Burned());
    const std::size_t quarantined =
        mode == AuditMode::kAtRest ? AuditArrays(report) : 0;
    if (mode == AuditMode::kAtRest && parts_.caching == Caching::kCas) {
      for (Index id = 0; id < parts_.cache.ids.count; ++id) {
        AuditList(caches().ListHead(id), mode, report, unborn);
      }
    }
    const lockfree::Word head = state_.free_blocks.Head(space);
    AuditList(head, mode, report, unborn);
    if (mode == AuditMode::kAtRest && cached()) {
      for (Index id = 0; parts_.caching == Caching::kCas && id < parts_.cache.ids.count;
           ++id) {
        ForgetMarks(caches().ListHead(id));
      }
      ForgetMarks(head);
    }
    // With caches, what is in magazines is not walked over while others use them.
    if (mode == AuditMode::kRunning && cached()) {
      report.free = Stats().free;
    }
    const std::size_t most = parts_.layout.count() - unborn;
    if (report.free > most) Fault(report, Error::kCorrupted, kNoIndex);
    report.used = most - report.free;
    // A block that is neither on the list nor allocated is lost. Between two steps of
    // other calls that is the rule, hence only at rest.
    if (mode == AuditMode::kAtRest && parts_.state.HasUnits()) {
      std::size_t allocated = 0;
      for (Index i = 0; i < space.count; ++i) {
        allocated += parts_.state.IsAllocated(i) ? 1 : 0;
      }
      if (allocated + quarantined != report.used)
        Fault(report, Error::kCorrupted, kNoIndex);
    }
    if (state_.free_blocks.StandsStill(space, head)) return report;
  }
  report.error = Error::kOk;
  report.index = kNoIndex;
  report.inconclusive = true;
  return report;
}

}  // namespace corepool::engine
