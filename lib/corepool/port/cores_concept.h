// What a port knows about cores: who runs the caller and, on some, how to do a few
// instructions on that core undisturbed.

#ifndef COREPOOL_PORT_CORES_CONCEPT_H_
#define COREPOOL_PORT_CORES_CONCEPT_H_

#include <concepts>
#include <cstddef>
#include <cstdint>

#include "corepool/port/port.h"

namespace corepool::port {

// Not the number of any core.
inline constexpr std::uint32_t kNoCore = 0xffffffff;

// The memory that restartable sections work on. It begins with a magazine that is
// shared and empty for ever, the sentinel; the line of core k follows at
// kLineBytes * (k + 1), and then come the other magazines.
//
// A line begins with a word that says which magazine is the core's, as the distance
// from the area's beginning in bytes; 0 is the sentinel.
//
// An array magazine is a header and entries, all 64 bits wide:
//
//   header    {version:46, shared:9, fill:9}
//             fill 0      the magazine is shared, and holds `shared` blocks
//             fill n + 1  it is owned by the core whose line says so, holds n blocks,
//                         and `shared` is 0
//   entry 0   0, for ever: what a pop finds in a shared magazine
//   entry 1   0, for ever: what a pop finds in an owned and empty one
//   entry 2+  the addresses of the blocks; never 0 up to the fill
//
// so that `entry[fill]` is the block to pop or 0, and `entry[fill + 1]` the place to
// push to if fill - 1 < limit as an unsigned number. Every change of a header raises
// it as an integer, up to a wrap: a pop by kPop, a push by kPush, and all others by
// adding 1 to the version.
struct CoreArea {
  static constexpr std::size_t kLineBytes = Port::kInterferenceBytes;
  static constexpr std::size_t kHeaderBytes = 8;
  static constexpr std::size_t kEntryBytes = 8;
  static constexpr std::size_t kGuardEntries = 2;

  static constexpr int kCountBits = 9;
  static constexpr std::uint64_t kCountMask = (1 << kCountBits) - 1;
  static constexpr std::size_t kMostLimit = kCountMask - 1;
  static constexpr std::uint64_t kVersion = 1 << 2 * kCountBits;
  static constexpr std::uint64_t kPop = kVersion - 1;
  static constexpr std::uint64_t kPush = kVersion + 1;
};

// All functions may be called from any thread, interrupt handler or signal handler;
// only Count, Enable and the fences may call the system.
//
// Sections take effect in one instant, by a store with release order or by an atomic
// read-modify-write, or not at all; then they have seen something that does not let
// them, or were interrupted, and return false or nothing. One attempt each.
template <class C>
concept CoresConcept =
    requires(std::byte* area, std::uint32_t number, std::uint64_t word, void* block,
             void* blocks, const void* given, std::size_t size) {
      // The core that runs the caller, or kNoCore. May be stale as soon as it is read.
      { C::Index() } noexcept -> std::same_as<std::uint32_t>;
      // One more than the highest number of any core. Constant; for threads only.
      { C::Count() } noexcept -> std::same_as<std::uint32_t>;

      // The most cores that a pool makes caches for without being told; 1 if no pool
      // should make any by itself.
      { C::kUsualCores } -> std::convertible_to<std::uint32_t>;

      // Whether there are restartable sections in this build.
      { C::kRestartable } -> std::convertible_to<bool>;
      // Whether they work in this process. The first call may call the system.
      { C::Enable() } noexcept -> std::same_as<bool>;

      requires !C::kRestartable || requires {
        // Pops a block off the magazine of the core that runs the caller, if that is
        // below `number` and the magazine owned.
        { C::Pop(area, number, &block) } noexcept -> std::same_as<bool>;
        // The same, and begins to fetch blocks that are popped soon.
        { C::PopAndPrefetch(area, number, &block) } noexcept -> std::same_as<bool>;
        // Pushes a block there if the magazine holds less than the limit, the second
        // number.
        { C::Push(area, number, number, block) } noexcept -> std::same_as<bool>;
        // The same for `size` blocks at once, from 1 to the limit, to or from an array
        // of pointers; all or none.
        { C::PopMany(area, number, blocks, size) } noexcept -> std::same_as<bool>;
        {
          C::PushMany(area, number, number, given, size)
        } noexcept -> std::same_as<bool>;
        // Changes the word at `blocks` from the second to the third value, if core
        // `number` runs the caller and its line says the first.
        {
          C::SwapOnCore(area, number, word, blocks, word, word)
        } noexcept -> std::same_as<bool>;
        // Afterwards, every section of core `number` (of all cores) that had begun
        // before has taken effect or will not. Calls the system.
        { C::Fence(number) } noexcept -> std::same_as<void>;
        { C::FenceAll() } noexcept -> std::same_as<void>;
      };
    };

}  // namespace corepool::port

#endif  // COREPOOL_PORT_CORES_CONCEPT_H_
