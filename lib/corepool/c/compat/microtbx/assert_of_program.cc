// For the pools alone: assertions are the program's, enabled if it has any.

#include <cstdint>

#include "corepool/c/compat/microtbx/uses.h"

extern "C" [[gnu::weak]] void TbxAssertTrigger(const char* file, std::uint32_t line);

namespace corepool::microtbx {

void FailAssertion(const char* file, std::uint32_t line) {
  if (&TbxAssertTrigger != nullptr) TbxAssertTrigger(file, line);
}

}  // namespace corepool::microtbx
