/* The configuration of programs that have none.
 * Steps aside for the program's own lib_cfg.h, wherever that is on the include path.
 */

#if defined(__has_include_next)
#pragma GCC system_header
#if __has_include_next("lib_cfg.h")
#include_next "lib_cfg.h"
#ifndef LIB_CFG_MODULE_PRESENT
#define LIB_CFG_MODULE_PRESENT
#endif
#endif
#endif

#ifndef LIB_CFG_MODULE_PRESENT
#define LIB_CFG_MODULE_PRESENT

#define LIB_MEM_CFG_ARG_CHK_EXT_EN DEF_ENABLED
#define LIB_MEM_CFG_OPTIMIZE_ASM_EN DEF_DISABLED
#define LIB_MEM_CFG_DBG_INFO_EN DEF_ENABLED
#define LIB_MEM_CFG_HEAP_SIZE 1024u
#define LIB_MEM_CFG_HEAP_PADDING_ALIGN LIB_MEM_PADDING_ALIGN_NONE

#endif /* LIB_CFG_MODULE_PRESENT */
