// Proves that all front ends hold their promises together: threads allocate from, grow,
// extend, list, export, audit and flush one set of pools at the same time; no byte is
// ever two owners', no bound is exceeded, and at the end everything is there, once.

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "corepool/dynamic_pool.h"
#include "corepool/error.h"
#include "corepool/options.h"
#include "corepool/registry.h"
#include "corepool/stats.h"
#include "gtest/gtest.h"
#include "tests/support/cachings.h"
#include "tests/support/disturbed_traffic.h"
#include "tests/support/front_ends_world.h"
#include "tests/support/gang.h"

namespace corepool {
namespace {

using testing::Actor;
using testing::From;
using testing::Held;
using testing::kClasses;
using testing::kInterrupts;
using testing::kMaximum;
using testing::Totals;
using testing::World;

constexpr int kThreads = 8;
// Growing and extending come to an end soon, so there are many worlds, all of them
// times COREPOOL_EFFORT.
constexpr int kWorlds = 20;
constexpr int kRounds = 2;
constexpr int kOperations = 1000;  // of each thread

// Allocates all there is; every block is marked by the ledger as one owner's.
template <class Allocate>
std::vector<Held> Drain(World& world, From from, const Allocate& allocate) {
  std::vector<Held> all;
  while (void* const block = allocate()) {
    all.push_back(world.Own(from, block, world.SizeOf(from, block), 1, all.size()));
  }
  return all;
}

void RunWorld(Caching caching, Checking checking, std::uint64_t seed, Totals& totals) {
  const auto world = std::make_unique<World>(caching, checking, totals);
  std::vector<std::unique_ptr<Actor>> actors;
  for (int i = 0; i < kThreads; ++i) {
    actors.push_back(
        std::make_unique<Actor>(*world, i, seed * kThreads + static_cast<unsigned>(i)));
  }
  // Who frees is not always who has allocated.
  for (int round = 0; round < kRounds && world->faults() == 0; ++round) {
    testing::RunGang(kThreads, [&](int thread) {
      actors[static_cast<std::size_t>((thread + round) % kThreads)]->Run(kOperations);
    });
  }
  ASSERT_EQ(world->faults(), 0u);
  ASSERT_EQ(world->misuse.count, 0);
  for (auto& actor : actors) actor->FreeAll();
  actors.clear();
  ASSERT_EQ(world->faults(), 0u);
  EXPECT_EQ(world->owned(), 0u);
  EXPECT_EQ(PoolCount(), 4u);

  // What was counted is what has happened.
  const auto audit = [](const auto& pool) {
    const AuditReport report = pool.Audit(AuditMode::kAtRest);
    EXPECT_EQ(report.error, Error::kOk);
    EXPECT_EQ(report.used, 0u);
  };
  audit(world->sizes);
  audit(world->growing[0]);
  audit(world->growing[1]);
  audit(world->classes);
  EXPECT_EQ(world->sizes.Stats().allocations, world->got[0] + world->moved);
  EXPECT_EQ(world->sizes.Stats().frees, world->got[0] + world->moved);
  for (std::size_t which = 0; which < 2; ++which) {
    const PoolStats stats = world->growing[which].Stats();
    EXPECT_TRUE(stats.exact);
    EXPECT_EQ(stats.used, 0u);
    EXPECT_EQ(stats.allocations, world->got[1 + which]);
    EXPECT_EQ(stats.frees, world->got[1 + which]);
  }
  std::uint64_t urgent = 0;
  for (std::size_t cls = 0; cls < world->classes.class_count(); ++cls) {
    const ClassStats stats = world->classes.StatsOf(cls);
    urgent += stats.pool.allocations;
    EXPECT_EQ(stats.pool.used, 0u);
    EXPECT_EQ(stats.lent, 0u);
    EXPECT_EQ(stats.borrowed, 0u);
  }
  EXPECT_EQ(urgent, world->got[3]);
  world->growing[1].FlushCaches();
  world->growing[1].FlushCaches();
  EXPECT_EQ(world->raised, world->normal);

  // Everything can be allocated, once, at the same time.
  std::vector<std::vector<Held>> all;
  const std::size_t at_first = 6 + 6 + 6 + 4;
  all.push_back(Drain(*world, From::kBySize, [&] { return world->sizes.Allocate(1); }));
  EXPECT_EQ(all.back().size(), at_first + world->added);
  for (const From from : {From::kBounded, From::kGrowing}) {
    DynamicPool& pool = world->growing[from == From::kGrowing ? 0 : 1];
    all.push_back(Drain(*world, from, [&] { return pool.Allocate(); }));
    EXPECT_EQ(all.back().size(), pool.Stats().capacity);
  }
  EXPECT_LE(all[1].size(), kMaximum);
  EXPECT_EQ(world->segment.used(),
            all[1].size() * world->growing[1].Stats().stride +
                all[2].size() * world->growing[0].Stats().stride);
  EXPECT_LT(world->segment.Remaining(), world->growing[0].Stats().stride);
  for (std::size_t cls = 0; cls < std::size(kClasses); ++cls) {
    if (cls == kInterrupts) continue;  // another core's are not ours to take
    all.push_back(
        Drain(*world, From::kByClass, [&] { return world->classes.Allocate(cls); }));
  }
  std::size_t classes = 0;
  for (std::size_t i = 3; i < all.size(); ++i) classes += all[i].size();
  EXPECT_EQ(classes, 24u + 16 + 8 + 10);
  EXPECT_EQ(world->faults(), 0u);
  for (const auto& held : all) {
    for (const Held& one : held) {
      world->Verify(one, one.size);
      world->Forget(one, 1);
    }
  }
  EXPECT_EQ(world->faults(), 0u);
  EXPECT_EQ(world->owned(), 0u);
  EXPECT_EQ(world->misuse.count, 0);
  EXPECT_TRUE(world->Intact());
  for (auto& entry : world->entries) EXPECT_EQ(entry.Unregister(), Error::kOk);
  EXPECT_EQ(world->growing[0].Deinit(Leaks::kIgnore), Error::kOk);
  EXPECT_EQ(world->growing[1].Deinit(Leaks::kIgnore), Error::kOk);
  EXPECT_EQ(world->segment.Deinit(), Error::kOk);
}

class FrontEndsTorture
    : public ::testing::TestWithParam<std::tuple<Caching, Checking>> {};

TEST_P(FrontEndsTorture, NothingIsLostDoubledOrExceededByAllOfThemTogether) {
  const auto [caching, checking] = GetParam();
  if (!testing::Works(caching)) GTEST_SKIP() << "not to be had here";
  Totals totals;
  for (int i = 0; i < kWorlds * testing::Effort() && !HasFailure(); ++i) {
    RunWorld(caching, checking, static_cast<std::uint64_t>(i), totals);
  }
  EXPECT_GT(totals.extended, 0u);
  EXPECT_GT(totals.moved, 0u);
  EXPECT_GT(totals.exported, 0u);
  EXPECT_GT(totals.borrowed, 0u);
  for (const auto& count : totals.exhausted) EXPECT_GT(count, 0u);
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, FrontEndsTorture,
    ::testing::Combine(::testing::Values(Caching::kRseq, Caching::kCas, Caching::kNone),
                       ::testing::Values(Checking::kBasic, Checking::kFull)),
    [](const auto& kind) {
      return std::string(testing::NameOf(std::get<0>(kind.param))) +
             (std::get<1>(kind.param) == Checking::kFull ? "Full" : "Basic");
    });

}  // namespace
}  // namespace corepool
