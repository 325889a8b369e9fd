// The real cores, but sections take as long as a test wants, and count how often they
// are aborted. With -DCOREPOOL_CORES_HEADER naming this file the library's very sources
// run on them (//tests/support:delayed_core).

#ifndef COREPOOL_TESTS_SUPPORT_DELAYED_CORES_H_
#define COREPOOL_TESTS_SUPPORT_DELAYED_CORES_H_

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "corepool/port/cores_linux_x86_64.h"
#include "tests/support/delayed_sections.h"

namespace corepool::testing {

// What delay.inc and delayed_rseq_end.inc know by these distances.
struct SectionControls {
  std::atomic<std::uint64_t> aborts{0};
  std::atomic<std::uint32_t> spins{0};  // in each section, before it commits
  // Not 0: sections that are aborted commit all the same. Sabotage.
  std::atomic<std::uint32_t> abort_commits{0};
};
static_assert(sizeof(SectionControls) == 16);
extern "C" SectionControls corepool_test_sections;

}  // namespace corepool::testing

namespace corepool::port {

// DelayedSections is what is left of cores_linux_x86_64.h when the delay has been put
// in; the rest is the library's own.
struct DelayedCores : DelayedSections {
  static inline std::atomic<bool> fences_work{true};  // false: sabotage

  static bool Enable() noexcept { return CoresLinuxX86_64::Enable(); }
  static void Fence(std::uint32_t core) noexcept {
    if (fences_work.load(std::memory_order_relaxed)) CoresLinuxX86_64::Fence(core);
  }
  static void FenceAll() noexcept {
    if (fences_work.load(std::memory_order_relaxed)) CoresLinuxX86_64::FenceAll();
  }
};

using Cores = DelayedCores;

}  // namespace corepool::port

#endif  // COREPOOL_TESTS_SUPPORT_DELAYED_CORES_H_
