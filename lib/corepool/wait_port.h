// How a thread that waits for a block goes to sleep, and who wakes it.

#ifndef COREPOOL_WAIT_PORT_H_
#define COREPOOL_WAIT_PORT_H_

#include <cstddef>
#include <cstdint>

#include "corepool/lockfree/atomic.h"

namespace corepool {

// Points in time and distances between them, in a unit that the port chooses; 64 bits
// never wrap.
using Ticks = std::uint64_t;

// Deadlines: do not wait at all; wait for as long as it takes.
inline constexpr Ticks kNoWait = 0;
inline constexpr Ticks kForever = ~Ticks{0};

// A word that changes whenever the thread that sleeps at it is to be woken.
using WaitSignal = lockfree::Atomic<std::uint32_t>;

// Where one thread sleeps.
struct WaitPlace {
  std::size_t number;  // below the number of threads that may wait
  WaitSignal* signal;
};

// An operating system, or what there is in its place: docs/porting.md. One process may
// use several.
struct WaitPort {
  // The time now; never goes back. Any thread.
  Ticks (*now)(void* context) = nullptr;

  // Sleeps until the signal is not `seen` any more, or until `deadline`, unless that is
  // kForever. May return earlier, for no reason. Threads only, one at a place.
  void (*sleep)(void* context, const WaitPlace& place, std::uint32_t seen,
                Ticks deadline) = nullptr;

  // Wakes the thread that sleeps at the place, or is about to; the signal has changed
  // already. May come late, when another thread sleeps there, or none. Called by
  // whoever frees a block; so from an interrupt handler too, if they do that there.
  void (*wake)(void* context, const WaitPlace& place) = nullptr;

  void* context = nullptr;  // handed to all three
  Ticks ticks_per_second = 1'000'000'000;
};

}  // namespace corepool

#endif  // COREPOOL_WAIT_PORT_H_
