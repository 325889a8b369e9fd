// corepool's MultiPool as the measured loops want it.

#ifndef COREPOOL_BENCH_PEERS_MULTI_POOL_ADAPTER_H_
#define COREPOOL_BENCH_PEERS_MULTI_POOL_ADAPTER_H_

#include <array>
#include <cstddef>
#include <new>
#include <span>
#include <stdexcept>
#include <string>

#include "bench/peers/size_classes.h"
#include "corepool/error.h"
#include "corepool/multi_pool.h"
#include "corepool/multi_pool_options.h"
#include "corepool/options.h"

namespace corepool::bench {

class MultiPoolAdapter {
 public:
  MultiPoolAdapter(Checking checking, Caching caching) {
    std::array<SizeClassOptions, PowerOfTwoClasses::kCount> classes;
    for (std::size_t i = 0; i < classes.size(); ++i) {
      classes[i] = {PowerOfTwoClasses::SizeOf(i), kBlocksPerClass};
    }
    MultiPoolOptions options;
    options.pools.checking = checking;
    options.pools.caching = caching;
    const std::size_t bytes = RequiredBytes(classes, options);
    const std::align_val_t alignment{RequiredAlignment(classes, options)};
    const std::span memory(static_cast<std::byte*>(operator new(bytes, alignment)),
                           bytes);
    pool_ = new MultiPool;
    const Error error = pool_->Init(classes, options, memory);
    if (error != Error::kOk) throw std::runtime_error(ErrorName(error));
  }

  [[gnu::always_inline]] void* Allocate(std::size_t size) {
    return pool_->Allocate(size);
  }
  [[gnu::always_inline]] void Free(void* block, std::size_t size) {
    pool_->Free(block, size);
  }

 private:
  MultiPool* pool_;
};

}  // namespace corepool::bench

#endif  // COREPOOL_BENCH_PEERS_MULTI_POOL_ADAPTER_H_
