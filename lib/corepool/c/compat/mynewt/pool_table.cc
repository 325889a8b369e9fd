#include "corepool/c/compat/mynewt/pool_table.h"

#include <cstddef>
#include <cstdint>

#include "corepool/base/text.h"
#include "corepool/c/compat/mynewt/arena.h"
#include "corepool/c/compat/mynewt/free_list.h"
#include "corepool/config.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/port/yield.h"
#include "os/os_mempool.h"

namespace corepool::c::mynewt {
namespace {

using lockfree::Atomic;
using lockfree::kAcquire;
using lockfree::kRelaxed;
using lockfree::kRelease;
using lockfree::kSeqCst;
using lockfree::Word;

static_assert(COREPOOL_MYNEWT_POOLS > 0, "COREPOOL_MYNEWT_POOLS must not be 0");

constinit Slot slots[COREPOOL_MYNEWT_POOLS]{};
constinit Atomic<Word> extent{0};         // no slot from here on has ever been used
constinit Atomic<Word> registrations{0};  // serials begin with 1

enum Phase : Word {
  kVacant,
  kBusy,     // somebody is changing it
  kListed,   // registered
  kRetired,  // not registered any more, but usable
};
constexpr Word kPhases = 4;

constexpr Phase PhaseOf(Word state) { return static_cast<Phase>(state % kPhases); }
constexpr Word SerialOf(Word state) { return state / kPhases; }
constexpr Word InPhase(Word state, Phase phase) {
  return state - state % kPhases + phase;
}

struct UsedSlots {
  // Relaxed: a slot says itself what it holds.
  static Slot* begin() { return slots; }
  static Slot* end() { return slots + extent.load(kRelaxed); }
};

bool Overlap(const void* one, std::size_t one_bytes, const void* other,
             std::size_t other_bytes) {
  const auto a = reinterpret_cast<std::uintptr_t>(one);
  const auto b = reinterpret_cast<std::uintptr_t>(other);
  return a < b ? b - a < one_bytes : a - b < other_bytes;
}

const char* NameOf(const os_mempool& pool) {
  return pool.name == nullptr ? "" : pool.name;
}

}  // namespace

// Takes a slot that is listed or retired from all others, if it is still as it was
// seen.
bool PoolTable::MakeBusy(Slot& slot, Word seen) {
  // E114: sequentially consistent with the load below, as the addition and the load in
  // Read are: either the reader sees that the slot is busy, or we see the reader.
  // Pairs with: E113 release in List, E115 release in Unlist.
  if (!slot.state_.compare_exchange_strong(seen, InPhase(seen, kBusy), kSeqCst,
                                           kRelaxed)) {
    return false;
  }
  // Pairs with: E114 release at the end of Read (it is over).
  while (slot.readers_.load(kSeqCst) != 0) port::Yield();
  return true;
}

Slot* PoolTable::SlotOf(const os_mempool* pool) {
  for (Slot& slot : UsedSlots()) {
    // Pairs with: E113 release in List.
    if (slot.pool_.load(kAcquire) == pool) return &slot;
  }
  return nullptr;
}

Slot* PoolTable::Vacant() {
  for (std::size_t i = 0; i < COREPOOL_MYNEWT_POOLS; ++i) {
    Slot& slot = slots[i];
    Word seen = slot.state_.load(kRelaxed);
    // Pairs with: E115 release in Vacate.
    if (PhaseOf(seen) != kVacant ||
        !slot.state_.compare_exchange_strong(seen, InPhase(seen, kBusy), kAcquire,
                                             kRelaxed)) {
      continue;
    }
    Word used = extent.load(kRelaxed);
    while (used <= i &&
           !extent.compare_exchange_weak(used, Word{i} + 1, kRelaxed, kRelaxed)) {
    }
    return &slot;
  }
  return nullptr;
}

// Of a busy slot.
void PoolTable::Vacate(Slot& slot) {
  Arena::GiveBack(slot.run_);
  slot.run_ = {};
  slot.pool_.store(nullptr, kRelaxed);
  // E115. Pairs with: acquire in Vacant.
  slot.state_.store(InPhase(slot.state_.load(kRelaxed), kVacant), kRelease);
}

// Pools whose memory has become another pool, or its blocks, are no more, whether they
// have been unregistered or not.
void PoolTable::DiscardBuried(const os_mempool* pool, const void* memory,
                              std::size_t bytes) {
  for (Slot& slot : UsedSlots()) {
    // Pairs with: E113 release in List, E115 release in Unlist.
    const Word seen = slot.state_.load(kAcquire);
    if (PhaseOf(seen) != kListed && PhaseOf(seen) != kRetired) continue;
    const os_mempool* const other = slot.pool_.load(kRelaxed);
    if (other == nullptr || other == pool) continue;
    if (!Overlap(other, sizeof(*other), pool, sizeof(*pool)) &&
        !Overlap(other, sizeof(*other), memory, bytes)) {
      continue;
    }
    if (MakeBusy(slot, seen)) Vacate(slot);
  }
}

Slot* PoolTable::Begin(os_mempool* pool, std::size_t blocks, const void* memory,
                       std::size_t bytes) {
  DiscardBuried(pool, memory, bytes);
  Slot* slot = SlotOf(pool);
  if (slot != nullptr) {
    // Pairs with: E113 release in List, E115 release in Unlist.
    const Word seen = slot->state_.load(kAcquire);
    if ((PhaseOf(seen) == kListed || PhaseOf(seen) == kRetired) &&
        MakeBusy(*slot, seen)) {
      const std::size_t needed = Arena::ChunksFor(blocks);
      Run run = slot->run_;
      if (run.chunks >= needed) {
        Arena::GiveBack({run.first + needed, run.chunks - needed});
        slot->run_.chunks = needed;
        return slot;
      }
      if (Arena::Take(blocks, run)) {
        Arena::GiveBack(slot->run_);
        slot->run_ = run;
        return slot;
      }
      // As it was. E115. Pairs with: acquire in MakeBusy.
      slot->state_.store(seen, kRelease);
      return nullptr;
    }
  }
  slot = Vacant();
  if (slot == nullptr) return nullptr;
  if (!Arena::Take(blocks, slot->run_)) {
    Vacate(*slot);
    return nullptr;
  }
  return slot;
}

void PoolTable::List(Slot& slot, os_mempool* pool) {
  // E113. Pairs with: acquire in SlotOf.
  slot.pool_.store(pool, kRelease);
  const Word serial = registrations.fetch_add(1, kRelaxed) + 1;
  // E113. Pairs with: acquire in MakeBusy, Read, FirstAfter and others (the pool).
  slot.state_.store(serial * kPhases + kListed, kRelease);
}

bool PoolTable::Unlist(const os_mempool* pool) {
  Slot* const slot = pool == nullptr ? nullptr : SlotOf(pool);
  if (slot == nullptr) return false;
  const Word seen = slot->state_.load(kRelaxed);
  if (PhaseOf(seen) != kListed || !MakeBusy(*slot, seen)) return false;
  // E115. Pairs with: acquire in MakeBusy, Begin.
  slot->state_.store(InPhase(seen, kRetired), kRelease);
  return true;
}

void PoolTable::UnlistAll() {
  for (Slot& slot : UsedSlots()) {
    const Word seen = slot.state_.load(kRelaxed);
    if (PhaseOf(seen) != kListed || !MakeBusy(slot, seen)) continue;
    // E115. Pairs with: acquire in MakeBusy, Begin.
    slot.state_.store(InPhase(seen, kRetired), kRelease);
  }
}

// nullptr if the slot is not as it was seen any more, or the pool has another name.
os_mempool* PoolTable::Read(Slot& slot, Word seen, const char* name,
                            os_mempool_info* info) {
  os_mempool* found = nullptr;
  // E114: sequentially consistent with the next load; see MakeBusy.
  slot.readers_.fetch_add(1, kSeqCst);
  // Pairs with: E113 release in List.
  if (slot.state_.load(kSeqCst) == seen) {
    os_mempool& pool = *slot.pool_.load(kRelaxed);
    if (name == nullptr || base::SameText(name, NameOf(pool))) found = &pool;
    if (found != nullptr && info != nullptr) {
      const FreeList list(pool);
      info->omi_block_size = static_cast<int>(pool.mp_block_size);
      info->omi_num_blocks = pool.mp_num_blocks;
      info->omi_num_free = static_cast<int>(list.Free());
      info->omi_min_free = static_cast<int>(list.MinFree());
      base::CopyText(NameOf(pool), info->omi_name);
    }
  }
  // E114. Pairs with: acquire in MakeBusy.
  slot.readers_.fetch_add(~Word{0}, kRelease);
  return found;
}

os_mempool* PoolTable::FirstAfter(Word serial, const char* name,
                                  os_mempool_info* info) {
  for (;;) {
    Slot* first = nullptr;
    Word state = 0;
    for (Slot& slot : UsedSlots()) {
      // Pairs with: E113 release in List.
      const Word seen = slot.state_.load(kAcquire);
      if (PhaseOf(seen) != kListed || SerialOf(seen) <= serial) continue;
      if (first == nullptr || SerialOf(seen) < SerialOf(state)) {
        first = &slot;
        state = seen;
      }
    }
    if (first == nullptr) return nullptr;
    os_mempool* const pool = Read(*first, state, name, info);
    if (pool != nullptr) return pool;
    // Another name; or it was taken off the list just now, and is of no interest.
    serial = SerialOf(state);
  }
}

os_mempool* PoolTable::Next(const os_mempool* pool, os_mempool_info* info) {
  if (pool == nullptr) return FirstAfter(0, nullptr, info);
  const Slot* const slot = SlotOf(pool);
  if (slot == nullptr) return nullptr;
  // A pool that is not listed any more, or is just being taken off, keeps its place.
  return FirstAfter(SerialOf(slot->state_.load(kRelaxed)), nullptr, info);
}

os_mempool* PoolTable::Find(const char* name, os_mempool_info* info) {
  return name == nullptr ? nullptr : FirstAfter(0, name, info);
}

}  // namespace corepool::c::mynewt
