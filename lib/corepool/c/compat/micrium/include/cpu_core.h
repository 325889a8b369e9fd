/* What of uC/CPU core programs with lib_mem.h need.
 * Steps aside for the program's own cpu_core.h, wherever that is on the include path.
 */

#if defined(__has_include_next)
#pragma GCC system_header
#if __has_include_next("cpu_core.h")
#include_next "cpu_core.h"
#ifndef CPU_CORE_MODULE_PRESENT
#define CPU_CORE_MODULE_PRESENT
#endif
#endif
#endif

#ifndef CPU_CORE_MODULE_PRESENT
#define CPU_CORE_MODULE_PRESENT

#include <cpu.h>

#define CPU_CORE_VERSION 13203u

#endif /* CPU_CORE_MODULE_PRESENT */
