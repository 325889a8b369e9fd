// A process-wide list of pools, for reports, consoles and debuggers.
//
//   constinit corepool::StaticPool<CanFrame, 64> frames;
//   corepool::RegistryEntry frames_entry("can frames", frames);
//   ...
//   corepool::RegistryCursor cursor;
//   corepool::PoolInfo info;
//   while (corepool::NextPool(cursor, info)) Show(info.name, info.stats.used);
//
// Nothing is registered but by such an entry, and pools know nothing of it: being
// registered costs allocating and freeing nothing.

#ifndef COREPOOL_REGISTRY_H_
#define COREPOOL_REGISTRY_H_

#include <concepts>
#include <cstddef>
#include <cstdint>

#include "corepool/error.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/stats.h"

namespace corepool {

// A pool that is one row of a report.
template <class Pool>
concept HasStats = requires(const Pool& pool) {
  { pool.Stats() } -> std::same_as<PoolStats>;
};

// A pool that is several: fills in row number `row`, counted from 0, stats and label;
// or returns false, and leaves it as it was, if there are no more. Must be what Stats
// is: for any context, lock-free.
template <class Pool>
concept HasRows = requires(const Pool& pool, std::size_t row, PoolRow& info) {
  { pool.StatsAt(row, info) } -> std::same_as<bool>;
};

// What can be registered. StatsAt is asked if there are both.
template <class Pool>
concept Registrable = HasStats<Pool> || HasRows<Pool>;

// A copy of what is known of a registered pool, stats and label among it.
struct PoolInfo : PoolRow {
  static constexpr std::size_t kNameBytes = 32;

  char name[kNameBytes];  // cut off where it does not fit; ends with a zero
  std::uint64_t serial;   // of the registration, from 1 on: never the same twice
                          // (modulo 2^32 on 32-bit targets), larger for later ones
  std::size_t row;        // of the pool, from 0 on
};

// Keeps a pool registered. Belongs to whoever owns the pool: declared after it, it is
// destroyed before it. Default-constructed, also as constinit, it is not registered.
class RegistryEntry {
 public:
  constexpr RegistryEntry() = default;

  // As Register. [any; lock-free; O(1), 3 RMW]
  template <Registrable Pool>
  RegistryEntry(const char* name, const Pool& pool) {
    (void)Register(name, pool);
  }
  template <Registrable Pool>
  RegistryEntry(const char* name, const Pool&& pool) = delete;

  // As Unregister. [threads; blocking; O(pools)]
  ~RegistryEntry() { (void)Unregister(); }

  RegistryEntry(const RegistryEntry&) = delete;
  RegistryEntry& operator=(const RegistryEntry&) = delete;

  // Puts the pool on the list. The name need not be unique; "" and nullptr stand for
  // none. It is not copied: name and pool must outlive the registration. Since readers
  // call Stats at any time, a pool that has Init and Deinit is registered after the one
  // and unregistered before the other. kAlreadyInitialized, and nothing has changed, if
  // this entry is registered or about to be.
  // Also from constructors of static objects. [any; lock-free; O(1), 3 RMW]
  template <Registrable Pool>
  Error Register(const char* name, const Pool& pool) {
    return Push(name, &pool, &ReadRow<Pool>);
  }
  template <Registrable Pool>
  Error Register(const char* name, const Pool&& pool) = delete;

  // Takes the pool off the list, then waits until nobody is looking at it any more:
  // when it returns, entry, name and pool may be destroyed. kNotInitialized, and
  // nothing has changed, if the entry is not registered. Threads only: never in an
  // interrupt or signal handler, nor in a pool's Stats. Blocking: it waits by
  // port::Yield for calls of NextPool, FindPool and PoolCount that began before, and
  // for other threads that unregister. It does not wait for those that begin later, nor
  // for registering. If a thread is killed in the middle of such a call, or if a
  // process forks while another thread is in one (in the child), no Unregister returns
  // any more; nothing else is held up.
  // [threads; blocking; O(pools); and one grace period]
  Error Unregister();

 private:
  friend class RegistryList;
  using Reader = bool (*)(const void* pool, std::size_t row, PoolRow& info);

  template <class Pool>
  static bool ReadRow(const void* pool, std::size_t row, PoolRow& info) {
    const Pool& registered = *static_cast<const Pool*>(pool);
    if constexpr (HasRows<Pool>) {
      return registered.StatsAt(row, info);
    } else {
      if (row > 0) return false;
      info.stats = registered.Stats();
      info.SetLabel("");
      return true;
    }
  }

  Error Push(const char* name, const void* pool, Reader read);

  // A word, though two bits would do: not every CPU swaps bytes.
  lockfree::Atomic<lockfree::Word> state_{0};
  lockfree::Atomic<RegistryEntry*> next_{nullptr};  // registered before this one
  // Written while nobody but the registering context sees the entry.
  const char* name_ = "";
  const void* pool_ = nullptr;
  Reader read_ = nullptr;
  lockfree::Word serial_ = 0;
};

// A place in the list; a new one is before its beginning. One context at a time. It
// holds nothing: it may be kept for any time, and copied.
class RegistryCursor {
 public:
  constexpr RegistryCursor() = default;

 private:
  friend class RegistryList;

  lockfree::Word serial_ = 0;  // of the pool to read next, or of the next one behind it
  std::size_t row_ = 0;        // of that very pool
};

// Copies what comes next, in order of registration; false, and `info` is as it was, if
// there is nothing. Pools that are registered during the whole iteration come exactly
// once, row by row, whatever others come and go; those others at most once for each
// time that they are registered. A cursor at the end goes on with pools registered
// since. Begins again only if a pool has been unregistered just then.
// [any; lock-free; O(pools), 2 RMW; and as the pool's Stats]
bool NextPool(RegistryCursor& cursor, PoolInfo& info);

// The same for row `row` of the pool of that name; of several, the one registered
// first. Names are compared as they were registered, not as they are cut off; nullptr
// is "". [any; lock-free; O(pools), 2 RMW; and as the pool's Stats]
bool FindPool(const char* name, PoolInfo& info, std::size_t row = 0);

// How many pools are registered; may be another number by the time it is returned.
// [any; lock-free; O(pools), 2 RMW]
std::size_t PoolCount();

}  // namespace corepool

#endif  // COREPOOL_REGISTRY_H_
