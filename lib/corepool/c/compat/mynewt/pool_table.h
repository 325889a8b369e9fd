// All Mynewt pools: those on the list, and those that have been taken off it but may
// still be used.

#ifndef COREPOOL_C_COMPAT_MYNEWT_POOL_TABLE_H_
#define COREPOOL_C_COMPAT_MYNEWT_POOL_TABLE_H_

#include <cstddef>
#include <cstdint>

#include "corepool/c/compat/mynewt/arena.h"
#include "corepool/lockfree/atomic.h"
#include "os/os_mempool.h"

namespace corepool::c::mynewt {

// A pool's place in the table. Which pool it is for is a key only: its memory is read
// while it is listed, by readers that unlisting waits for, and never after.
class Slot {
 public:
  using Word = lockfree::Word;

 private:
  friend class PoolTable;

  lockfree::Atomic<Word> state_{};  // {serial of the registration, Phase}
  lockfree::Atomic<Word> readers_{};
  lockfree::Atomic<os_mempool*> pool_{};
  Run run_{};  // of who has made it busy, and of the pool
};

// Registering, reading and looking up are lock-free. Taking a pool off the list is
// blocking: it waits for readers of that pool, who have a few instructions left. Never
// in an interrupt or signal handler, therefore.
class PoolTable {
 public:
  // Makes place for a pool at `pool`, with bookkeeping for so many blocks, of which the
  // memory ends at `end`. What was registered at this address is not any more, and
  // nothing else that `pool` or the memory lies on. nullptr, and nothing has changed
  // for `pool`, if there is no room.
  static Slot* Begin(os_mempool* pool, std::size_t blocks, const void* memory,
                     std::size_t bytes);
  static const Run& RunOf(const Slot& slot) { return slot.run_; }
  // Puts the pool, which must be ready, on the list.
  static void List(Slot& slot, os_mempool* pool);

  // False if it is not on the list.
  static bool Unlist(const os_mempool* pool);
  static void UnlistAll();

  // The pool registered first after `pool`, or first of all if that is nullptr, and
  // what is known of it. nullptr at the end, and if `pool` is not known.
  static os_mempool* Next(const os_mempool* pool, os_mempool_info* info);
  // The pool registered first of those with that name.
  static os_mempool* Find(const char* name, os_mempool_info* info);

 private:
  using Word = lockfree::Word;
  static Slot* SlotOf(const os_mempool* pool);
  static bool MakeBusy(Slot& slot, Word seen);
  static Slot* Vacant();
  static void Vacate(Slot& slot);
  static void DiscardBuried(const os_mempool* pool, const void* memory,
                            std::size_t bytes);
  static os_mempool* FirstAfter(Word serial, const char* name, os_mempool_info* info);
  static os_mempool* Read(Slot& slot, Word seen, const char* name,
                          os_mempool_info* info);
};

}  // namespace corepool::c::mynewt

#endif  // COREPOOL_C_COMPAT_MYNEWT_POOL_TABLE_H_
