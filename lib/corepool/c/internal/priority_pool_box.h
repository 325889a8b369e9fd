// What corepool_priority_pool_t holds.

#ifndef COREPOOL_C_INTERNAL_PRIORITY_POOL_BOX_H_
#define COREPOOL_C_INTERNAL_PRIORITY_POOL_BOX_H_

#include "corepool/c/internal/box.h"
#include "corepool/c/internal/callbacks.h"
#include "corepool/c/priority_pool.h"
#include "corepool/hooks.h"
#include "corepool/priority_pool.h"

namespace corepool::c {

struct PriorityCallbacks {
  Misuse misuse;
  PoolHooks hooks[kMaxPriorityClasses];
  bool has_owners = false;
};

template <>
struct Contents<corepool_priority_pool_t> {
  using Object = PriorityPool;
  using Rest = PriorityCallbacks;
};

}  // namespace corepool::c

#endif  // COREPOOL_C_INTERNAL_PRIORITY_POOL_BOX_H_
