/* How long a tick is. */

#ifndef _SYS_CLOCK__H
#define _SYS_CLOCK__H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* 100 unless the program changes it, which it may before anybody waits; 1 to
 * 1000000. */
extern int sys_clock_ticks_per_sec;

#ifdef __cplusplus
}
#endif

#endif /* _SYS_CLOCK__H */
