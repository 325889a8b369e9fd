// Picks the cores_*.h header by CPU and operating system.

#ifndef COREPOOL_PORT_NATIVE_CORES_H_
#define COREPOOL_PORT_NATIVE_CORES_H_

#include <type_traits>

// <sys/rseq.h>: glibc 2.35 and later, which registers every thread's area by itself.
#if defined(__linux__) && __STDC_HOSTED__ && __has_include(<sys/rseq.h>)
#include "corepool/port/cores_linux.h"  // IWYU pragma: export
#if defined(__x86_64__)
#include "corepool/port/cores_linux_x86_64.h"  // IWYU pragma: export
namespace corepool::port {

// ThreadSanitizer does not see what a section does.
#if defined(__SANITIZE_THREAD__)
inline constexpr bool kSeesThreads = true;
#elif defined(__has_feature)
inline constexpr bool kSeesThreads = __has_feature(thread_sanitizer);
#else
inline constexpr bool kSeesThreads = false;
#endif
using Cores = std::conditional_t<kSeesThreads, CoresLinux, CoresLinuxX86_64>;

}  // namespace corepool::port
#else
namespace corepool::port {
using Cores = CoresLinux;
}
#endif
#else
#include "corepool/port/cores_portable.h"  // IWYU pragma: export
namespace corepool::port {
using Cores = CoresPortable;
}
#endif

#endif  // COREPOOL_PORT_NATIVE_CORES_H_
