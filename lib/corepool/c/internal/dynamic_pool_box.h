// What corepool_dynamic_pool_t holds.

#ifndef COREPOOL_C_INTERNAL_DYNAMIC_POOL_BOX_H_
#define COREPOOL_C_INTERNAL_DYNAMIC_POOL_BOX_H_

#include "corepool/c/dynamic_pool.h"
#include "corepool/c/internal/box.h"
#include "corepool/c/internal/callbacks.h"
#include "corepool/dynamic_pool.h"

namespace corepool::c {

template <>
struct Contents<corepool_dynamic_pool_t> {
  using Object = DynamicPool;
  using Rest = Callbacks;
};

}  // namespace corepool::c

#endif  // COREPOOL_C_INTERNAL_DYNAMIC_POOL_BOX_H_
