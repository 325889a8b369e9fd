// A pool's caches laid open, which pools do not do.

#ifndef COREPOOL_TESTS_SUPPORT_CACHE_VIEW_H_
#define COREPOOL_TESTS_SUPPORT_CACHE_VIEW_H_

#include <cstddef>
#include <cstdint>

#include "corepool/engine/array_magazines.h"
#include "corepool/engine/cache_parts.h"
#include "corepool/engine/cache_plan.h"
#include "corepool/engine/geometry.h"
#include "corepool/engine/linked_magazines.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/lockfree/tagged_stack.h"
#include "corepool/options.h"
#include "tests/support/test_pool.h"

namespace corepool::testing {

// Of a TestPool made with these options, `caching` and `cores` among them.
class CacheView {
 public:
  CacheView(TestPool& pool, const PoolOptions& options)
      : caching_(options.caching),
        plan_(engine::PlanCaches(options.block_count, options.caching, options.cores,
                                 options.cores)),
        space_(nullptr, static_cast<lockfree::Index>(options.block_count)),
        parts_{.cores = plan_.cores,
               .limit = plan_.limit,
               .magazine_bytes = plan_.magazine_bytes,
               .ids = {nullptr, plan_.magazines}} {
    std::byte* area =
        pool.memory.span().data() + engine::PlanGeometry(options).caches_offset;
    while (reinterpret_cast<std::uintptr_t>(area) % alignof(engine::CacheState) != 0) {
      ++area;
    }
    parts_.area = area;
    parts_.state = reinterpret_cast<engine::CacheState*>(area + plan_.state_offset);
    parts_.ids.nodes = reinterpret_cast<lockfree::StackNode*>(area + plan_.ids_offset);
    // Where the pool's bookkeeping begins.
    space_.nodes = reinterpret_cast<lockfree::StackNode*>(pool.memory.span().data());
  }

  const engine::CacheParts& parts() const { return parts_; }
  engine::CacheState& state() const { return *parts_.state; }

  // At rest. Every magazine is on a line or in the depot.
  bool HasAllMagazines() const {
    std::size_t found = state().filled.Look(parts_.ids).depth +
                        std::size_t{state().empty.Look(parts_.ids).depth};
    for (lockfree::Index core = 0; core < parts_.cores; ++core) {
      const engine::CoreLine& line = parts_.Line(core);
      found += line.current.load(lockfree::kRelaxed) != engine::kNoMagazine ? 1 : 0;
      found += line.previous.load(lockfree::kRelaxed) != engine::kNoMagazine ? 1 : 0;
    }
    return found == parts_.ids.count;
  }

  static constexpr std::size_t kMiscounted = static_cast<std::size_t>(-1);

  // At rest. What must be outstanding when `used` blocks are allocated.
  std::size_t ExpectedOutstanding(std::size_t used) const {
    for (lockfree::Index id = 0; id < parts_.ids.count; ++id) {
      if (caching_ == Caching::kRseq) {
        const auto header = engine::ArrayMagazine::At(parts_, parts_.RefOf(id))
                                .header.load(lockfree::kRelaxed);
        if (engine::MagazineHeader::IsOwned(header)) {
          used += engine::MagazineHeader::CountOf(header);
        }
      } else {
        const auto& magazine =
            *reinterpret_cast<engine::LinkedMagazine*>(parts_.area + parts_.RefOf(id));
        const std::size_t depth =
            magazine.stack.DepthOf(space_, magazine.stack.Head(space_));
        const std::size_t credit = magazine.credit.load(lockfree::kRelaxed);
        if (credit > depth) return kMiscounted;
        used += depth - credit;
      }
    }
    return used;
  }
  std::size_t Outstanding() const {
    return state().outstanding.load(lockfree::kRelaxed);
  }

 private:
  Caching caching_;
  engine::CachePlan plan_;
  lockfree::StackSpace space_;
  engine::CacheParts parts_;
};

}  // namespace corepool::testing

#endif  // COREPOOL_TESTS_SUPPORT_CACHE_VIEW_H_
