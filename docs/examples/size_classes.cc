// Requests of any size from pools of a few sizes, which lie on a heap of the program's
// own and may be extended at any time: MicroTBX's example.

#include <cstddef>

#include "corepool/error.h"
#include "corepool/multi_pool.h"
#include "corepool/multi_pool_options.h"
#include "corepool/segment.h"

constexpr corepool::SizeClassOptions kSizes[] = {{16, 8}, {32, 8}, {64, 8}};

// Where pools are created, and what else is allocated once.
alignas(4096) std::byte heap_memory[64 * 1024];
corepool::Segment heap;
constinit corepool::MultiPool pool;

bool Begin() {
  using corepool::Error;
  if (heap.Init("heap", heap_memory) != Error::kOk) return false;
  const std::size_t bytes = corepool::RequiredBytes(kSizes, {});
  void* const memory = heap.Allocate(bytes, corepool::RequiredAlignment(kSizes, {}));
  if (memory == nullptr) return false;
  return pool.Init(kSizes, {}, {static_cast<std::byte*>(memory), bytes}) == Error::kOk;
}

int main() {
  if (!Begin()) return 1;
  void* data[24];
  for (int round = 0; round < 1000; ++round) {
    // When the blocks of 16 bytes are exhausted, those of 32 are used, then of 64.
    for (void*& block : data) {
      block = pool.Allocate(12);
      if (block == nullptr) return 1;
    }
    for (void* const block : data) pool.Free(block);
  }
  // More of a size that exists, while other threads go on.
  if (pool.Extend({64, 4}, heap) != corepool::Error::kOk) return 1;
  return pool.Stats().capacity == 28 && pool.Stats().peak >= 24 ? 0 : 1;
}
