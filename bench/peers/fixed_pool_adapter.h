// corepool's FixedPool as the measured loops want it.

#ifndef COREPOOL_BENCH_PEERS_FIXED_POOL_ADAPTER_H_
#define COREPOOL_BENCH_PEERS_FIXED_POOL_ADAPTER_H_

#include <span>
#include <stdexcept>
#include <string>

#include "bench/peers/workload.h"
#include "corepool/fixed_pool.h"
#include "corepool/hosted/owned_fixed_pool.h"
#include "corepool/options.h"

namespace corepool::bench {

class FixedPoolAdapter {
 public:
  FixedPoolAdapter(Checking checking, Caching caching) {
    auto pool = hosted::CreateFixedPool({.block_size = kBlockSize,
                                         .block_count = kBlocks,
                                         .alignment = kBlockSize,
                                         .checking = checking,
                                         .caching = caching});
    if (!pool.ok()) throw std::runtime_error(std::string(pool.status().message()));
    pool_ = pool->release();
  }

  [[gnu::always_inline]] void* Allocate() { return pool_->Allocate(); }
  [[gnu::always_inline]] void Free(void* block) { pool_->Free(block); }
  using BulkPointer = void*;
  [[gnu::always_inline]] void AllocateBulk(std::span<void*> blocks) {
    (void)pool_->AllocateBulk(blocks);
  }
  [[gnu::always_inline]] void FreeBulk(std::span<void*> blocks) {
    pool_->FreeBulk(blocks);
  }

 private:
  FixedPool* pool_;
};

}  // namespace corepool::bench

#endif  // COREPOOL_BENCH_PEERS_FIXED_POOL_ADAPTER_H_
