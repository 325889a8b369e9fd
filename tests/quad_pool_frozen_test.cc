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
#include <memory>
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

// Who goes on next: for some steps, `most` of them at most; or for whole requests.
struct Turn {
  std::size_t context;
  std::uint64_t most;
  std::size_t requests = 0;
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

// Steps until a context stands still.
std::uint64_t StepsFor(const Turn& turn, std::mt19937_64& random) {
  if (turn.most == kDone) return kDone;
  return random() % (turn.most + 1);
}

struct Tally {
  std::uint64_t runs = 0;
  std::uint64_t failures = 0;
};

template <class How>
void PlayOn(QuadRun& run, const QuadScript& script, const How& how) {
  std::vector<std::size_t> done(script.requests.size());
  std::vector<std::unique_ptr<Fiber>> contexts;
  for (std::size_t i = 0; i < script.requests.size(); ++i) {
    contexts.push_back(std::make_unique<Fiber>([&, i] {
      for (const QuadRequest& request : script.requests[i]) {
        run.Do(i, request);
        ++done[i];
      }
    }));
  }
  how(contexts, done);
}

void Play(const Scene& scene, std::uint64_t seed, Tally& tally) {
  std::mt19937_64 random(seed);
  for (int i = 0; i < scene.runs; ++i) {
    QuadRun run(scene.script);
    std::string stops;
    PlayOn(run, scene.script, [&](const auto& contexts, const auto& done) {
      for (const Turn& turn : scene.turns) {
        if (turn.requests != 0) {
          const std::size_t end = done[turn.context] + turn.requests;
          contexts[turn.context]->Run([&] { return done[turn.context] >= end; });
          continue;
        }
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

class QuadPoolFrozenScene : public ::testing::TestWithParam<Scene> {};

TEST_P(QuadPoolFrozenScene, TellsNothingThatNoOrderExplains) {
  Tally tally;
  Scene scene = GetParam();
  scene.runs *= Effort();
  Play(scene, 1, tally);
  std::cout << tally.runs << " runs, " << tally.failures << " times exhausted\n";
}

std::vector<Scene> Scenes() {
  std::vector<Scene> scenes;
  // Blocks 0: 64 leaves, Y; 1: 64 leaves; 2 to 5: 16 leaves each, of which the last is
  // in Z. Somebody who proves that there are no 16 leaves has looked at Y; Y is freed;
  // somebody opens a slot of it, and somebody else uses what is in there, and then
  // takes what there was in Z.
  scenes.push_back({"AFreedBlockIsOpenedAndUsedByOthers",
                    Pool({3, 3, 2, 2, 2, 2}, {}, {{}, {0}, {}, {5}},
                         {{Allocate(2)},
                          {Free()},
                          {Allocate(0)},
                          {Free(), Defragment(), Allocate(0), Allocate(2)}}),
                    {{0, 70}, {3, 12}, {0, 70}, {1, 6}, {2, 30}, {3, 90}, {0, kDone}},
                    4'000});
  // There are always 16 leaves, but somebody who looks for them never sees them: they
  // are now in one node, now in another.
  const auto cycles = [](int count) {
    std::vector<QuadRequest> requests;
    while (count-- > 0) {
      for (const QuadRequest& each : {Free(), Allocate(2), Free(), Allocate(3)}) {
        requests.push_back(each);
      }
    }
    return requests;
  };
  scenes.push_back(
      {"ABlockIsAlwaysWhereNobodyLooks",
       Pool({3, 3, 2, 2, 2, 2}, {5}, {{}, {0}}, {{Allocate(2)}, cycles(3)}),
       {{1, 0, 2},
        {0, 20},
        {1, 0, 2},
        {0, 40},
        {1, 0, 2},
        {0, 40},
        {1, 0, 2},
        {0, 40},
        {1, 0, 2},
        {0, kDone}},
       4'000});
  // Somebody helps to open a slot, and stands still until it has been closed and is
  // being opened again for a block of the same size.
  scenes.push_back(
      {"AHelperComesBackWhenTheSameSlotIsOpenedAgain",
       Pool({}, {}, {},
            {{Allocate(0), Free(), Defragment(), Allocate(0)}, {Defragment()}}),
       {{0, 20}, {1, 40}, {0, 40}, {1, 3}, {0, 120}, {1, kDone}, {0, kDone}},
       4'000});
  return scenes;
}

// The same around such scenes: nearly everything is allocated, contexts have what there
// is of holes, and want them again; each stands still several times.
Scene AnyScene(std::mt19937_64& random) {
  const auto any = [&](std::uint64_t count) { return random() % count; };
  const int most = any(3) == 0 ? 2 : 3;
  const std::size_t contexts = 2 + any(4);
  QuadScript script;
  const bool binary = any(4) == 0;
  script.options = QuadOptions(16, binary ? 2 * most + 1 : most + 1, 1 + any(3),
                               binary ? SplitFactor::kBinary : SplitFactor::kQuad);
  script.options.merge = static_cast<MergePolicy>(any(3));
  const int step = binary ? 2 : 1;
  // Of each largest block one is split further, at its beginning.
  for (std::size_t i = 0; i < script.options.block_count; ++i) {
    int level = most;
    std::vector<int> levels;
    int left = 1;
    while (level > 0 && any(4) != 0) {
      levels.insert(levels.end(), static_cast<std::size_t>(left - 1), level);
      left = 4;
      --level;
    }
    levels.insert(levels.end(), static_cast<std::size_t>(left), level);
    for (const int each : levels) script.before.push_back(each * step);
  }
  script.given.resize(contexts);
  for (std::size_t i = 0; i < script.before.size(); ++i) {
    const std::uint64_t die = any(contexts + 4);
    if (die < contexts) script.given[die].push_back(i);
    if (die == contexts && any(3) == 0) script.freed.push_back(i);
  }
  script.requests.resize(contexts);
  const int level = static_cast<int>(any(static_cast<std::uint64_t>(most + 1))) * step;
  for (auto& requests : script.requests) {
    const std::size_t count = 1 + any(4);
    while (requests.size() < count) {
      switch (any(8)) {
        case 0: requests.push_back(Defragment()); break;
        case 1:
        case 2: requests.push_back(Allocate(0)); break;
        case 3:
        case 4: requests.push_back(Allocate(level)); break;
        default: requests.push_back(Free(any(4)));
      }
    }
  }
  script.requests[0] = {Allocate(level)};
  Scene scene{"", script, {}, 0};
  const std::size_t turns = 3 + any(8);
  while (scene.turns.size() < turns) {
    static constexpr std::uint64_t kMost[] = {4, 12, 30, 60, 120, kDone};
    const std::size_t context = any(3) == 0 ? 0 : any(contexts);
    scene.turns.push_back({context, kMost[any(6)]});
    if (context == 0) scene.turns.back().most = 80;
  }
  return scene;
}

TEST(QuadPoolFrozen, NorDoesItAroundSuchScenes) {
  std::mt19937_64 random(1);
  Tally tally;
  for (int i = 0; i < 300 * Effort(); ++i) {
    Scene scene = AnyScene(random);
    scene.runs = 100;
    Play(scene, random(), tally);
    if (HasFatalFailure()) {
      std::cout << "scene " << i << "\n";
      return;
    }
  }
  std::cout << tally.runs << " runs, " << tally.failures << " times exhausted\n";
}

INSTANTIATE_TEST_SUITE_P(Scenes, QuadPoolFrozenScene, ::testing::ValuesIn(Scenes()),
                         [](const auto& scene) { return scene.param.name; });

}  // namespace
}  // namespace corepool::testing
