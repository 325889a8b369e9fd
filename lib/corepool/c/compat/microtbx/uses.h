// What the pools use of the rest of MicroTBX: the program's, or corepool's.

#ifndef COREPOOL_C_COMPAT_MICROTBX_USES_H_
#define COREPOOL_C_COMPAT_MICROTBX_USES_H_

#include <cstddef>
#include <cstdint>

extern "C" void* TbxHeapAllocate(std::size_t size);

namespace corepool::microtbx {

// An assertion of the library's that does not hold, if assertions are enabled.
void FailAssertion(const char* file, std::uint32_t line);

}  // namespace corepool::microtbx

#endif  // COREPOOL_C_COMPAT_MICROTBX_USES_H_
