/* Proves, one by one, what uC/LIB's documents say of segments and the heap, and that what
 * its sources get wrong has been put right (docs/compat/micrium.md).
 */

#include <stdalign.h>
#include <stdint.h>
#include <string.h>

#include "tests/c/check.h"

#include <lib_mem.h>

static LIB_ERR error;

static void ErrorsHaveTheirNumbers(void) {
  CHECK(LIB_MEM_ERR_NONE == 10000 && LIB_MEM_ERR_NULL_PTR == 10001);
  CHECK(LIB_MEM_ERR_INVALID_SEG_OVERLAP == 10111);
  CHECK(LIB_MEM_ERR_INVALID_BLK_ADDR_IN_POOL == 10136);
  CHECK(LIB_MEM_ERR_SEG_OVF == 10201 && LIB_MEM_ERR_POOL_UNLIMITED == 10207);
  CHECK(LIB_MEM_ERR_HEAP_OVF == 10211 && LIB_MEM_ERR_ADDR_OVF == 10300);
  CHECK(LIB_VERSION == 13901u);
}

static void CreationIsChecked(void) {
  static CPU_INT08U memory[512];
  static MEM_SEG segment, other;
  const CPU_ADDR base = (CPU_ADDR)memory;
  Mem_SegCreate("s", DEF_NULL, base, 256u, 1u, &error);
  CHECK(error == LIB_MEM_ERR_NULL_PTR);
  Mem_SegCreate("s", &segment, base, 0u, 1u, &error);
  CHECK(error == LIB_MEM_ERR_INVALID_SEG_SIZE);
  Mem_SegCreate("s", &segment, (CPU_ADDR)-16, 32u, 1u, &error);
  CHECK(error == LIB_MEM_ERR_INVALID_SEG_SIZE);
  Mem_SegCreate("s", &segment, base, (CPU_SIZE_T)-1, 1u, &error);
  CHECK(error == LIB_MEM_ERR_INVALID_SEG_SIZE);
  Mem_SegCreate("s", &segment, base, 256u, 3u, &error);
  CHECK(error == LIB_MEM_ERR_INVALID_MEM_ALIGN);
  Mem_SegCreate("s", &segment, base, 256u, 0u, &error);
  CHECK(error == LIB_MEM_ERR_INVALID_MEM_ALIGN);
  CHECK(segment.AddrBase == 0u && segment.CorepoolPtr == NULL);
  Mem_SegCreate("s", &segment, base, 256u, LIB_MEM_PADDING_ALIGN_NONE, &error);
  CHECK(error == LIB_MEM_ERR_NONE);
  CHECK(segment.AddrBase == base && segment.AddrNext == base);
  CHECK(segment.AddrEnd == base + 255u && segment.PaddingAlign == 1u);
  CHECK(strcmp(segment.NamePtr, "s") == 0);
  Mem_SegCreate("o", &other, base, 256u, 1u, &error);
  CHECK(error == LIB_MEM_ERR_INVALID_SEG_EXISTS);
  Mem_SegCreate("o", &other, base + 255u, 1u, 1u, &error);
  CHECK(error == LIB_MEM_ERR_INVALID_SEG_OVERLAP);
  Mem_SegCreate("o", &other, base + 256u, 256u, 1u, &error);
  CHECK(error == LIB_MEM_ERR_NONE);
  CHECK(other.NextPtr == &segment);
  Mem_SegCreate("o", &other, base, 256u, 1u, DEF_NULL);
}

static void AllocationsAreAlignedAndPadded(void) {
  alignas(64) static CPU_INT08U memory[1024];
  static MEM_SEG segment;
  MEM_SEG_INFO info;
  CPU_SIZE_T missing = 99u;
  const CPU_ADDR base = (CPU_ADDR)memory;
  Mem_SegCreate("padded", &segment, base, sizeof(memory), 32u, &error);
  CHECK(error == LIB_MEM_ERR_NONE);
  CHECK(Mem_SegAllocExt("a", &segment, 5u, 1u, &missing, &error) == memory);
  CHECK(error == LIB_MEM_ERR_NONE && missing == 0u);
  CHECK(Mem_SegRemSizeGet(&segment, 1u, &info, &error) == 1019u);
  CHECK(info.UsedSize == 5u && info.TotalSize == 1024u && info.AddrBase == base);
  CHECK(info.AddrNextAlloc == base + 5u);
  CHECK(Mem_SegRemSizeGet(&segment, 16u, &info, &error) == 1008u);
  CHECK(info.AddrNextAlloc == base + 16u && segment.AddrNext == base + 5u);
  CHECK(Mem_SegAlloc("b", &segment, 3u, &error) == memory + 8);
  CHECK(Mem_SegAllocHW("c", &segment, 20u, 8u, &missing, &error) == memory + 32);
  CHECK(segment.AddrNext == base + 64u);
  CHECK(Mem_SegAllocHW("c", &segment, 33u, 64u, DEF_NULL, &error) == memory + 64);
  CHECK(segment.AddrNext == base + 128u);
  CHECK(Mem_SegAllocExt("d", &segment, 1000u, 8u, &missing, &error) == DEF_NULL);
  CHECK(error == LIB_MEM_ERR_SEG_OVF && missing == 1000u - 896u);
  CHECK(Mem_SegAllocExt("d", &segment, 0u, 8u, &missing, &error) == DEF_NULL);
  CHECK(error == LIB_MEM_ERR_INVALID_MEM_SIZE);
  CHECK(Mem_SegAllocExt("d", &segment, 8u, 24u, &missing, &error) == DEF_NULL);
  CHECK(error == LIB_MEM_ERR_INVALID_MEM_ALIGN);
  CHECK(Mem_SegAllocExt("d", &segment, (CPU_SIZE_T)-8, 8u, &missing, &error) == DEF_NULL);
  CHECK(error == LIB_MEM_ERR_SEG_OVF);
  CHECK(Mem_SegAllocHW("d", &segment, (CPU_SIZE_T)-8, 8u, &missing, &error) == DEF_NULL);
  CHECK(error == LIB_MEM_ERR_SEG_OVF);
  CHECK(segment.AddrNext == base + 128u);
  CHECK(Mem_SegAllocExt("d", &segment, 896u, 8u, &missing, &error) == memory + 128);
  CHECK(Mem_SegRemSizeGet(&segment, 1u, &info, &error) == 0u);
  CHECK(info.AddrNextAlloc == 0u && info.UsedSize == 1024u);
  CHECK(Mem_SegRemSizeGet(&segment, 3u, &info, &error) == 0u);
  CHECK(error == LIB_MEM_ERR_INVALID_MEM_ALIGN);
  Mem_SegClr(&segment, &error);
  CHECK(error == LIB_MEM_ERR_NONE && segment.AddrNext == base);
  CHECK(Mem_SegRemSizeGet(&segment, 1u, DEF_NULL, &error) == 1024u);
  Mem_SegClr(DEF_NULL, &error);
  CHECK(error == LIB_MEM_ERR_NULL_PTR);
}

static void TheHeapIsASegment(void) {
  CPU_SIZE_T missing = 1u;
  Mem_Init();
  CHECK(Mem_HeapGetSizeRem(1u, &error) == LIB_MEM_CFG_HEAP_SIZE);
  CHECK(error == LIB_MEM_ERR_NONE);
  CHECK(Mem_HeapAlloc(100u, 4u, &missing, &error) != DEF_NULL);
  CHECK(error == LIB_MEM_ERR_NONE && missing == 0u);
  CHECK(Mem_SegAlloc("x", DEF_NULL, 100u, &error) != DEF_NULL);
  CHECK(Mem_HeapAlloc(LIB_MEM_CFG_HEAP_SIZE, 1u, &missing, &error) == DEF_NULL);
  CHECK(error == LIB_MEM_ERR_HEAP_OVF && missing >= 200u);
  CHECK(Mem_HeapGetSizeRem(1u, &error) <= LIB_MEM_CFG_HEAP_SIZE - 200u);
  Mem_Init();
  CHECK(Mem_HeapGetSizeRem(1u, &error) == LIB_MEM_CFG_HEAP_SIZE);
}

static char report[8192];
static int nested;
static void Collect(CPU_CHAR *text) {
  static CPU_INT08U memory[64];
  static MEM_SEG segment;
  LIB_ERR inner;
  if (strlen(report) + strlen(text) < sizeof(report)) strcat(report, text);
  /* The original calls this in a critical section. */
  if (nested == 0) {
    nested = 1;
    Mem_SegCreate("nested", &segment, (CPU_ADDR)memory, sizeof(memory), 1u, &inner);
    CHECK(inner == LIB_MEM_ERR_NONE);
  }
}

static void UsageIsReportedByName(void) {
  alignas(16) static CPU_INT08U memory[1000];
  static MEM_SEG segment;
  static MEM_DYN_POOL pool;
  char name[] = "frames";
  Mem_SegCreate("Usage", &segment, (CPU_ADDR)memory, sizeof(memory), 1u, &error);
  (void)Mem_SegAlloc("frames", &segment, 104u, &error);
  (void)Mem_SegAlloc(name, &segment, 24u, &error);
  (void)Mem_SegAlloc(DEF_NULL, &segment, 8u, &error);
  Mem_DynPoolCreate("pool", &pool, &segment, 16u, 8u, 2u, 8u, &error);
  for (int i = 0; i < 5; ++i) (void)Mem_DynPoolBlkGet(&pool, &error);
  CHECK(error == LIB_MEM_ERR_NONE);
  const size_t left = 1000u - 104u - 24u - 8u - 5u * 16u;
  CHECK(Mem_SegRemSizeGet(&segment, 1u, DEF_NULL, &error) == left);
  Mem_OutputUsage(DEF_NULL, &error);
  CHECK(error == LIB_MEM_ERR_NULL_PTR);
  Mem_OutputUsage(Collect, &error);
  CHECK(error == LIB_MEM_ERR_NONE);
  CHECK(strstr(report, "| Type    | Size       | Free size  | Name\r\n") != NULL);
  CHECK(strstr(report, "| Section |       1000 |        784 | Usage\r\n") != NULL);
  CHECK(strstr(report, "| -> Obj  |        128 |            | frames\r\n") != NULL);
  CHECK(strstr(report, "| -> Obj  |          8 |            | Unknown\r\n") != NULL);
  CHECK(strstr(report, "| -> Obj  |         80 |            | pool\r\n") != NULL);
  CHECK(strstr(report, "| Section |       4096 |") != NULL);
  CHECK(segment.AllocInfoHeadPtr != NULL && segment.AllocInfoHeadPtr->Size == 80u);
  CHECK(nested == 1);
}

static void BytesAreSetCopiedMovedAndCompared(void) {
  CPU_INT08U a[16], b[16];
  Mem_Set(a, 0x5Au, sizeof(a));
  Mem_Copy(b, a, sizeof(b));
  CHECK(Mem_Cmp(a, b, sizeof(a)) == DEF_YES);
  Mem_Clr(b, 1u);
  CHECK(b[0] == 0u && b[1] == 0x5Au);
  CHECK(Mem_Cmp(a, b, sizeof(a)) == DEF_NO);
  CHECK(Mem_Cmp(a, b, 0u) == DEF_YES);
  for (int i = 0; i < 16; ++i) a[i] = (CPU_INT08U)i;
  Mem_Move(a + 1, a, 15u);
  for (int i = 1; i < 16; ++i) CHECK(a[i] == i - 1);
  Mem_Set(DEF_NULL, 1u, 8u);
  Mem_Copy(DEF_NULL, a, 8u);
}

static void ValuesAreReadAndWrittenInEitherOrder(void) {
  CPU_INT08U bytes[5] = {0u, 0x12u, 0x34u, 0x56u, 0x78u};
  CPU_INT08U copy[4];
  CPU_INT32U value = 0u;
  CHECK(MEM_VAL_GET_INT08U_BIG(bytes + 1) == 0x12u);
  CHECK(MEM_VAL_GET_INT16U_BIG(bytes + 1) == 0x1234u);
  CHECK(MEM_VAL_GET_INT24U_BIG(bytes + 1) == 0x123456u);
  CHECK(MEM_VAL_GET_INT32U_BIG(bytes + 1) == 0x12345678u);
  CHECK(MEM_VAL_GET_INT16U_LITTLE(bytes + 1) == 0x3412u);
  CHECK(MEM_VAL_GET_INT32U_LITTLE(bytes + 1) == 0x78563412u);
  memcpy(&value, bytes + 1, 4);
  CHECK(MEM_VAL_GET_INT32U(bytes + 1) == value);
  MEM_VAL_COPY_GET_INT32U_BIG(&value, bytes + 1);
  CHECK(value == 0x12345678u);
  MEM_VAL_COPY_SET_INT32U_LITTLE(copy, &value);
  CHECK(copy[0] == 0x78u && copy[3] == 0x12u);
  MEM_VAL_SET_INT32U_BIG(copy, 0xA1B2C3D4u);
  CHECK(copy[0] == 0xA1u && copy[3] == 0xD4u);
  MEM_VAL_SET_INT16U_LITTLE(copy, 0x0102u);
  CHECK(copy[0] == 2u && copy[1] == 1u && copy[2] == 0xC3u);
  MEM_VAL_COPY_16(copy, bytes + 1);
  CHECK(copy[0] == 0x12u && copy[1] == 0x34u);
  CHECK(MEM_VAL_BIG_TO_LITTLE_16(0x1234u) == 0x3412u);
  CHECK(MEM_VAL_BIG_TO_LITTLE_32(0x12345678u) == 0x78563412u);
  CHECK(MEM_VAL_HOST_TO_BIG_32(MEM_VAL_BIG_TO_HOST_32(7u)) == 7u);
}

int main(void) {
  ValuesAreReadAndWrittenInEitherOrder();
  ErrorsHaveTheirNumbers();
  CreationIsChecked();
  AllocationsAreAlignedAndPadded();
  TheHeapIsASegment();
  UsageIsReportedByName();
  BytesAreSetCopiedMovedAndCompared();
  return CheckResult();
}
