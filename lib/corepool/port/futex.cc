#include "corepool/port/futex.h"

#include <cstdint>

#if defined(__linux__) && __STDC_HOSTED__
#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <limits>
#endif

namespace corepool::port {

#if defined(__linux__) && __STDC_HOSTED__

namespace {

constexpr std::uint64_t kNanoseconds = 1'000'000'000;

}  // namespace

bool Futex::IsThere() noexcept { return true; }

std::uint64_t Futex::Now() noexcept {
  timespec now = {};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * kNanoseconds +
         static_cast<std::uint64_t>(now.tv_nsec);
}

// Whatever ends it, the caller looks at the word.
void Futex::Sleep(const void* address, std::uint32_t seen,
                  std::uint64_t deadline) noexcept {
  const int before = errno;
  timespec until = {};
  const bool ends = deadline != std::numeric_limits<std::uint64_t>::max();
  until.tv_sec = static_cast<time_t>(deadline / kNanoseconds);
  until.tv_nsec = static_cast<long>(deadline % kNanoseconds);
  // Unlike FUTEX_WAIT it takes a point in time, of CLOCK_MONOTONIC.
  (void)::syscall(SYS_futex, address, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, seen,
                  ends ? &until : nullptr, nullptr, FUTEX_BITSET_MATCH_ANY);
  errno = before;
}

void Futex::Wake(const void* address) noexcept {
  const int before = errno;
  (void)::syscall(SYS_futex, address, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, nullptr,
                  nullptr, 0);
  errno = before;
}

#else

bool Futex::IsThere() noexcept { return false; }
std::uint64_t Futex::Now() noexcept { return 0; }
void Futex::Sleep(const void*, std::uint32_t, std::uint64_t) noexcept {}
void Futex::Wake(const void*) noexcept {}

#endif

}  // namespace corepool::port
