// jemalloc, linked statically, which replaces malloc in this worker.

#include <jemalloc/jemalloc.h>

#include <cstddef>

#include "bench/peers/worker.h"
#include "bench/peers/workload.h"

namespace corepool::bench {
namespace {

class JemallocAdapter {
 public:
  [[gnu::always_inline]] void* Allocate() { return malloc(kBlockSize); }
  [[gnu::always_inline]] void Free(void* block) { sdallocx(block, kBlockSize, 0); }
  [[gnu::always_inline]] void* Allocate(std::size_t size) { return malloc(size); }
  [[gnu::always_inline]] void Free(void* block, std::size_t size) {
    sdallocx(block, size, 0);
  }
};

}  // namespace
}  // namespace corepool::bench

int main(int argc, char** argv) {
  using namespace corepool::bench;  // NOLINT
  const auto make = [] { return JemallocAdapter(); };
  return RunWorker(argc, argv, {MakePeer("jemalloc", make, make)});
}
