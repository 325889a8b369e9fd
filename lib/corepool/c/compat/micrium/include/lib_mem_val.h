/* Values in memory, in either order of bytes and on any address: uC/LIB's macros.
 * Included by lib_mem.h.
 */

#ifndef COREPOOL_LIB_MEM_VAL_H
#define COREPOOL_LIB_MEM_VAL_H

#include <cpu.h>
#include <lib_def.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Of `octets` bytes, the most significant one first or last. */
static __inline__ CPU_INT32U corepool_mem_get(const void* addr, CPU_SIZE_T octets,
                                              int big) {
  const CPU_INT08U* const bytes = (const CPU_INT08U*)addr;
  CPU_INT32U val = 0u;
  CPU_SIZE_T i;
  for (i = 0u; i < octets; i++) {
    val = (CPU_INT32U)(val << 8) | bytes[big ? i : octets - 1u - i];
  }
  return val;
}

static __inline__ void corepool_mem_set(void* addr, CPU_INT32U val, CPU_SIZE_T octets,
                                        int big) {
  CPU_INT08U* const bytes = (CPU_INT08U*)addr;
  CPU_SIZE_T i;
  for (i = 0u; i < octets; i++) {
    bytes[big ? octets - 1u - i : i] = (CPU_INT08U)(val >> (8u * i));
  }
}

/* From one place to another, turned around or not; the places must not overlap. */
static __inline__ void corepool_mem_copy(void* dest, const void* src, CPU_SIZE_T octets,
                                         int turn) {
  CPU_INT08U* const to = (CPU_INT08U*)dest;
  const CPU_INT08U* const from = (const CPU_INT08U*)src;
  CPU_SIZE_T i;
  for (i = 0u; i < octets; i++) to[i] = from[turn ? octets - 1u - i : i];
}

#ifdef __cplusplus
}
#endif

#define COREPOOL_MEM_IS_BIG (CPU_CFG_ENDIAN_TYPE == CPU_ENDIAN_TYPE_BIG)
#define COREPOOL_MEM_IS_LITTLE (CPU_CFG_ENDIAN_TYPE != CPU_ENDIAN_TYPE_BIG)

#define MEM_VAL_BIG_TO_LITTLE_16(val) \
  ((CPU_INT16U)((((CPU_INT16U)(val)) >> 8) | (((CPU_INT16U)(val)) << 8)))
#define MEM_VAL_BIG_TO_LITTLE_32(val)                    \
  ((CPU_INT32U)(((((CPU_INT32U)(val)) & 0xFFu) << 24) |  \
                ((((CPU_INT32U)(val)) & 0xFF00u) << 8) | \
                ((((CPU_INT32U)(val)) >> 8) & 0xFF00u) | (((CPU_INT32U)(val)) >> 24)))
#define MEM_VAL_LITTLE_TO_BIG_16(val) MEM_VAL_BIG_TO_LITTLE_16(val)
#define MEM_VAL_LITTLE_TO_BIG_32(val) MEM_VAL_BIG_TO_LITTLE_32(val)
#if COREPOOL_MEM_IS_BIG
#define MEM_VAL_BIG_TO_HOST_16(val) (val)
#define MEM_VAL_LITTLE_TO_HOST_16(val) MEM_VAL_BIG_TO_LITTLE_16(val)
#define MEM_VAL_BIG_TO_HOST_32(val) (val)
#define MEM_VAL_LITTLE_TO_HOST_32(val) MEM_VAL_BIG_TO_LITTLE_32(val)
#else
#define MEM_VAL_LITTLE_TO_HOST_16(val) (val)
#define MEM_VAL_BIG_TO_HOST_16(val) MEM_VAL_BIG_TO_LITTLE_16(val)
#define MEM_VAL_LITTLE_TO_HOST_32(val) (val)
#define MEM_VAL_BIG_TO_HOST_32(val) MEM_VAL_BIG_TO_LITTLE_32(val)
#endif
#define MEM_VAL_HOST_TO_BIG_16(val) MEM_VAL_BIG_TO_HOST_16(val)
#define MEM_VAL_HOST_TO_LITTLE_16(val) MEM_VAL_LITTLE_TO_HOST_16(val)
#define MEM_VAL_HOST_TO_BIG_32(val) MEM_VAL_BIG_TO_HOST_32(val)
#define MEM_VAL_HOST_TO_LITTLE_32(val) MEM_VAL_LITTLE_TO_HOST_32(val)

#define MEM_VAL_GET_INT08U_BIG(addr) ((CPU_INT08U)corepool_mem_get((addr), 1u, 1))
#define MEM_VAL_GET_INT16U_BIG(addr) ((CPU_INT16U)corepool_mem_get((addr), 2u, 1))
#define MEM_VAL_GET_INT24U_BIG(addr) ((CPU_INT32U)corepool_mem_get((addr), 3u, 1))
#define MEM_VAL_GET_INT32U_BIG(addr) ((CPU_INT32U)corepool_mem_get((addr), 4u, 1))
#define MEM_VAL_SET_INT08U_BIG(addr, val) \
  corepool_mem_set((addr), (CPU_INT32U)(val), 1u, 1)
#define MEM_VAL_SET_INT16U_BIG(addr, val) \
  corepool_mem_set((addr), (CPU_INT32U)(val), 2u, 1)
#define MEM_VAL_SET_INT24U_BIG(addr, val) \
  corepool_mem_set((addr), (CPU_INT32U)(val), 3u, 1)
#define MEM_VAL_SET_INT32U_BIG(addr, val) \
  corepool_mem_set((addr), (CPU_INT32U)(val), 4u, 1)
#define MEM_VAL_COPY_GET_INT08U_BIG(addr_dest, addr_src) \
  corepool_mem_copy((addr_dest), (addr_src), 1u, COREPOOL_MEM_IS_LITTLE)
#define MEM_VAL_COPY_GET_INT16U_BIG(addr_dest, addr_src) \
  corepool_mem_copy((addr_dest), (addr_src), 2u, COREPOOL_MEM_IS_LITTLE)
#define MEM_VAL_COPY_GET_INT24U_BIG(addr_dest, addr_src) \
  corepool_mem_copy((addr_dest), (addr_src), 3u, COREPOOL_MEM_IS_LITTLE)
#define MEM_VAL_COPY_GET_INT32U_BIG(addr_dest, addr_src) \
  corepool_mem_copy((addr_dest), (addr_src), 4u, COREPOOL_MEM_IS_LITTLE)
#define MEM_VAL_COPY_GET_INTU_BIG(addr_dest, addr_src, val_size) \
  corepool_mem_copy((addr_dest), (addr_src), (val_size), COREPOOL_MEM_IS_LITTLE)
#define MEM_VAL_COPY_SET_INT08U_BIG(addr_dest, addr_src) \
  corepool_mem_copy((addr_dest), (addr_src), 1u, COREPOOL_MEM_IS_LITTLE)
#define MEM_VAL_COPY_SET_INT16U_BIG(addr_dest, addr_src) \
  corepool_mem_copy((addr_dest), (addr_src), 2u, COREPOOL_MEM_IS_LITTLE)
#define MEM_VAL_COPY_SET_INT24U_BIG(addr_dest, addr_src) \
  corepool_mem_copy((addr_dest), (addr_src), 3u, COREPOOL_MEM_IS_LITTLE)
#define MEM_VAL_COPY_SET_INT32U_BIG(addr_dest, addr_src) \
  corepool_mem_copy((addr_dest), (addr_src), 4u, COREPOOL_MEM_IS_LITTLE)
#define MEM_VAL_COPY_SET_INTU_BIG(addr_dest, addr_src, val_size) \
  corepool_mem_copy((addr_dest), (addr_src), (val_size), COREPOOL_MEM_IS_LITTLE)
#define MEM_VAL_GET_INT08U_LITTLE(addr) ((CPU_INT08U)corepool_mem_get((addr), 1u, 0))
#define MEM_VAL_GET_INT16U_LITTLE(addr) ((CPU_INT16U)corepool_mem_get((addr), 2u, 0))
#define MEM_VAL_GET_INT24U_LITTLE(addr) ((CPU_INT32U)corepool_mem_get((addr), 3u, 0))
#define MEM_VAL_GET_INT32U_LITTLE(addr) ((CPU_INT32U)corepool_mem_get((addr), 4u, 0))
#define MEM_VAL_SET_INT08U_LITTLE(addr, val) \
  corepool_mem_set((addr), (CPU_INT32U)(val), 1u, 0)
#define MEM_VAL_SET_INT16U_LITTLE(addr, val) \
  corepool_mem_set((addr), (CPU_INT32U)(val), 2u, 0)
#define MEM_VAL_SET_INT24U_LITTLE(addr, val) \
  corepool_mem_set((addr), (CPU_INT32U)(val), 3u, 0)
#define MEM_VAL_SET_INT32U_LITTLE(addr, val) \
  corepool_mem_set((addr), (CPU_INT32U)(val), 4u, 0)
#define MEM_VAL_COPY_GET_INT08U_LITTLE(addr_dest, addr_src) \
  corepool_mem_copy((addr_dest), (addr_src), 1u, COREPOOL_MEM_IS_BIG)
#define MEM_VAL_COPY_GET_INT16U_LITTLE(addr_dest, addr_src) \
  corepool_mem_copy((addr_dest), (addr_src), 2u, COREPOOL_MEM_IS_BIG)
#define MEM_VAL_COPY_GET_INT24U_LITTLE(addr_dest, addr_src) \
  corepool_mem_copy((addr_dest), (addr_src), 3u, COREPOOL_MEM_IS_BIG)
#define MEM_VAL_COPY_GET_INT32U_LITTLE(addr_dest, addr_src) \
  corepool_mem_copy((addr_dest), (addr_src), 4u, COREPOOL_MEM_IS_BIG)
#define MEM_VAL_COPY_GET_INTU_LITTLE(addr_dest, addr_src, val_size) \
  corepool_mem_copy((addr_dest), (addr_src), (val_size), COREPOOL_MEM_IS_BIG)
#define MEM_VAL_COPY_SET_INT08U_LITTLE(addr_dest, addr_src) \
  corepool_mem_copy((addr_dest), (addr_src), 1u, COREPOOL_MEM_IS_BIG)
#define MEM_VAL_COPY_SET_INT16U_LITTLE(addr_dest, addr_src) \
  corepool_mem_copy((addr_dest), (addr_src), 2u, COREPOOL_MEM_IS_BIG)
#define MEM_VAL_COPY_SET_INT24U_LITTLE(addr_dest, addr_src) \
  corepool_mem_copy((addr_dest), (addr_src), 3u, COREPOOL_MEM_IS_BIG)
#define MEM_VAL_COPY_SET_INT32U_LITTLE(addr_dest, addr_src) \
  corepool_mem_copy((addr_dest), (addr_src), 4u, COREPOOL_MEM_IS_BIG)
#define MEM_VAL_COPY_SET_INTU_LITTLE(addr_dest, addr_src, val_size) \
  corepool_mem_copy((addr_dest), (addr_src), (val_size), COREPOOL_MEM_IS_BIG)
#define MEM_VAL_GET_INT08U(addr) \
  ((CPU_INT08U)corepool_mem_get((addr), 1u, COREPOOL_MEM_IS_BIG))
#define MEM_VAL_GET_INT16U(addr) \
  ((CPU_INT16U)corepool_mem_get((addr), 2u, COREPOOL_MEM_IS_BIG))
#define MEM_VAL_GET_INT24U(addr) \
  ((CPU_INT32U)corepool_mem_get((addr), 3u, COREPOOL_MEM_IS_BIG))
#define MEM_VAL_GET_INT32U(addr) \
  ((CPU_INT32U)corepool_mem_get((addr), 4u, COREPOOL_MEM_IS_BIG))
#define MEM_VAL_SET_INT08U(addr, val) \
  corepool_mem_set((addr), (CPU_INT32U)(val), 1u, COREPOOL_MEM_IS_BIG)
#define MEM_VAL_SET_INT16U(addr, val) \
  corepool_mem_set((addr), (CPU_INT32U)(val), 2u, COREPOOL_MEM_IS_BIG)
#define MEM_VAL_SET_INT24U(addr, val) \
  corepool_mem_set((addr), (CPU_INT32U)(val), 3u, COREPOOL_MEM_IS_BIG)
#define MEM_VAL_SET_INT32U(addr, val) \
  corepool_mem_set((addr), (CPU_INT32U)(val), 4u, COREPOOL_MEM_IS_BIG)
#define MEM_VAL_COPY_GET_INT08U(addr_dest, addr_src) \
  corepool_mem_copy((addr_dest), (addr_src), 1u, 0)
#define MEM_VAL_COPY_GET_INT16U(addr_dest, addr_src) \
  corepool_mem_copy((addr_dest), (addr_src), 2u, 0)
#define MEM_VAL_COPY_GET_INT24U(addr_dest, addr_src) \
  corepool_mem_copy((addr_dest), (addr_src), 3u, 0)
#define MEM_VAL_COPY_GET_INT32U(addr_dest, addr_src) \
  corepool_mem_copy((addr_dest), (addr_src), 4u, 0)
#define MEM_VAL_COPY_GET_INTU(addr_dest, addr_src, val_size) \
  corepool_mem_copy((addr_dest), (addr_src), (val_size), 0)
#define MEM_VAL_COPY_SET_INT08U(addr_dest, addr_src) \
  corepool_mem_copy((addr_dest), (addr_src), 1u, 0)
#define MEM_VAL_COPY_SET_INT16U(addr_dest, addr_src) \
  corepool_mem_copy((addr_dest), (addr_src), 2u, 0)
#define MEM_VAL_COPY_SET_INT24U(addr_dest, addr_src) \
  corepool_mem_copy((addr_dest), (addr_src), 3u, 0)
#define MEM_VAL_COPY_SET_INT32U(addr_dest, addr_src) \
  corepool_mem_copy((addr_dest), (addr_src), 4u, 0)
#define MEM_VAL_COPY_SET_INTU(addr_dest, addr_src, val_size) \
  corepool_mem_copy((addr_dest), (addr_src), (val_size), 0)
#define MEM_VAL_COPY_08(addr_dest, addr_src) \
  corepool_mem_copy((addr_dest), (addr_src), 1u, 0)
#define MEM_VAL_COPY_16(addr_dest, addr_src) \
  corepool_mem_copy((addr_dest), (addr_src), 2u, 0)
#define MEM_VAL_COPY_24(addr_dest, addr_src) \
  corepool_mem_copy((addr_dest), (addr_src), 3u, 0)
#define MEM_VAL_COPY_32(addr_dest, addr_src) \
  corepool_mem_copy((addr_dest), (addr_src), 4u, 0)
#define MEM_VAL_COPY(addr_dest, addr_src, val_size) \
  corepool_mem_copy((addr_dest), (addr_src), (val_size), 0)

#endif /* COREPOOL_LIB_MEM_VAL_H */
