// Where the running function was called from.

#ifndef COREPOOL_PORT_RETURN_ADDRESS_H_
#define COREPOOL_PORT_RETURN_ADDRESS_H_

#include <cstdint>

namespace corepool::port {

// The code address that the function returns to which this is written in; if that has
// been made part of its caller, the address which that returns to. For people with a
// symbol table. Any context; wait-free.
[[gnu::always_inline]] inline std::uintptr_t ReturnAddress() noexcept {
  return reinterpret_cast<std::uintptr_t>(
      __builtin_extract_return_addr(__builtin_return_address(0)));
}

}  // namespace corepool::port

#endif  // COREPOOL_PORT_RETURN_ADDRESS_H_
