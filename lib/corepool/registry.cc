// Entries form a list, newest first. Registering pushes onto its head and reads nothing
// else, so that ABA does not matter to it: if the head is what it was, so is what
// belongs behind the new entry. Only unregistering changes links, one thread at a time.
//
// Readers follow pointers; so who unlinks an entry waits for a grace period: until
// every reader is gone who may have seen the entry on the list. Periods are numbered; a
// reader counts itself in at one of two places, by the period's parity, and looks again
// whether it is still that period. Who waits begins the next period, and then only old
// readers can be at the old place: each is there once, and no new one comes to stay.
// Like the user-space RCU of Desnoyers et al. (2012), but with that second look, which
// spares the second flip.

#include "corepool/registry.h"

#include <cstddef>

#include "corepool/base/text.h"
#include "corepool/config.h"
#include "corepool/error.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/port/yield.h"

namespace corepool {
namespace {

using lockfree::Atomic;
using lockfree::kAcquire;
using lockfree::kRelaxed;
using lockfree::kRelease;
using lockfree::kSeqCst;
using lockfree::Word;

enum EntryState : Word { kOut, kBusy, kIn };

constinit Atomic<RegistryEntry*> newest{nullptr};
constinit Atomic<Word> registrations{0};

constinit Atomic<Word> period{0};
constinit Atomic<Word> readers[2]{};  // by the period's parity

// While it lives, no entry that it may have seen is destroyed.
class Reading {
 public:
  Reading() {
    for (;;) {
      const Word seen = period.load(kRelaxed);
      place_ = &readers[seen % 2];
      // E21: sequentially consistent with the next load, as the store and the load in
      // AwaitReaders are: either this reader sees the new period, or who waits sees
      // this reader.
      place_->fetch_add(1, kSeqCst);
      // Pairs with: E21 release in AwaitReaders (what was unlinked before that period).
      if (period.load(kSeqCst) == seen || COREPOOL_SABOTAGE_GRACE == 2) return;
      Leave();
    }
  }
  ~Reading() { Leave(); }
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;

 private:
  // Release pairs with: E22 acquire in AwaitReaders (its reads are over).
  void Leave() { place_->fetch_add(~Word{0}, kRelease); }

  Atomic<Word>* place_;
};

// By the one thread that unregisters.
void AwaitReaders() {
  if constexpr (COREPOOL_SABOTAGE_GRACE == 1) return;
  const Word before = period.load(kRelaxed);
  // Release pairs with: E21 the second look in Reading.
  period.store(before + 1, kSeqCst);
  // Pairs with: E22 release in Leave. E21: sequentially consistent, see Reading.
  while (readers[before % 2].load(kSeqCst) != 0) port::Yield();
}

// Lets one thread at a time unregister.
class Unregistering {
 public:
  Unregistering() {
    // Pairs with: E23 release in the destructor (the links and periods before).
    while (busy_.exchange(1, kAcquire) != 0) port::Yield();
  }
  // Pairs with: E23 acquire in the constructor.
  ~Unregistering() { busy_.store(0, kRelease); }
  Unregistering(const Unregistering&) = delete;
  Unregistering& operator=(const Unregistering&) = delete;

 private:
  static constinit inline Atomic<Word> busy_{0};
};

}  // namespace

// What sees into entries and cursors.
class RegistryList {
 public:
  static RegistryEntry* Newest() {
    // Pairs with: E20 release in Push (the entry, and those pushed before it).
    return newest.load(kAcquire);
  }
  // Relaxed: links only ever change to older entries, which E20 has carried too; that a
  // link has changed is carried by E21 and E23.
  static RegistryEntry* Older(const RegistryEntry& entry) {
    return entry.next_.load(kRelaxed);
  }

  // The entry that was registered first of those with `serial` or a later one, and, if
  // given, that name; nullptr if there is none.
  static const RegistryEntry* First(Word serial, const char* name = nullptr) {
    const RegistryEntry* first = nullptr;
    for (const RegistryEntry* entry = Newest(); entry != nullptr;
         entry = Older(*entry)) {
      // Contexts that register at once may have pushed in another order than they have
      // got serial numbers.
      if (entry->serial_ < serial) continue;
      if (first != nullptr && first->serial_ < entry->serial_) continue;
      if (name != nullptr && !base::SameText(entry->name_, name)) continue;
      first = entry;
    }
    return first;
  }

  static bool Read(const RegistryEntry& entry, std::size_t row, PoolInfo& info) {
    if (!entry.read_(entry.pool_, row, info)) return false;
    base::CopyText(entry.name_, info.name);
    info.serial = entry.serial_;
    info.row = row;
    return true;
  }

  static void Unlink(RegistryEntry& entry) {
    for (;;) {
      RegistryEntry* at = Newest();
      if (at == &entry) {
        // Relaxed: E21 tells that it is gone, and a read-modify-write lets E20 of older
        // entries pass. Fails if another entry has been pushed in front.
        if (newest.compare_exchange_strong(at, Older(entry), kRelaxed, kRelaxed))
          return;
        continue;
      }
      while (Older(*at) != &entry) at = Older(*at);
      at->next_.store(Older(entry), kRelaxed);
      return;
    }
  }

  static bool Next(RegistryCursor& cursor, PoolInfo& info) {
    const Reading reading;
    for (;;) {
      const RegistryEntry* const entry = First(cursor.serial_);
      if (entry == nullptr) return false;
      const std::size_t row = entry->serial_ == cursor.serial_ ? cursor.row_ : 0;
      if (Read(*entry, row, info)) {
        cursor.serial_ = entry->serial_;
        cursor.row_ = row + 1;
        return true;
      }
      cursor.serial_ = entry->serial_ + 1;
      cursor.row_ = 0;
    }
  }
};

Error RegistryEntry::Push(const char* name, const void* pool, Reader read) {
  Word expected = kOut;
  // Pairs with: E24 release in Unregister (nobody looks at the entry any more).
  if (!state_.compare_exchange_strong(expected, kBusy, kAcquire, kRelaxed)) {
    return Error::kAlreadyInitialized;
  }
  name_ = name == nullptr ? "" : name;
  pool_ = pool;
  read_ = read;
  serial_ = registrations.fetch_add(1, kRelaxed) + 1;
  RegistryEntry* head = newest.load(kRelaxed);
  do {
    next_.store(head, kRelaxed);
    // Pairs with: E20 acquire in Newest.
  } while (!newest.compare_exchange_weak(head, this, kRelease, kRelaxed));
  // Pairs with: E24 acquire in Unregister (the link).
  state_.store(kIn, kRelease);
  return Error::kOk;
}

Error RegistryEntry::Unregister() {
  Word expected = kIn;
  // Pairs with: E24 release in Push.
  if (!state_.compare_exchange_strong(expected, kBusy, kAcquire, kRelaxed)) {
    return Error::kNotInitialized;
  }
  {
    const Unregistering alone;
    RegistryList::Unlink(*this);
    AwaitReaders();
  }
  // Pairs with: E24 acquire in Push.
  state_.store(kOut, kRelease);
  return Error::kOk;
}

bool NextPool(RegistryCursor& cursor, PoolInfo& info) {
  return RegistryList::Next(cursor, info);
}

bool FindPool(const char* name, PoolInfo& info, std::size_t row) {
  const Reading reading;
  const RegistryEntry* const entry =
      RegistryList::First(0, name == nullptr ? "" : name);
  return entry != nullptr && RegistryList::Read(*entry, row, info);
}

std::size_t PoolCount() {
  const Reading reading;
  std::size_t count = 0;
  for (const RegistryEntry* entry = RegistryList::Newest(); entry != nullptr;
       entry = RegistryList::Older(*entry)) {
    ++count;
  }
  return count;
}

}  // namespace corepool
