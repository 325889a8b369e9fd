// Who is always there: QuadPool, itself behind a lock, and glibc.

#include <cstddef>
#include <cstdlib>

#include "bench/quad/contestant.h"
#include "bench/quad/quad_adapters.h"
#include "corepool/quad_pool.h"
#include "corepool/quad_pool_options.h"

namespace corepool::bench {
namespace {

class MallocAdapter {
 public:
  [[gnu::always_inline]] void* Allocate(std::size_t size) { return std::malloc(size); }
  [[gnu::always_inline]] void Free(void* block) { std::free(block); }
};

const QuadRegistration kQuadPool("quad_pool", [] {
  return DirectAdapter(MakeQuadPool<QuadPool>(QuadPoolOptions()));
});
const QuadRegistration kUnderMutex("quad_pool_mutex", [] {
  return MutexAdapter(MakeQuadPool<QuadPool>(QuadPoolOptions()));
});
const QuadRegistration kMalloc("glibc", [] { return MallocAdapter(); });

}  // namespace
}  // namespace corepool::bench
