// A DynamicPool with memory of its own and a misuse recorder, and a Segment with
// memory.

#ifndef COREPOOL_TESTS_SUPPORT_TEST_DYNAMIC_POOL_H_
#define COREPOOL_TESTS_SUPPORT_TEST_DYNAMIC_POOL_H_

#include <cstddef>
#include <memory>
#include <set>
#include <vector>

#include "corepool/dynamic_pool.h"
#include "corepool/error.h"
#include "corepool/segment.h"
#include "corepool/stats.h"
#include "tests/support/misuse_recorder.h"
#include "tests/support/test_pool.h"

namespace corepool::testing {

struct TestSegment {
  TestSegment(std::size_t bytes, std::size_t alignment, std::size_t padding = 1)
      : memory(bytes, alignment), error(segment.Init("test", memory.span(), padding)) {}

  GuardedMemory memory;
  Segment segment;
  Error error;
};

class TestDynamicPool {
 public:
  TestDynamicPool(const DynamicPoolOptions& options, Segment& segment)
      : error(Init(options, segment)) {}

  Error Init(DynamicPoolOptions options, Segment& segment) {
    options.misuse_handler = &MisuseRecorder::Handle;
    options.misuse_context = &misuse;
    bookkeeping_ = std::make_unique<GuardedMemory>(
        RequiredBookkeepingBytes(options, segment), kDynamicBookkeepingAlignment);
    return pool.Init(options, segment, bookkeeping_->span());
  }

  DynamicPool* operator->() { return &pool; }

  // Everything that must hold when nobody uses the pool.
  bool SoundAtRest(std::size_t used) const {
    const AuditReport audit = pool.Audit(AuditMode::kAtRest);
    const PoolStats stats = pool.Stats();
    return audit.error == Error::kOk && !audit.inconclusive && audit.used == used &&
           stats.exact && stats.used == used && stats.free == audit.free &&
           stats.capacity == used + stats.free && stats.peak >= used &&
           stats.allocations - stats.frees == used && bookkeeping_->Intact();
  }

  // Allocates until nothing is left, frees all again, and returns the blocks.
  std::set<void*> DrainAndRefill() {
    std::vector<void*> blocks;
    while (void* const block = pool.Allocate()) blocks.push_back(block);
    for (void* const block : blocks) pool.Free(block);
    return {blocks.begin(), blocks.end()};
  }

  MisuseRecorder misuse;
  DynamicPool pool;

 private:
  std::unique_ptr<GuardedMemory> bookkeeping_;

 public:
  Error error;
};

}  // namespace corepool::testing

#endif  // COREPOOL_TESTS_SUPPORT_TEST_DYNAMIC_POOL_H_
