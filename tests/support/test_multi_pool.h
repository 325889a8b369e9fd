// A MultiPool with memory of its own, also for extensions, and a misuse recorder.

#ifndef COREPOOL_TESTS_SUPPORT_TEST_MULTI_POOL_H_
#define COREPOOL_TESTS_SUPPORT_TEST_MULTI_POOL_H_

#include <atomic>
#include <cstddef>
#include <span>
#include <vector>

#include "corepool/error.h"
#include "corepool/multi_pool.h"
#include "corepool/multi_pool_options.h"
#include "corepool/stats.h"
#include "tests/support/misuse_recorder.h"
#include "tests/support/test_pool.h"

namespace corepool::testing {

class TestMultiPool {
 public:
  explicit TestMultiPool(const std::vector<SizeClassOptions>& classes,
                         MultiPoolOptions options = {})
      : memory_(RequiredBytes(classes, options) + kForExtensions, 4096),
        extensions_(RequiredBytes(classes, options)) {
    options.pools.misuse_handler = &MisuseRecorder::Handle;
    options.pools.misuse_context = &misuse;
    error = pool.Init(classes, options, memory_.span().first(extensions_));
  }

  MultiPool* operator->() { return &pool; }

  // From any thread.
  Error Extend(const SizeClassOptions& added) {
    const std::size_t bytes = (pool.RequiredExtensionBytes(added) + 4095) / 4096 * 4096;
    const std::size_t at = extensions_.fetch_add(bytes + 4096);
    const std::size_t aligned = (at + 4095) / 4096 * 4096;
    return pool.Extend(added, memory_.span().subspan(aligned, bytes));
  }

  // A number for every block, or for whatever begins on an address a multiple of 16
  // bytes behind the first one.
  std::size_t NumberOf(const void* block) {
    return static_cast<std::size_t>(static_cast<const std::byte*>(block) -
                                    memory_.span().data()) /
           16;
  }
  std::size_t numbers() { return memory_.span().size() / 16; }

  // Everything that must hold when nobody uses the pool.
  bool SoundAtRest(std::size_t used) const {
    const AuditReport audit = pool.Audit(AuditMode::kAtRest);
    const PoolStats stats = pool.Stats();
    return audit.error == Error::kOk && !audit.inconclusive && audit.used == used &&
           stats.used == used && stats.free == audit.free &&
           stats.allocations - stats.frees == used && memory_.Intact();
  }

 private:
  static constexpr std::size_t kForExtensions = std::size_t{4} << 20;

  GuardedMemory memory_;
  std::atomic<std::size_t> extensions_;

 public:
  MisuseRecorder misuse;
  MultiPool pool;
  Error error;
};

}  // namespace corepool::testing

#endif  // COREPOOL_TESTS_SUPPORT_TEST_MULTI_POOL_H_
