// What a QuadPool consists of: the part that never changes, and the part that does.

#ifndef COREPOOL_ENGINE_QUAD_PARTS_H_
#define COREPOOL_ENGINE_QUAD_PARTS_H_

#include <cstddef>

#include "corepool/base/exact_divisor.h"
#include "corepool/engine/leaf_marks.h"
#include "corepool/engine/quad_plan.h"
#include "corepool/engine/quad_tree.h"
#include "corepool/engine/wait_table.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/lockfree/counter.h"
#include "corepool/misuse.h"

namespace corepool::engine {

// Fixed from Init to Deinit. Without Init a pool of no blocks.
struct QuadParts {
  QuadTreeParts tree{};
  LeafMarks marks{};
  std::byte* blocks = nullptr;
  base::ExactDivisor divisor{1};  // by min_block_size
  std::size_t min_block_size = 0;
  std::size_t max_block_size = 0;
  int min_width = 0;  // bits of min_block_size - 1
  int levels = 0;
  std::size_t alignment = 1;
  std::size_t bookkeeping_bytes = 0;
  bool exact = true;  // of contexts that free one block at once, one is believed
  bool measure_peak = false;
  const char* name = "";
  MisuseHandler misuse_handler = nullptr;
  void* misuse_context = nullptr;
  WaitTable* waiters = nullptr;
};

struct QuadState {
  static constexpr int kMostLevels = QuadNode::kMostOrder + 1;

  QuadTreeState tree;
  lockfree::Maximum peak;         // in leaves
  lockfree::Counter allocations;  // what leaves' marks have no room for
  lockfree::Counter misuses;
  lockfree::Counter failures[kMostLevels];
  alignas(port::Port::kInterferenceBytes) lockfree::Atomic<lockfree::Word> used{};
};

}  // namespace corepool::engine

#endif  // COREPOOL_ENGINE_QUAD_PARTS_H_
