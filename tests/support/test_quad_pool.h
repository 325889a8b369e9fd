// A QuadPool with memory of its own and a misuse recorder.

#ifndef COREPOOL_TESTS_SUPPORT_TEST_QUAD_POOL_H_
#define COREPOOL_TESTS_SUPPORT_TEST_QUAD_POOL_H_

#include <cstddef>
#include <string>
#include <vector>

#include "corepool/error.h"
#include "corepool/quad_pool.h"
#include "corepool/quad_pool_options.h"
#include "corepool/stats.h"
#include "tests/support/misuse_recorder.h"
#include "tests/support/test_pool.h"

namespace corepool::testing {

// Options of a pool of `levels` levels.
inline QuadPoolOptions QuadOptions(std::size_t min_block_size, int levels,
                                   std::size_t count,
                                   SplitFactor split = SplitFactor::kQuad) {
  QuadPoolOptions options;
  options.min_block_size = min_block_size;
  options.max_block_size = min_block_size;
  for (int level = 1; level < levels; ++level) {
    options.max_block_size *= split == SplitFactor::kQuad ? 4 : 2;
  }
  options.block_count = count;
  options.split = split;
  return options;
}

class TestQuadPool {
 public:
  explicit TestQuadPool(QuadPoolOptions options)
      : blocks(RequiredBlockBytes(options), RequiredAlignment(options)),
        bookkeeping(RequiredBookkeepingBytes(options), RequiredAlignment(options)),
        min_block_size(options.min_block_size) {
    options.misuse_handler = &MisuseRecorder::Handle;
    options.misuse_context = &misuse;
    error = pool.Init(options, blocks.span(), bookkeeping.span());
  }

  QuadPool* operator->() { return &pool; }

  // Where the block begins, counted in smallest blocks; leaves() if it is no place that
  // a block could begin at.
  std::size_t LeafOf(const void* block) {
    const std::size_t offset =
        static_cast<std::size_t>(static_cast<const std::byte*>(block) - begin());
    const bool a_start = offset < blocks.span().size() && offset % min_block_size == 0;
    return a_start ? offset / min_block_size : leaves();
  }
  void* BlockAt(std::size_t leaf) { return begin() + leaf * min_block_size; }
  std::size_t leaves() { return blocks.span().size() / min_block_size; }

  std::string Map() const {
    std::string map(pool.Map({}), '?');
    map.resize(pool.Map(map));
    return map;
  }

  // Everything that must hold when nobody uses the pool, and so many smallest blocks
  // are allocated, or parts of larger ones.
  bool SoundAtRest(std::size_t used) const {
    const AuditReport audit = pool.Audit(AuditMode::kAtRest);
    const PoolStats stats = pool.Stats();
    return audit.error == Error::kOk && !audit.inconclusive && audit.used == used &&
           stats.used == used && stats.free == audit.free &&
           stats.capacity == used + stats.free && blocks.Intact() &&
           bookkeeping.Intact();
  }

  // All blocks of that size that there are, now the caller's.
  std::vector<void*> Drain(std::size_t size) {
    std::vector<void*> all;
    while (all.size() <= leaves()) {
      void* const block = pool.Allocate(size);
      if (block == nullptr) break;
      all.push_back(block);
    }
    return all;
  }

  std::byte* begin() { return blocks.span().data(); }

  GuardedMemory blocks;
  GuardedMemory bookkeeping;
  std::size_t min_block_size;
  MisuseRecorder misuse;
  QuadPool pool;
  Error error;
};

}  // namespace corepool::testing

#endif  // COREPOOL_TESTS_SUPPORT_TEST_QUAD_POOL_H_
