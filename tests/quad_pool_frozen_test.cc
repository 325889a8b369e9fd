// Proves that "exhausted" stays true, and that no memory goes astray, while contexts
// stand still at the worst places there are: between a change of theirs and its
// announcement to those who prove that there is nothing, with a slot half opened or a
// node half closed. Each scene is one that would deceive a proof that lacks one of its
// steps, tried with contexts that stand still at thousands of different steps; what
// they were told is then held against all orders in which it could have come about.
// Deterministic: the library is compiled against atomics that let contexts take turns.

#include <cstddef>
#include <cstdint>
#include <iostream>
#include <random>
#include <string>
#include <vector>

#include "corepool/quad_pool_options.h"
#include "gtest/gtest.h"
#include "tests/support/disturbed_traffic.h"
#include "tests/support/fibers.h"
#include "tests/support/quad_script.h"
#include "tests/support/test_quad_pool.h"

namespace corepool::testing {
namespace {

using Kind = QuadRequest::Kind;

constexpr QuadRequest Allocate(int level) { return {Kind::kAllocate, level, 0}; }
constexpr QuadRequest Free(std::size_t which = 0) { return {Kind::kFree, 0, which}; }
constexpr QuadRequest Defragment() { return {Kind::kDefragment, 0, 0}; }

// Who goes on next, and how many steps at most: any number of them, but often few.
struct Turn {
  std::size_t context;
  std::uint64_t most;
};

// A script, and the order of turns; after them all go on to their ends, in order.
struct Scene {
  const char* name;
  QuadScript script;
  std::vector<Turn> turns;
  int runs;
};

void PrintTo(const Scene& scene, std::ostream* out) { *out << scene.name; }

constexpr std::uint64_t kDone = ~std::uint64_t{0};

// Steps until an context stands still.
std::uint64_t StepsFor(const Turn& turn, std::mt19937_64& random) {
  if (turn.most == kDone) return kDone;
  return random() % (turn.most + 1);
}

struct Tally {
  std::uint64_t runs = 0;
  std::uint64_t failures = 0;
};

void Play(const Scene& scene, std::uint64_t seed, Tally& tally) {
  std::mt19937_64 random(seed);
  for (int i = 0; i < scene.runs * Effort(); ++i) {
    QuadRun run(scene.script);
    std::string stops;
    run.Go([&](const auto& contexts) {
      for (const Turn& turn : scene.turns) {
        const std::uint64_t steps = StepsFor(turn, random);
        stops += " " + std::to_string(turn.context) + ":" + std::to_string(steps);
        contexts[turn.context]->RunSteps(steps);
      }
      for (const auto& context : contexts) context->Finish();
    });
    ++tally.runs;
    tally.failures += run.failures();
    ASSERT_TRUE(run.Explained()) << "run " << i << stops << "\n" << run.Described();
    ASSERT_TRUE(run.EndsWhole()) << "run " << i << stops << "\n" << run.Described();
  }
}

// Three blocks of 64 leaves, each of which is a node of four slots and four nodes of
// leaves. What is allocated at first, by level: from the lowest address up, if it goes
// down in size.
QuadScript Pool(std::vector<int> before, std::vector<std::size_t> freed,
                std::vector<std::vector<std::size_t>> given,
                std::vector<std::vector<QuadRequest>> requests,
                MergePolicy merge = MergePolicy::kSplitFirst) {
  QuadScript script;
  script.options = QuadOptions(16, 4, 3);
  script.options.merge = merge;
  script.before = std::move(before);
  script.freed = std::move(freed);
  script.given = std::move(given);
  script.requests = std::move(requests);
  return script;
}

class QuadPoolFrozen : public ::testing::TestWithParam<Scene> {};

TEST_P(QuadPoolFrozen, TellsNothingThatNoOrderExplains) {
  Tally tally;
  Play(GetParam(), 1, tally);
  std::cout << tally.runs << " runs, " << tally.failures << " times exhausted\n";
}

std::vector<Scene> Scenes() {
  std::vector<Scene> scenes;
  // Blocks 0: 64 leaves, Y; 1: 64 leaves; 2 to 5: 16 leaves each, of which the last is
  // in Z. Somebody who proves that there are no 16 leaves has looked at Y; Y is freed;
  // somebody opens a slot of it, and somebody else uses what is in there, and then takes
  // what there was in Z.
  scenes.push_back(
      {"AFreedBlockIsOpenedAndUsedByOthers",
       Pool({3, 3, 2, 2, 2, 2}, {}, {{}, {0}, {}, {5}},
            {{Allocate(2)},
             {Free()},
             {Allocate(0)},
             {Free(), Defragment(), Allocate(0), Allocate(2)}}),
       {{0, 70}, {3, 12}, {0, 70}, {1, 6}, {2, 30}, {3, 90}, {0, kDone}},
       20'000});
  return scenes;
}

INSTANTIATE_TEST_SUITE_P(Scenes, QuadPoolFrozen, ::testing::ValuesIn(Scenes()),
                         [](const auto& scene) { return scene.param.name; });

}  // namespace
}  // namespace corepool::testing
