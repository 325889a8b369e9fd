// What a pool consists of: the part that never changes, and the part that does.

#ifndef COREPOOL_ENGINE_POOL_PARTS_H_
#define COREPOOL_ENGINE_POOL_PARTS_H_

#include <cstddef>
#include <cstdint>

#include "corepool/config.h"
#include "corepool/engine/alarms.h"
#include "corepool/engine/block_fill.h"
#include "corepool/engine/block_layout.h"
#include "corepool/engine/block_state.h"
#include "corepool/engine/cache_parts.h"
#include "corepool/engine/growth.h"
#include "corepool/engine/quarantine.h"
#include "corepool/engine/wait_table.h"
#include "corepool/hooks.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/lockfree/counter.h"
#include "corepool/lockfree/tagged_stack.h"
#include "corepool/misuse.h"
#include "corepool/options.h"
#include "corepool/port/port.h"

namespace corepool::engine {

// How Allocate and Free begin, inline.
enum class FastPath : std::uint8_t {
  kList,      // the free list; exact marks, or none
  kByCookie,  // a section, and the block's cookie
  kUnmarked,  // a section
  // Nothing is inline from here on.
  kOutOfLine,
  kBySide,  // a section, and the block's unit
  kFilled,  // a section, the block's cookie, pattern and guard
};

constexpr FastPath FastPathFor(Caching caching, Checking checking, Marks marks) {
  if (checking == Checking::kFull) {
    return caching == Caching::kRseq && marks == Marks::kCookie ? FastPath::kFilled
                                                                : FastPath::kOutOfLine;
  }
  if (caching == Caching::kCas) return FastPath::kOutOfLine;
  if (caching == Caching::kNone) return FastPath::kList;
  if (marks == Marks::kNone) return FastPath::kUnmarked;
  if (marks == Marks::kSide) return FastPath::kBySide;
  return marks == Marks::kCookie || marks == Marks::kUsed ? FastPath::kByCookie
                                                          : FastPath::kOutOfLine;
}

// Fixed from Init to Deinit. A pool whose size is known when it is compiled makes
// one for each call, out of constants; the compiler leaves nothing of it.
struct PoolParts {
  bool by_cookie;  // path == kByCookie, for a test of one instruction
  bool by_chain;   // bulks take chains off the free list: there is nowhere else to look
  FastPath path;
  Caching caching;  // never kAutomatic
  Checking checking;
  bool filled;    // kFull: free blocks hold a pattern, and keep their guard
  bool by_batch;  // FreeBulk goes by FreeBatch: to free a chain, or to ask for each
  WaitTable* waiters = nullptr;  // nullptr: nobody may wait
  BlockLayout layout;
  BlockState state;
  CacheParts cache;  // of no size if caching is kNone
  lockfree::StackSpace space;
  std::size_t block_size;  // bytes that users may write; at most the stride
  std::size_t alignment;
  std::size_t bookkeeping_bytes;
  const void* identity;  // the pool object, for reports
  const char* name;
  MisuseHandler misuse_handler;
  void* misuse_context;
  const PoolHooks* hooks = nullptr;  // nullptr unless on_free is to be asked
  Alarms* alarms = nullptr;          // nullptr unless on_event is to be told
  lockfree::Atomic<OwnerTag>* owners = nullptr;  // one a block, with kFull
  Growth* growth = nullptr;  // of a pool that grows; its layout is then scattered
  // kFull, under a memory checker: it is told who may touch what.
  bool annotated = false;
  Quarantine quarantine{};  // kFull, if asked for

  COREPOOL_INLINE BlockFill FillOf(void* block) const {
    return BlockFill(block, state.cookies() ? sizeof(Cookie) : 0, block_size,
                     layout.stride());
  }
};

// Changes with every operation. All-zero is a pool of which every block is free
// and nothing has happened yet.
//
// The law of conservation, at every instant:
//   blocks on `free_blocks` + blocks in magazines + allocated blocks == capacity
// (counting a growing pool's unborn indices with the first, and burned ones nowhere)
// where a block is allocated from the instant at which it leaves the list or a
// magazine until the instant at which it comes back. Audit checks it. What is in
// quarantine counts as allocated.
struct PoolState {
  // All free blocks, or, where there are caches, those that are in no magazine.
  alignas(port::Port::kInterferenceBytes) lockfree::TaggedStack free_blocks;
  lockfree::Maximum peak;  // highest number used; not with caches

  alignas(port::Port::kInterferenceBytes) lockfree::Counter failures;
  lockfree::Counter misuses;
  lockfree::Counter put_back;         // popped and pushed again without being allocated
  lockfree::LastingCounter withheld;  // popped and neither allocated nor pushed again
  lockfree::Counter released;  // allocated out of the quarantine, without being popped
};

}  // namespace corepool::engine

#endif  // COREPOOL_ENGINE_POOL_PARTS_H_
