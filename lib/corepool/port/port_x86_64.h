// x86-64, with or without an operating system.

#ifndef COREPOOL_PORT_PORT_X86_64_H_
#define COREPOOL_PORT_PORT_X86_64_H_

#if !defined(__x86_64__)
#error "port_x86_64.h is for x86-64 only; port.h picks the right one"
#endif

#include <cstddef>
#include <cstdint>

namespace corepool::port {

struct PortX86_64 {
  using Word = std::uint64_t;

  // Two lines: the adjacent-line prefetcher fetches them in pairs.
  static constexpr std::size_t kInterferenceBytes = 128;

  static void Pause() noexcept { __builtin_ia32_pause(); }

  // The instruction by name: __builtin_prefetch emits it only for CPUs that the
  // compiler was told about, and a read prefetch elsewhere, which does not help.
  static void PrefetchForWrite(const void* address) noexcept {
    asm volatile("prefetchw (%0)" : : "r"(address));
  }

  static std::uint64_t CycleCount() noexcept { return __builtin_ia32_rdtsc(); }

  // Operating systems keep the core's number in the low bits of TSC_AUX (Linux:
  // twelve of them); on bare metal it is what start-up code put there.
  static std::uint32_t CoreIndex() noexcept {
    unsigned aux = 0;
    __builtin_ia32_rdtscp(&aux);
    return aux & 0xfffu;
  }
};

}  // namespace corepool::port

#endif  // COREPOOL_PORT_PORT_X86_64_H_
