/* What critical sections need of a port. With an operating system the library brings
 * both functions along; a program that has its own is linked with those.
 */

#ifndef TBX_PORT_H
#define TBX_PORT_H

#include "tbx_types.h"

#ifdef __cplusplus
extern "C" {
#endif

tTbxPortCpuSR TbxPortInterruptsDisable(void);
void TbxPortInterruptsRestore(tTbxPortCpuSR prevCpuSR);

#ifdef __cplusplus
}
#endif

#endif /* TBX_PORT_H */
