#include "corepool/c/compat/microtbx/include/tbx_critsect.h"

#include <cstdint>

#include "corepool/c/compat/microtbx/include/tbx_port.h"
#include "corepool/c/compat/microtbx/uses.h"

namespace {

// Both for who is inside only.
constinit std::uint32_t depth = 0;
constinit tTbxPortCpuSR before = 0;

}  // namespace

extern "C" {

void TbxCriticalSectionEnter(void) {
  const tTbxPortCpuSR status = TbxPortInterruptsDisable();
  if (depth++ == 0) before = status;
}

void TbxCriticalSectionExit(void) {
  if (depth == 0) return corepool::microtbx::FailAssertion(__FILE__, __LINE__);
  if (--depth == 0) TbxPortInterruptsRestore(before);
}

}  // extern "C"
