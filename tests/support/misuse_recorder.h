// A misuse handler that remembers and returns.

#ifndef COREPOOL_TESTS_SUPPORT_MISUSE_RECORDER_H_
#define COREPOOL_TESTS_SUPPORT_MISUSE_RECORDER_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>

#include "corepool/error.h"
#include "corepool/misuse.h"

namespace corepool::testing {

// Put Handle into PoolOptions::misuse_handler and the recorder's address into
// misuse_context. Counts from any number of threads; the last_* are for one.
class MisuseRecorder {
 public:
  static void Handle(const MisuseReport& report) {
    auto* const recorder = static_cast<MisuseRecorder*>(report.context);
    recorder->last_kind.store(report.kind, std::memory_order_relaxed);
    recorder->last_pool.store(report.pool, std::memory_order_relaxed);
    recorder->last_name.store(report.pool_name, std::memory_order_relaxed);
    recorder->last_block.store(report.block, std::memory_order_relaxed);
    recorder->last_index.store(report.index, std::memory_order_relaxed);
    recorder->last_owner.store(report.owner, std::memory_order_relaxed);
    recorder->last_offset.store(report.offset, std::memory_order_relaxed);
    recorder->last_found.store(report.found, std::memory_order_relaxed);
    recorder->last_expected.store(report.expected, std::memory_order_relaxed);
    recorder->count.fetch_add(1, std::memory_order_relaxed);
  }

  std::atomic<int> count{0};
  std::atomic<Error> last_kind{Error::kOk};
  std::atomic<const void*> last_pool{nullptr};
  std::atomic<const char*> last_name{nullptr};
  std::atomic<const void*> last_block{nullptr};
  std::atomic<std::size_t> last_index{0};
  std::atomic<OwnerTag> last_owner{0};
  std::atomic<std::size_t> last_offset{0};
  std::atomic<std::uint64_t> last_found{0};
  std::atomic<std::uint64_t> last_expected{0};
};

}  // namespace corepool::testing

#endif  // COREPOOL_TESTS_SUPPORT_MISUSE_RECORDER_H_
