// What corepool_waiters_t holds.

#ifndef COREPOOL_C_INTERNAL_WAIT_BOX_H_
#define COREPOOL_C_INTERNAL_WAIT_BOX_H_

#include "corepool/c/internal/box.h"
#include "corepool/c/wait.h"
#include "corepool/wait.h"

namespace corepool::c {

template <>
struct Contents<corepool_waiters_t> {
  using Object = Waiters;
  using Rest = corepool_wait_port_t;
};

}  // namespace corepool::c

#endif  // COREPOOL_C_INTERNAL_WAIT_BOX_H_
