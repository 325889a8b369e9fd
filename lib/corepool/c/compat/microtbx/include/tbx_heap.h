/* Memory that is never freed, as MicroTBX has it.
 *
 * Any thread, interrupt handler and core, at any instruction of any other call;
 * lock-free.
 */

#ifndef TBX_HEAP_H
#define TBX_HEAP_H

#include <stddef.h>

#include "tbx_conf_applied.h"

#ifdef __cplusplus
extern "C" {
#endif

/* `size` bytes, rounded up to whole pointers and aligned as they are, with undefined
 * contents. NULL if fewer are left, or, after an assertion, for 0 bytes; then nothing
 * has been taken. O(1), 1 read-modify-write.
 */
void* TbxHeapAllocate(size_t size);

/* Bytes that are left. Wait-free, O(1). */
size_t TbxHeapGetFree(void);

#ifdef __cplusplus
}
#endif

#endif /* TBX_HEAP_H */
