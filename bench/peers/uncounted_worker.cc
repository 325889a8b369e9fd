// corepool without what statistics alone need, to see what they cost.

#include "bench/peers/fixed_pool_adapter.h"
#include "bench/peers/worker.h"
#include "bench/peers/workload.h"
#include "corepool/config.h"
#include "corepool/options.h"

static_assert(COREPOOL_STATISTICS == 0);

int main(int argc, char** argv) {
  using namespace corepool::bench;  // NOLINT
  return RunWorker(argc, argv, {MakePeer("corepool_uncounted", [] {
                     return FixedPoolAdapter(corepool::Checking::kBasic,
                                             corepool::Caching::kAutomatic);
                   })});
}
