#include "corepool/c/compat/microtbx/heap_index.h"

#include <cstddef>
#include <cstdint>

#include "corepool/lockfree/atomic.h"

namespace corepool::microtbx {

void HeapIndex::Raise(lockfree::Atomic<std::uintptr_t>& word, std::uintptr_t value) {
  std::uintptr_t seen = word.load(lockfree::kRelaxed);
  while (seen < value && !word.compare_exchange_weak(seen, value, lockfree::kRelaxed,
                                                     lockfree::kRelaxed)) {
  }
}

// Orders: what is stored here is read by who has the index or address of a block that
// was made later, and so has acquired its list's head (E1). Who has not, with a pointer
// that is no block's, finds whatever was last known, which is memory that pools have.

std::size_t HeapIndex::Find(std::uintptr_t address) const {
  const std::uintptr_t number = (address >> kShift) + 1;
  std::size_t region = 0;
  while (region < kRegions &&
         regions_[region].number.load(lockfree::kRelaxed) != number) {
    ++region;
  }
  return region;
}

// Everybody takes the first that has no number, so none gets two.
std::size_t HeapIndex::FindOrAdd(std::uintptr_t number) {
  for (std::size_t region = 0; region < kRegions; ++region) {
    std::uintptr_t seen = 0;
    if (regions_[region].number.compare_exchange_strong(
            seen, number, lockfree::kRelaxed, lockfree::kRelaxed) ||
        seen == number) {
      return region;
    }
  }
  return kRegions;
}

bool HeapIndex::Add(std::uintptr_t begin, std::uintptr_t first_block,
                    std::uintptr_t end) {
  const std::uintptr_t last = end - 1;
  for (std::uintptr_t part = begin >> kShift; part <= last >> kShift; ++part) {
    const std::size_t region = FindOrAdd(part + 1);
    if (region == kRegions) return false;
    const std::uintptr_t low = part << kShift;
    const std::uintptr_t high = low + ((std::uintptr_t{1} << kShift) - 1);
    if (ToIndex(region, last < high ? last : high) >= kEnd) return false;
    Raise(regions_[region].not_begin, ~(begin > low ? begin : low));
    Raise(regions_[region].not_first_block, ~(first_block > low ? first_block : low));
    Raise(regions_[region].end, last < high ? last : high);
  }
  return true;
}

bool HeapIndex::MayBeBlock(const void* address) const {
  const auto place = reinterpret_cast<std::uintptr_t>(address);
  const std::size_t region = Find(place);
  return region < kRegions && place % kUnit == 0 &&
         place >= ~regions_[region].not_first_block.load(lockfree::kRelaxed) &&
         place <= regions_[region].end.load(lockfree::kRelaxed);
}

bool HeapIndex::IsPlace(std::uintptr_t index) const {
  if (index >= kEnd) return false;
  const Region& region = regions_[index >> kUnitBits];
  const auto place =
      reinterpret_cast<std::uintptr_t>(PlaceAt(static_cast<Index>(index)));
  return region.number.load(lockfree::kRelaxed) != 0 &&
         place >= ~region.not_begin.load(lockfree::kRelaxed) &&
         place + (2 * kUnit - 1) <= region.end.load(lockfree::kRelaxed);
}

}  // namespace corepool::microtbx
