// tcmalloc of gperftools, linked statically, which replaces malloc in this worker.

#include <gperftools/tcmalloc.h>

#include <cstddef>

#include "bench/peers/worker.h"
#include "bench/peers/workload.h"

namespace corepool::bench {
namespace {

class TcmallocAdapter {
 public:
  [[gnu::always_inline]] void* Allocate() { return tc_malloc(kBlockSize); }
  [[gnu::always_inline]] void Free(void* block) { tc_free_sized(block, kBlockSize); }
  [[gnu::always_inline]] void* Allocate(std::size_t size) { return tc_malloc(size); }
  [[gnu::always_inline]] void Free(void* block, std::size_t size) {
    tc_free_sized(block, size);
  }
};

}  // namespace
}  // namespace corepool::bench

int main(int argc, char** argv) {
  using namespace corepool::bench;  // NOLINT
  const auto make = [] { return TcmallocAdapter(); };
  return RunWorker(argc, argv, {MakePeer("gperftools", make, make)});
}
