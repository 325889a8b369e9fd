// What pools that are made of pools may do with them.

#ifndef COREPOOL_ENGINE_POOL_ACCESS_H_
#define COREPOOL_ENGINE_POOL_ACCESS_H_

#include <cstddef>

#include "corepool/config.h"
#include "corepool/engine/block_pool.h"
#include "corepool/engine/wait_table.h"
#include "corepool/error.h"
#include "corepool/options.h"
#include "corepool/stats.h"

namespace corepool::engine {

// Pools name it as their friend.
class PoolAccess {
 public:
  template <class Pool>
  static BlockPool ViewOf(const Pool& pool,
                          BlockPool::Serving serving = BlockPool::Serving::kYes) {
    return BlockPool(pool.parts_, pool.state_, serving);
  }
  // IndexOf(address) != kNoIndex, for less.
  template <class Pool>
  COREPOOL_INLINE static bool IsBlock(const Pool& pool, const void* address) {
    return pool.parts_.layout.IsBlock(address);
  }
  // What Leaks says before pools come to an end together; `for_each` calls what it is
  // given with each of them. kAbort halts once the leaks of all have been reported.
  template <class Pool, class ForEach>
  static Error CheckLeaks(Leaks leaks, const ForEach& for_each) {
    const Pool* leaky = nullptr;
    for_each([&](const Pool& pool) {
      const PoolStats stats = pool.Stats();
      if (stats.used <= stats.withheld + stats.quarantined) return;
      if (leaks == Leaks::kAbort && leaky != nullptr) {
        (void)ViewOf(*leaky).SettleLeaks(Leaks::kReport);
      }
      leaky = &pool;
    });
    if (leaky == nullptr) return Error::kOk;
    if (leaks == Leaks::kAbort) (void)ViewOf(*leaky).SettleLeaks(Leaks::kAbort);
    return leaks == Leaks::kRefuse ? Error::kBlocksInUse : Error::kOk;
  }
  // Blocks that it has, or may have.
  template <class Pool>
  static std::size_t CountOf(const Pool& pool) {
    return pool.parts_.space.count;
  }
  // What the pool frees goes to those who wait for the one that is made of it.
  template <class Pool>
  static void SetWaiters(Pool& pool, WaitTable* waiters) {
    pool.parts_.waiters = waiters;
  }
  // Reports name this object as the pool.
  template <class Pool>
  static void SetIdentity(Pool& pool, const void* identity) {
    pool.parts_.identity = identity;
    if (pool.parts_.alarms != nullptr) pool.parts_.alarms->SetPool(identity);
  }
};

}  // namespace corepool::engine

#endif  // COREPOOL_ENGINE_POOL_ACCESS_H_
