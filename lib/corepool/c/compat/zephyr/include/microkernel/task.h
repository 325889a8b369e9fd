/* As much of tasks as waiting needs. Any thread is a task. */

#ifndef TASK_H
#define TASK_H

#include <microkernel/base_api.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The calling thread, by a number of its own. Threads only, as all of these. */
extern ktask_t task_id_get(void);

/* Of the calling thread; 0 is the most urgent, and COREPOOL_ZEPHYR_PRIORITY where
 * nobody has said anything. */
extern kpriority_t task_priority_get(void);

/* From the task's next wait on; more than 255 is as 255. Of another task, only if it is
 * among the first COREPOOL_ZEPHYR_TASKS that called any of these. */
extern void task_priority_set(ktask_t task, kpriority_t prio);

/* Lets others run. */
extern void task_yield(void);

#define isr_task_id_get() task_id_get()
#define isr_task_priority_get() task_priority_get()

#ifdef __cplusplus
}
#endif

#endif /* TASK_H */
