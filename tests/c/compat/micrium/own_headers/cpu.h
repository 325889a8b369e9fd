/* A program's own types, some of them others than corepool's. */

#ifndef OWN_CPU_H
#define OWN_CPU_H

#include <cpu_def.h>

#define CPU_CFG_ENDIAN_TYPE CPU_ENDIAN_TYPE_LITTLE
#define CPU_CFG_DATA_SIZE CPU_WORD_SIZE_64

typedef char CPU_CHAR;
typedef unsigned char CPU_BOOLEAN;
typedef unsigned char CPU_INT08U;
typedef unsigned short CPU_INT16U;
typedef unsigned int CPU_INT32U;
typedef unsigned long long CPU_INT64U;
typedef __SIZE_TYPE__ CPU_ADDR;
typedef CPU_ADDR CPU_SIZE_T;
typedef CPU_ADDR CPU_DATA;
typedef CPU_DATA CPU_ALIGN;

#endif /* OWN_CPU_H */
