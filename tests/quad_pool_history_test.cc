// Proves that what a QuadPool tells contexts that use it at once could also have come
// one after the other: "exhausted" too. Interleavings, step by step, of a few
// operations of up to four contexts: all in which there are few changes from one to
// another, and many others. Any may stand still anywhere, while others do all they have
// to. Deterministic: the library is compiled against atomics that let contexts take
// turns.
//
// Compiled with COREPOOL_SABOTAGE_COLLECT, which takes one look at all memory for a
// proof that there is none, the same must be noticed.

#include <cstddef>
#include <cstdint>
#include <iostream>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "corepool/config.h"
#include "corepool/error.h"
#include "corepool/quad_pool.h"
#include "corepool/quad_pool_options.h"
#include "gtest/gtest.h"
#include "tests/support/disturbed_traffic.h"
#include "tests/support/fibers.h"
#include "tests/support/quad_history.h"
#include "tests/support/quad_model.h"
#include "tests/support/quad_script.h"
#include "tests/support/test_quad_pool.h"

namespace corepool::testing {
namespace {

// Each context on a fiber of its own.
template <class Play>
void Go(QuadRun& run, const QuadScript& script, const Play& play) {
  std::vector<std::unique_ptr<Fiber>> fibers;
  for (std::size_t i = 0; i < script.requests.size(); ++i) {
    fibers.push_back(std::make_unique<Fiber>([&run, &script, i] {
      for (const QuadRequest& request : script.requests[i]) run.Do(i, request);
    }));
  }
  play(fibers);
}

// Half of the scripts begin with a pool that is nearly full, in which every hole
// counts.
QuadScript ScriptAtRandom(std::uint64_t seed, std::size_t contexts,
                          std::size_t requests) {
  std::mt19937_64 random(seed);
  const bool quad = random() % 2 == 0;
  const bool full = random() % 2 == 0;
  QuadScript script;
  const int levels = 1 + static_cast<int>(random() % (quad ? 4 : 6));
  const std::size_t in_largest = std::size_t{1} << (levels - 1) * (quad ? 2 : 1);
  script.options = QuadOptions(16, levels, 1 + random() % (1 + 50 / in_largest),
                               quad ? SplitFactor::kQuad : SplitFactor::kBinary);
  script.options.merge = static_cast<MergePolicy>(random() % 3);
  const auto any_level = [&] {
    // The largest blocks and the smallest ones tell most.
    switch (random() % 4) {
      case 0: return 0;
      case 1: return levels - 1;
      default: return static_cast<int>(random() % static_cast<unsigned>(levels));
    }
  };
  script.given.resize(contexts);
  QuadModel model(script.options);
  const std::size_t most = full ? model.leaves() : random() % (1 + model.leaves());
  for (int tries = 0; tries < 200 && model.used() < most; ++tries) {
    const int level = tries < 100 ? any_level() : 0;
    // What the pool does, more or less.
    std::size_t leaf = 0;
    while (leaf < model.leaves() && !model.Take(leaf, level)) ++leaf;
    if (leaf < model.leaves()) script.before.push_back(level);
  }
  for (std::size_t i = 0; i < script.before.size(); ++i) {
    const std::size_t die = random() % (full ? 24 : contexts + 2);
    if (die < contexts) {
      script.given[die].push_back(i);
    } else if (die == contexts) {
      script.freed.push_back(i);
    }
  }
  script.requests.resize(contexts);
  for (auto& list : script.requests) {
    while (list.size() < requests) {
      const std::uint64_t die = random() % 16;
      list.push_back({die < 8    ? QuadRequest::Kind::kAllocate
                      : die < 14 ? QuadRequest::Kind::kFree
                      : die < 15 ? QuadRequest::Kind::kReallocate
                                 : QuadRequest::Kind::kDefragment,
                      any_level(), random() % 8});
    }
  }
  return script;
}

// How much is tried.
struct Size {
  std::size_t contexts;
  std::size_t requests;  // of each
  int scripts;
  int switches;             // of one run, from one context to another
  std::uint64_t in_turn;    // runs of a script: all, if there are no more than that
  std::uint64_t at_random;  // and else as many more
};

struct Tally {
  std::uint64_t runs = 0;
  std::uint64_t failures = 0;
};

// False, and says why, at the first run that cannot be explained or leaves something
// wrong.
bool TryAll(const QuadScript& script, const Size& size, Tally& tally,
            std::string& why) {
  Choices choices;
  for (std::uint64_t i = 0; i < size.in_turn + size.at_random; ++i) {
    if (i == size.in_turn) choices.Randomize(i, i % 2 == 0 ? 4 : 12);
    QuadRun run(script);
    Go(run, script,
       [&](const auto& fibers) { Interleave(fibers, size.switches, choices); });
    ++tally.runs;
    tally.failures += run.failures();
    if (!run.Explained()) {
      why = "interleaving " + std::to_string(i) + " of\n" + run.Described();
      return false;
    }
    if (!run.EndsWhole()) {
      why = "not whole after interleaving " + std::to_string(i) + " of\n" +
            run.Described();
      return false;
    }
    if (!choices.Next()) break;
  }
  return true;
}

#if COREPOOL_SABOTAGE_COLLECT != 0

TEST(SabotagedQuadPoolHistory, OneLookAtAllMemoryIsNoProofThatThereIsNone) {
  Tally tally;
  std::string why;
  for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
    const Size size{4, 4, 1, 16, 0, 200};
    const QuadScript script = ScriptAtRandom(seed, size.contexts, size.requests);
    if (!TryAll(script, size, tally, why)) {
      std::cout << "noticed after " << tally.runs << " runs: " << why;
      return;
    }
  }
  FAIL() << "not noticed in " << tally.runs << " runs";
}

#else

class QuadPoolHistory : public ::testing::TestWithParam<Size> {};

TEST_P(QuadPoolHistory, CanBeExplainedHoweverContextsInterleave) {
  const Size& size = GetParam();
  Tally tally;
  for (int seed = 1; seed <= size.scripts * Effort(); ++seed) {
    const QuadScript script =
        ScriptAtRandom(static_cast<std::uint64_t>(seed), size.contexts, size.requests);
    std::string why;
    ASSERT_TRUE(TryAll(script, size, tally, why)) << "seed " << seed << ": " << why;
  }
  std::cout << tally.runs << " histories, " << tally.failures << " times exhausted\n";
  EXPECT_GT(tally.failures, 0u);
}

INSTANTIATE_TEST_SUITE_P(
    Sizes, QuadPoolHistory,
    ::testing::Values(Size{2, 1, 33, 4, 1'000, 0}, Size{2, 2, 33, 2, 1'000, 0},
                      Size{3, 1, 16, 3, 2'000, 0}, Size{2, 6, 50, 20, 0, 300},
                      Size{3, 3, 50, 12, 0, 300}, Size{3, 5, 50, 20, 0, 300},
                      Size{4, 4, 50, 16, 0, 300}),
    [](const auto& size) {
      return std::to_string(size.param.contexts) + "Contexts" +
             std::to_string(size.param.requests) + "Requests" +
             std::to_string(size.param.switches) + "Switches";
    });

// The judge itself.
TEST(QuadHistory, ALateExhaustedIsExplainedAndAFalseOneIsNot) {
  using Kind = QuadEvent::Kind;
  const QuadModel model(4, 2, 1);
  // While somebody has a leaf no whole block is free; whoever asks afterwards gets it.
  EXPECT_TRUE(QuadHistoryChecker::IsLinearizable(model, {{Kind::kAllocated, 0, 2, 1, 4},
                                                         {Kind::kExhausted, 1, 0, 2, 6},
                                                         {Kind::kFreed, 0, 2, 5, 7}}));
  EXPECT_FALSE(
      QuadHistoryChecker::IsLinearizable(model, {{Kind::kAllocated, 0, 2, 1, 2},
                                                 {Kind::kFreed, 0, 2, 3, 4},
                                                 {Kind::kExhausted, 1, 0, 5, 6}}));
  // Three blocks of which two overlap.
  EXPECT_FALSE(
      QuadHistoryChecker::IsLinearizable(model, {{Kind::kAllocated, 0, 1, 1, 9},
                                                 {Kind::kAllocated, 0, 2, 2, 9},
                                                 {Kind::kAllocated, 1, 0, 3, 9}}));
  EXPECT_FALSE(QuadHistoryChecker::IsLinearizable(model, {{Kind::kFreed, 0, 1, 1, 2}}));
}

#endif  // COREPOOL_SABOTAGE_COLLECT != 0

}  // namespace
}  // namespace corepool::testing
