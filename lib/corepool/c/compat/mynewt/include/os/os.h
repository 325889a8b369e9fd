/* The umbrella, as far as memory pools go. In firmware the kernel's own file of this
 * name is used, wherever it comes in the search path. */

#pragma GCC system_header /* for include_next */

#include "syscfg/syscfg.h"

/* Outside of the guard: the next one may be this one, in another folder. */
#if defined(__has_include_next)
#if __has_include_next("os/os.h")
#include_next "os/os.h"
#endif
#endif

#ifndef COREPOOL_MYNEWT_OS_H_
#define COREPOOL_MYNEWT_OS_H_

#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "syscfg/syscfg.h"

/* The kernel's is there. */
#ifndef _OS_H
#define _OS_H

/* C++ has its own. */
#ifndef __cplusplus
#ifndef min
#define min(a, b) ((a) < (b) ? (a) : (b))
#endif
#ifndef max
#define max(a, b) ((a) > (b) ? (a) : (b))
#endif
#endif

#define os_get_return_addr() (__builtin_return_address(0))

/* __n rounded up to a multiple of __a, a power of two. */
#define OS_ALIGN(__n, __a) \
  ((((__n) & ((__a) - 1)) == 0) ? (__n) : ((__n) + ((__a) - ((__n) & ((__a) - 1)))))

#define CTASSERT(x) typedef int __ctasssert##__LINE__[(x) ? 1 : -1]

#define OS_WAIT_FOREVER (-1)

#endif /* _OS_H */

#include "os/os_arch.h"
#include "os/os_error.h"
#include "os/os_mempool.h"
#include "os/queue.h"

#endif /* COREPOOL_MYNEWT_OS_H_ */
