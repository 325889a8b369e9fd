/* What blocks are aligned to. In firmware the architecture's file of this name says it;
 * then that one is used, wherever it comes in the search path. Otherwise
 * -DOS_ALIGNMENT= 4, 8 or 16 does, or else blocks are aligned as pointers are. */

#pragma GCC system_header /* for include_next */

/* Outside of the guard: the next one may be this one, in another folder. */
#if defined(__has_include_next)
#if __has_include_next("os/os_arch.h")
#include_next "os/os_arch.h"
#endif
#endif

#ifndef COREPOOL_MYNEWT_OS_ARCH_H_
#define COREPOOL_MYNEWT_OS_ARCH_H_

#include <stdint.h>

#ifndef OS_ALIGNMENT
#if UINTPTR_MAX > 0xffffffffu
#define OS_ALIGNMENT (8)
#else
#define OS_ALIGNMENT (4)
#endif
#endif

#endif /* COREPOOL_MYNEWT_OS_ARCH_H_ */
