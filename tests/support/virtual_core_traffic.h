// What tests on virtual cores have in common.

#ifndef COREPOOL_TESTS_SUPPORT_VIRTUAL_CORE_TRAFFIC_H_
#define COREPOOL_TESTS_SUPPORT_VIRTUAL_CORE_TRAFFIC_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "corepool/error.h"
#include "corepool/fixed_pool.h"
#include "corepool/options.h"
#include "corepool/port/cores.h"
#include "tests/support/virtual_cores.h"

namespace corepool::testing {

// The calling thread runs on this core meanwhile.
class OnCore {
 public:
  explicit OnCore(std::uint32_t core) : before_(port::VirtualCores::current) {
    port::VirtualCores::current = core;
  }
  ~OnCore() { port::VirtualCores::current = before_; }
  OnCore(const OnCore&) = delete;
  OnCore& operator=(const OnCore&) = delete;

 private:
  std::uint32_t before_;
};

// Allocates on `core` until the pool says that it is exhausted; at most one block more
// than there are.
inline std::vector<void*> AllocateAll(FixedPool& pool, std::uint32_t core) {
  const OnCore on(core);
  std::vector<void*> blocks;
  const std::size_t capacity = pool.Stats().capacity;
  while (blocks.size() <= capacity) {
    const auto allocation = pool.TryAllocate();
    if (allocation.error != Error::kOk) break;
    blocks.push_back(allocation.block);
  }
  return blocks;
}

// Frees all of them on `core`; false if one was refused.
inline bool FreeAll(FixedPool& pool, std::uint32_t core,
                    std::span<void* const> blocks) {
  const OnCore on(core);
  bool ok = true;
  for (void* const block : blocks) ok = (pool.Free(block) == Error::kOk) && ok;
  return ok;
}

// Whether `blocks` are the pool's, and none is there twice.
inline bool AreDistinct(const FixedPool& pool, std::span<void* const> blocks) {
  std::vector<bool> seen(pool.Stats().capacity);
  for (void* const block : blocks) {
    const std::size_t index = pool.IndexOf(block);
    if (index >= seen.size() || seen[index]) return false;
    seen[index] = true;
  }
  return true;
}

// Whether `blocks` are all that the pool has, each once.
inline bool AreAll(const FixedPool& pool, std::span<void* const> blocks) {
  return blocks.size() == pool.Stats().capacity && AreDistinct(pool, blocks);
}

}  // namespace corepool::testing

#endif  // COREPOOL_TESTS_SUPPORT_VIRTUAL_CORE_TRAFFIC_H_
