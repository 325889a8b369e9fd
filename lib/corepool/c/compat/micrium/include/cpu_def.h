/* What of uC/CPU constants programs with lib_mem.h need.
 * Steps aside for the program's own cpu_def.h, wherever that is on the include path.
 */

#if defined(__has_include_next)
#pragma GCC system_header
#if __has_include_next("cpu_def.h")
#include_next "cpu_def.h"
#ifndef CPU_DEF_MODULE_PRESENT
#define CPU_DEF_MODULE_PRESENT
#endif
#endif
#endif

#ifndef CPU_DEF_MODULE_PRESENT
#define CPU_DEF_MODULE_PRESENT

#define CPU_WORD_SIZE_08 1u
#define CPU_WORD_SIZE_16 2u
#define CPU_WORD_SIZE_32 4u
#define CPU_WORD_SIZE_64 8u

#define CPU_ENDIAN_TYPE_NONE 0u
#define CPU_ENDIAN_TYPE_BIG 1u
#define CPU_ENDIAN_TYPE_LITTLE 2u

#endif /* CPU_DEF_MODULE_PRESENT */
