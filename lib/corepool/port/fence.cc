#include "corepool/port/fence.h"

#if defined(__linux__) && __STDC_HOSTED__

#include <atomic>

#include "corepool/config.h"
#include "corepool/port/halt.h"
#include "corepool/port/membarrier_linux.h"

namespace corepool::port {
namespace {

// Linux 4.14.
constexpr long kRegister = MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED;
constexpr long kFence = MEMBARRIER_CMD_PRIVATE_EXPEDITED;

enum : int { kUnknown, kWorks, kDoesNotWork };
std::atomic<int> membarrier_known{kUnknown};

}  // namespace

bool AsymmetricFence::Enable() noexcept {
  // Whoever comes second finds the same; nothing is published by it.
  int known = membarrier_known.load(std::memory_order_relaxed);
  if (known == kUnknown) {
    const bool works =
        Membarrier(kRegister, 0, 0) == 0 && Membarrier(kFence, 0, 0) == 0;
    known = works ? kWorks : kDoesNotWork;
    membarrier_known.store(known, std::memory_order_relaxed);
  }
  return known == kWorks;
}

void AsymmetricFence::Heavy() noexcept {
  if constexpr (COREPOOL_SABOTAGE_FENCE != 0) return;
  if (Membarrier(kFence, 0, 0) == 0) return;
  // Registrations are per address space; a child may have lost it.
  if (Membarrier(kRegister, 0, 0) == 0 && Membarrier(kFence, 0, 0) == 0) return;
  static constexpr char kWhy[] =
      "corepool: membarrier(2) worked when waiting was set up and now does not; has a "
      "seccomp filter been installed in between?\n";
  Halt(kWhy, sizeof(kWhy) - 1);
}

}  // namespace corepool::port

#endif
