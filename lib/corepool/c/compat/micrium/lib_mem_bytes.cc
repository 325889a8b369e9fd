// Operations on bytes.

#include <cstddef>

#include "corepool/c/compat/micrium/include/lib_mem.h"

extern "C" {

void Mem_Clr(void* pmem, CPU_SIZE_T size) { Mem_Set(pmem, 0, size); }

void Mem_Set(void* pmem, CPU_INT08U data_val, CPU_SIZE_T size) {
  if (pmem != nullptr && size != 0) __builtin_memset(pmem, data_val, size);
}

void Mem_Copy(void* pdest, const void* psrc, CPU_SIZE_T size) {
  if (pdest != nullptr && psrc != nullptr && size != 0) {
    __builtin_memcpy(pdest, psrc, size);
  }
}

void Mem_Move(void* pdest, const void* psrc, CPU_SIZE_T size) {
  if (pdest != nullptr && psrc != nullptr && size != 0) {
    __builtin_memmove(pdest, psrc, size);
  }
}

CPU_BOOLEAN Mem_Cmp(const void* p1_mem, const void* p2_mem, CPU_SIZE_T size) {
  if (size == 0) return DEF_YES;
  if (p1_mem == nullptr || p2_mem == nullptr) return DEF_NO;
  return __builtin_memcmp(p1_mem, p2_mem, size) == 0 ? DEF_YES : DEF_NO;
}

}  // extern "C"
