// What corepool_fixed_pool_t holds.

#ifndef COREPOOL_C_INTERNAL_FIXED_POOL_BOX_H_
#define COREPOOL_C_INTERNAL_FIXED_POOL_BOX_H_

#include "corepool/c/fixed_pool.h"
#include "corepool/c/internal/box.h"
#include "corepool/c/internal/callbacks.h"
#include "corepool/fixed_pool.h"

namespace corepool::c {

template <>
struct Contents<corepool_fixed_pool_t> {
  using Object = FixedPool;
  using Rest = Callbacks;
};

}  // namespace corepool::c

#endif  // COREPOOL_C_INTERNAL_FIXED_POOL_BOX_H_
