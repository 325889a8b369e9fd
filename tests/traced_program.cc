// Goes through all trace points of docs/tracing.md, if it is built with them. Says which
// blocks it had, for whoever attaches to them.

#include <cstddef>
#include <cstdio>
#include <span>

#include "corepool/error.h"
#include "corepool/fixed_pool.h"
#include "corepool/options.h"
#include "corepool/quad_pool.h"
#include "corepool/quad_pool_options.h"

namespace {

constexpr corepool::PoolOptions kOptions = {
    .block_size = 64, .block_count = 2, .name = "traced pool"};
constinit corepool::FixedPool pool;
alignas(64) std::byte memory[4096];

constexpr corepool::QuadPoolOptions kQuadOptions = {.min_block_size = 64,
                                                    .max_block_size = 256,
                                                    .block_count = 1,
                                                    .name = "traced quad pool"};
constinit corepool::QuadPool quad_pool;
alignas(64) std::byte quad_memory[4096];

}  // namespace

int main() {
  if (pool.Init(kOptions, memory) != corepool::Error::kOk ||
      quad_pool.Init(kQuadOptions, quad_memory) != corepool::Error::kOk) {
    return 1;
  }
  void* const first = pool.Allocate();
  void* both[2];
  const bool exhausted = pool.AllocateBulk(both) == corepool::Error::kExhausted;
  std::printf("%p\n", first);
  (void)pool.Free(first);
  void* const whole = quad_pool.Allocate(256);
  const bool quad_exhausted = quad_pool.Allocate(1) == nullptr;
  std::printf("%p\n", whole);
  (void)quad_pool.Free(whole);
  return first != nullptr && whole != nullptr && exhausted && quad_exhausted ? 0 : 1;
}
