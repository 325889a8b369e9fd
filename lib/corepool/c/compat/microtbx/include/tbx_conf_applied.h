/* The program's configuration of MicroTBX: tbx_conf.h, or PROJ_TBX_CONF_H, or defaults.
 *
 * The library is compiled already, so each source file of the program that includes
 * this header carries the values along, and the linker keeps one of them.
 */

#ifndef TBX_CONF_APPLIED_H
#define TBX_CONF_APPLIED_H

#include <stddef.h>
#include <stdint.h>

#ifdef PROJ_TBX_CONF_H
#include PROJ_TBX_CONF_H
#elif defined(__has_include)
#if __has_include("tbx_conf.h")
#include "tbx_conf.h"
#endif
#endif

/** \brief Bytes of the heap. */
#ifndef TBX_CONF_HEAP_SIZE
#define TBX_CONF_HEAP_SIZE (1024U)
#endif

/** \brief Whether TBX_ASSERT does anything, here and in the library. */
#ifndef TBX_CONF_ASSERTIONS_ENABLE
#define TBX_CONF_ASSERTIONS_ENABLE (0U)
#endif

#ifdef __cplusplus
extern "C" {
#endif

struct corepool_microtbx_configuration {
  size_t heap_size;
  uint32_t assertions;
};
/* Volatile, so that no compiler takes the value that it sees for the one that is kept.
 */
extern const volatile struct corepool_microtbx_configuration
    corepool_microtbx_configuration __attribute__((weak, visibility("default")));
const volatile struct corepool_microtbx_configuration corepool_microtbx_configuration =
    {(TBX_CONF_HEAP_SIZE), (TBX_CONF_ASSERTIONS_ENABLE)};

#ifdef __cplusplus
}
#endif

#endif /* TBX_CONF_APPLIED_H */
