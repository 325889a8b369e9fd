// What a pool tells about itself.

#ifndef COREPOOL_STATS_H_
#define COREPOOL_STATS_H_

#include <cstddef>
#include <cstdint>

#include "corepool/base/text.h"
#include "corepool/error.h"

namespace corepool {

// Plain numbers; used, free, allocations and frees are of one instant where `exact` is
// true.
struct PoolStats {
  std::size_t capacity;  // blocks in the pool
  std::size_t free;      // capacity - used
  std::size_t used;      // blocks allocated; 0 <= used <= capacity always
  std::size_t peak;      // most blocks ever used at once, since ResetPeak. With caches
                         // never too low at rest, and too high by cache_bound() at
                         // most, apart from what calls under way had set aside
  std::size_t block_size;  // bytes that a block's user may write
  std::size_t stride;      // bytes from one block to the next

  std::size_t cores;              // that have a cache of their own
  std::size_t magazine_size;      // most blocks in one such cache
  std::size_t bookkeeping_bytes;  // of memory, besides the blocks

  // Since Init. 64 bits wide, on 32-bit targets `failures` and `misuses` modulo
  // 2^32. At rest allocations - frees + withheld == used.
  std::uint64_t allocations;  // blocks handed out, bulks counted by block
  std::uint64_t frees;        // blocks taken back
  std::uint64_t failures;     // calls that got none for want of blocks
  std::uint64_t misuses;      // reports to the misuse handler
  std::uint64_t steals;       // blocks that one core took from another's cache
  std::uint64_t withheld;     // blocks, found damaged or freed twice, that nobody gets
                              // any more (see Checking::kStrict)

  // Width of the free list's tag, which guards against ABA: see TagWrapMicroseconds.
  int tag_bits;

  // Blocks among the used ones that have been freed but are kept from being used again
  // (PoolOptions::quarantine).
  std::size_t quarantined = 0;

  // False if steady traffic left no instant to read all of it: free, used and peak
  // are then still within bounds, but they and the totals may be a few calls apart.
  bool exact;

  // How many free blocks cores may keep from others' first look: a magazine each, and
  // one that a call under way has set aside. [any; wait-free; O(1)]
  constexpr std::size_t cache_bound() const { return 2 * cores * magazine_size; }

  // For how many microseconds a pool must be kept busy at `rate` allocations and
  // frees a second, without a pause and while one context stands still in the middle
  // of an operation, before that context could be deceived. A pool that does 20
  // million pairs a second with 42 bits of tag: 30 hours. Saturates.
  // A rate of 0 counts as 1. [any; wait-free; O(1)]
  constexpr std::uint64_t TagWrapMicroseconds(std::uint64_t rate) const {
    constexpr std::uint64_t kMicroseconds = 1'000'000;
    constexpr std::uint64_t kMost = ~std::uint64_t{0};
    if (rate == 0) rate = 1;
    const std::uint64_t operations =
        tag_bits >= 64 ? kMost : std::uint64_t{1} << tag_bits;
    const std::uint64_t seconds = operations / rate;
    if (seconds > kMost / kMicroseconds - 1) return kMost;
    const std::uint64_t rest = operations % rate;
    return seconds * kMicroseconds +
           (rest > kMost / kMicroseconds ? 0 : rest * kMicroseconds / rate);
  }
};

// One line of a report on pools. A pool that serves several sizes or classes fills
// several of them; see registry.h.
struct PoolRow {
  static constexpr std::size_t kLabelBytes = 16;

  // What tells this row from the pool's others, cut off where it does not fit; "" where
  // there is one row only. [owner; wait-free; O(1)]
  constexpr void SetLabel(const char* text) { base::CopyText(text, label); }

  PoolStats stats;
  char label[kLabelBytes];  // ends with a zero
};

// How closely Audit looks.
enum class AuditMode : std::uint8_t {
  kRunning,  // while other calls are running
  kAtRest,   // the caller promises that none is: contents of free blocks are verified
             // too, and that every block is either free or allocated
};

// What Audit found.
struct AuditReport {
  Error error;        // kOk; kCorrupted, kWriteAfterFree or kOverrun if a law is broken
  std::size_t index;  // a block that shows the fault, or kNoIndex (misuse.h)
  std::size_t free;   // blocks walked over on the free list
  std::size_t used;   // all others, those in quarantine too
  bool inconclusive;  // traffic changed the list during every walk
};

}  // namespace corepool

#endif  // COREPOOL_STATS_H_
