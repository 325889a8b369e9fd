// corepool itself, measured like everybody else.

#include <cstddef>
#include <span>

#include "bench/peers/fixed_pool_adapter.h"
#include "bench/peers/multi_pool_adapter.h"
#include "bench/peers/worker.h"
#include "bench/peers/workload.h"
#include "corepool/options.h"
#include "corepool/static_pool.h"

namespace corepool::bench {
namespace {

struct alignas(kBlockSize) Block {
  std::byte bytes[kBlockSize];
};

class StaticPoolAdapter {
 public:
  [[gnu::always_inline]] void* Allocate() { return pool_->Allocate(); }
  [[gnu::always_inline]] void Free(void* block) {
    pool_->Free(static_cast<Block*>(block));
  }
  using BulkPointer = Block*;
  [[gnu::always_inline]] void AllocateBulk(std::span<Block*> blocks) {
    (void)pool_->AllocateBulk(blocks);
  }
  [[gnu::always_inline]] void FreeBulk(std::span<Block*> blocks) {
    pool_->FreeBulk(blocks);
  }

 private:
  using Pool = StaticPool<Block, kBlocks>;
  static constinit Pool the_pool;

  Pool* pool_ = &the_pool;
};

constinit StaticPoolAdapter::Pool StaticPoolAdapter::the_pool;

Peer PoolPeer(const char* name, Checking checking, Caching caching) {
  return MakePeer(
      name, [=] { return FixedPoolAdapter(checking, caching); },
      [=] { return MultiPoolAdapter(checking, caching); });
}

}  // namespace
}  // namespace corepool::bench

int main(int argc, char** argv) {
  using namespace corepool;         // NOLINT
  using namespace corepool::bench;  // NOLINT
  return RunWorker(argc, argv,
                   {PoolPeer("corepool", Checking::kBasic, Caching::kAutomatic),
                    PoolPeer("corepool_off", Checking::kOff, Caching::kAutomatic),
                    PoolPeer("corepool_strict", Checking::kStrict, Caching::kAutomatic),
                    PoolPeer("corepool_full", Checking::kFull, Caching::kAutomatic),
                    PoolPeer("corepool_cas", Checking::kBasic, Caching::kCas),
                    PoolPeer("corepool_none", Checking::kBasic, Caching::kNone),
                    MakePeer("corepool_static", [] { return StaticPoolAdapter(); })});
}
