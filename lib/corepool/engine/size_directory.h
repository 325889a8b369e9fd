// Which pool serves a size, and which one an address belongs to.

#ifndef COREPOOL_ENGINE_SIZE_DIRECTORY_H_
#define COREPOOL_ENGINE_SIZE_DIRECTORY_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

#include "corepool/base/align.h"
#include "corepool/config.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/lockfree/counter.h"

namespace corepool {
class FixedPool;
}  // namespace corepool

namespace corepool::engine {

// Sizes in steps of a quarter of their power of two: 8 bytes to 16 in steps of 2, 16 to
// 32 in steps of 4, and so on. Sizes up to 8 share four steps.
inline constexpr std::size_t kLargestSize = std::size_t{1} << 31;
inline constexpr std::size_t kSizeSteps = 4 * 29;

// `size` from 1 to kLargestSize.
constexpr std::size_t StepOf(std::size_t size) {
  const auto below = static_cast<std::uint32_t>(size - 1);
  const auto octave = static_cast<std::uint32_t>(std::bit_width(below | 4u)) - 3;
  return 4 * octave + ((below >> octave) & 3);
}

// The smallest size of a step.
constexpr std::size_t SmallestOfStep(std::size_t step) {
  return step < 4 ? step + 1 : ((4 + step % 4) << (step / 4)) + 1;
}

// Sizes that one look at a table is enough for. On 32-bit targets memory counts more.
inline constexpr std::size_t kQuickStep = 16;
inline constexpr std::size_t kQuickSizes = sizeof(void*) == 8 ? 1024 : 256;

// What a class counts. All-zero to begin with.
struct SizeClassState {
  lockfree::Counter spills_in;   // blocks that went to requests of smaller classes
  lockfree::Counter spills_out;  // requests that larger classes have served
};

// One pool of a class.
struct SizeBank {
  std::size_t block_size;
  FixedPool* pool;
  SizeClassState* state;  // its class's, unless an older bank of the class has one
  std::uintptr_t begin;   // of its blocks
  std::size_t bytes;      // 0: it has none
  std::size_t first;      // blocks in banks that were made before it
};

struct SizeClass {
  std::size_t block_size;
  lockfree::Atomic<FixedPool*> preferred;  // the bank that has had blocks lately
  SizeClassState* state;
  std::uint32_t first_bank;
  std::uint32_t bank_count;  // at least 1
};

// Never changes, but for what classes prefer, once it is built; who adds a bank builds
// another one. All lookups are wait-free.
class SizeDirectory {
 public:
  // Of no classes.
  constexpr SizeDirectory() = default;
  SizeDirectory(const SizeDirectory&) = delete;
  SizeDirectory& operator=(const SizeDirectory&) = delete;

  static constexpr base::CheckedSize BytesFor(std::size_t banks) {
    return base::CheckedSize(banks) *
               (sizeof(SizeClass) + sizeof(SizeBank) + sizeof(const SizeBank*)) +
           sizeof(SizeDirectory);
  }

  // Builds one of those banks and, if `added` is not nullptr, of that one; in
  // BytesFor(so many) bytes at `memory`, aligned as a SizeDirectory. Banks of a size
  // make one class. Unless `quick`, QuickPoolFor knows nothing. O(banks^2).
  static SizeDirectory* Build(std::byte* memory, std::span<const SizeBank> banks,
                              const SizeBank* added, bool quick);

  // The largest block's size; 0 if there are no classes.
  std::size_t largest() const { return largest_; }

  // The preferred bank of ClassFor(size), or nullptr: ask ClassFor, if there is any.
  // For any size. O(1): the pools of a MultiPool are reached by one load.
  COREPOOL_INLINE FixedPool* QuickPoolFor(std::size_t size) const {
    const std::size_t step = (size + (kQuickStep - 1)) / kQuickStep;
    if (step > kQuickSizes / kQuickStep) [[unlikely]]
      return nullptr;
    // Set before the directory was published that it is in.
    return quick_[step].load(lockfree::kRelaxed);
  }
  // Makes `pool`, a bank of the class, the preferred one. For those who found that the
  // one before has no blocks; O(1).
  void Prefer(SizeClass& size_class, FixedPool* pool) const;

  // The class with the smallest blocks of `size` bytes at least; `size` from 1 to
  // largest(). O(1) unless more than four classes to a power of two compete.
  COREPOOL_INLINE SizeClass& ClassFor(std::size_t size) const {
    SizeClass* found = FirstClass() + first_class_[StepOf(size)];
    while (found->block_size < size) ++found;
    return *found;
  }

  // The bank of which the blocks include `address`; nullptr if there is none. For banks
  // of one region O(1), O(log banks) at most.
  COREPOOL_INLINE const SizeBank* BankOf(const void* address) const {
    const std::uintptr_t offset = reinterpret_cast<std::uintptr_t>(address) - lowest_;
    if (offset >= span_) return nullptr;
    const std::size_t cell = offset >> cell_shift_;
    std::uint32_t low = first_in_cell_[cell];
    std::uint32_t high = first_in_cell_[cell + 1];
    while (low < high) {
      const std::uint32_t middle = (low + high + 1) / 2;
      if (by_address_[middle]->begin - lowest_ <= offset) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    const SizeBank* const bank = by_address_[low];
    return offset - (bank->begin - lowest_) < bank->bytes ? bank : nullptr;
  }

  // In ascending order of block size.
  std::span<SizeClass> classes() const { return {FirstClass(), class_count_}; }
  // The same, banks of a class from the oldest on.
  std::span<const SizeBank> banks() const { return {banks_, bank_count_}; }
  std::span<const SizeBank> BanksOf(const SizeClass& size_class) const {
    return banks().subspan(size_class.first_bank, size_class.bank_count);
  }

 private:
  static constexpr std::size_t kCells = 64;

  // Classes lie right behind, so that finding one takes no pointer.
  SizeClass* FirstClass() const {
    return reinterpret_cast<SizeClass*>(const_cast<SizeDirectory*>(this) + 1);
  }

  void SetBanks(std::span<const SizeBank> banks, const SizeBank* added);
  void SetClasses();
  void SetAddresses();
  void SetQuick();

  // For sizes of at most so many steps, and more than one less; nullptr where one class
  // does not serve all of them. The first is for 0.
  mutable lockfree::Atomic<FixedPool*> quick_[kQuickSizes / kQuickStep + 1] = {};
  std::size_t largest_ = 0;
  std::uint8_t first_class_[kSizeSteps] = {};

  std::uintptr_t lowest_ = 0;  // address of any block
  std::uintptr_t span_ = 0;    // of all addresses, in bytes
  std::uint32_t cell_shift_ = 0;
  std::uint32_t class_count_ = 0;
  std::uint32_t bank_count_ = 0;
  std::uint32_t addressed_ = 0;  // banks with blocks
  SizeBank* banks_ = nullptr;
  const SizeBank** by_address_ = nullptr;
  // For each of kCells parts of the span: the first bank, by address, that ends behind
  // the part's beginning.
  std::uint8_t first_in_cell_[kCells + 1] = {};
};

// What the tables can hold.
inline constexpr std::size_t kMostBanks = 255;

}  // namespace corepool::engine

#endif  // COREPOOL_ENGINE_SIZE_DIRECTORY_H_
