// Valgrind's Memcheck: a few instructions that do nothing outside of it.

#ifndef COREPOOL_PORT_ANNOTATE_VALGRIND_H_
#define COREPOOL_PORT_ANNOTATE_VALGRIND_H_

#include <valgrind/memcheck.h>

#include <cstddef>

namespace corepool::port {

// See NoAnnotations for what the functions mean.
struct ValgrindAnnotations {
  static constexpr std::size_t kGranule = 1;
  static bool Enabled() noexcept { return RUNNING_ON_VALGRIND != 0; }
  static void Forbid(const void* begin, std::size_t size) noexcept {
    VALGRIND_MAKE_MEM_NOACCESS(begin, size);
  }
  static void Allow(const void* begin, std::size_t size) noexcept {
    VALGRIND_MAKE_MEM_DEFINED(begin, size);
  }
  static void AllowFresh(const void* begin, std::size_t size) noexcept {
    VALGRIND_MAKE_MEM_UNDEFINED(begin, size);
  }
};

}  // namespace corepool::port

#endif  // COREPOOL_PORT_ANNOTATE_VALGRIND_H_
