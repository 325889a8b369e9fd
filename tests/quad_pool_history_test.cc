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
#include "tests/support/test_quad_pool.h"

namespace corepool::testing {
namespace {

// A context's next operation.
struct Request {
  enum class Kind { kAllocate, kFree, kReallocate, kDefragment };

  Kind kind;
  int level = 0;          // kAllocate, kReallocate
  std::size_t which = 0;  // kFree, kReallocate: of what it holds
};

// What is allocated at first, and what each of the contexts does.
struct Script {
  QuadPoolOptions options;
  std::vector<int> before;                      // levels allocated, in this order
  std::vector<std::size_t> freed;               // of these, freed again
  std::vector<std::vector<std::size_t>> given;  // of these, to each context
  std::vector<std::vector<Request>> requests;
};

// One run of a script. Afterwards the pool must be sound, and whole when all is freed.
class Run {
 public:
  explicit Run(const Script& script)
      : script_(script), pool_(script.options), model_(script.options) {
    EXPECT_EQ(pool_.error, Error::kOk);
    std::vector<void*> blocks;
    for (const int level : script.before) {
      blocks.push_back(pool_->Allocate(pool_->BlockSizeAt(level)));
      if (blocks.back() != nullptr) model_.Take(pool_.LeafOf(blocks.back()), level);
    }
    for (const std::size_t which : script.freed) {
      pool_->Free(blocks[which]);
      model_.Give(pool_.LeafOf(blocks[which]));
      blocks[which] = nullptr;
    }
    held_.resize(script.requests.size());
    for (std::size_t i = 0; i < script.given.size(); ++i) {
      for (const std::size_t which : script.given[i]) {
        if (blocks[which] != nullptr) held_[i].push_back(blocks[which]);
        blocks[which] = nullptr;
      }
    }
    for (void* const block : blocks) {
      if (block != nullptr) rest_.push_back(block);
    }
  }

  template <class Play>
  void Go(const Play& play) {
    std::vector<std::unique_ptr<Fiber>> fibers;
    for (std::size_t i = 0; i < held_.size(); ++i) {
      fibers.push_back(std::make_unique<Fiber>([this, i] {
        for (const Request& request : script_.requests[i]) Do(request, held_[i]);
      }));
    }
    play(fibers);
  }

  bool Explained() const {
    return !faulty_ && QuadHistoryChecker::IsLinearizable(model_, events_);
  }
  std::string Described() const {
    return "before: " + model_.Map() + "\n" + QuadHistoryChecker::Described(events_);
  }
  std::uint64_t failures() const { return failures_; }

  // Frees all; whether nothing is missing then.
  bool EndsWhole() {
    for (const auto& held : held_) rest_.insert(rest_.end(), held.begin(), held.end());
    std::size_t used = 0;
    for (void* const block : rest_) used += pool_->SizeOf(block) / pool_.min_block_size;
    bool whole = pool_.SoundAtRest(used);
    for (void* const block : rest_) whole = pool_->Free(block) == Error::kOk && whole;
    whole = whole && pool_.SoundAtRest(0) && pool_.misuse.count == 0;
    return whole && pool_.Drain(script_.options.max_block_size).size() ==
                        script_.options.block_count;
  }

 private:
  using Kind = QuadEvent::Kind;

  void Do(const Request& request, std::vector<void*>& held) {
    const std::uint64_t begin = ++clock_;
    switch (request.kind) {
      case Request::Kind::kAllocate: {
        const auto got = pool_->TryAllocate(pool_->BlockSizeAt(request.level));
        Note(got, request.level, begin);
        if (got.error == Error::kOk) held.push_back(got.block);
        break;
      }
      case Request::Kind::kFree: {
        if (held.empty()) break;
        const std::size_t which = request.which % held.size();
        void* const block = held[which];
        held[which] = held.back();
        held.pop_back();
        const int level = LevelOf(block);
        faulty_ = pool_->Free(block) != Error::kOk || faulty_;
        events_.push_back({Kind::kFreed, level, pool_.LeafOf(block), begin, ++clock_});
        break;
      }
      case Request::Kind::kReallocate: {
        if (held.empty()) break;
        void*& block = held[request.which % held.size()];
        const int level = LevelOf(block);
        if (level == request.level) break;
        const auto got = pool_->TryReallocate(block, pool_->BlockSizeAt(request.level));
        // Two operations, in this order, with nothing between them that could be seen.
        Note(got, request.level, begin);
        if (got.error != Error::kOk) break;
        events_.push_back({Kind::kFreed, level, pool_.LeafOf(block), begin, clock_});
        block = got.block;
        break;
      }
      case Request::Kind::kDefragment: pool_->Defragment(); break;
    }
  }
  void Note(const QuadPool::Allocation& got, int level, std::uint64_t begin) {
    const bool ok = got.error == Error::kOk;
    faulty_ = (!ok && got.error != Error::kExhausted) || faulty_;
    failures_ += !ok;
    events_.push_back({ok ? Kind::kAllocated : Kind::kExhausted, level,
                       ok ? pool_.LeafOf(got.block) : 0, begin, ++clock_});
  }
  int LevelOf(const void* block) {
    int level = 0;
    while (pool_->BlockSizeAt(level) < pool_->SizeOf(block)) ++level;
    return level;
  }

  const Script& script_;
  TestQuadPool pool_;
  QuadModel model_;  // before all
  std::vector<std::vector<void*>> held_;
  std::vector<void*> rest_;  // nobody's
  std::vector<QuadEvent> events_;
  std::uint64_t clock_ = 0;
  std::uint64_t failures_ = 0;
  bool faulty_ = false;
};

// Half of the scripts begin with a pool that is nearly full, in which every hole
// counts.
Script ScriptAtRandom(std::uint64_t seed, std::size_t contexts, std::size_t requests) {
  std::mt19937_64 random(seed);
  const bool quad = random() % 2 == 0;
  const bool full = random() % 2 == 0;
  Script script;
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
      list.push_back({die < 8    ? Request::Kind::kAllocate
                      : die < 14 ? Request::Kind::kFree
                      : die < 15 ? Request::Kind::kReallocate
                                 : Request::Kind::kDefragment,
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
bool TryAll(const Script& script, const Size& size, Tally& tally, std::string& why) {
  Choices choices;
  for (std::uint64_t i = 0; i < size.in_turn + size.at_random; ++i) {
    if (i == size.in_turn) choices.Randomize(i, i % 2 == 0 ? 4 : 12);
    Run run(script);
    run.Go([&](const auto& fibers) { Interleave(fibers, size.switches, choices); });
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
    const Script script = ScriptAtRandom(seed, size.contexts, size.requests);
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
    const Script script =
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
