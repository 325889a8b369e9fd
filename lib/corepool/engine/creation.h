// What making a pool consists of, whatever memory it has.

#ifndef COREPOOL_ENGINE_CREATION_H_
#define COREPOOL_ENGINE_CREATION_H_

#include <cstddef>
#include <span>

#include "corepool/engine/alarms.h"
#include "corepool/engine/block_layout.h"
#include "corepool/engine/block_state.h"
#include "corepool/engine/geometry.h"
#include "corepool/engine/pool_parts.h"
#include "corepool/error.h"
#include "corepool/options.h"

namespace corepool::engine {

// Of a pool without blocks and memory.
inline constexpr PoolParts kNoParts{
    .by_cookie = false,
    .by_chain = true,
    .path = FastPath::kList,
    .caching = Caching::kNone,
    .checking = Checking::kBasic,
    .filled = false,
    .by_batch = true,
    .layout = {static_cast<std::byte*>(nullptr), 1, 0},
    .state = {Marks::kNone, false, nullptr, 0},
    .cache = {},
    .space = {nullptr, 0},
    .block_size = 0,
    .alignment = 1,
    .bookkeeping_bytes = 0,
    .identity = nullptr,
    .name = "",
    .misuse_handler = nullptr,
    .misuse_context = nullptr,
};

// `what` is a region that must hold `bytes` bytes, aligned to `alignment`.
Error CheckMemory(std::span<std::byte> what, std::size_t bytes, std::size_t alignment);

bool Overlap(std::span<std::byte> one, std::span<std::byte> other);

// How many cores a pool is made for that was asked for so many: 0 stands for those of
// the machine, or a usual number if they are more.
std::size_t CoresFor(std::size_t asked);

// What kAutomatic is here; kAutomatic if what was asked for cannot be had.
struct CachingChoice {
  corepool::Caching caching;
  std::size_t cores;
};
CachingChoice ChooseCaching(const PoolOptions& options);

// Whether the hooks make sense, and alarms can be had with that caching.
Error CheckHooks(const PoolOptions& options, corepool::Caching caching);

// Makes `plan.bookkeeping_bytes` at `bookkeeping` the bookkeeping of
// options.block_count blocks, and says what the pool at `identity` consists of.
// `caching` as chosen. Marks are exact, or none, if `exact`. `alarms` are the pool's,
// for as long as it lives. BlockPool::LayOut comes next.
PoolParts MakeParts(const PoolOptions& options, const Geometry& plan,
                    const CachingChoice& caching, bool exact, std::byte* bookkeeping,
                    const BlockLayout& layout, const void* identity, Alarms& alarms);

// The end of a pool, if Leaks lets it come to one, and nobody waits: it is then as
// kNoParts says.
Error EndParts(PoolParts& parts, PoolState& state, Leaks leaks);

}  // namespace corepool::engine

#endif  // COREPOOL_ENGINE_CREATION_H_
