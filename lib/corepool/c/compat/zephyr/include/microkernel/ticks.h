/* Time, in ticks of 1 / sys_clock_ticks_per_sec seconds. */

#ifndef TICKS_H
#define TICKS_H

#include <nanokernel.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Ticks since some moment in the past. From any context. */
extern int64_t task_tick_get(void);
extern int32_t task_tick_get_32(void);
/* Ticks since *reftime, which is set to now; 0 the first time, *reftime being 0. */
extern int64_t task_tick_delta(int64_t* reftime);
static inline int32_t task_tick_delta_32(int64_t* reftime) {
  return (int32_t)task_tick_delta(reftime);
}

/* Sleeps; not at all if ticks are 0 or less. Threads only. */
extern void task_sleep(int32_t ticks);

#define isr_tick_get_32() task_tick_get_32()
#define isr_tick_get() task_tick_get()

#ifdef __cplusplus
}
#endif

#endif /* TICKS_H */
