// What corepool_quad_pool_t holds.

#ifndef COREPOOL_C_INTERNAL_QUAD_POOL_BOX_H_
#define COREPOOL_C_INTERNAL_QUAD_POOL_BOX_H_

#include "corepool/c/internal/box.h"
#include "corepool/c/internal/callbacks.h"
#include "corepool/c/quad_pool.h"
#include "corepool/quad_pool.h"

namespace corepool::c {

template <>
struct Contents<corepool_quad_pool_t> {
  using Object = QuadPool;
  using Rest = Misuse;
};

}  // namespace corepool::c

#endif  // COREPOOL_C_INTERNAL_QUAD_POOL_BOX_H_
