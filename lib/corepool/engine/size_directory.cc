#include "corepool/engine/size_directory.h"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <new>
#include <span>

#include "corepool/lockfree/atomic.h"

namespace corepool::engine {

SizeDirectory* SizeDirectory::Build(std::byte* memory, std::span<const SizeBank> banks,
                                    const SizeBank* added, bool quick) {
  static_assert(alignof(SizeDirectory) >= alignof(SizeClass) &&
                alignof(SizeDirectory) >= alignof(SizeBank));
  const std::size_t count = banks.size() + (added != nullptr ? 1 : 0);
  auto* const directory = ::new (memory) SizeDirectory;
  std::byte* at = memory + sizeof(SizeDirectory) + count * sizeof(SizeClass);
  directory->banks_ = reinterpret_cast<SizeBank*>(at);
  at += count * sizeof(SizeBank);
  directory->by_address_ = reinterpret_cast<const SizeBank**>(at);
  directory->SetBanks(banks, added);
  directory->SetClasses();
  directory->SetAddresses();
  if (quick) directory->SetQuick();
  return directory;
}

// Sorted by size, older ones first.
void SizeDirectory::SetBanks(std::span<const SizeBank> banks, const SizeBank* added) {
  const auto insert = [this](const SizeBank& bank) {
    std::uint32_t at = bank_count_++;
    ::new (banks_ + at) SizeBank;
    for (; at > 0 && banks_[at - 1].block_size > bank.block_size; --at) {
      banks_[at] = banks_[at - 1];
    }
    banks_[at] = bank;
  };
  for (const SizeBank& bank : banks) insert(bank);
  if (added != nullptr) insert(*added);
}

void SizeDirectory::SetClasses() {
  for (std::uint32_t i = 0; i < bank_count_; ++i) {
    const SizeBank& bank = banks_[i];
    if (i > 0 && banks_[i - 1].block_size == bank.block_size) {
      ++FirstClass()[class_count_ - 1].bank_count;
      continue;
    }
    ::new (FirstClass() + class_count_++) SizeClass{.block_size = bank.block_size,
                                                    .preferred = bank.pool,
                                                    .state = bank.state,
                                                    .first_bank = i,
                                                    .bank_count = 1};
    largest_ = bank.block_size;
  }
  std::uint32_t first = 0;
  for (std::size_t step = 0; step < kSizeSteps && largest_ > 0; ++step) {
    const std::size_t smallest = SmallestOfStep(step);
    while (first + 1 < class_count_ && FirstClass()[first].block_size < smallest) {
      ++first;
    }
    first_class_[step] = static_cast<std::uint8_t>(first);
  }
}

void SizeDirectory::SetQuick() {
  for (std::size_t size = kQuickStep; size <= kQuickSizes && size <= largest_;
       size += kQuickStep) {
    const SizeClass& largest = ClassFor(size);
    if (&ClassFor(size - kQuickStep + 1) != &largest) continue;
    quick_[size / kQuickStep].store(largest.preferred.load(lockfree::kRelaxed),
                                    lockfree::kRelaxed);
  }
}

void SizeDirectory::Prefer(SizeClass& size_class, FixedPool* pool) const {
  FixedPool* const before = size_class.preferred.load(lockfree::kRelaxed);
  if (before == pool) return;
  size_class.preferred.store(pool, lockfree::kRelaxed);
  // Who comes between leaves a few sizes with a bank that is not the latest one.
  for (std::size_t size = kQuickStep; size <= kQuickSizes && size <= largest_;
       size += kQuickStep) {
    if (&ClassFor(size) != &size_class) continue;
    lockfree::Atomic<FixedPool*>& quick = quick_[size / kQuickStep];
    if (quick.load(lockfree::kRelaxed) != nullptr)
      quick.store(pool, lockfree::kRelaxed);
  }
}

void SizeDirectory::SetAddresses() {
  for (std::uint32_t i = 0; i < bank_count_; ++i) {
    const SizeBank& bank = banks_[i];
    if (bank.bytes == 0) continue;
    std::uint32_t at = addressed_++;
    for (; at > 0 && by_address_[at - 1]->begin > bank.begin; --at) {
      by_address_[at] = by_address_[at - 1];
    }
    by_address_[at] = &bank;
  }
  if (addressed_ == 0) return;
  const auto end = [this](std::uint32_t at) {
    return by_address_[at]->begin + by_address_[at]->bytes;
  };
  lowest_ = by_address_[0]->begin;
  span_ = end(addressed_ - 1) - lowest_;
  while ((span_ - 1) >> cell_shift_ >= kCells) ++cell_shift_;
  std::uint32_t first = 0;
  for (std::size_t cell = 0; cell <= kCells; ++cell) {
    // Behind the last cell that has blocks it may be beyond all addresses.
    const bool in_span = cell <= (span_ - 1) >> cell_shift_;
    while (first + 1 < addressed_ &&
           (!in_span || end(first) - lowest_ <= std::uintptr_t{cell} << cell_shift_)) {
      ++first;
    }
    first_in_cell_[cell] = static_cast<std::uint8_t>(first);
  }
}

}  // namespace corepool::engine
