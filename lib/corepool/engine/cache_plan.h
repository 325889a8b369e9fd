// How large magazines are, how many, and what they take of memory.

#ifndef COREPOOL_ENGINE_CACHE_PLAN_H_
#define COREPOOL_ENGINE_CACHE_PLAN_H_

#include <cstddef>

#include "corepool/base/align.h"
#include "corepool/engine/array_magazines.h"
#include "corepool/engine/cache_parts.h"
#include "corepool/engine/linked_magazines.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/lockfree/tagged_stack.h"
#include "corepool/options.h"
#include "corepool/port/cores.h"

namespace corepool::engine {

// Below this many blocks a core, caches would hold most of them: kAutomatic makes none.
inline constexpr std::size_t kFewestBlocksPerCore = 16;

// A limit for the sake of sane sizes only.
inline constexpr std::size_t kMostCores = 4096;

struct CachePlan {
  lockfree::Index cores = 0;
  lockfree::Index limit = 0;  // blocks in a magazine
  lockfree::Index magazines = 0;
  std::size_t magazine_bytes = 0;
  std::size_t state_offset = 0;  // from the area's beginning, as all of these
  std::size_t ids_offset = 0;
  std::size_t bytes = 0;  // of the area, which is aligned to a CoreLine
};

// All magazines on lines together hold an eighth of the blocks, in whole cache lines;
// beyond the largest size they gain little. `sharers` is how many cores to reckon with.
constexpr std::size_t MagazineLimit(std::size_t blocks, std::size_t sharers) {
  constexpr std::size_t kLine = 8;   // entries
  constexpr std::size_t kFront = 3;  // the header and the guards, in entries
  constexpr std::size_t kMostLines = 63;
  const std::size_t lines = (blocks / (8 * sharers) + kFront + kLine - 1) / kLine;
  static_assert(kMostLines * kLine - kFront <= port::CoreArea::kMostLimit);
  return (lines < 1 ? 1 : lines > kMostLines ? kMostLines : lines) * kLine - kFront;
}

// Enough to hold all blocks, and for every core two that are not full; but a pool that
// is small for its cores does with half of its magazines empty. Blocks for which no
// magazine is left go to the loose stack.
constexpr std::size_t MagazineCount(std::size_t blocks, std::size_t cores,
                                    std::size_t limit) {
  const std::size_t full = (blocks + limit - 1) / limit;
  return full + (2 * cores < full ? 2 * cores : full) + 4;
}

// For `caching` kRseq or kCas; without caches, or without blocks, all is 0.
constexpr CachePlan PlanCaches(std::size_t blocks, Caching caching, std::size_t cores,
                               std::size_t sharers) {
  CachePlan plan{};
  if (blocks == 0 || (caching != Caching::kRseq && caching != Caching::kCas)) {
    return plan;
  }
  const std::size_t limit = MagazineLimit(blocks, sharers);
  const std::size_t magazines = MagazineCount(blocks, cores, limit);
  const auto aligned = [](std::size_t bytes) {
    return base::CheckedSize(bytes).AlignedUp(alignof(CacheState)).value();
  };
  plan.cores = static_cast<lockfree::Index>(cores);
  plan.limit = static_cast<lockfree::Index>(limit);
  plan.magazines = static_cast<lockfree::Index>(magazines);
  plan.magazine_bytes = caching == Caching::kRseq ? ArrayMagazine::BytesFor(limit)
                                                  : sizeof(LinkedMagazine);
  plan.state_offset = aligned((cores + 1) * port::CoreArea::kLineBytes +
                              magazines * plan.magazine_bytes);
  plan.ids_offset = plan.state_offset + sizeof(CacheState);
  plan.bytes = plan.ids_offset + magazines * sizeof(lockfree::StackNode);
  return plan;
}

// Makes caches in the `plan.bytes` bytes from the first aligned one at `memory` on:
// every magazine empty and in the depot. Without caches, does nothing.
CacheParts LayOutCaches(const CachePlan& plan, Caching caching, std::byte* memory);

}  // namespace corepool::engine

#endif  // COREPOOL_ENGINE_CACHE_PLAN_H_
