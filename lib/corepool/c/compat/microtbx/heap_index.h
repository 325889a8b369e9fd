// Numbers for places in a heap of which only the addresses are known that it hands out.

#ifndef COREPOOL_C_COMPAT_MICROTBX_HEAP_INDEX_H_
#define COREPOOL_C_COMPAT_MICROTBX_HEAP_INDEX_H_

#include <bit>
#include <cstddef>
#include <cstdint>

#include "corepool/config.h"
#include "corepool/lockfree/atomic.h"

namespace corepool::microtbx {

// Where records can begin: at any multiple of a pointer's size.
inline constexpr std::size_t kUnit = sizeof(std::uintptr_t);

// The heap's addresses are cut into regions, which get numbers as they come up; a
// place's index is {region, units from its beginning}. The MicroTBX heap is one array
// and mostly lies in one region. Any context; lock-free, lookups wait-free.
class HeapIndex {
 public:
  using Index = std::uint32_t;

  static constexpr std::size_t kRegions = COREPOOL_MICROTBX_MOST_REGIONS;
  static constexpr int kUnitBits = sizeof(lockfree::Word) == 8 ? 19 : 14;
  static constexpr int kBits = kUnitBits + std::bit_width(kRegions - 1);
  // The last ones stand for something else.
  static constexpr Index kNone = (Index{1} << kBits) - 1;
  static constexpr Index kEnd = kNone - 2;
  static_assert(std::has_single_bit(kRegions));
  static_assert(kBits <= static_cast<int>(sizeof(lockfree::Word)) * 4);

  constexpr HeapIndex() = default;

  // Makes the addresses from `begin` to `end` known; false if there are too many
  // regions. They belong to pools, whose blocks begin at `first_block` at the earliest.
  bool Add(std::uintptr_t begin, std::uintptr_t first_block, std::uintptr_t end);

  // Of a place that has been added.
  Index IndexOf(const void* place) const {
    const auto address = reinterpret_cast<std::uintptr_t>(place);
    return ToIndex(Find(address), address);
  }
  void* PlaceAt(Index index) const {
    // Known since before the index was made, which the caller has acquired.
    const std::uintptr_t number =
        regions_[index >> kUnitBits].number.load(lockfree::kRelaxed);
    return reinterpret_cast<void*>(((number - 1) << kShift) +
                                   (index & kUnitMask) * kUnit);
  }

  // Whether a block may begin at `address`, so that what lies before it can be read.
  bool MayBeBlock(const void* address) const;
  // Whether `index`, any number, is that of memory that has been added.
  bool IsPlace(std::uintptr_t index) const;

 private:
  static constexpr int kShift = kUnitBits + std::countr_zero(kUnit);
  static constexpr Index kUnitMask = (Index{1} << kUnitBits) - 1;

  struct Region {
    // Its beginning in units of its size, plus 1; 0: there is none.
    lockfree::Atomic<std::uintptr_t> number{};
    // Of what has been added, complemented so that all-zero is nothing.
    lockfree::Atomic<std::uintptr_t> not_begin{};
    lockfree::Atomic<std::uintptr_t> not_first_block{};
    lockfree::Atomic<std::uintptr_t> end{};  // the last byte
  };

  static void Raise(lockfree::Atomic<std::uintptr_t>& word, std::uintptr_t value);
  static Index ToIndex(std::size_t region, std::uintptr_t address) {
    return static_cast<Index>(region << kUnitBits) |
           static_cast<Index>((address / kUnit) & kUnitMask);
  }
  // The region that an address lies in, or kRegions.
  std::size_t Find(std::uintptr_t address) const;
  // The same; it gets a number if it has none.
  std::size_t FindOrAdd(std::uintptr_t number);

  Region regions_[kRegions];
};

}  // namespace corepool::microtbx

#endif  // COREPOOL_C_COMPAT_MICROTBX_HEAP_INDEX_H_
