// Boost: Boost.Lockfree's containers as free lists of pointers, the list of nodes that
// they are made of, and Boost.Pool.

#include <boost/lockfree/queue.hpp>
#include <boost/lockfree/spsc_queue.hpp>
#include <boost/lockfree/stack.hpp>
#include <boost/pool/pool.hpp>
#include <cstddef>
#include <memory>

#include "bench/peers/block_array.h"
#include "bench/peers/worker.h"
#include "bench/peers/workload.h"

namespace corepool::bench {
namespace {

template <class Container>
class ContainerAdapter {
 public:
  ContainerAdapter() : free_(new Container) {
    const BlockArray blocks(kBlockSize, kBlocks);
    for (std::size_t i = 0; i < blocks.count(); ++i) free_->push(blocks[i]);
  }

  [[gnu::always_inline]] void* Allocate() {
    void* block = nullptr;
    free_->pop(block);
    return block;
  }
  [[gnu::always_inline]] void Free(void* block) { free_->push(block); }

 private:
  Container* free_;
};

using Stack = boost::lockfree::stack<void*, boost::lockfree::capacity<kBlocks>>;
using Queue = boost::lockfree::queue<void*, boost::lockfree::capacity<kBlocks>>;

// Not part of Boost's interface, but its fastest list of blocks.
class FreeListAdapter {
 public:
  [[gnu::always_inline]] void* Allocate() { return free_->construct<true, true>(); }
  [[gnu::always_inline]] void Free(void* block) {
    free_->destruct<true>(static_cast<Block*>(block));
  }

 private:
  struct alignas(64) Block {
    Block() {}  // NOLINT: not defaulted, so that construct() does not clear it
    std::byte bytes[kBlockSize];
  };
  using FreeList =
      boost::lockfree::detail::freelist_stack<Block, std::allocator<Block>>;

  FreeList* free_ = new FreeList(std::allocator<Block>(), kBlocks);
};

template <class Container>
class HandoverAdapter {
 public:
  [[gnu::always_inline]] bool Enqueue(void* value) { return queue_->push(value); }
  [[gnu::always_inline]] bool Dequeue(void*& value) { return queue_->pop(value); }

 private:
  Container* queue_ = new Container;
};

using OneToOne =
    boost::lockfree::spsc_queue<void*, boost::lockfree::capacity<kQueueSlots>>;
using ManyToMany =
    boost::lockfree::queue<void*, boost::lockfree::capacity<kQueueSlots>>;

class PoolAdapter {
 public:
  static constexpr bool kOneThread = true;

  [[gnu::always_inline]] void* Allocate() { return pool_->malloc(); }
  [[gnu::always_inline]] void Free(void* block) { pool_->free(block); }

 private:
  boost::pool<>* pool_ = new boost::pool<>(kBlockSize, kBlocks);
};

}  // namespace
}  // namespace corepool::bench

int main(int argc, char** argv) {
  using namespace corepool::bench;  // NOLINT
  return RunWorker(
      argc, argv,
      {MakePeer("boost_stack", [] { return ContainerAdapter<Stack>(); }),
       WithQueues(
           MakePeer("boost_queue", [] { return ContainerAdapter<Queue>(); }),
           [] { return HandoverAdapter<OneToOne>(); },
           [] { return HandoverAdapter<ManyToMany>(); }),
       MakePeer("boost_freelist", [] { return FreeListAdapter(); }),
       MakePeer("boost_pool", [] { return PoolAdapter(); })});
}
