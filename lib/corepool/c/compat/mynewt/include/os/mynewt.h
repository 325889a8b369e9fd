/* The umbrella over the umbrella. In firmware the kernel's own file of this name is
 * used, wherever it comes in the search path. */

#pragma GCC system_header /* for include_next */

/* Outside of the guard: the next one may be this one, in another folder. */
#if defined(__has_include_next)
#if __has_include_next("os/mynewt.h")
#include_next "os/mynewt.h"
#endif
#endif

#ifndef COREPOOL_MYNEWT_MYNEWT_H_
#define COREPOOL_MYNEWT_MYNEWT_H_

#include "os/os.h"

#endif /* COREPOOL_MYNEWT_MYNEWT_H_ */
