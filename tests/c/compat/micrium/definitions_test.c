/* Proves that what uC/LIB's lib_def.h and lib_mem.h define besides functions is there,
 * and means the same.
 */

#include "tests/c/check.h"

#include <lib_mem.h>

static void BitsAreSetClearedAndFound(void) {
  CPU_INT64U wide = 0x8000000000000001u;
  CPU_INT08U octet = 0u;
  DEF_BIT_CLR(wide, DEF_BIT_00);
  CHECK(wide == DEF_BIT_63);
  CHECK(DEF_BIT_SET(octet, DEF_BIT_02 | DEF_BIT_07) == 0x84u);
  CHECK(DEF_BIT_SET_08(octet, 0x01u) == 0x85u);
  CHECK(DEF_BIT_CLR_08(octet, 0x84u) == 0x01u && octet == 0x01u);
  CHECK(DEF_BIT_TOGGLE(octet, 0x03u) == 0x02u);
  CHECK(DEF_BIT_IS_SET(6u, 2u) == DEF_YES && DEF_BIT_IS_SET(6u, 3u) == DEF_NO);
  CHECK(DEF_BIT_IS_CLR(6u, 9u) == DEF_YES && DEF_BIT_IS_CLR(6u, 3u) == DEF_NO);
  CHECK(DEF_BIT_IS_SET(6u, 0u) == DEF_NO && DEF_BIT_IS_CLR(6u, 0u) == DEF_NO);
  CHECK(DEF_BIT_IS_SET_ANY(6u, 3u) == DEF_YES && DEF_BIT_IS_SET_ANY(6u, 9u) == DEF_NO);
  CHECK(DEF_BIT_IS_CLR_ANY(6u, 3u) == DEF_YES && DEF_BIT_IS_CLR_ANY(6u, 2u) == DEF_NO);
}

static void MasksAndFieldsAreMade(void) {
  CPU_INT32U reg = 0xFFFFFFFFu;
  CHECK(DEF_BIT(5) == 32u && DEF_BIT08(7) == 0x80u && DEF_BIT16(15) == 0x8000u);
  CHECK(DEF_BIT32(31) == DEF_BIT_31 && DEF_BIT64(63) == DEF_BIT_63);
  CHECK(DEF_BIT_MASK(5u, 3u) == 40u && DEF_BIT_MASK_08(0xFFu, 4u) == 0xF0u);
  CHECK(DEF_BIT_FIELD(3u, 2u) == 0x1Cu && DEF_BIT_FIELD_08(8u, 4u) == 0xF0u);
  CHECK(DEF_BIT_FIELD_16(16u, 0u) == 0xFFFFu && DEF_BIT_FIELD_32(40u, 0u) == 0xFFFFFFFFu);
  CHECK(DEF_BIT_FIELD_64(64u, 0u) == DEF_INT_64U_MAX_VAL);
  CHECK(DEF_BIT_FIELD_RD(0xABCDu, 0x0FF0u) == 0xBCu);
  CHECK(DEF_BIT_FIELD_ENC(0xBCu, 0x0FF0u) == 0x0BC0u);
  DEF_BIT_FIELD_WR(reg, 0x12u, 0x0000FF00u);
  CHECK(reg == 0xFFFF12FFu);
}

static void NumbersAreThere(void) {
  CHECK(DEF_INT_CPU_NBR_BITS == sizeof(CPU_DATA) * 8u);
  CHECK(DEF_INT_CPU_U_MAX_VAL == (CPU_DATA)-1 && DEF_INT_CPU_S_MAX_VAL > 0);
  CHECK(DEF_INT_32U_NBR_DIG_MAX == 10u && DEF_INT_64S_NBR_DIG_MAX == 19u);
  CHECK(DEF_INT_08U_NBR_DIG_MIN == 1u && DEF_INT_16S_NBR_DIG_MIN == 5u);
  CHECK(DEF_GET_U_MAX_VAL(CPU_INT16U) == 65535u);
  CHECK(DEF_GET_U_MAX_VAL(CPU_INT64U) == DEF_INT_64U_MAX_VAL);
  CHECK(DEF_TIME_NBR_SEC_PER_YR_LEAP - DEF_TIME_NBR_SEC_PER_YR == 86400u);
  CHECK(DEF_TIME_NBR_MIN_PER_YR == 365u * DEF_TIME_NBR_MIN_PER_DAY);
  CHECK(DEF_TIME_NBR_nS_PER_SEC == 1000u * DEF_TIME_NBR_uS_PER_SEC);
  CHECK(DEF_NIBBLE_MASK == 15u && DEF_OCTET_TO_BIT_SHIFT == 3u);
  CHECK(TRACE_LEVEL_OFF == 0u && TRACE_LEVEL_LOG == 3u && LIB_VERSION == 13901u);
}

static void ValuesAreCompared(void) {
  const int less = -5;
  const unsigned more = 4000000000u;
  CHECK(DEF_CHK_VAL_MIN(less, 1u) == DEF_FAIL && DEF_CHK_VAL_MIN(more, -1) == DEF_OK);
  CHECK(DEF_CHK_VAL_MAX(less, 1u) == DEF_OK && DEF_CHK_VAL_MAX(more, -1) == DEF_FAIL);
  CHECK(DEF_CHK_VAL(3, 3, 3) == DEF_OK && DEF_CHK_VAL(0, -1, 0) == DEF_OK);
  CHECK(DEF_CHK_VAL(2, 3, 9) == DEF_FAIL && DEF_CHK_VAL(10, 3, 9) == DEF_FAIL);
  CHECK(DEF_MIN(2, 3) == 2 && DEF_MAX(2, 3) == 3 && DEF_ABS(less) == 5);
}

int main(void) {
  BitsAreSetClearedAndFound();
  MasksAndFieldsAreMade();
  NumbersAreThere();
  ValuesAreCompared();
  return CheckResult();
}
