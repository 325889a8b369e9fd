// What a port provides. A new CPU is one header that satisfies this concept and
// one line in port.h; see docs/porting.md.

#ifndef COREPOOL_PORT_PORT_CONCEPT_H_
#define COREPOOL_PORT_PORT_CONCEPT_H_

#include <atomic>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>

namespace corepool::port {

// Every function of a port may be called from any thread, any interrupt handler
// and any core, at any time; none of them blocks or calls the system.
template <class P>
concept PortConcept = requires(const void* address) {
  // The widest unsigned integer that the CPU compares and swaps by itself,
  // without a library's help: it holds a tagged index.
  requires std::unsigned_integral<typename P::Word>;
  requires std::atomic<typename P::Word>::is_always_lock_free;

  // Bytes that two cores must be apart to not disturb each other's writes.
  requires std::has_single_bit(std::size_t{P::kInterferenceBytes});

  // A hint that the caller is retrying after another core's success.
  { P::Pause() } noexcept -> std::same_as<void>;

  // A hint that the cache line at `address` is about to be written. The address
  // may be anything, mapped or not.
  { P::PrefetchForWrite(address) } noexcept -> std::same_as<void>;

  // Time in cycles, or in ticks of another steady counter that all cores share; 0 where
  // there is none. Seeds keys and measures single calls; never decides. May be off by
  // what the CPU executes out of order, and where cores' counters differ.
  { P::CycleCount() } noexcept -> std::same_as<std::uint64_t>;

  // The core that runs the caller, or 0 where nobody can tell. May be stale as
  // soon as it is read, so it may steer and report, never decide.
  { P::CoreIndex() } noexcept -> std::same_as<std::uint32_t>;
};

}  // namespace corepool::port

#endif  // COREPOOL_PORT_PORT_CONCEPT_H_
