// Blocks of equal size anywhere in a region: from index to address and back, while
// blocks are added.

#ifndef COREPOOL_ENGINE_SCATTER_H_
#define COREPOOL_ENGINE_SCATTER_H_

#include <bit>
#include <cstddef>
#include <cstdint>

#include "corepool/base/align.h"
#include "corepool/lockfree/atomic.h"

namespace corepool::engine {

// Where each block lies is in an array, by its index. The way back is a table with open
// addressing, by the block's slot: a window of as many bytes as a block, of which
// blocks do not overlap, so that at most one begins in each. Blocks are added and never
// taken away, so an index that was found once is found for ever, and nobody waits for
// somebody who is about to add one.
//
//   |slot 0 |slot 1 |slot 2 |slot 3 |
//   | block 0 |     | block 1 |
//
// Any context; wait-free, but for a table that others are adding to (lock-free). O(1)
// expected, as the table is at least half empty; with one entry for every slot, O(1).
class Scatter {
 public:
  using Index = lockfree::Index;
  using Place = lockfree::Atomic<lockfree::Word>;
  using Entry = lockfree::Atomic<Index>;

  // Entries for `count` blocks in a region of `slots` slots.
  static constexpr std::size_t EntriesFor(std::size_t count, std::size_t slots) {
    const std::size_t entries = std::bit_ceil(2 * count);
    return slots < entries ? slots : entries;
  }
  // Bytes for both arrays, aligned to a Place.
  static constexpr base::CheckedSize BytesFor(std::size_t count, std::size_t slots) {
    return base::CheckedSize(count) * sizeof(Place) +
           base::CheckedSize(EntriesFor(count, slots)) * sizeof(Entry);
  }

  constexpr Scatter() = default;

  // Up to `count` blocks of `stride` >= 1 bytes in the `slots` * stride bytes from
  // `origin` on. `memory` is BytesFor them. Not concurrently with anything.
  void Reset(std::byte* origin, std::size_t stride, std::size_t count,
             std::size_t slots, std::byte* memory);

  // Says where block `index` < count is, once. It must lie in the region.
  void Put(Index index, const std::byte* block);

  // nullptr if nobody has said.
  void* BlockAt(std::size_t index) const;
  bool HasBlock(std::size_t index) const { return BlockAt(index) != nullptr; }
  // The index of the block that starts at `address`, and of the one that it lies in; or
  // a number that is not below count.
  std::size_t IndexOf(const void* address) const;
  std::size_t IndexAround(const void* address) const;

 private:
  // The block that begins in slot `slot`, or no index.
  std::size_t InSlot(std::size_t slot) const;
  std::size_t FirstEntry(std::size_t slot) const;
  std::size_t OffsetAt(std::size_t index) const;
  std::size_t OffsetOf(const void* address) const {
    return reinterpret_cast<std::uintptr_t>(address) -
           reinterpret_cast<std::uintptr_t>(origin_);
  }
  bool IsDirect() const { return entry_count_ == slots_; }

  std::byte* origin_ = nullptr;
  std::size_t stride_ = 1;
  std::size_t count_ = 0;
  std::size_t slots_ = 0;
  std::size_t entry_count_ = 0;  // a power of two, or slots_
  Place* places_ = nullptr;      // the offset plus 1, by index; 0: none yet
  Entry* entries_ = nullptr;     // the index plus 1; 0: none yet
};

}  // namespace corepool::engine

#endif  // COREPOOL_ENGINE_SCATTER_H_
