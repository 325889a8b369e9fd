/* The type of a port's status register, as MicroTBX has it. */

#ifndef TBX_TYPES_H
#define TBX_TYPES_H

#include <stdint.h>

typedef uint32_t tTbxPortCpuSR;

#endif /* TBX_TYPES_H */
