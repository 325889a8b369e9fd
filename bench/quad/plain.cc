// The same tree without atomics, behind a lock: what somebody would write who does not
// need to be lock-free. The library is built once more for it, with plain_atomic.h, as
// namespace corepool_plain.

#define corepool corepool_plain
#include "corepool/quad_pool.h"
#include "corepool/quad_pool_options.h"
#undef corepool

#include "bench/quad/contestant.h"
#include "bench/quad/quad_adapters.h"

namespace corepool::bench {
namespace {

using PlainPool = corepool_plain::QuadPool;
using PlainOptions = corepool_plain::QuadPoolOptions;

const QuadRegistration kPlainMutex("plain_mutex", [] {
  return MutexAdapter(MakeQuadPool<PlainPool>(PlainOptions()));
});

}  // namespace
}  // namespace corepool::bench
