/* What of uC/CPU types programs with lib_mem.h need.
 * Steps aside for the program's own cpu.h, wherever that is on the include path.
 */

#if defined(__has_include_next)
#pragma GCC system_header
#if __has_include_next("cpu.h")
#include_next "cpu.h"
#ifndef CPU_MODULE_PRESENT
#define CPU_MODULE_PRESENT
#endif
#endif
#endif

#ifndef CPU_MODULE_PRESENT
#define CPU_MODULE_PRESENT

#include <cpu_def.h>
#include <stdint.h>

#define CPU_CFG_ADDR_SIZE \
  (UINTPTR_MAX > 0xFFFFFFFFu ? CPU_WORD_SIZE_64 : CPU_WORD_SIZE_32)
#define CPU_CFG_DATA_SIZE CPU_CFG_ADDR_SIZE
#define CPU_CFG_DATA_SIZE_MAX CPU_WORD_SIZE_64
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define CPU_CFG_ENDIAN_TYPE CPU_ENDIAN_TYPE_BIG
#else
#define CPU_CFG_ENDIAN_TYPE CPU_ENDIAN_TYPE_LITTLE
#endif

typedef void CPU_VOID;
typedef char CPU_CHAR;
typedef unsigned char CPU_BOOLEAN;
typedef uint8_t CPU_INT08U;
typedef int8_t CPU_INT08S;
typedef uint16_t CPU_INT16U;
typedef int16_t CPU_INT16S;
typedef uint32_t CPU_INT32U;
typedef int32_t CPU_INT32S;
typedef uint64_t CPU_INT64U;
typedef int64_t CPU_INT64S;
typedef float CPU_FP32;
typedef double CPU_FP64;

typedef volatile CPU_INT08U CPU_REG08;
typedef volatile CPU_INT16U CPU_REG16;
typedef volatile CPU_INT32U CPU_REG32;
typedef volatile CPU_INT64U CPU_REG64;

typedef void (*CPU_FNCT_VOID)(void);
typedef void (*CPU_FNCT_PTR)(void* p_obj);

typedef uintptr_t CPU_ADDR;
typedef uintptr_t CPU_DATA;
typedef CPU_DATA CPU_ALIGN;
typedef CPU_ADDR CPU_SIZE_T;
typedef CPU_INT32U CPU_STK;
typedef CPU_ADDR CPU_STK_SIZE;
typedef CPU_INT32U CPU_SR;

#ifdef __cplusplus
extern "C" {
#endif

/* One context at a time is inside, any number of times; signal handlers of its thread
 * wait meanwhile. Nothing of lib_mem.h needs it, and anything may be called in it but
 * what would wait for another thread. Returns what exit is to be called with. Threads
 * and signal handlers; only with an operating system.
 */
CPU_SR corepool_micrium_critical_enter(void);
void corepool_micrium_critical_exit(CPU_SR status);

#ifdef __cplusplus
}
#endif

#define CPU_SR_ALLOC() CPU_SR cpu_sr = 0u
#define CPU_INT_DIS()                           \
  do {                                          \
    cpu_sr = corepool_micrium_critical_enter(); \
  } while (0)
#define CPU_INT_EN()                        \
  do {                                      \
    corepool_micrium_critical_exit(cpu_sr); \
  } while (0)
#define CPU_CRITICAL_ENTER() CPU_INT_DIS()
#define CPU_CRITICAL_EXIT() CPU_INT_EN()

#endif /* CPU_MODULE_PRESENT */
