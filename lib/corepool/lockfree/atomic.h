// Atomic<T>, the only atomic type in corepool, and the two word sizes that
// everything lock-free is made of.

#ifndef COREPOOL_LOCKFREE_ATOMIC_H_
#define COREPOOL_LOCKFREE_ATOMIC_H_

#include <atomic>
#include <cstdint>
#include <type_traits>

#include "corepool/config.h"
#include "corepool/port/port.h"
#include COREPOOL_ATOMIC_HEADER  // IWYU pragma: export

namespace corepool::lockfree {

// Holds a tagged index, or counts: the only type that is changed by one atomic step.
using Word = port::Port::Word;

// Holds an index or a depth; loaded and stored only.
using Index = std::conditional_t<sizeof(Word) == 8, std::uint32_t, std::uint16_t>;

// The largest number of indices in one list: distances between them have a sign, and
// more than half of every word is left for the tag.
inline constexpr Index kMostIndices =
    static_cast<Index>((Word{1} << (sizeof(Word) * 4 - 1)) - 1);

// For std::memory_order's long names; every access in corepool names one.
inline constexpr auto kRelaxed = std::memory_order_relaxed;
inline constexpr auto kAcquire = std::memory_order_acquire;
inline constexpr auto kRelease = std::memory_order_release;
inline constexpr auto kAcqRel = std::memory_order_acq_rel;
inline constexpr auto kSeqCst = std::memory_order_seq_cst;

}  // namespace corepool::lockfree

#endif  // COREPOOL_LOCKFREE_ATOMIC_H_
