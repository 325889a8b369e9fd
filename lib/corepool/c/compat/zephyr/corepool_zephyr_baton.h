/* Tasks of one core that take turns by priority, and ticks that only pass when they are
 * told to: for tests and simulations, in C. corepool/hosted/baton.h has the rules.
 * Needs the C++ library. */

#ifndef COREPOOL_ZEPHYR_BATON_H
#define COREPOOL_ZEPHYR_BATON_H

#include <microkernel/base_api.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The caller becomes the idle task, and tasks wait as tasks of one core from now on.
 * [alone; blocking] */
void corepool_zephyr_baton_begin(void);
/* A task with that priority; runs at once if it is more urgent than the caller.
 * [tasks; blocking] */
void corepool_zephyr_baton_start(kpriority_t priority, void (*body)(void* argument),
                                 void* argument);
/* Lets so many ticks pass, of 1/100 s each. [tasks; blocking] */
void corepool_zephyr_baton_advance(int32_t ticks);
/* By the idle task, when all others have ended. Tasks wait as before.
 * [alone; blocking] */
void corepool_zephyr_baton_end(void);

#ifdef __cplusplus
}
#endif

#endif /* COREPOOL_ZEPHYR_BATON_H */
