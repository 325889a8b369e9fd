// Proves that interrupt handlers may use a QuadPool between any two instructions of any
// operation on it, also while it splits and merges: no two blocks overlap, none is
// lost, and "exhausted" is said only if no such block could be put together. On the
// library as it is shipped, down to what the compiler has made of it.

#include <cstddef>
#include <string>
#include <vector>

#include "corepool/quad_pool_options.h"
#include "gtest/gtest.h"
#include "tests/support/boundaries.h"
#include "tests/support/quad_script.h"
#include "tests/support/single_stepped.h"
#include "tests/support/test_quad_pool.h"

namespace corepool::testing {
namespace {

QuadRequest Allocate(int level) { return {QuadRequest::Kind::kAllocate, level, 0}; }
QuadRequest Free() { return {QuadRequest::Kind::kFree, 0, 0}; }
QuadRequest Reallocate(int level) { return {QuadRequest::Kind::kReallocate, level, 0}; }
QuadRequest Defragment() { return {QuadRequest::Kind::kDefragment, 0, 0}; }

// What is allocated at first, and freed again. Context 0 is interrupted and has the
// first block, context 1 is the handler and has the second.
struct Situation {
  const char* name;
  std::vector<int> before;
  std::vector<std::size_t> freed;
};

class SingleSteppedQuadPool : public SingleStepped {
 protected:
  void InterruptAll(const QuadPoolOptions& options, const Situation& situation,
                    const std::vector<QuadRequest>& interrupted,
                    const std::vector<std::vector<QuadRequest>>& handlers) {
    QuadScript script{options, situation.before, situation.freed, {{0}, {1}}, {{}, {}}};
    if (situation.before.size() < 2) script.given.clear();
    for (const QuadRequest& request : interrupted) {
      for (const auto& handler : handlers) {
        ForEachBoundary([&] {
          QuadRun run(script);
          const auto interrupt = [&] {
            for (const QuadRequest& one : handler) run.Do(1, one);
          };
          run.Do(0, request, InterruptedBy{boundaries(), interrupt});
          const std::string described = situation.name + (": " + run.Described());
          Judge(run.Explained() ? "" : described);
          Judge(run.EndsWhole() ? "" : "not whole, " + described);
        });
      }
    }
  }
};

// A whole pool, of one largest block: whatever comes splits it or takes it.
TEST_F(SingleSteppedQuadPool, WhileItSplits) {
  InterruptAll(QuadOptions(16, 3, 1), {"whole", {}, {}}, {Allocate(0), Allocate(2)},
               {{Allocate(0)},
                {Allocate(2)},
                {Allocate(1), Free(), Allocate(2), Free(), Allocate(0)}});
}

// Only small blocks lie ready, and all must be merged for a large one.
TEST_F(SingleSteppedQuadPool, WhileItMerges) {
  const Situation pieces{"in pieces", {0, 0, 0, 0}, {0, 1, 2, 3}};
  InterruptAll(QuadOptions(16, 2, 1), pieces, {Allocate(1), Defragment()},
               {{Allocate(0)}, {Allocate(1)}, {Allocate(1), Free(), Allocate(0)}});
}

// Each has a small block; what is free is merged while they free them.
TEST_F(SingleSteppedQuadPool, WhileBothFree) {
  const Situation both{"both have a leaf", {0, 0}, {}};
  InterruptAll(QuadOptions(16, 2, 1), both, {Free(), Allocate(1), Reallocate(1)},
               {{Free()}, {Free(), Allocate(1)}, {Allocate(0), Free(), Free()}});
}

// Nothing is left but what a handler frees.
TEST_F(SingleSteppedQuadPool, WhenItIsExhausted) {
  const Situation full{"full", {0, 0, 0, 0}, {}};
  InterruptAll(QuadOptions(16, 2, 1), full, {Allocate(0), Free()},
               {{Free()}, {Allocate(0)}, {Free(), Allocate(0), Free(), Allocate(0)}});
}

TEST_F(SingleSteppedQuadPool, WithBinarySplits) {
  const Situation both{"both have a leaf", {0, 0}, {}};
  InterruptAll(QuadOptions(16, 3, 1, SplitFactor::kBinary), both,
               {Allocate(1), Allocate(2), Free()},
               {{Free(), Allocate(2)}, {Allocate(1), Free(), Free()}});
}

}  // namespace
}  // namespace corepool::testing
