/* Proves that a program's own cpu.h and lib_cfg.h are used where it has them, wherever
 * they are on the include path; and what comes of having no heap.
 */

#include "tests/c/check.h"

#include <lib_mem.h>

#if !defined(OWN_CPU_H) || !defined(OWN_LIB_CFG_H)
#error "the program's own headers are not used"
#endif

int main(void) {
  static CPU_INT08U memory[256];
  static MEM_SEG first, second;
  static MEM_DYN_POOL pool;
  LIB_ERR error;
  Mem_Init();
  CHECK(Mem_SegAlloc("a", DEF_NULL, 8u, &error) == DEF_NULL);
  CHECK(error == LIB_MEM_ERR_NULL_PTR);
  CHECK(Mem_SegRemSizeGet(DEF_NULL, 1u, DEF_NULL, &error) == 0u);
  CHECK(error == LIB_MEM_ERR_NULL_PTR);
  Mem_DynPoolCreate("p", &pool, DEF_NULL, 8u, 8u, 0u, 0u, &error);
  CHECK(error == LIB_MEM_ERR_NULL_PTR);
  Mem_SegCreate("first", &first, (CPU_ADDR)memory, 256u, 1u, &error);
  CHECK(error == LIB_MEM_ERR_NONE);
  Mem_DynPoolCreate("p", &pool, &first, 8u, 8u, 0u, 0u, &error);
  CHECK(error == LIB_MEM_ERR_NONE);
  CHECK(Mem_DynPoolBlkGet(&pool, &error) != DEF_NULL);
  /* Overlaps are looked for only if there is a heap; the older segment ends. */
  Mem_SegCreate("second", &second, (CPU_ADDR)memory, 256u, 1u, &error);
  CHECK(error == LIB_MEM_ERR_NONE);
  CHECK(Mem_DynPoolBlkGet(&pool, &error) == DEF_NULL);
  CHECK(error == LIB_MEM_ERR_INVALID_POOL);
  CHECK(Mem_SegAlloc("b", &second, 256u, &error) == memory);
  return CheckResult();
}
