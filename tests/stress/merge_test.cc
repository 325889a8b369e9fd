#include "stress/merge.h"

#include <cstdint>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "stress/heat_map.h"
#include "stress/occupancy_track.h"
#include "stress/run_record.h"

namespace corepool::stress {
namespace {

using ::testing::SizeIs;

ScenarioRecord Turn(std::int64_t latency, int cpu, std::uint64_t violations) {
  ScenarioRecord record;
  record.name = "burst";
  record.elapsed_ns = 1'000'000'000;
  record.operations = 10;
  record.failures = 1;
  LatencyRecord& allocate = record.latencies.emplace_back();
  allocate.operation = "allocate";
  allocate.service.Record(latency);
  allocate.per_core.push_back({cpu, allocate.service});
  allocate.heat.Record(500'000'000, latency);
  allocate.slowest_at_ns = 500'000'000;
  allocate.slowest_thread = cpu;
  PoolRecord& pool = record.pools.emplace_back();
  pool.name = "pool";
  pool.stats.peak = static_cast<std::size_t>(latency);
  pool.stats.allocations = 5;
  pool.occupancy.Sample(0, 3);
  pool.occupancy.Sample(900'000'000, 7);
  record.checks.push_back({Check::Kind::kCorrectness, "blocks lost", violations,
                           violations == 0 ? "" : "block 3"});
  record.figures.push_back({"interrupts", 4, ""});
  record.figures.push_back({"worst", static_cast<double>(latency), "ns"});
  return record;
}

std::uint64_t CountAfter(const HeatMap& heat, std::int64_t from) {
  std::uint64_t count = 0;
  for (int column = 0; column < HeatMap::kColumns; ++column) {
    if (column * heat.interval() < from) continue;
    for (int row = 0; row < HeatMap::kRows; ++row) count += heat.At(column, row);
  }
  return count;
}

TEST(MergeTurn, PutsOneTurnBehindTheOther) {
  ScenarioRecord sum;
  MergeTurn(Turn(100, 1, 0), "first", sum);
  MergeTurn(Turn(200, 0, 0), "second", sum);
  EXPECT_EQ(sum.name, "burst");
  EXPECT_EQ(sum.elapsed_ns, 2'000'000'000);
  EXPECT_EQ(sum.operations, 20u);
  EXPECT_EQ(sum.failures, 2u);
  ASSERT_THAT(sum.latencies, SizeIs(1));
  const LatencyRecord& allocate = sum.latencies[0];
  EXPECT_EQ(allocate.service.total(), 2u);
  EXPECT_EQ(allocate.slowest_at_ns, 1'500'000'000);
  EXPECT_EQ(allocate.slowest_thread, 0);
  ASSERT_THAT(allocate.per_core, SizeIs(2));
  EXPECT_EQ(allocate.per_core[0].cpu, 0);
  EXPECT_EQ(allocate.per_core[1].cpu, 1);
  EXPECT_EQ(CountAfter(allocate.heat, 0), 2u);
  EXPECT_EQ(CountAfter(allocate.heat, 1'400'000'000), 1u);
  ASSERT_THAT(sum.pools, SizeIs(1));
  EXPECT_EQ(sum.pools[0].stats.peak, 200u);
  EXPECT_EQ(sum.pools[0].stats.allocations, 10u);
  EXPECT_GE(sum.pools[0].occupancy.spans().back().from_ns, 1'800'000'000);
  ASSERT_THAT(sum.figures, SizeIs(2));
  EXPECT_EQ(sum.figures[0].value, 8);
  EXPECT_EQ(sum.figures[1].value, 200);
}

TEST(MergeTurn, SaysHowToDoTheFirstFaultyTurnAgain) {
  ScenarioRecord sum;
  MergeTurn(Turn(1, 0, 0), "first", sum);
  MergeTurn(Turn(1, 0, 2), "second", sum);
  MergeTurn(Turn(1, 0, 3), "third", sum);
  ASSERT_THAT(sum.checks, SizeIs(1));
  EXPECT_EQ(sum.checks[0].violations, 5u);
  EXPECT_EQ(sum.checks[0].detail, "block 3; again: second");
}

TEST(MergeTurn, GrowsNoLargerInManyTurns) {
  ScenarioRecord sum;
  ScenarioRecord turn = Turn(50, 0, 1);
  turn.leaks = {"block 1", "block 2"};
  for (int i = 0; i < 300; ++i) MergeTurn(turn, "again", sum);
  EXPECT_EQ(sum.elapsed_ns, 300'000'000'000);
  EXPECT_THAT(sum.latencies, SizeIs(1));
  EXPECT_THAT(sum.checks, SizeIs(1));
  EXPECT_THAT(sum.figures, SizeIs(2));
  EXPECT_THAT(sum.leaks, SizeIs(100));
  EXPECT_LE(sum.pools[0].occupancy.spans().size(), OccupancyTrack::kMostIntervals);
  // Nothing fell off the map's end.
  EXPECT_EQ(CountAfter(sum.latencies[0].heat, 0), 300u);
  EXPECT_EQ(sum.latencies[0].service.total(), 300u);
}

TEST(MergeTurn, RemembersThatAScenarioWasSkipped) {
  ScenarioRecord skipped;
  skipped.name = "fork_storm";
  skipped.skipped = "no fork";
  ScenarioRecord sum;
  MergeTurn(skipped, "", sum);
  MergeTurn(skipped, "", sum);
  EXPECT_EQ(sum.skipped, "no fork");
}

}  // namespace
}  // namespace corepool::stress
