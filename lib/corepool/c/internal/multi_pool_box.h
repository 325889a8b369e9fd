// What corepool_multi_pool_t holds.

#ifndef COREPOOL_C_INTERNAL_MULTI_POOL_BOX_H_
#define COREPOOL_C_INTERNAL_MULTI_POOL_BOX_H_

#include "corepool/c/internal/box.h"
#include "corepool/c/internal/callbacks.h"
#include "corepool/c/multi_pool.h"
#include "corepool/multi_pool.h"

namespace corepool::c {

template <>
struct Contents<corepool_multi_pool_t> {
  using Object = MultiPool;
  using Rest = Callbacks;
};

}  // namespace corepool::c

#endif  // COREPOOL_C_INTERNAL_MULTI_POOL_BOX_H_
