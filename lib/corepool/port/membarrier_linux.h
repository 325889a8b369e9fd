// membarrier(2), from any context. Included by port/'s own Linux sources only.

#ifndef COREPOOL_PORT_MEMBARRIER_LINUX_H_
#define COREPOOL_PORT_MEMBARRIER_LINUX_H_

#include <linux/membarrier.h>
#include <sys/syscall.h>

#if !defined(__x86_64__)
#include <errno.h>
#include <unistd.h>
#endif

namespace corepool::port {

// 0, or something else if that failed. Leaves errno alone, which may be that of a
// thread under an interrupt handler.
inline long Membarrier(long command, long flags, long core) noexcept {
#if defined(__x86_64__)
  long result = SYS_membarrier;
  asm volatile("syscall"
               : "+a"(result)
               : "D"(command), "S"(flags), "d"(core)
               : "rcx", "r11", "memory");
  return result;
#else
  const int before = errno;
  const long result = ::syscall(SYS_membarrier, command, flags, core);
  errno = before;
  return result;
#endif
}

}  // namespace corepool::port

#endif  // COREPOOL_PORT_MEMBARRIER_LINUX_H_
