// Trace points as SystemTap, bpftrace, perf and gdb know them (docs/tracing.md).

#ifndef COREPOOL_PORT_TRACE_USDT_H_
#define COREPOOL_PORT_TRACE_USDT_H_

#include <sys/sdt.h>

#include <cstdint>

#include "corepool/config.h"

namespace corepool::port {

// Each is a no-op in the code and a note beside it, until somebody attaches to it. The
// arguments are where the code has them anyway: registers, or places in memory.
struct UsdtTrace {
  static constexpr bool kOn = true;
  COREPOOL_INLINE static void Allocated(const void* pool, const char* name,
                                        const void* block) noexcept {
    STAP_PROBE3(corepool, allocate, pool, name, block);
  }
  COREPOOL_INLINE static void Freed(const void* pool, const char* name,
                                    const void* block) noexcept {
    STAP_PROBE3(corepool, free, pool, name, block);
  }
  COREPOOL_INLINE static void Exhausted(const void* pool, const char* name,
                                        std::uint64_t failures) noexcept {
    STAP_PROBE3(corepool, exhausted, pool, name, failures);
  }
  COREPOOL_INLINE static void Stolen(const void* pool, const char* name,
                                     const void* block) noexcept {
    STAP_PROBE3(corepool, steal, pool, name, block);
  }
};

}  // namespace corepool::port

#endif  // COREPOOL_PORT_TRACE_USDT_H_
