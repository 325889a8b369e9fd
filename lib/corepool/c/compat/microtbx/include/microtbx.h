/* MicroTBX without its sources: heap, memory pools, assertions and critical sections,
 * safe on any number of cores. docs/compat/microtbx.md says what differs.
 */

#ifndef MICROTBX_H
#define MICROTBX_H

#include <stddef.h>
#include <stdint.h>

/* The version of which this is the interface. */
#define TBX_VERSION_MAIN (1U)
#define TBX_VERSION_MINOR (4U)
#define TBX_VERSION_PATCH (0U)

#define TBX_TRUE (1U)
#define TBX_FALSE (0U)
#define TBX_ON (1U)
#define TBX_OFF (0U)
#define TBX_OK (1U)
#define TBX_ERROR (0U)

#define TBX_UNUSED_ARG(x) (void)x

/* Inclusions come last: a program's tbx_conf.h may use the above. */
#include "tbx_assert.h"
#include "tbx_conf_applied.h"
#include "tbx_critsect.h"
#include "tbx_heap.h"
#include "tbx_mempool.h"
#include "tbx_port.h"
#include "tbx_types.h"

#endif /* MICROTBX_H */
