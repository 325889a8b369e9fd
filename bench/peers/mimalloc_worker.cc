// mimalloc, as the shared library that Debian packages.

#include <mimalloc.h>

#include <cstddef>

#include "bench/peers/worker.h"
#include "bench/peers/workload.h"

namespace corepool::bench {
namespace {

class MimallocAdapter {
 public:
  [[gnu::always_inline]] void* Allocate() { return mi_malloc_small(kBlockSize); }
  [[gnu::always_inline]] void Free(void* block) { mi_free(block); }
  [[gnu::always_inline]] void* Allocate(std::size_t size) {
    return mi_malloc_small(size);
  }
  [[gnu::always_inline]] void Free(void* block, std::size_t) { mi_free(block); }

  static_assert(kLargestSize <= MI_SMALL_SIZE_MAX);
};

}  // namespace
}  // namespace corepool::bench

int main(int argc, char** argv) {
  using namespace corepool::bench;  // NOLINT
  const auto make = [] { return MimallocAdapter(); };
  return RunWorker(argc, argv, {MakePeer("mimalloc", make, make)});
}
