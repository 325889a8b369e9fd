// What a pool that grows is asked to be.

#ifndef COREPOOL_DYNAMIC_POOL_OPTIONS_H_
#define COREPOOL_DYNAMIC_POOL_OPTIONS_H_

#include <cstddef>

#include "corepool/misuse.h"
#include "corepool/options.h"

namespace corepool {

// As many blocks as the segment has room for.
inline constexpr std::size_t kUnlimited = static_cast<std::size_t>(-1);

struct DynamicPoolOptions {
  std::size_t block_size = 0;  // bytes that a block's user may write; at least 1
  std::size_t alignment = kDefaultAlignment;  // of every block; a power of two
  std::size_t initial = 0;                    // blocks that Init takes from the segment
  std::size_t maximum = kUnlimited;           // blocks, at least `initial`
  // Blocks that are taken at once when none is free; at least 1. More than 1: fewer
  // steps in all, neighbours lie together; but a call that stands still while it grows
  // the pool keeps all of them from others, and they count as allocated.
  std::size_t growth = 1;
  bool hardware = false;  // for blocks that hardware reads or writes: every one aligned
                          // and padded to the segment's padding, and never touched
                          // while it is free (State::kSide)
  Checking checking = Checking::kBasic;  // kBasic is as exact as kStrict
  Caching caching = Caching::kAutomatic;
  State state = State::kAutomatic;
  std::size_t cores = 0;                   // as PoolOptions::cores
  const char* name = "";                   // for reports; must outlive the pool
  MisuseHandler misuse_handler = nullptr;  // nullptr: see SetMisuseHandler
  void* misuse_context = nullptr;          // handed to the misuse handler
  const PoolHooks* hooks = nullptr;        // as PoolOptions::hooks
  Waiters* waiters = nullptr;              // as PoolOptions::waiters
};

}  // namespace corepool

#endif  // COREPOOL_DYNAMIC_POOL_OPTIONS_H_
