// A PriorityPool with memory of its own and a misuse recorder.

#ifndef COREPOOL_TESTS_SUPPORT_TEST_PRIORITY_POOL_H_
#define COREPOOL_TESTS_SUPPORT_TEST_PRIORITY_POOL_H_

#include <cstddef>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "corepool/error.h"
#include "corepool/priority_pool.h"
#include "corepool/stats.h"
#include "tests/support/misuse_recorder.h"
#include "tests/support/test_pool.h"

namespace corepool::testing {

class TestPriorityPool {
 public:
  explicit TestPriorityPool(std::vector<PriorityClass> table,
                            PriorityPoolOptions options = {})
      : classes(std::move(table)),
        memory(RequiredBytes(classes, options), RequiredAlignment(classes, options)) {
    options.misuse_handler = &MisuseRecorder::Handle;
    options.misuse_context = &misuse;
    error = pool.Init(classes, options, memory.span());
  }

  PriorityPool* operator->() { return &pool; }

  std::size_t Used(std::size_t cls) const { return pool.StatsOf(cls).pool.used; }
  std::size_t Lent(std::size_t cls) const { return pool.StatsOf(cls).lent; }
  std::size_t Borrowed(std::size_t cls) const { return pool.StatsOf(cls).borrowed; }

  // With no call under way: whether so many blocks of all classes are used, what is
  // lent is borrowed, and the audit agrees.
  bool SoundAtRest(std::size_t used) {
    const AuditReport audit = pool.Audit(AuditMode::kAtRest);
    std::size_t lent = 0;
    std::size_t borrowed = 0;
    std::size_t counted = 0;
    for (std::size_t cls = 0; cls < pool.class_count(); ++cls) {
      const ClassStats stats = pool.StatsOf(cls);
      lent += stats.lent;
      borrowed += stats.borrowed;
      counted += stats.pool.used;
      if (!stats.pool.exact || stats.lent > stats.lent_peak ||
          stats.pool.allocations - stats.pool.frees != stats.pool.used) {
        return false;
      }
    }
    return audit.error == Error::kOk && !audit.inconclusive && audit.used == used &&
           counted == used && lent == borrowed && memory.Intact();
  }

  // Allocates until the class gets no more.
  std::vector<void*> Drain(std::size_t cls) {
    std::vector<void*> blocks;
    while (void* const block = pool.Allocate(cls)) blocks.push_back(block);
    return blocks;
  }
  bool FreeAll(std::span<void* const> blocks) {
    bool ok = true;
    for (void* const block : blocks) ok = pool.Free(block) == Error::kOk && ok;
    return ok;
  }

  std::vector<PriorityClass> classes;
  GuardedMemory memory;
  MisuseRecorder misuse;
  PriorityPool pool;
  Error error;
};

inline bool AreDistinct(std::span<void* const> blocks) {
  return std::set<void*>(blocks.begin(), blocks.end()).size() == blocks.size();
}

}  // namespace corepool::testing

#endif  // COREPOOL_TESTS_SUPPORT_TEST_PRIORITY_POOL_H_
