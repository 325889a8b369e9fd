// What pools that bring their own memory have in common.

#ifndef COREPOOL_HOSTED_OWNED_POOL_H_
#define COREPOOL_HOSTED_OWNED_POOL_H_

#include <cstddef>
#include <memory>
#include <new>
#include <string>
#include <utility>

#include "corepool/error.h"

namespace corepool::hosted {

// A pool, what its name points to, and its memory. [default: threads; blocking; O(1)]
template <class Pool>
struct PoolAndMemory : Pool {
  PoolAndMemory() = default;
  ~PoolAndMemory() {
    if (memory != nullptr) ::operator delete(memory, alignment);
  }

  std::string name;
  std::align_val_t alignment{1};
  std::byte* memory = nullptr;
};

// Frees a pool of MakeOwned, and its memory, whether or not blocks are allocated;
// Deinit first to be told. [default: threads; blocking; O(1)]
template <class Pool>
class PoolDeleter {
 public:
  void operator()(Pool* pool) const { delete static_cast<PoolAndMemory<Pool>*>(pool); }
};

// A pool in memory of its own.
template <class Pool>
using OwnedPool = std::unique_ptr<Pool, PoolDeleter<Pool>>;

// A pool, its memory and a copy of its name, all with operator new; or nullptr and why
// not: what Init says, or kMemoryTooSmall if the memory is not there. (Where not even
// the pool object can be had, operator new throws.) `options` must be valid.
template <class Pool>
struct MadePool {
  Error error;
  OwnedPool<Pool> pool;
};

// [threads; blocking; O(N)]
template <class Pool, class Options>
MadePool<Pool> MakeOwned(Options options) {
  auto* const owned = new PoolAndMemory<Pool>;
  OwnedPool<Pool> pool(owned);
  const std::size_t bytes = RequiredBytes(options);
  if (bytes > 0) {
    owned->alignment = std::align_val_t{RequiredAlignment(options)};
    owned->memory =
        static_cast<std::byte*>(::operator new(bytes, owned->alignment, std::nothrow));
    if (owned->memory == nullptr) return {Error::kMemoryTooSmall, nullptr};
  }
  owned->name = options.name == nullptr ? "" : options.name;
  options.name = owned->name.c_str();
  const Error error = pool->Init(options, {owned->memory, bytes});
  if (error != Error::kOk) return {error, nullptr};
  return {Error::kOk, std::move(pool)};
}

}  // namespace corepool::hosted

#endif  // COREPOOL_HOSTED_OWNED_POOL_H_
