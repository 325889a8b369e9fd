// DPDK's rte_mempool: on a ring, a stack or a lock-free stack, with a cache of 512
// objects per lcore or without.

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_mempool.h>
#include <rte_ring.h>
#include <sched.h>

#include <array>
#include <cstddef>
#include <cstdlib>
#include <iterator>
#include <span>
#include <stdexcept>
#include <string>

#include "bench/peers/queue_runner.h"
#include "bench/peers/size_classes.h"
#include "bench/peers/worker.h"
#include "bench/peers/workload.h"

namespace corepool::bench {
namespace {

// The EAL takes the calling thread as its first lcore and pins it to a CPU, which is
// undone: it would be in the way of the measured threads there, which are registered
// later.
void StartEal() {
  cpu_set_t allowed;
  sched_getaffinity(0, sizeof(allowed), &allowed);
  int cpu = 0;
  while (!CPU_ISSET(cpu, &allowed)) ++cpu;
  const std::string lcore = std::to_string(cpu);
  const char* arguments[] = {
      "peers",       "--no-huge",      "--no-pci",          "-m", "256",
      "--no-shconf", "--no-telemetry", "--log-level=error", "-l", lcore.c_str()};
  if (rte_eal_init(std::size(arguments), const_cast<char**>(arguments)) < 0) {
    throw std::runtime_error(std::string("rte_eal_init: ") + rte_strerror(rte_errno));
  }
  sched_setaffinity(0, sizeof(allowed), &allowed);
}

rte_mempool* MakeMempool(const std::string& name, const char* handler, unsigned count,
                         unsigned size, unsigned cache_size) {
  rte_mempool* const pool = rte_mempool_create_empty(name.c_str(), count, size,
                                                     cache_size, 0, SOCKET_ID_ANY, 0);
  if (pool == nullptr || rte_mempool_set_ops_byname(pool, handler, nullptr) != 0 ||
      rte_mempool_populate_default(pool) < 0) {
    throw std::runtime_error("rte_mempool " + name + ": " + rte_strerror(rte_errno));
  }
  return pool;
}

// Without it a thread has no lcore, and so no cache.
void RegisterThread() {
  if (rte_thread_register() != 0) {
    throw std::runtime_error(std::string("rte_thread_register: ") +
                             rte_strerror(rte_errno));
  }
}

// Gives back what a thread leaves in its lcore's cache.
void Flush(rte_mempool* pool) {
  rte_mempool_cache* const cache = rte_mempool_default_cache(pool, rte_lcore_id());
  if (cache != nullptr) rte_mempool_cache_flush(cache, pool);
}

[[gnu::always_inline]] inline void* Get(rte_mempool* pool) {
  void* block = nullptr;
  rte_mempool_get(pool, &block);
  return block;
}

class MempoolAdapter {
 public:
  MempoolAdapter(const char* handler, unsigned cache_size) {
    StartEal();
    pool_ = MakeMempool("fixed", handler, kBlocks, kBlockSize, cache_size);
  }

  class ThreadScope {
   public:
    explicit ThreadScope(MempoolAdapter adapter) : pool_(adapter.pool_) {
      RegisterThread();
    }
    ~ThreadScope() {
      Flush(pool_);
      rte_thread_unregister();
    }

   private:
    rte_mempool* pool_;
  };

  [[gnu::always_inline]] void* Allocate() { return Get(pool_); }
  [[gnu::always_inline]] void Free(void* block) { rte_mempool_put(pool_, block); }

  using BulkPointer = void*;
  [[gnu::always_inline]] void AllocateBulk(std::span<void*> blocks) {
    rte_mempool_get_bulk(pool_, blocks.data(), static_cast<unsigned>(blocks.size()));
  }
  [[gnu::always_inline]] void FreeBulk(std::span<void*> blocks) {
    rte_mempool_put_bulk(pool_, blocks.data(), static_cast<unsigned>(blocks.size()));
  }

 private:
  rte_mempool* pool_;
};

// The EAL runs already: the worker has made the fixed pool before.
class SizedMempoolAdapter {
 public:
  SizedMempoolAdapter(const char* handler, unsigned cache_size) : pools_(new Pools) {
    for (std::size_t i = 0; i < pools_->size(); ++i) {
      (*pools_)[i] =
          MakeMempool("class" + std::to_string(i), handler, kBlocksPerClass,
                      static_cast<unsigned>(PowerOfTwoClasses::SizeOf(i)), cache_size);
    }
  }

  class ThreadScope {
   public:
    explicit ThreadScope(SizedMempoolAdapter adapter) : pools_(*adapter.pools_) {
      RegisterThread();
    }
    ~ThreadScope() {
      for (rte_mempool* const pool : pools_) Flush(pool);
      rte_thread_unregister();
    }

   private:
    std::array<rte_mempool*, PowerOfTwoClasses::kCount>& pools_;
  };

  [[gnu::always_inline]] void* Allocate(std::size_t size) {
    return Get((*pools_)[PowerOfTwoClasses::IndexOf(size)]);
  }
  [[gnu::always_inline]] void Free(void* block, std::size_t size) {
    rte_mempool_put((*pools_)[PowerOfTwoClasses::IndexOf(size)], block);
  }

 private:
  using Pools = std::array<rte_mempool*, PowerOfTwoClasses::kCount>;

  Pools* pools_;
};

// rte_ring: whoever has taken a position waits for those before it, so a thread that is
// preempted holds up the others.
template <unsigned kFlags>
class RingAdapter {
 public:
  RingAdapter() {
    const auto bytes = static_cast<std::size_t>(rte_ring_get_memsize(kQueueSlots));
    ring_ = static_cast<rte_ring*>(std::aligned_alloc(kAlignment, bytes));
    if (rte_ring_init(ring_, "queue", kQueueSlots, kFlags) != 0) {
      throw std::runtime_error("rte_ring_init");
    }
  }

  [[gnu::always_inline]] bool Enqueue(void* value) {
    if constexpr (kOneToOne) return rte_ring_sp_enqueue(ring_, value) == 0;
    return rte_ring_mp_enqueue(ring_, value) == 0;
  }
  [[gnu::always_inline]] bool Dequeue(void*& value) {
    if constexpr (kOneToOne) return rte_ring_sc_dequeue(ring_, &value) == 0;
    return rte_ring_mc_dequeue(ring_, &value) == 0;
  }

 private:
  static constexpr bool kOneToOne = kFlags != 0;
  static constexpr std::size_t kAlignment = 128;

  rte_ring* ring_;
};

Peer MempoolPeer(const char* name, const char* handler, unsigned cache_size) {
  return MakePeer(
      name, [=] { return MempoolAdapter(handler, cache_size); },
      [=] { return SizedMempoolAdapter(handler, cache_size); });
}

}  // namespace
}  // namespace corepool::bench

int main(int argc, char** argv) {
  using namespace corepool::bench;  // NOLINT
  constexpr unsigned kCache = 512;
  static_assert(kCache <= RTE_MEMPOOL_CACHE_MAX_SIZE);
  return RunWorker(argc, argv,
                   {WithQueues(
                        MempoolPeer("dpdk_ring", "ring_mp_mc", kCache),
                        [] { return RingAdapter<RING_F_SP_ENQ | RING_F_SC_DEQ>(); },
                        [] { return RingAdapter<0>(); }),
                    MempoolPeer("dpdk_stack", "stack", kCache),
                    MempoolPeer("dpdk_lf_stack", "lf_stack", kCache),
                    MempoolPeer("dpdk_ring_nocache", "ring_mp_mc", 0),
                    MempoolPeer("dpdk_stack_nocache", "stack", 0),
                    MempoolPeer("dpdk_lf_stack_nocache", "lf_stack", 0)});
}
