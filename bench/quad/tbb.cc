// oneTBB's malloc.

#include <tbb/scalable_allocator.h>

#include <cstddef>

#include "bench/quad/contestant.h"

namespace corepool::bench {
namespace {

class TbbAdapter {
 public:
  [[gnu::always_inline]] void* Allocate(std::size_t size) {
    return scalable_malloc(size);
  }
  [[gnu::always_inline]] void Free(void* block) { scalable_free(block); }
};

const QuadRegistration kTbb("tbb", [] { return TbbAdapter(); });

}  // namespace
}  // namespace corepool::bench
