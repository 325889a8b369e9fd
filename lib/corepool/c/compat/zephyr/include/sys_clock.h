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

/* Times in ticks, rounded down. */
#define MSEC_PER_SEC 1000
#define USEC_PER_MSEC 1000
#define USEC_PER_SEC 1000000
#define SECONDS(x) ((x) * sys_clock_ticks_per_sec)
#define MSEC(x) (SECONDS(x) / MSEC_PER_SEC)
#define USEC(x) (MSEC(x) / USEC_PER_MSEC)

#ifdef __cplusplus
}
#endif

#endif /* _SYS_CLOCK__H */
