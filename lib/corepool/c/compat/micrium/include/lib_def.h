/* What of uC/LIB definitions programs with lib_mem.h need.
 * Steps aside for the program's own lib_def.h, wherever that is on the include path.
 */

#if defined(__has_include_next)
#pragma GCC system_header
#if __has_include_next("lib_def.h")
#include_next "lib_def.h"
#ifndef LIB_DEF_MODULE_PRESENT
#define LIB_DEF_MODULE_PRESENT
#endif
#endif
#endif

#ifndef LIB_DEF_MODULE_PRESENT
#define LIB_DEF_MODULE_PRESENT

#include <cpu.h>
#include <cpu_def.h>

#define LIB_VERSION 13901u

#define DEF_NULL 0

#define DEF_FALSE 0u
#define DEF_TRUE 1u
#define DEF_NO 0u
#define DEF_YES 1u
#define DEF_DISABLED 0u
#define DEF_ENABLED 1u
#define DEF_INACTIVE 0u
#define DEF_ACTIVE 1u
#define DEF_INVALID 0u
#define DEF_VALID 1u
#define DEF_OFF 0u
#define DEF_ON 1u
#define DEF_CLR 0u
#define DEF_SET 1u
#define DEF_FAIL 0u
#define DEF_OK 1u

#define DEF_BIT_NONE 0x00u
#define DEF_BIT_00 0x00000001u
#define DEF_BIT_01 0x00000002u
#define DEF_BIT_02 0x00000004u
#define DEF_BIT_03 0x00000008u
#define DEF_BIT_04 0x00000010u
#define DEF_BIT_05 0x00000020u
#define DEF_BIT_06 0x00000040u
#define DEF_BIT_07 0x00000080u
#define DEF_BIT_08 0x00000100u
#define DEF_BIT_09 0x00000200u
#define DEF_BIT_10 0x00000400u
#define DEF_BIT_11 0x00000800u
#define DEF_BIT_12 0x00001000u
#define DEF_BIT_13 0x00002000u
#define DEF_BIT_14 0x00004000u
#define DEF_BIT_15 0x00008000u
#define DEF_BIT_16 0x00010000u
#define DEF_BIT_17 0x00020000u
#define DEF_BIT_18 0x00040000u
#define DEF_BIT_19 0x00080000u
#define DEF_BIT_20 0x00100000u
#define DEF_BIT_21 0x00200000u
#define DEF_BIT_22 0x00400000u
#define DEF_BIT_23 0x00800000u
#define DEF_BIT_24 0x01000000u
#define DEF_BIT_25 0x02000000u
#define DEF_BIT_26 0x04000000u
#define DEF_BIT_27 0x08000000u
#define DEF_BIT_28 0x10000000u
#define DEF_BIT_29 0x20000000u
#define DEF_BIT_30 0x40000000u
#define DEF_BIT_31 0x80000000u
#define DEF_BIT_32 0x0000000100000000u
#define DEF_BIT_33 0x0000000200000000u
#define DEF_BIT_34 0x0000000400000000u
#define DEF_BIT_35 0x0000000800000000u
#define DEF_BIT_36 0x0000001000000000u
#define DEF_BIT_37 0x0000002000000000u
#define DEF_BIT_38 0x0000004000000000u
#define DEF_BIT_39 0x0000008000000000u
#define DEF_BIT_40 0x0000010000000000u
#define DEF_BIT_41 0x0000020000000000u
#define DEF_BIT_42 0x0000040000000000u
#define DEF_BIT_43 0x0000080000000000u
#define DEF_BIT_44 0x0000100000000000u
#define DEF_BIT_45 0x0000200000000000u
#define DEF_BIT_46 0x0000400000000000u
#define DEF_BIT_47 0x0000800000000000u
#define DEF_BIT_48 0x0001000000000000u
#define DEF_BIT_49 0x0002000000000000u
#define DEF_BIT_50 0x0004000000000000u
#define DEF_BIT_51 0x0008000000000000u
#define DEF_BIT_52 0x0010000000000000u
#define DEF_BIT_53 0x0020000000000000u
#define DEF_BIT_54 0x0040000000000000u
#define DEF_BIT_55 0x0080000000000000u
#define DEF_BIT_56 0x0100000000000000u
#define DEF_BIT_57 0x0200000000000000u
#define DEF_BIT_58 0x0400000000000000u
#define DEF_BIT_59 0x0800000000000000u
#define DEF_BIT_60 0x1000000000000000u
#define DEF_BIT_61 0x2000000000000000u
#define DEF_BIT_62 0x4000000000000000u
#define DEF_BIT_63 0x8000000000000000u
#define DEF_BIT(bit) (1uL << (bit))
#define DEF_BIT08(bit) ((CPU_INT08U)(1u << (bit)))
#define DEF_BIT16(bit) ((CPU_INT16U)(1u << (bit)))
#define DEF_BIT32(bit) ((CPU_INT32U)1u << (bit))
#define DEF_BIT64(bit) ((CPU_INT64U)1u << (bit))

#define DEF_BIT_MASK(bit_mask, bit_shift) ((bit_mask) << (bit_shift))
#define DEF_BIT_MASK_08(bit_mask, bit_shift) ((CPU_INT08U)((bit_mask) << (bit_shift)))
#define DEF_BIT_MASK_16(bit_mask, bit_shift) ((CPU_INT16U)((bit_mask) << (bit_shift)))
#define DEF_BIT_MASK_32(bit_mask, bit_shift) ((CPU_INT32U)(bit_mask) << (bit_shift))
#define DEF_BIT_MASK_64(bit_mask, bit_shift) ((CPU_INT64U)(bit_mask) << (bit_shift))

/* So many bits, from the one numbered bit_shift on. */
#define DEF_BIT_FIELD(bit_field, bit_shift)                                    \
  (((bit_field) >= DEF_INT_CPU_NBR_BITS ? (CPU_DATA)DEF_INT_CPU_U_MAX_VAL      \
                                        : (CPU_DATA)(DEF_BIT(bit_field) - 1u)) \
   << (bit_shift))
#define DEF_BIT_FIELD_64(bit_field, bit_shift)                           \
  (((bit_field) >= DEF_INT_64_NBR_BITS ? (CPU_INT64U)DEF_INT_64U_MAX_VAL \
                                       : DEF_BIT64(bit_field) - 1u)      \
   << (bit_shift))
#define DEF_BIT_FIELD_32(bit_field, bit_shift) \
  ((CPU_INT32U)DEF_BIT_FIELD_64(bit_field, bit_shift))
#define DEF_BIT_FIELD_16(bit_field, bit_shift) \
  ((CPU_INT16U)DEF_BIT_FIELD_64(bit_field, bit_shift))
#define DEF_BIT_FIELD_08(bit_field, bit_shift) \
  ((CPU_INT08U)DEF_BIT_FIELD_64(bit_field, bit_shift))

/* Change val, and return what it is then. */
#define DEF_BIT_SET(val, mask) ((val) |= (mask))
#define DEF_BIT_SET_08(val, mask) ((val) |= (CPU_INT08U)(mask))
#define DEF_BIT_SET_16(val, mask) ((val) |= (CPU_INT16U)(mask))
#define DEF_BIT_SET_32(val, mask) ((val) |= (CPU_INT32U)(mask))
#define DEF_BIT_SET_64(val, mask) ((val) |= (CPU_INT64U)(mask))
/* In 64 bits: a narrower mask's complement would clear what is above it. */
#define DEF_BIT_CLR(val, mask) ((val) &= ~(CPU_INT64U)(mask))
#define DEF_BIT_CLR_08(val, mask) DEF_BIT_CLR(val, (CPU_INT08U)(mask))
#define DEF_BIT_CLR_16(val, mask) DEF_BIT_CLR(val, (CPU_INT16U)(mask))
#define DEF_BIT_CLR_32(val, mask) DEF_BIT_CLR(val, (CPU_INT32U)(mask))
#define DEF_BIT_CLR_64(val, mask) DEF_BIT_CLR(val, mask)
#define DEF_BIT_TOGGLE(val, mask) ((val) ^= (mask))

/* A field is the bits of its mask, which are neighbours, and not none. */
#define DEF_BIT_FIELD_RD(val, field_mask) \
  (((val) & (field_mask)) / ((field_mask) & (~(field_mask) + 1u)))
#define DEF_BIT_FIELD_ENC(field_val, field_mask) \
  (((field_val) * ((field_mask) & (~(field_mask) + 1u))) & (field_mask))
#define DEF_BIT_FIELD_WR(var, field_val, field_mask) \
  ((var) = ((var) & ~(field_mask)) | DEF_BIT_FIELD_ENC(field_val, field_mask))

/* DEF_YES or DEF_NO; for a mask of no bits DEF_NO. */
#define DEF_BIT_IS_SET(val, mask) \
  ((mask) != 0u && ((val) & (mask)) == (mask) ? DEF_YES : DEF_NO)
#define DEF_BIT_IS_CLR(val, mask) \
  ((mask) != 0u && ((val) & (mask)) == 0u ? DEF_YES : DEF_NO)
#define DEF_BIT_IS_SET_ANY(val, mask) (((val) & (mask)) != 0u ? DEF_YES : DEF_NO)
#define DEF_BIT_IS_CLR_ANY(val, mask) (((val) & (mask)) != (mask) ? DEF_YES : DEF_NO)

#define DEF_ALIGN_MAX_NBR_OCTETS 4096u
#define DEF_OCTET_NBR_BITS 8u
#define DEF_OCTET_MASK 0xFFu
#define DEF_OCTET_TO_BIT_NBR_BITS 3u
#define DEF_OCTET_TO_BIT_SHIFT DEF_OCTET_TO_BIT_NBR_BITS
#define DEF_OCTET_TO_BIT_MASK 0x07u
#define DEF_NIBBLE_NBR_BITS 4u
#define DEF_NIBBLE_MASK 0x0Fu
#define DEF_NBR_BASE_BIN 2u
#define DEF_NBR_BASE_OCT 8u
#define DEF_NBR_BASE_DEC 10u
#define DEF_NBR_BASE_HEX 16u

#define DEF_INT_08_NBR_BITS 8u
#define DEF_INT_08_MASK 0xFFu
#define DEF_INT_08U_MIN_VAL 0u
#define DEF_INT_08U_MAX_VAL 255u
#define DEF_INT_08S_MIN_VAL_ONES_CPL (-127)
#define DEF_INT_08S_MAX_VAL_ONES_CPL 127
#define DEF_INT_08S_MIN_VAL (DEF_INT_08S_MIN_VAL_ONES_CPL - 1)
#define DEF_INT_08S_MAX_VAL DEF_INT_08S_MAX_VAL_ONES_CPL
#define DEF_INT_08U_NBR_DIG_MIN 1u
#define DEF_INT_08U_NBR_DIG_MAX 3u
#define DEF_INT_08S_NBR_DIG_MIN 3u
#define DEF_INT_08S_NBR_DIG_MAX 3u
#define DEF_INT_16_NBR_BITS 16u
#define DEF_INT_16_MASK 0xFFFFu
#define DEF_INT_16U_MIN_VAL 0u
#define DEF_INT_16U_MAX_VAL 65535u
#define DEF_INT_16S_MIN_VAL_ONES_CPL (-32767)
#define DEF_INT_16S_MAX_VAL_ONES_CPL 32767
#define DEF_INT_16S_MIN_VAL (DEF_INT_16S_MIN_VAL_ONES_CPL - 1)
#define DEF_INT_16S_MAX_VAL DEF_INT_16S_MAX_VAL_ONES_CPL
#define DEF_INT_16U_NBR_DIG_MIN 1u
#define DEF_INT_16U_NBR_DIG_MAX 5u
#define DEF_INT_16S_NBR_DIG_MIN 5u
#define DEF_INT_16S_NBR_DIG_MAX 5u
#define DEF_INT_32_NBR_BITS 32u
#define DEF_INT_32_MASK 0xFFFFFFFFu
#define DEF_INT_32U_MIN_VAL 0u
#define DEF_INT_32U_MAX_VAL 4294967295u
#define DEF_INT_32S_MIN_VAL_ONES_CPL (-2147483647)
#define DEF_INT_32S_MAX_VAL_ONES_CPL 2147483647
#define DEF_INT_32S_MIN_VAL (DEF_INT_32S_MIN_VAL_ONES_CPL - 1)
#define DEF_INT_32S_MAX_VAL DEF_INT_32S_MAX_VAL_ONES_CPL
#define DEF_INT_32U_NBR_DIG_MIN 1u
#define DEF_INT_32U_NBR_DIG_MAX 10u
#define DEF_INT_32S_NBR_DIG_MIN 10u
#define DEF_INT_32S_NBR_DIG_MAX 10u
#define DEF_INT_64_NBR_BITS 64u
#define DEF_INT_64_MASK 0xFFFFFFFFFFFFFFFFu
#define DEF_INT_64U_MIN_VAL 0u
#define DEF_INT_64U_MAX_VAL 18446744073709551615u
#define DEF_INT_64S_MIN_VAL_ONES_CPL (-9223372036854775807)
#define DEF_INT_64S_MAX_VAL_ONES_CPL 9223372036854775807
#define DEF_INT_64S_MIN_VAL (DEF_INT_64S_MIN_VAL_ONES_CPL - 1)
#define DEF_INT_64S_MAX_VAL DEF_INT_64S_MAX_VAL_ONES_CPL
#define DEF_INT_64U_NBR_DIG_MIN 1u
#define DEF_INT_64U_NBR_DIG_MAX 20u
#define DEF_INT_64S_NBR_DIG_MIN 19u
#define DEF_INT_64S_NBR_DIG_MAX 19u
#define DEF_INT_CPU_NBR_BITS (CPU_CFG_DATA_SIZE * DEF_OCTET_NBR_BITS)
#define DEF_INT_CPU_NBR_BITS_MAX (CPU_CFG_DATA_SIZE_MAX * DEF_OCTET_NBR_BITS)
#if CPU_CFG_DATA_SIZE == CPU_WORD_SIZE_64
#define DEF_INT_CPU_MASK DEF_INT_64_MASK
#define DEF_INT_CPU_U_MIN_VAL DEF_INT_64U_MIN_VAL
#define DEF_INT_CPU_U_MAX_VAL DEF_INT_64U_MAX_VAL
#define DEF_INT_CPU_S_MIN_VAL DEF_INT_64S_MIN_VAL
#define DEF_INT_CPU_S_MAX_VAL DEF_INT_64S_MAX_VAL
#define DEF_INT_CPU_S_MIN_VAL_ONES_CPL DEF_INT_64S_MIN_VAL_ONES_CPL
#define DEF_INT_CPU_S_MAX_VAL_ONES_CPL DEF_INT_64S_MAX_VAL_ONES_CPL
#else
#define DEF_INT_CPU_MASK DEF_INT_32_MASK
#define DEF_INT_CPU_U_MIN_VAL DEF_INT_32U_MIN_VAL
#define DEF_INT_CPU_U_MAX_VAL DEF_INT_32U_MAX_VAL
#define DEF_INT_CPU_S_MIN_VAL DEF_INT_32S_MIN_VAL
#define DEF_INT_CPU_S_MAX_VAL DEF_INT_32S_MAX_VAL
#define DEF_INT_CPU_S_MIN_VAL_ONES_CPL DEF_INT_32S_MIN_VAL_ONES_CPL
#define DEF_INT_CPU_S_MAX_VAL_ONES_CPL DEF_INT_32S_MAX_VAL_ONES_CPL
#endif
/* Of an unsigned integer as large as `obj`. */
#define DEF_GET_U_MAX_VAL(obj)               \
  (sizeof(obj) == 1u   ? DEF_INT_08U_MAX_VAL \
   : sizeof(obj) == 2u ? DEF_INT_16U_MAX_VAL \
   : sizeof(obj) == 4u ? DEF_INT_32U_MAX_VAL \
   : sizeof(obj) == 8u ? DEF_INT_64U_MAX_VAL \
                       : 0u)

#define DEF_TIME_NBR_DAY_PER_WK 7u
#define DEF_TIME_NBR_DAY_PER_YR 365u
#define DEF_TIME_NBR_DAY_PER_YR_LEAP 366u
#define DEF_TIME_NBR_HR_PER_DAY 24u
#define DEF_TIME_NBR_HR_PER_WK 168u
#define DEF_TIME_NBR_HR_PER_YR 8760u
#define DEF_TIME_NBR_HR_PER_YR_LEAP 8784u
#define DEF_TIME_NBR_MIN_PER_HR 60u
#define DEF_TIME_NBR_MIN_PER_DAY 1440u
#define DEF_TIME_NBR_MIN_PER_WK 10080u
#define DEF_TIME_NBR_MIN_PER_YR 525600u
#define DEF_TIME_NBR_MIN_PER_YR_LEAP 527040u
#define DEF_TIME_NBR_SEC_PER_MIN 60u
#define DEF_TIME_NBR_SEC_PER_HR 3600u
#define DEF_TIME_NBR_SEC_PER_DAY 86400u
#define DEF_TIME_NBR_SEC_PER_WK 604800u
#define DEF_TIME_NBR_SEC_PER_YR 31536000u
#define DEF_TIME_NBR_SEC_PER_YR_LEAP 31622400u
#define DEF_TIME_NBR_mS_PER_SEC 1000u
#define DEF_TIME_NBR_uS_PER_SEC 1000000u
#define DEF_TIME_NBR_nS_PER_SEC 1000000000u

#ifndef TRACE_LEVEL_OFF
#define TRACE_LEVEL_OFF 0u
#endif
#ifndef TRACE_LEVEL_INFO
#define TRACE_LEVEL_INFO 1u
#endif
#ifndef TRACE_LEVEL_DBG
#define TRACE_LEVEL_DBG 2u
#endif
#ifndef TRACE_LEVEL_LOG
#define TRACE_LEVEL_LOG 3u
#endif

/* DEF_OK or DEF_FAIL. One may be negative, and the other of an unsigned type. */
#define DEF_CHK_VAL_MIN(val, val_min)                                          \
  ((((val) < 1) != ((val_min) < 1) ? (val) >= 1 : (val) >= (val_min)) ? DEF_OK \
                                                                      : DEF_FAIL)
#define DEF_CHK_VAL_MAX(val, val_max)                                         \
  ((((val) < 1) != ((val_max) < 1) ? (val) < 1 : (val) <= (val_max)) ? DEF_OK \
                                                                     : DEF_FAIL)
#define DEF_CHK_VAL(val, val_min, val_max)                                            \
  (DEF_CHK_VAL_MIN(val, val_min) == DEF_OK && DEF_CHK_VAL_MAX(val, val_max) == DEF_OK \
       ? DEF_OK                                                                       \
       : DEF_FAIL)

#define DEF_ABS(a) (((a) < 0) ? (-(a)) : (a))
#define DEF_MIN(a, b) (((a) < (b)) ? (a) : (b))
#define DEF_MAX(a, b) (((a) > (b)) ? (a) : (b))

typedef enum lib_err {
  LIB_ERR_NONE = 0u,
  LIB_MEM_ERR_NONE = 10000u,
  LIB_MEM_ERR_NULL_PTR = 10001u,
  LIB_MEM_ERR_INVALID_MEM_SIZE = 10100u,
  LIB_MEM_ERR_INVALID_MEM_ALIGN = 10101u,
  LIB_MEM_ERR_INVALID_SEG_SIZE = 10110u,
  LIB_MEM_ERR_INVALID_SEG_OVERLAP = 10111u,
  LIB_MEM_ERR_INVALID_SEG_EXISTS = 10112u,
  LIB_MEM_ERR_INVALID_POOL = 10120u,
  LIB_MEM_ERR_INVALID_BLK_NBR = 10130u,
  LIB_MEM_ERR_INVALID_BLK_SIZE = 10131u,
  LIB_MEM_ERR_INVALID_BLK_ALIGN = 10132u,
  LIB_MEM_ERR_INVALID_BLK_IX = 10133u,
  LIB_MEM_ERR_INVALID_BLK_ADDR = 10135u,
  LIB_MEM_ERR_INVALID_BLK_ADDR_IN_POOL = 10136u,
  LIB_MEM_ERR_SEG_EMPTY = 10200u,
  LIB_MEM_ERR_SEG_OVF = 10201u,
  LIB_MEM_ERR_POOL_FULL = 10205u,
  LIB_MEM_ERR_POOL_EMPTY = 10206u,
  LIB_MEM_ERR_POOL_UNLIMITED = 10207u,
  LIB_MEM_ERR_HEAP_EMPTY = 10210u,
  LIB_MEM_ERR_HEAP_OVF = 10211u,
  LIB_MEM_ERR_HEAP_NOT_FOUND = 10215u,
  LIB_MEM_ERR_ADDR_OVF = 10300u
} LIB_ERR;

#endif /* LIB_DEF_MODULE_PRESENT */
