// QuadPool as contestants: whichever of its two builds is included.

#ifndef COREPOOL_BENCH_QUAD_QUAD_ADAPTERS_H_
#define COREPOOL_BENCH_QUAD_QUAD_ADAPTERS_H_

#include <cstddef>
#include <mutex>
#include <new>
#include <stdexcept>

#include "bench/quad/mix.h"

namespace corepool::bench {

// A pool for as long as the program runs.
template <class Pool, class Options>
Pool* MakeQuadPool(Options options) {
  options.min_block_size = kQuadMin;
  options.max_block_size = kQuadMax;
  options.block_count = kQuadCount;
  const std::size_t bytes = RequiredBytes(options);
  const std::align_val_t alignment{RequiredAlignment(options)};
  auto* const memory = static_cast<std::byte*>(::operator new(bytes, alignment));
  auto* const pool = new Pool;
  if (static_cast<int>(pool->Init(options, {memory, bytes})) != 0) {
    throw std::runtime_error("Init fails");
  }
  return pool;
}

template <class Pool>
class DirectAdapter {
 public:
  explicit DirectAdapter(Pool* pool) : pool_(pool) {}

  [[gnu::always_inline]] void* Allocate(std::size_t size) {
    return pool_->Allocate(size);
  }
  [[gnu::always_inline]] void Free(void* block) { (void)pool_->Free(block); }

 private:
  Pool* pool_;
};

template <class Pool>
class MutexAdapter {
 public:
  explicit MutexAdapter(Pool* pool) : pool_(pool) {}

  [[gnu::always_inline]] void* Allocate(std::size_t size) {
    const std::lock_guard<std::mutex> lock(*mutex_);
    return pool_->Allocate(size);
  }
  [[gnu::always_inline]] void Free(void* block) {
    const std::lock_guard<std::mutex> lock(*mutex_);
    (void)pool_->Free(block);
  }

 private:
  struct alignas(128) Lock : std::mutex {};

  Pool* pool_;
  std::mutex* mutex_ = new Lock;
};

}  // namespace corepool::bench

#endif  // COREPOOL_BENCH_QUAD_QUAD_ADAPTERS_H_
