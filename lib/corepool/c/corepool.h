// All of corepool for programs in C: docs/c_api.md. Each header here has the name of
// the C++ header that it stands for, and that header says the rest.

#ifndef COREPOOL_C_COREPOOL_H_
#define COREPOOL_C_COREPOOL_H_

#include "corepool/c/dynamic_pool.h"
#include "corepool/c/error.h"
#include "corepool/c/fixed_pool.h"
#include "corepool/c/hooks.h"
#include "corepool/c/misuse.h"
#include "corepool/c/mpmc_queue.h"
#include "corepool/c/multi_pool.h"
#include "corepool/c/options.h"
#include "corepool/c/priority_pool.h"
#include "corepool/c/quad_pool.h"
#include "corepool/c/registry.h"
#include "corepool/c/segment.h"
#include "corepool/c/spsc_queue.h"
#include "corepool/c/stats.h"
#include "corepool/c/storage.h"
#include "corepool/c/version.h"
#include "corepool/c/wait.h"

#endif  // COREPOOL_C_COREPOOL_H_
