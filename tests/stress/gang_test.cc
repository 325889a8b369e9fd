#include "stress/gang.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "stress/clock.h"
#include "stress/cpu_set.h"
#include "stress/load_options.h"
#include "stress/occupancy_track.h"
#include "stress/run_control.h"
#include "stress/run_record.h"

namespace corepool::stress {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

TEST(Gang, RunsEveryThreadOfEveryRoleOnce) {
  RunControl control;
  Gang gang({}, control, {});
  std::atomic<int> first{0};
  std::atomic<int> second{0};
  ASSERT_TRUE(gang.Plan({{3, [&](Worker& worker) { first |= 1 << worker.number(); }},
                         {2, [&](Worker& worker) { second |= 1 << worker.number(); }}})
                  .ok());
  ASSERT_TRUE(gang.Run().ok());
  EXPECT_EQ(first, 0b111);
  EXPECT_EQ(second, 0b11);
  EXPECT_TRUE(control.settling());
}

// What each of three threads asks for with this seed, if it is stopped after 100.
std::vector<std::vector<std::uint64_t>> Requests(std::uint64_t seed) {
  RunControl control;
  LoadOptions load;
  load.seed = seed;
  Gang gang(load, control, {});
  std::vector<std::vector<std::uint64_t>> requests(3);
  EXPECT_TRUE(gang.Plan({{3,
                          [&](Worker& worker) {
                            auto& own =
                                requests[static_cast<std::size_t>(worker.number())];
                            while (own.size() < 100 && worker.Next()) {
                              own.push_back(worker.random()());
                            }
                          }}})
                  .ok());
  EXPECT_TRUE(gang.Run().ok());
  return requests;
}

TEST(Gang, GivesEachThreadTheSameRandomNumbersForTheSameSeed) {
  const auto requests = Requests(5);
  EXPECT_EQ(requests, Requests(5));
  EXPECT_NE(requests, Requests(6));
  EXPECT_NE(requests[0], requests[1]);
  EXPECT_NE(requests[1], requests[2]);
}

TEST(Gang, StopsAtABoundOnOperationsToSomePerCent) {
  for (const std::uint64_t most : {1u, 100u, 100'000u}) {
    RunControl control(most);
    Gang gang({}, control, {});
    std::atomic<std::uint64_t> done{0};
    ASSERT_TRUE(gang.Plan({{4,
                            [&](Worker& worker) {
                              while (worker.Next()) {
                                ++worker.actor().operations;
                                done.fetch_add(1, std::memory_order_relaxed);
                              }
                            }}})
                    .ok());
    ASSERT_TRUE(gang.Run().ok());
    ScenarioRecord record;
    gang.AddTo(record);
    EXPECT_EQ(record.operations, done);
    EXPECT_EQ(control.operations(), done);
    EXPECT_GE(done, most);
    EXPECT_LE(done, most + most / 8 + 8);
  }
}

TEST(Gang, RefusesCpusThatItMayNotUseBeforeAnythingRuns) {
  RunControl control;
  LoadOptions load;
  load.pin = {Pinning::Kind::kList, {UsableCpus().front(), 1000}};
  Gang gang(load, control, {});
  const absl::Status status = gang.Plan({{1, [](Worker&) { FAIL(); }}});
  EXPECT_TRUE(absl::IsResourceExhausted(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("may not use CPU 1000"));
}

TEST(Gang, SpreadsThreadsOverCpusInTurn) {
  const std::vector<int> usable = UsableCpus();
  const auto spread = PlanCpus({}, 2 * static_cast<int>(usable.size()));
  ASSERT_TRUE(spread.ok());
  for (std::size_t i = 0; i < spread->size(); ++i) {
    EXPECT_EQ((*spread)[i], usable[i % usable.size()]);
  }
  const auto none = PlanCpus({Pinning::Kind::kNone, {}}, 2);
  ASSERT_TRUE(none.ok());
  EXPECT_EQ(*none, (std::vector<int>{-1, -1}));
}

TEST(Gang, MeasuresFromWhenOperationsWereDueIfThereIsARate) {
  RunControl control(100);
  LoadOptions load;
  load.rate = 100'000;
  Gang gang(load, control, {"step"});
  std::int64_t stalled = 0;
  ASSERT_TRUE(gang.Plan({{1,
                          [&](Worker& worker) {
                            while (worker.Next()) {
                              const std::int64_t begin = Now();
                              // One operation takes as long as fifty should.
                              while (stalled == 0 && Now() - begin < 500'000) {
                              }
                              stalled = 1;
                              worker.actor().Record(0, begin, Now());
                              ++worker.actor().operations;
                            }
                          }}})
                  .ok());
  ASSERT_TRUE(gang.Run().ok());
  ScenarioRecord record;
  gang.AddTo(record);
  ASSERT_THAT(record.latencies, SizeIs(1));
  const LatencyRecord& latency = record.latencies[0];
  EXPECT_EQ(latency.service.total(), record.operations);
  EXPECT_EQ(latency.response.total(), record.operations);
  // The one that stalled was slow for itself, and made all behind it late.
  EXPECT_GE(latency.service.max(), 500'000);
  EXPECT_GE(latency.response.Percentile(75), 100'000);
  EXPECT_GE(latency.response.max(), latency.service.max());
}

TEST(Gang, HasNoResponseTimesWithoutARateNorForThoseThatDoNotKeepToIt) {
  for (const double rate : {0.0, 1e6}) {
    RunControl control(100);
    LoadOptions load;
    load.rate = rate;
    Gang gang(load, control, {"step"});
    ASSERT_TRUE(gang.Plan({{1,
                            [](Worker& worker) {
                              while (worker.Next()) {
                                const std::int64_t now = Now();
                                worker.actor().Record(0, now, now + 5);
                                ++worker.actor().operations;
                              }
                            },
                            false}})
                    .ok());
    ASSERT_TRUE(gang.Run().ok());
    ScenarioRecord record;
    gang.AddTo(record);
    EXPECT_EQ(record.latencies[0].response.total(), 0u);
    EXPECT_EQ(record.latencies[0].service.max(), 5);
  }
}

TEST(Gang, TellsWhoWasSlowestAndOnWhichCore) {
  RunControl control;
  Gang gang({}, control, {"step", "never done"});
  ASSERT_TRUE(gang.Plan({{4,
                          [](Worker& worker) {
                            const std::int64_t now = Now();
                            worker.actor().Record(0, now, now + 10 + worker.number());
                          }}})
                  .ok());
  ASSERT_TRUE(gang.Run().ok());
  ScenarioRecord record;
  gang.AddTo(record);
  ASSERT_THAT(record.latencies, SizeIs(1));
  const LatencyRecord& latency = record.latencies[0];
  EXPECT_EQ(latency.slowest_thread, 3);
  EXPECT_EQ(latency.service.total(), 4u);
  EXPECT_EQ(latency.service.max(), 13);
  std::set<int> cpus;
  std::uint64_t total = 0;
  for (const LatencyRecord::Core& core : latency.per_core) {
    cpus.insert(core.cpu);
    total += core.service.total();
  }
  EXPECT_EQ(total, 4u);
  EXPECT_EQ(cpus.size(), latency.per_core.size());
  EXPECT_EQ(cpus.size(), std::min<std::size_t>(4, UsableCpus().size()));
}

TEST(Gang, SamplesWhileThreadsRun) {
  RunControl control;
  Gang gang({}, control, {});
  OccupancyTrack track;
  std::atomic<int> samples{0};
  gang.Watch([&samples] { return static_cast<std::uint64_t>(++samples); }, track);
  ASSERT_TRUE(gang.Plan({{1,
                          [&samples](Worker&) {
                            while (samples < 3) {
                            }
                          }}})
                  .ok());
  ASSERT_TRUE(gang.Run().ok());
  EXPECT_FALSE(track.spans().empty());
}

}  // namespace
}  // namespace corepool::stress
