// The peers that need nothing installed: baselines, and what the standard library has.

#include <array>
#include <cstddef>
#include <cstdlib>
#include <memory_resource>
#include <mutex>

#include "bench/peers/block_array.h"
#include "bench/peers/list_adapters.h"
#include "bench/peers/rings.h"
#include "bench/peers/size_classes.h"
#include "bench/peers/tls_magazine.h"
#include "bench/peers/worker.h"
#include "bench/peers/workload.h"

namespace corepool::bench {
namespace {

// What the harness costs: always the same block of the thread's own, for nothing.
// Handed over, it would cost more than any peer, as two threads would use it at a time.
class EmptyAdapter {
 public:
  static constexpr bool kNoHandover = true;

  [[gnu::always_inline]] void* Allocate() { return &block; }
  [[gnu::always_inline]] void Free(void*) {}
  [[gnu::always_inline]] void* Allocate(std::size_t) { return &block; }
  [[gnu::always_inline]] void Free(void*, std::size_t) {}

 private:
  alignas(64) static inline thread_local constinit std::byte block[kBlockSize]{};
};

class MallocAdapter {
 public:
  [[gnu::always_inline]] void* Allocate() { return std::malloc(kBlockSize); }
  [[gnu::always_inline]] void Free(void* block) { std::free(block); }
  [[gnu::always_inline]] void* Allocate(std::size_t size) { return std::malloc(size); }
  [[gnu::always_inline]] void Free(void* block, std::size_t) { std::free(block); }
};

template <class Resource>
class PmrAdapter {
 public:
  [[gnu::always_inline]] void* Allocate() { return resource_->allocate(kBlockSize); }
  [[gnu::always_inline]] void Free(void* block) {
    resource_->deallocate(block, kBlockSize);
  }
  [[gnu::always_inline]] void* Allocate(std::size_t size) {
    return resource_->allocate(size);
  }
  [[gnu::always_inline]] void Free(void* block, std::size_t size) {
    resource_->deallocate(block, size);
  }

 private:
  Resource* resource_ = new Resource(std::pmr::pool_options{
      .max_blocks_per_chunk = 0, .largest_required_pool_block = kLargestSize});
};

class UnsynchronizedPmrAdapter
    : public PmrAdapter<std::pmr::unsynchronized_pool_resource> {
 public:
  static constexpr bool kOneThread = true;
};

class TlsMagazineAdapter {
 public:
  TlsMagazineAdapter() : depot_(new MagazineDepot(BlockArray(kBlockSize, kBlocks))) {}

  class ThreadScope {
   public:
    explicit ThreadScope(TlsMagazineAdapter pool) : depot_(*pool.depot_) {
      cache.Attach(depot_);
    }
    ~ThreadScope() { cache.Detach(depot_); }

   private:
    MagazineDepot& depot_;
  };

  [[gnu::always_inline]] void* Allocate() { return cache.Allocate(*depot_); }
  [[gnu::always_inline]] void Free(void* block) { cache.Free(*depot_, block); }

 private:
  static inline thread_local constinit MagazineCache cache;

  MagazineDepot* depot_;
};

class SizedTlsMagazineAdapter {
 public:
  SizedTlsMagazineAdapter() : depots_(new Depots) {
    for (std::size_t i = 0; i < depots_->size(); ++i) {
      const BlockArray blocks(LinearClasses::SizeOf(i), kBlocksPerClass);
      (*depots_)[i] = new MagazineDepot(blocks);
    }
  }

  class ThreadScope {
   public:
    explicit ThreadScope(SizedTlsMagazineAdapter pool) : depots_(*pool.depots_) {
      for (std::size_t i = 0; i < depots_.size(); ++i) caches[i].Attach(*depots_[i]);
    }
    ~ThreadScope() {
      for (std::size_t i = 0; i < depots_.size(); ++i) caches[i].Detach(*depots_[i]);
    }

   private:
    std::array<MagazineDepot*, LinearClasses::kCount>& depots_;
  };

  [[gnu::always_inline]] void* Allocate(std::size_t size) {
    const std::size_t index = LinearClasses::IndexOf(size);
    return caches[index].Allocate(*(*depots_)[index]);
  }
  [[gnu::always_inline]] void Free(void* block, std::size_t size) {
    const std::size_t index = LinearClasses::IndexOf(size);
    caches[index].Free(*(*depots_)[index], block);
  }

 private:
  using Depots = std::array<MagazineDepot*, LinearClasses::kCount>;
  static inline thread_local constinit MagazineCache caches[LinearClasses::kCount];

  Depots* depots_;
};

class SizedListAdapter {
 public:
  static constexpr bool kOneThread = true;

  SizedListAdapter() : lists_(new std::array<BlockList*, LinearClasses::kCount>) {
    for (std::size_t i = 0; i < lists_->size(); ++i) {
      const BlockArray blocks(LinearClasses::SizeOf(i), kBlocksPerClass);
      (*lists_)[i] = new BlockList(blocks);
    }
  }

  [[gnu::always_inline]] void* Allocate(std::size_t size) {
    return (*lists_)[LinearClasses::IndexOf(size)]->Pop();
  }
  [[gnu::always_inline]] void Free(void* block, std::size_t size) {
    (*lists_)[LinearClasses::IndexOf(size)]->Push(block);
  }

 private:
  std::array<BlockList*, LinearClasses::kCount>* lists_;
};

// For peers that have all sizes from the start.
template <class Adapter>
Peer SamePeer(const char* name) {
  return MakePeer(name, [] { return Adapter(); }, [] { return Adapter(); });
}

template <class Adapter>
Adapter OfBlocks() {
  return Adapter(BlockArray(kBlockSize, kBlocks));
}

template <class Ring>
class RingAdapter {
 public:
  [[gnu::always_inline]] bool Enqueue(void* value) { return ring_->Enqueue(value); }
  [[gnu::always_inline]] bool Dequeue(void*& value) { return ring_->Dequeue(value); }

 private:
  Ring* ring_ = new Ring;
};

}  // namespace
}  // namespace corepool::bench

int main(int argc, char** argv) {
  using namespace corepool::bench;  // NOLINT
  return RunWorker(
      argc, argv,
      {SamePeer<EmptyAdapter>("empty"), SamePeer<MallocAdapter>("glibc"),
       SamePeer<PmrAdapter<std::pmr::synchronized_pool_resource>>("pmr_sync"),
       SamePeer<UnsynchronizedPmrAdapter>("pmr_unsync"),
       MakePeer("mutex", OfBlocks<LockedListAdapter<std::mutex>>),
       MakePeer("spin", OfBlocks<LockedListAdapter<SpinLock>>),
       MakePeer(
           "tls_magazine", [] { return TlsMagazineAdapter(); },
           [] { return SizedTlsMagazineAdapter(); }),
       MakeQueuePeer(
           "fastforward", [] { return RingAdapter<FastForwardRing>(); }, NoQueue()),
       MakeQueuePeer("vyukov", NoQueue(), [] { return RingAdapter<VyukovRing>(); }),
       MakePeer("list", OfBlocks<ListAdapter>, [] { return SizedListAdapter(); })});
}
