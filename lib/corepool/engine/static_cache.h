// Per-core caches of a size that is known when they are compiled.

#ifndef COREPOOL_ENGINE_STATIC_CACHE_H_
#define COREPOOL_ENGINE_STATIC_CACHE_H_

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "corepool/config.h"
#include "corepool/engine/array_magazines.h"
#include "corepool/engine/cache_parts.h"
#include "corepool/engine/cache_plan.h"
#include "corepool/engine/linked_magazines.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/lockfree/tagged_stack.h"
#include "corepool/options.h"
#include "corepool/port/cores.h"

namespace corepool::engine {

// What can be had for a pool of which the machine is not known yet: a line for every
// core that may be there, unless blocks are too few for so many, and magazines as for a
// machine of a few cores.
constexpr Caching StaticCaching(Caching asked, std::size_t blocks) {
  if (blocks == 0) return Caching::kNone;
  if (asked != Caching::kAutomatic) return asked;
  if (blocks < 2 * kFewestBlocksPerCore || port::Cores::kUsualCores == 1) {
    return Caching::kNone;
  }
  return port::Cores::kRestartable ? Caching::kRseq : Caching::kCas;
}

constexpr CachePlan StaticCachePlan(Caching caching, std::size_t blocks) {
  constexpr std::size_t kFewCores = 4;
  const std::size_t enough = blocks / kFewestBlocksPerCore + 1;
  const std::size_t cores =
      enough < port::Cores::kUsualCores ? enough : port::Cores::kUsualCores;
  return PlanCaches(blocks, caching, cores, cores < kFewCores ? cores : kFewCores);
}

// As LayOutCaches makes it, but all-zero from the start.
template <Caching kCaching, std::size_t kBlocks>
class StaticCache {
 public:
  COREPOOL_INLINE CacheParts parts() {
    return {.area = reinterpret_cast<std::byte*>(this),
            .cores = kPlan.cores,
            .limit = kPlan.limit,
            .magazine_bytes = kPlan.magazine_bytes,
            .state = &state_,
            .ids = {ids_, kPlan.magazines}};
  }

 private:
  static constexpr CachePlan kPlan = StaticCachePlan(kCaching, kBlocks);
  struct Array {
    lockfree::Atomic<std::uint64_t> words[ArrayMagazine::BytesFor(kPlan.limit) / 8]{};
  };
  using Magazine =
      std::conditional_t<kCaching == Caching::kRseq, Array, LinkedMagazine>;
  static_assert(sizeof(Magazine) == kPlan.magazine_bytes);

  CoreLine sentinel_and_lines_[kPlan.cores + 1]{};
  Magazine magazines_[kPlan.magazines]{};
  CacheState state_{};
  lockfree::StackNode ids_[kPlan.magazines]{};
};

template <std::size_t kBlocks>
class StaticCache<Caching::kNone, kBlocks> {
 public:
  COREPOOL_INLINE CacheParts parts() { return {}; }
};

}  // namespace corepool::engine

#endif  // COREPOOL_ENGINE_STATIC_CACHE_H_
