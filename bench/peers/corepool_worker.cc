// corepool itself, measured like everybody else.

#include <cstddef>
#include <cstdint>
#include <span>

#include "bench/peers/fixed_pool_adapter.h"
#include "bench/peers/multi_pool_adapter.h"
#include "bench/peers/worker.h"
#include "bench/peers/workload.h"
#include "corepool/mpmc_queue.h"
#include "corepool/options.h"
#include "corepool/spsc_queue.h"
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

// Pointers as they are,
class PointersToOne {
 public:
  [[gnu::always_inline]] bool Enqueue(void* value) { return queue_->Enqueue(value); }
  [[gnu::always_inline]] bool Dequeue(void*& value) { return queue_->Dequeue(value); }

 private:
  StaticSpscQueue<void*, kQueueSlots>* queue_ = new StaticSpscQueue<void*, kQueueSlots>;
};
class PointersToMany {
 public:
  [[gnu::always_inline]] bool Enqueue(void* value) { return queue_->Enqueue(value); }
  [[gnu::always_inline]] bool Dequeue(void*& value) { return queue_->Dequeue(value); }

 private:
  StaticMpmcQueue<void*, kQueueSlots>* queue_ = new StaticMpmcQueue<void*, kQueueSlots>;
};
// and indices, as blocks are best sent.
class IndicesToMany {
 public:
  [[gnu::always_inline]] bool Enqueue(void* value) {
    return queue_->Enqueue(
        static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(value)));
  }
  [[gnu::always_inline]] bool Dequeue(void*& value) {
    std::uint32_t index;
    if (!queue_->Dequeue(index)) return false;
    value = reinterpret_cast<void*>(std::uintptr_t{index});
    return true;
  }

 private:
  StaticMpmcQueue<std::uint32_t, kQueueSlots>* queue_ =
      new StaticMpmcQueue<std::uint32_t, kQueueSlots>;
};

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
  return RunWorker(
      argc, argv,
      {WithQueues(
           PoolPeer("corepool", Checking::kBasic, Caching::kAutomatic),
           [] { return PointersToOne(); }, [] { return PointersToMany(); }),
       MakeQueuePeer("corepool_index", NoQueue(), [] { return IndicesToMany(); }),
       PoolPeer("corepool_off", Checking::kOff, Caching::kAutomatic),
       PoolPeer("corepool_strict", Checking::kStrict, Caching::kAutomatic),
       PoolPeer("corepool_full", Checking::kFull, Caching::kAutomatic),
       PoolPeer("corepool_cas", Checking::kBasic, Caching::kCas),
       PoolPeer("corepool_none", Checking::kBasic, Caching::kNone),
       MakePeer("corepool_static", [] { return StaticPoolAdapter(); })});
}
