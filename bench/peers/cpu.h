// The few things about CPUs that the measured loops need.

#ifndef COREPOOL_BENCH_PEERS_CPU_H_
#define COREPOOL_BENCH_PEERS_CPU_H_

#include <sched.h>

#include <chrono>
#include <cstdint>

namespace corepool::bench {

#if defined(__x86_64__)

inline void Pause() { __builtin_ia32_pause(); }

// The time-stamp counter, after all that stands before it and before all that stands
// behind it: without the fences an operation's end would be timed before its stores.
[[gnu::always_inline]] inline std::int64_t Ticks() {
  __builtin_ia32_lfence();
  const auto ticks = static_cast<std::int64_t>(__builtin_ia32_rdtsc());
  __builtin_ia32_lfence();
  return ticks;
}

#else

inline void Pause() {}

inline std::int64_t Ticks() {
  return std::chrono::steady_clock::now().time_since_epoch().count();
}

#endif

// Waits for another thread: first on the CPU, then by leaving it.
class Patience {
 public:
  void Wait() {
    if (++waits_ % 1024 == 0) sched_yield();
    Pause();
  }

 private:
  unsigned waits_ = 0;
};

// Keeps the compiler from knowing anything about memory across it: programs do other
// things between two operations, so no allocator may keep its state in registers.
[[gnu::always_inline]] inline void ForgetMemory() { asm volatile("" : : : "memory"); }

// The same, and about a block.
[[gnu::always_inline]] inline void Forget(void*& block) {
  asm volatile("" : "+r"(block) : : "memory");
}

// Writes a block's first word, as every user of one would.
[[gnu::always_inline]] inline void Touch(void*& block, std::uint64_t word = 1) {
  *static_cast<volatile std::uint64_t*>(block) = word;
  Forget(block);
}

}  // namespace corepool::bench

#endif  // COREPOOL_BENCH_PEERS_CPU_H_
