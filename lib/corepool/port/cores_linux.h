// Cores as Linux and glibc tell them.

#ifndef COREPOOL_PORT_CORES_LINUX_H_
#define COREPOOL_PORT_CORES_LINUX_H_

#include <sys/rseq.h>

#include <cstddef>
#include <cstdint>

#include "corepool/port/cores_concept.h"
#include "corepool/port/port.h"

namespace corepool::port {

struct CoresLinux {
  static constexpr bool kRestartable = false;
  static constexpr std::uint32_t kUsualCores = 64;

  // The kernel writes it to the thread's rseq area whenever the thread moves. Threads
  // without one, as all are under valgrind, ask the CPU.
  static std::uint32_t Index() noexcept {
    const auto* const area =
        static_cast<const std::byte*>(__builtin_thread_pointer()) + __rseq_offset;
    const std::uint32_t core = *reinterpret_cast<const volatile std::uint32_t*>(
        area + offsetof(struct rseq, cpu_id));
    return core <= kMostCores ? core : Port::CoreIndex();
  }

  static std::uint32_t Count() noexcept;
  static bool Enable() noexcept { return false; }

 private:
  // Larger numbers mean: not registered, or registration failed.
  static constexpr std::uint32_t kMostCores = 0x7fffffff;
};

}  // namespace corepool::port

#endif  // COREPOOL_PORT_CORES_LINUX_H_
