#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include "corepool/dynamic_pool.h"
#include "corepool/error.h"
#include "corepool/fixed_pool.h"
#include "corepool/options.h"
#include "corepool/priority_pool.h"
#include "corepool/stats.h"
#include "gtest/gtest.h"
#include "tests/misuse_cases.h"
#include "tests/misuse_particular.h"
#include "tests/support/misuse_bed.h"
#include "tests/support/misuse_judge.h"
#include "tests/support/test_pool.h"

namespace corepool::testing {
namespace {

using Bed = MisuseBed;

PoolStats StatsOf(const PriorityPool& pool) { return pool.StatsOf(0).pool; }
template <class Pool>
PoolStats StatsOf(const Pool& pool) {
  return pool.Stats();
}

// Leaks: shown one by one, and then kAbort ends the program; kReport would go on.
template <class Pool>
void LeakTwo(MisuseJudge& judge, Pool& pool, void* first, void* second, bool deinit,
             std::size_t second_index = 1) {
  const Charge charge(judge, &pool, Bed::kName);
  const auto expect = [&](void* block, std::size_t index) {
    charge.Expect(Error::kLeak, block, index);
  };
  expect(first, 0);
  expect(second, second_index);
  const Leaks policy = judge.returns() ? Leaks::kReport : Leaks::kAbort;
  EXPECT_EQ(deinit ? pool.Deinit(policy) : pool.Clear(policy), Error::kOk);
  if (deinit) return;
  EXPECT_EQ(StatsOf(pool).used, 0u);
  EXPECT_EQ(pool.Audit(AuditMode::kAtRest).error, Error::kOk);
}

}  // namespace

std::vector<MisuseRun> LeakRuns() {
  std::vector<MisuseRun> runs;
  ForAllKinds([&](const PoolOptions& options, const std::string& kind) {
    for (const bool deinit : {false, true}) {
      const char* const name =
          deinit ? "EndAPoolWithBlocksInUse" : "ClearAPoolWithBlocksInUse";
      runs.push_back({name, "FixedPool" + kind, [=](MisuseJudge& judge) {
                        PoolOptions leaky = options;
                        leaky.name = Bed::kName;
                        leaky.misuse_handler = judge.handler();
                        leaky.misuse_context = judge.context();
                        GuardedMemory memory(RequiredBytes(leaky),
                                             RequiredAlignment(leaky));
                        FixedPool pool;
                        EXPECT_EQ(pool.Init(leaky, memory.span()), Error::kOk);
                        std::vector<void*> all(Bed::kBlocks);
                        EXPECT_EQ(pool.AllocateBulk(all), Error::kOk);
                        void* const first = pool.BlockAt(0);
                        void* const second = pool.BlockAt(1);
                        for (void* const block : all) {
                          if (block == first || block == second) continue;
                          EXPECT_EQ(pool.Free(block), Error::kOk);
                        }
                        LeakTwo(judge, pool, first, second, deinit);
                      }});
      runs.push_back({name, "MultiPool" + kind, [=](MisuseJudge& judge) {
                        Multi multi(judge, options);
                        std::array<std::byte*, 4> all{};
                        for (std::byte*& block : all) block = multi.Take(64);
                        std::sort(all.begin(), all.end());
                        EXPECT_EQ(multi.pool.Free(all[2]), Error::kOk);
                        EXPECT_EQ(multi.pool.Free(all[3]), Error::kOk);
                        LeakTwo(judge, multi.pool, all[0], all[1], deinit);
                      }});
      runs.push_back({deinit ? "EndAPoolWithBlocksOfTwoClassesInUse"
                             : "ClearAPoolWithBlocksOfTwoClassesInUse",
                      "MultiPool" + kind, [=](MisuseJudge& judge) {
                        Multi multi(judge, options);
                        std::byte* const small = multi.Take(16);
                        std::byte* const large = multi.Take(64);
                        LeakTwo(judge, multi.pool, small, large, deinit, 0);
                      }});
      runs.push_back({deinit ? "EndAPoolWithBlocksOfTwoClassesInUse"
                             : "ClearAPoolWithBlocksOfTwoClassesInUse",
                      "PriorityPool" + kind, [=](MisuseJudge& judge) {
                        static constexpr PriorityClass kClasses[] = {
                            {.name = Bed::kName, .block_size = 16, .block_count = 1},
                            {.name = Bed::kName, .block_size = 64, .block_count = 1}};
                        const PriorityPoolOptions all{
                            .checking = options.checking,
                            .caching = options.caching,
                            .cores = options.cores,
                            .misuse_handler = judge.handler(),
                            .misuse_context = judge.context()};
                        GuardedMemory memory(RequiredBytes(kClasses, all),
                                             RequiredAlignment(kClasses, all));
                        PriorityPool pool;
                        EXPECT_EQ(pool.Init(kClasses, all, memory.span()), Error::kOk);
                        void* const first = pool.Allocate(0);
                        LeakTwo(judge, pool, first, pool.Allocate(1), deinit, 0);
                      }});
      runs.push_back({name, "DynamicPool" + kind, [=](MisuseJudge& judge) {
                        GrowingPool ground(judge, options, 1);
                        DynamicPool& pool = ground.pool;
                        std::array<void*, 5> all{};  // most of them grown
                        EXPECT_EQ(pool.AllocateBulk(all), Error::kOk);
                        for (std::size_t i = 2; i < all.size(); ++i) {
                          EXPECT_EQ(pool.Free(pool.BlockAt(i)), Error::kOk);
                        }
                        LeakTwo(judge, pool, pool.BlockAt(0), pool.BlockAt(1), deinit);
                        if (deinit) return;
                        EXPECT_EQ(pool.Deinit(), Error::kOk);
                      }});
    }
  });
  return runs;
}
}  // namespace corepool::testing
