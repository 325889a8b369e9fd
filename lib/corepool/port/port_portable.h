// Any CPU with lock-free atomics of at least 32 bits: slow in no way that
// matters, but with no knowledge of cores and cycles.

#ifndef COREPOOL_PORT_PORT_PORTABLE_H_
#define COREPOOL_PORT_PORT_PORTABLE_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace corepool::port {

struct PortPortable {
  // 64 bits where the CPU swaps them by itself (AArch64, ARMv7-A, RV64), else
  // 32 (Cortex-M3 and up, RV32); never what would call libatomic, whose locks
  // an interrupt handler cannot take.
  using Word = std::conditional_t<std::atomic<std::uint64_t>::is_always_lock_free,
                                  std::uint64_t, std::uint32_t>;
  static_assert(std::atomic<Word>::is_always_lock_free,
                "corepool needs a CPU with a lock-free 32-bit compare-and-swap; "
                "this one (ARMv6-M, RV32I?) has none");

  // The largest line among common 64-bit CPUs; 32-bit ones with caches use 32.
  static constexpr std::size_t kInterferenceBytes = sizeof(void*) >= 8 ? 128 : 32;

  static void Pause() noexcept {}

  static void PrefetchForWrite(const void* address) noexcept {
    __builtin_prefetch(address, 1);
  }

  static std::uint64_t CycleCount() noexcept { return 0; }

  static std::uint32_t CoreIndex() noexcept { return 0; }
};

}  // namespace corepool::port

#endif  // COREPOOL_PORT_PORT_PORTABLE_H_
