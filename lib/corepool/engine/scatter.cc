#include "corepool/engine/scatter.h"

#include <cstddef>
#include <cstdint>
#include <new>

#include "corepool/base/mix.h"
#include "corepool/lockfree/atomic.h"

namespace corepool::engine {

void Scatter::Reset(std::byte* origin, std::size_t stride, std::size_t count,
                    std::size_t slots, std::byte* memory) {
  origin_ = origin;
  stride_ = stride;
  count_ = count;
  slots_ = slots;
  entry_count_ = EntriesFor(count, slots);
  places_ = reinterpret_cast<Place*>(memory);
  entries_ = reinterpret_cast<Entry*>(memory + count * sizeof(Place));
  for (std::size_t i = 0; i < count; ++i) ::new (places_ + i) Place(0);
  for (std::size_t i = 0; i < entry_count_; ++i) ::new (entries_ + i) Entry(0);
}

std::size_t Scatter::FirstEntry(std::size_t slot) const {
  if (IsDirect()) return slot;
  return static_cast<std::size_t>(base::Mix64(slot)) & (entry_count_ - 1);
}

void Scatter::Put(Index index, const std::byte* block) {
  const std::size_t offset = OffsetOf(block);
  places_[index].store(lockfree::Word{offset} + 1, lockfree::kRelaxed);
  const auto entry = static_cast<Index>(index + 1);
  std::size_t at = FirstEntry(offset / stride_);
  for (;;) {
    Index seen = 0;
    // E42: who finds the entry finds the place. Pairs with: acquire in InSlot.
    if (entries_[at].compare_exchange_strong(seen, entry, lockfree::kRelease,
                                             lockfree::kRelaxed)) {
      return;
    }
    // Of a table that is direct, the entry was free.
    at = (at + 1) & (entry_count_ - 1);
  }
}

std::size_t Scatter::OffsetAt(std::size_t index) const {
  return static_cast<std::size_t>(places_[index].load(lockfree::kRelaxed) - 1);
}

void* Scatter::BlockAt(std::size_t index) const {
  if (index >= count_) return nullptr;
  const lockfree::Word place = places_[index].load(lockfree::kRelaxed);
  return place == 0 ? nullptr : origin_ + static_cast<std::size_t>(place - 1);
}

std::size_t Scatter::InSlot(std::size_t slot) const {
  if (slot >= slots_) return count_;
  // As long as others add blocks the walk may go on, but never beyond all entries.
  std::size_t at = FirstEntry(slot);
  for (std::size_t walked = 0; walked < entry_count_; ++walked) {
    // Pairs with: E42 release in Put.
    const Index entry = entries_[at].load(lockfree::kAcquire);
    if (entry == 0) return count_;
    const std::size_t index = entry - std::size_t{1};
    if (IsDirect() || OffsetAt(index) / stride_ == slot) return index;
    at = (at + 1) & (entry_count_ - 1);
  }
  return count_;
}

std::size_t Scatter::IndexOf(const void* address) const {
  const std::size_t offset = OffsetOf(address);
  const std::size_t index = InSlot(offset / stride_);
  return index < count_ && OffsetAt(index) == offset ? index : count_;
}

std::size_t Scatter::IndexAround(const void* address) const {
  const std::size_t offset = OffsetOf(address);
  const std::size_t slot = offset / stride_;
  std::size_t index = InSlot(slot);
  if (index < count_ && OffsetAt(index) <= offset) return index;
  index = slot > 0 ? InSlot(slot - 1) : count_;
  return index < count_ && offset - OffsetAt(index) < stride_ ? index : count_;
}

}  // namespace corepool::engine
