/* What all services share. */

#ifndef __NANOKERNEL_H__
#define __NANOKERNEL_H__

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* There are ticks, unless the program says that it has no clock. */
#if !defined(CONFIG_SYS_CLOCK_EXISTS) && !defined(COREPOOL_ZEPHYR_NO_SYS_CLOCK)
#define CONFIG_SYS_CLOCK_EXISTS 1
#endif

#include <sections.h>
#include <sys_clock.h>
#include <toolchain.h>

/* Instead of a number of ticks. */
#define TICKS_UNLIMITED (-1)
#define TICKS_NONE 0

#endif /* __NANOKERNEL_H__ */
