// oneTBB: its malloc, and its pool in memory of one's own.

#include <tbb/memory_pool.h>
#include <tbb/scalable_allocator.h>

#include <cstddef>
#include <new>

#include "bench/peers/worker.h"
#include "bench/peers/workload.h"

namespace corepool::bench {
namespace {

class ScalableAdapter {
 public:
  [[gnu::always_inline]] void* Allocate() { return scalable_malloc(kBlockSize); }
  [[gnu::always_inline]] void Free(void* block) { scalable_free(block); }
  [[gnu::always_inline]] void* Allocate(std::size_t size) {
    return scalable_malloc(size);
  }
  [[gnu::always_inline]] void Free(void* block, std::size_t) { scalable_free(block); }
};

class FixedMemoryAdapter {
 public:
  [[gnu::always_inline]] void* Allocate() { return pool_->malloc(kBlockSize); }
  [[gnu::always_inline]] void Free(void* block) { pool_->free(block); }
  [[gnu::always_inline]] void* Allocate(std::size_t size) {
    return pool_->malloc(size);
  }
  [[gnu::always_inline]] void Free(void* block, std::size_t) { pool_->free(block); }

 private:
  static constexpr std::size_t kMemory = std::size_t{64} << 20;

  tbb::fixed_pool* pool_ = new tbb::fixed_pool(::operator new(kMemory), kMemory);
};

}  // namespace
}  // namespace corepool::bench

int main(int argc, char** argv) {
  using namespace corepool::bench;  // NOLINT
  const auto scalable = [] { return ScalableAdapter(); };
  const auto fixed = [] { return FixedMemoryAdapter(); };
  return RunWorker(
      argc, argv,
      {MakePeer("tbb", scalable, scalable), MakePeer("tbb_fixed", fixed, fixed)});
}
