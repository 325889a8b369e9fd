/* The services of Zephyr's microkernel that corepool stands in for: memory pools,
 * memory maps, and of tasks and time as much as these need. docs/compat/zephyr.md. */

#ifndef _MICROKERNEL_H
#define _MICROKERNEL_H

#include <microkernel/base_api.h>
#include <microkernel/memory_map.h>
#include <microkernel/memory_pool.h>
#include <microkernel/task.h>
#include <microkernel/ticks.h>
#include <nanokernel.h>

#endif /* _MICROKERNEL_H */
