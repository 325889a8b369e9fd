#include "corepool/engine/cache_plan.h"

#include <cstddef>
#include <cstdint>
#include <new>

#include "corepool/engine/array_magazines.h"
#include "corepool/engine/cache_parts.h"
#include "corepool/engine/linked_magazines.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/lockfree/tagged_stack.h"
#include "corepool/options.h"

namespace corepool::engine {

CacheParts LayOutCaches(const CachePlan& plan, Caching caching, std::byte* memory) {
  if (plan.cores == 0) return {};
  const std::uintptr_t misaligned =
      reinterpret_cast<std::uintptr_t>(memory) % alignof(CacheState);
  std::byte* const area =
      misaligned == 0 ? memory : memory + (alignof(CacheState) - misaligned);
  const CacheParts parts{
      .area = area,
      .cores = plan.cores,
      .limit = plan.limit,
      .magazine_bytes = plan.magazine_bytes,
      .state = ::new (area + plan.state_offset) CacheState,
      .ids = {reinterpret_cast<lockfree::StackNode*>(area + plan.ids_offset),
              plan.magazines},
  };
  using Entry = lockfree::Atomic<std::uint64_t>;
  const auto clear = [&](std::size_t from, std::size_t bytes) {
    for (std::size_t at = from; at < from + bytes; at += sizeof(Entry)) {
      ::new (area + at) Entry(0);
    }
  };
  // The sentinel.
  clear(0, port::CoreArea::kLineBytes);
  for (lockfree::Index core = 0; core < plan.cores; ++core) {
    ::new (&parts.Line(core)) CoreLine;
  }
  for (lockfree::Index id = 0; id < plan.magazines; ++id) {
    ::new (parts.ids.nodes + id) lockfree::StackNode;
    if (caching == Caching::kCas) {
      ::new (area + parts.RefOf(id)) LinkedMagazine;
    } else {
      clear(parts.RefOf(id), plan.magazine_bytes);
    }
  }
  return parts;
}

}  // namespace corepool::engine
