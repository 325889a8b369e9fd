// AddressSanitizer.

#ifndef COREPOOL_PORT_ANNOTATE_ASAN_H_
#define COREPOOL_PORT_ANNOTATE_ASAN_H_

#include <cstddef>

extern "C" void __asan_poison_memory_region(const volatile void* begin,
                                            std::size_t size);
extern "C" void __asan_unpoison_memory_region(const volatile void* begin,
                                              std::size_t size);

namespace corepool::port {

// See NoAnnotations for what the functions mean.
struct AsanAnnotations {
  // Poison is noted for eight bytes at a time.
  static constexpr std::size_t kGranule = 8;
  static bool Enabled() noexcept { return true; }
  static void Forbid(const void* begin, std::size_t size) noexcept {
    __asan_poison_memory_region(begin, size);
  }
  static void Allow(const void* begin, std::size_t size) noexcept {
    __asan_unpoison_memory_region(begin, size);
  }
  static void AllowFresh(const void* begin, std::size_t size) noexcept {
    __asan_unpoison_memory_region(begin, size);
  }
};

}  // namespace corepool::port

#endif  // COREPOOL_PORT_ANNOTATE_ASAN_H_
