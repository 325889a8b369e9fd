// Functions of the user's that a pool calls: alarms, and a say in each free.

#ifndef COREPOOL_HOOKS_H_
#define COREPOOL_HOOKS_H_

#include <cstddef>
#include <cstdint>

namespace corepool {

// What a pool has to tell. The first four are two alarms: one is raised when many
// blocks are used, the other when few are free, and either becomes normal again.
enum class PoolEventKind : std::uint8_t {
  kUsageHigh,    // used has reached usage_percent of the capacity
  kUsageNormal,  // used has fallen below rearm_percent since
  kFreeLow,      // no more than low_free blocks are free
  kFreeNormal,   // more than rearm_free are free again
  kExhausted,    // an allocation got no block, or a bulk fewer than it insisted on
};

// One event. Valid during the hook's call only.
struct PoolEvent {
  PoolEventKind kind;
  const void* pool;       // the pool object
  const char* pool_name;  // PoolOptions::name, or ""
  std::size_t used;       // blocks, when the event came about; with caches an estimate
  std::size_t free;       // that is not too low. free is capacity - used
  std::size_t capacity;
  std::size_t number;  // of this alarm's events since Init, from 1: odd ones raise it,
                       // even ones are back to normal. 0 for kExhausted
  void* context;       // PoolHooks::context
};

enum class FreeDecision : std::uint8_t {
  kFree,   // go on and free the block
  kTaken,  // the hook has it: it stays allocated, until somebody frees it
};

// A block that is about to be freed.
struct FreeRequest {
  const void* pool;
  const char* pool_name;
  void* block;        // the block's start, as given to Free
  std::size_t index;  // of the block
  void* context;      // PoolHooks::context
};

// No alarm for few free blocks.
inline constexpr std::size_t kNoLowFree = static_cast<std::size_t>(-1);

// Hooks are called in the context of the operation that gives rise to them, which may
// be an interrupt handler, and by several contexts at once; no lock is held. They may
// use the pool, as anything may that interrupts the operation: such calls are calls
// like any other, so a hook that crosses a level itself is called for that before its
// own call returns, and a hook that allocates when told of kExhausted, and gets
// nothing, is told again: it must give up by itself. An operation takes as long as its
// hooks.
//
// What alarms promise:
// - Every operation that takes the number of used blocks to an alarm's level finds the
//   alarm raised, or raises it, before it returns, and the block that reached the level
//   is not handed out before. Accordingly for what is back to normal.
// - Never is a level told twice that was crossed once: between two events of a kind
//   there was one of the other, and used blocks have passed the other level in between.
//   Of crossings by several contexts at once that undo each other some may stay untold.
// - At rest alarms agree with the number of used blocks.
// Events that several contexts tell at once may overtake each other on their way into
// hooks; `number` has the order.
//
// Without caches that number is exact at every block. With caches it is known when
// magazines are adopted and stowed, and counts what cores have for themselves: events
// that raise alarms are never late, and early by at most PoolStats::cache_bound()
// blocks (and what calls under way had set aside); events that are back to normal are
// late by as much, or until FlushCaches (with kCas now and then until the next).
//
// What they cost: a pool that asks on_free, and one without caches that tells on_event,
// goes out of line with each call; other pools notice on cold paths only.
struct PoolHooks {
  // Told of events. nullptr: nobody is.
  void (*on_event)(const PoolEvent& event) = nullptr;
  // Asked by Free and, for each block, by FreeBulk, once the block is known to be the
  // pool's and allocated (unless checking is kOff). nullptr: all are freed. The hook
  // may free the block itself, at any time, with FreeDirectly, which asks nobody. Of
  // contexts that free one block at the same time, several may come to ask.
  FreeDecision (*on_free)(const FreeRequest& request) = nullptr;
  void* context = nullptr;  // handed to hooks

  // Of the capacity, rounded up, at most 100. 0: no such alarm. The second counts as
  // the first if it is higher, and as 1 block at least.
  std::uint8_t usage_percent = 90;
  std::uint8_t rearm_percent = 80;
  // Blocks, below the capacity. The second counts as the first if it is lower.
  std::size_t low_free = kNoLowFree;
  std::size_t rearm_free = 0;
};

}  // namespace corepool

#endif  // COREPOOL_HOOKS_H_
