// Bookkeeping for all blocks of all Mynewt pools, in static memory.

#ifndef COREPOOL_C_COMPAT_MYNEWT_ARENA_H_
#define COREPOOL_C_COMPAT_MYNEWT_ARENA_H_

#include <cstddef>

#include "corepool/c/compat/mynewt/books.h"
#include "corepool/engine/block_state.h"
#include "corepool/lockfree/atomic.h"

namespace corepool::c::mynewt {

// A run of links and states, in the arena.
struct Run {
  std::size_t first = 0;  // in chunks
  std::size_t chunks = 0;
};

// Lock-free but for its own contention: of calls that want the same chunks at the same
// time all may step back, and try again a few times.
class Arena {
 public:
  // For so many blocks; false if nowhere are as many chunks free in a row. First fit.
  static bool Take(std::size_t blocks, Run& run);
  static void GiveBack(const Run& run);

  static std::size_t ChunksFor(std::size_t blocks);
  static lockfree::Atomic<Link>* LinksOf(const Run& run);
  static lockfree::Atomic<engine::StateUnit>* StatesOf(const Run& run);
};

}  // namespace corepool::c::mynewt

#endif  // COREPOOL_C_COMPAT_MYNEWT_ARENA_H_
