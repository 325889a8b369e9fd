// See native_cores.h for where this is compiled at all.
#if defined(__linux__) && __STDC_HOSTED__ && __has_include(<sys/rseq.h>)

#include "corepool/port/cores_linux.h"

#include <unistd.h>

#include <atomic>
#include <cstdint>

#if defined(__x86_64__)
#include "corepool/config.h"
#include "corepool/port/cores_linux_x86_64.h"
#include "corepool/port/halt.h"
#include "corepool/port/membarrier_linux.h"
#endif

namespace corepool::port {

std::uint32_t CoresLinux::Count() noexcept {
  const long count = ::sysconf(_SC_NPROCESSORS_CONF);
  return count > 0 ? static_cast<std::uint32_t>(count) : 1;
}

#if defined(__x86_64__)

namespace {

// From include/uapi/linux/membarrier.h of Linux 5.10; Debian's own is as new.
constexpr long kRegister = MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ;
constexpr long kFence = MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ;
constexpr long kOneCore = MEMBARRIER_CMD_FLAG_CPU;

void FenceOrHalt(long flags, long core) {
  if constexpr (COREPOOL_SABOTAGE_FENCE != 0) return;
  if (Membarrier(kFence, flags, core) == 0) return;
  // Registrations are per address space; a child may have lost it.
  if (Membarrier(kRegister, 0, 0) == 0 && Membarrier(kFence, flags, core) == 0) return;
  static constexpr char kWhy[] =
      "corepool: membarrier(2) worked when the pool was made and now does not; has a "
      "seccomp filter been installed in between?\n";
  Halt(kWhy, sizeof(kWhy) - 1);
}

enum : int { kUnknown, kWorks, kDoesNotWork };
std::atomic<int> sections{kUnknown};

}  // namespace

bool CoresLinuxX86_64::Enable() noexcept {
  // Whoever comes second finds the same; nothing is published by it.
  int known = sections.load(std::memory_order_relaxed);
  if (known == kUnknown) {
    const bool works = __rseq_size != 0 && Membarrier(kRegister, 0, 0) == 0;
    known = works ? kWorks : kDoesNotWork;
    sections.store(known, std::memory_order_relaxed);
  }
  return known == kWorks;
}

void CoresLinuxX86_64::Fence(std::uint32_t core) noexcept {
  FenceOrHalt(kOneCore, static_cast<long>(core));
}

void CoresLinuxX86_64::FenceAll() noexcept { FenceOrHalt(0, 0); }

#endif

}  // namespace corepool::port

#endif
