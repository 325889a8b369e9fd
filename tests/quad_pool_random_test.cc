// Proves that contexts cannot make a QuadPool lose memory or hand out the same twice,
// nor be refused what is there, when they stand still at any of their steps and for any
// time. Deterministic: the library is compiled against atomics that let contexts take
// turns. Unlike threads, which seldom meet on a machine of few cores, they meet all the
// time.
//
// Compiled with COREPOOL_SABOTAGE_TAG_BITS, which cuts the versions of the tree's
// nodes, the same must be noticed.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <memory>
#include <ostream>
#include <random>
#include <vector>

#include "corepool/config.h"
#include "corepool/quad_pool_options.h"
#include "gtest/gtest.h"
#include "tests/support/disturbed_traffic.h"
#include "tests/support/fibers.h"
#include "tests/support/quad_traffic.h"
#include "tests/support/test_quad_pool.h"

namespace corepool::testing {
namespace {

constexpr std::size_t kContexts = 6;

// What has come of it. If contexts are stuck, or something is wrong, they might never
// end, and are left as they stand.
QuadTrafficReport Reported(QuadTraffic& traffic,
                           const std::vector<QuadTraffic::Held>& held,
                           std::vector<std::unique_ptr<Fiber>>& fibers,
                           bool stuck = false) {
  std::uint64_t done = 0;
  for (const auto& each : held) done += each.operations;
  if (!stuck && !traffic.faulty()) {
    for (const auto& fiber : fibers) fiber->Finish();
    return traffic.Report(done);
  }
  for (auto& fiber : fibers) (void)fiber.release();
  QuadTrafficReport report =
      traffic.faulty() ? traffic.Report(done) : QuadTrafficReport{};
  report.whole = false;
  return report;
}

// One game of some thousand operations.
[[maybe_unused]] QuadTrafficReport Play(std::uint64_t seed, std::uint64_t operations) {
  std::mt19937_64 random(seed);
  const bool quad = random() % 2 == 0;
  const int levels = 1 + static_cast<int>(random() % (quad ? 5 : 9));
  QuadPoolOptions options =
      QuadOptions(4, levels, 1 + random() % (levels < 4 ? 20 : 3),
                  quad ? SplitFactor::kQuad : SplitFactor::kBinary);
  options.merge = static_cast<MergePolicy>(random() % 3);
  options.measure_peak = random() % 4 == 0;
  const bool with_tokens = random() % 2 == 0;
  const int most_level =
      with_tokens ? static_cast<int>(random() % static_cast<unsigned>(levels))
                  : levels - 1;
  QuadTraffic traffic(options, most_level, with_tokens);
  std::vector<QuadTraffic::Held> held(kContexts);
  std::vector<std::unique_ptr<Fiber>> fibers;
  for (std::size_t i = 0; i < kContexts; ++i) {
    held[i].owner = static_cast<std::uint32_t>(i + 1);
    held[i].limit = 1 + random() % QuadTraffic::kMostHeld;
    fibers.push_back(std::make_unique<Fiber>([&, i] {
      std::mt19937_64 dice(seed * 100 + i);
      for (std::uint64_t done = 0; done < operations / kContexts && !traffic.faulty();
           ++done) {
        traffic.Operate(held[i], dice);
      }
      if (!traffic.faulty()) traffic.FreeAll(held[i]);
    }));
  }
  // Who is next, and for how long; now and then one is left standing for ages.
  const std::uint64_t run = 1 + random() % 60;
  std::vector<std::uint64_t> absent(kContexts);
  bool standing = true;
  for (std::uint64_t patience = 200 * operations;
       standing && patience > 0 && !traffic.faulty(); --patience) {
    standing = false;
    for (std::size_t turns = 0; turns < kContexts; ++turns) {
      const std::size_t i = random() % kContexts;
      standing = standing || !fibers[i]->done();
      if (absent[i] > 0) {
        --absent[i];
        continue;
      }
      if (random() % 64 == 0) absent[i] = random() % 2000;
      fibers[i]->RunSteps(1 + random() % run);
    }
    standing = standing || std::any_of(fibers.begin(), fibers.end(),
                                       [](const auto& each) { return !each->done(); });
  }
  return Reported(traffic, held, fibers, standing);
}

// Two places are left for blocks of sixteen leaves, and one context allocates a leaf in
// one of them and all of the other in turn, a leaf in one of them ... So one place is
// free at any time; but when another context, which goes on by a few steps at a time,
// looks at it, it is the other one. Returns how often that one was refused, and adds to
// `found` how often it was not.
[[maybe_unused]] std::uint64_t Chase(std::uint64_t seed, std::uint64_t& found) {
  std::mt19937_64 random(seed);
  const bool quad = random() % 2 == 0;
  const int level = quad ? 2 : 4;
  QuadPoolOptions options =
      QuadOptions(4, level + 1 + static_cast<int>(random() % (quad ? 3 : 5)), 2,
                  quad ? SplitFactor::kQuad : SplitFactor::kBinary);
  options.merge = static_cast<MergePolicy>(random() % 3);
  TestQuadPool pool(options);
  const std::size_t size = pool->BlockSizeAt(level);
  std::vector<void*> all = pool.Drain(size);
  for (int i = 0; i < 2; ++i) {
    std::swap(all[random() % all.size()], all.back());
    pool->Free(all.back());
    all.pop_back();
  }
  std::uint64_t refused = 0;
  std::uint64_t juggled = 0;
  bool enough = false;
  Fiber chaser([&] {
    for (int i = 0; i < 20; ++i) {
      void* const block = pool->Allocate(size);
      block == nullptr ? ++refused : ++found;
      pool->Free(block);
    }
  });
  Fiber juggler([&] {
    while (!enough) {
      void* const leaf = pool->Allocate(4);
      ++juggled;
      pool->Free(leaf);
      // The other may have it.
      void* const block = pool->Allocate(size);
      ++juggled;
      pool->Free(block);
    }
  });
  const std::uint64_t steps = 1 + random() % 6;
  while (chaser.RunSteps(1 + random() % steps)) {
    const std::uint64_t target = juggled + random() % 3;
    if (target == juggled) continue;
    juggler.Run([&] { return juggled >= target; });
  }
  enough = true;
  juggler.Finish();
  return refused;
}

#if COREPOOL_SABOTAGE_COLLECT != 0

TEST(SabotagedQuadPoolRandom, OneLookIsNotEnoughToFindWhatMoves) {
  std::uint64_t found = 0;
  for (std::uint64_t seed = 1; seed <= 20'000; ++seed) {
    if (Chase(seed, found) == 0) continue;
    std::cout << "seed " << seed << "\n";
    return;
  }
  FAIL() << "not noticed";
}

#elif COREPOOL_SABOTAGE_TAG_BITS > 0

TEST(SabotagedQuadPoolRandom, ContextsFindTheAbaThatFewVersionBitsLetThrough) {
  for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
    const QuadTrafficReport report = Play(seed, 6000);
    if (!report.Clean()) {
      std::cout << "seed " << seed << ": " << report << "\n";
      return;
    }
  }
  FAIL() << "not noticed";
}

#else

TEST(QuadPoolRandom, ContextsThatStandStillAnywhereLoseAndDoubleNothing) {
  std::uint64_t operations = 0;
  for (int seed = 1; seed <= 100 * Effort(); ++seed) {
    const QuadTrafficReport report = Play(static_cast<std::uint64_t>(seed), 6000);
    ASSERT_TRUE(report.Clean()) << "seed " << seed << ": " << report;
    operations += report.operations;
  }
  std::cout << operations << " operations\n";
}

TEST(QuadPoolRandom, AContextFindsFreeMemoryThatIsNeverWhereItLooks) {
  std::uint64_t found = 0;
  for (int seed = 1; seed <= 800 * Effort(); ++seed) {
    ASSERT_EQ(Chase(static_cast<std::uint64_t>(seed), found), 0u) << "seed " << seed;
  }
  std::cout << found << " blocks\n";
}

#endif

}  // namespace
}  // namespace corepool::testing
