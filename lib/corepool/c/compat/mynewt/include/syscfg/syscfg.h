/* Settings of the system. In firmware the build tool writes this file; then that one is
 * used, wherever it comes in the search path, and this one adds what it lacks. Each may
 * also be given to the compiler: -DMYNEWT_VAL_OS_MEMPOOL_GUARD=1. */

#pragma GCC system_header /* for include_next */

/* Outside of the guard: the next one may be this one, in another folder. */
#if defined(__has_include_next)
#if __has_include_next("syscfg/syscfg.h")
#include_next "syscfg/syscfg.h"
#endif
#endif

#ifndef COREPOOL_MYNEWT_SYSCFG_H_
#define COREPOOL_MYNEWT_SYSCFG_H_

#include "os/corepool_mynewt_settings.h"

#endif /* COREPOOL_MYNEWT_SYSCFG_H_ */
