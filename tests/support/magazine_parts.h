// The engine's parts of a pool with caches and nothing else: no block is anywhere.

#ifndef COREPOOL_TESTS_SUPPORT_MAGAZINE_PARTS_H_
#define COREPOOL_TESTS_SUPPORT_MAGAZINE_PARTS_H_

#include <cstddef>
#include <vector>

#include "corepool/engine/cache_parts.h"
#include "corepool/engine/cache_plan.h"
#include "corepool/engine/pool_parts.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/lockfree/tagged_stack.h"
#include "corepool/options.h"

namespace corepool::testing {

// Of 16 blocks of 16 bytes: magazines hold 5.
class MagazineParts {
 public:
  static constexpr lockfree::Index kCount = 16;

  MagazineParts(Caching caching, std::size_t cores)
      : memory_(engine::PlanCaches(kCount, caching, cores, cores).bytes +
                alignof(engine::CacheState)),
        parts_{
            .by_cookie = false,
            .by_chain = false,
            .path = engine::FastPath::kOutOfLine,
            .caching = caching,
            .checking = Checking::kBasic,
            .filled = false,
            .by_batch = true,
            .layout = {blocks_, 16, kCount},
            .state = {engine::Marks::kNone, false, nullptr, 0},
            .cache =
                engine::LayOutCaches(engine::PlanCaches(kCount, caching, cores, cores),
                                     caching, memory_.data()),
            .space = {nodes_, kCount},
            .block_size = 16,
            .alignment = 16,
            .bookkeeping_bytes = 0,
            .identity = this,
            .name = "",
            .misuse_handler = nullptr,
            .misuse_context = nullptr,
        } {}
  MagazineParts(const MagazineParts&) = delete;
  MagazineParts& operator=(const MagazineParts&) = delete;

  const engine::PoolParts& parts() const { return parts_; }
  void* Block(std::size_t index) { return blocks_ + 16 * index; }

 private:
  alignas(16) std::byte blocks_[kCount * 16]{};
  lockfree::StackNode nodes_[kCount];
  std::vector<std::byte> memory_;
  engine::PoolParts parts_;
};

}  // namespace corepool::testing

#endif  // COREPOOL_TESTS_SUPPORT_MAGAZINE_PARTS_H_
