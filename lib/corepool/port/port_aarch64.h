// AArch64, with or without an operating system.

#ifndef COREPOOL_PORT_PORT_AARCH64_H_
#define COREPOOL_PORT_PORT_AARCH64_H_

#if !defined(__aarch64__)
#error "port_aarch64.h is for AArch64 only; port.h picks the right one"
#endif

#include <cstddef>
#include <cstdint>

namespace corepool::port {

struct PortAArch64 {
  using Word = std::uint64_t;

  // The largest line among these CPUs.
  static constexpr std::size_t kInterferenceBytes = 128;

  static void Pause() noexcept { asm volatile("yield"); }

  static void PrefetchForWrite(const void* address) noexcept {
    __builtin_prefetch(address, 1);
  }

  // Ticks of the generic timer, the same on all cores: 1 GHz from Armv8.6 on, before
  // that 10 to 100 MHz. The barrier keeps it from being read ahead of what comes
  // before.
  static std::uint64_t CycleCount() noexcept {
    std::uint64_t ticks = 0;
    asm volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(ticks) : : "memory");
    return ticks;
  }

  // MPIDR_EL1 is not for programs to read; where it is, see port/cores.h.
  static std::uint32_t CoreIndex() noexcept { return 0; }
};

}  // namespace corepool::port

#endif  // COREPOOL_PORT_PORT_AARCH64_H_
