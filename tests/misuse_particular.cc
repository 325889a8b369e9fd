#include "tests/misuse_particular.h"

#include <array>
#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "corepool/dynamic_pool.h"
#include "corepool/error.h"
#include "corepool/hooks.h"
#include "corepool/options.h"
#include "corepool/priority_pool.h"
#include "corepool/segment.h"
#include "corepool/stats.h"
#include "gtest/gtest.h"
#include "tests/misuse_cases.h"
#include "tests/support/misuse_bed.h"
#include "tests/support/misuse_judge.h"
#include "tests/support/stray.h"
#include "tests/support/test_pool.h"

namespace corepool::testing {
namespace {

using Bed = MisuseBed;

constexpr Error kForeign = Error::kForeignPointer;
constexpr Error kInterior = Error::kInteriorPointer;
constexpr Error kTwice = Error::kDoubleFree;

// DynamicPool: the segment's memory that is not this pool's.
void AddDynamicCases(std::vector<MisuseRun>& runs) {
  using Choose = void* (*)(Segment& segment, std::byte* memory);
  constexpr std::pair<const char*, Choose> kCases[] = {
      {"FreeWhatWasAllocatedFromTheSegment",
       [](Segment& segment, std::byte*) { return segment.Allocate(48, 16); }},
      {"FreeHardwareMemoryOfTheSegment",
       [](Segment& segment, std::byte*) { return segment.AllocateHardware(48); }},
      {"FreeMemoryOfTheSegmentThatIsNobodysYet",
       [](Segment& segment, std::byte* memory) {
         return static_cast<void*>(memory + (segment.used() + 479) / 480 * 480);
       }},
      {"FreeTheLastByteOfTheSegment",
       [](Segment&, std::byte* memory) { return static_cast<void*>(memory + 8191); }},
      {"FreeBehindTheSegment",
       [](Segment&, std::byte* memory) { return static_cast<void*>(memory + 8192); }},
      {"FreeTheSegmentItself",
       [](Segment& segment, std::byte*) { return static_cast<void*>(&segment); }},
  };
  ForAllKinds([&](const PoolOptions& options, const std::string& kind) {
    for (const auto& one : kCases) {
      runs.push_back({one.first, "DynamicPool" + kind, [=](MisuseJudge& judge) {
                        GrowingPool ground(judge, options, 4);
                        DynamicPool& pool = ground.pool;
                        std::array<void*, 10> blocks{};  // initial ones, and grown ones
                        EXPECT_EQ(pool.AllocateBulk(blocks), Error::kOk);
                        void* const bad =
                            one.second(ground.segment, ground.memory.span().data());
                        Charge(judge, &pool, Bed::kName).Expect(kForeign, bad);
                        EXPECT_EQ(pool.Free(bad), kForeign);
                        EXPECT_EQ(pool.FreeBulk(blocks), Error::kOk);
                        EXPECT_EQ(pool.Audit(AuditMode::kAtRest).error, Error::kOk);
                        EXPECT_EQ(pool.Deinit(), Error::kOk);
                      }});
    }
  });
}

// PriorityPool: every core has blocks of its own.
void AddPerCoreCases(std::vector<MisuseRun>& runs) {
  ForAllKinds([&](const PoolOptions& options, const std::string& kind) {
    const auto add = [&](const char* name, const auto& misuse) {
      runs.push_back(
          {name, "PriorityPool" + kind, [=](MisuseJudge& judge) {
             static constexpr PriorityClass kClass[] = {
                 {.name = "isr", .block_size = 40, .block_count = 4, .per_core = true}};
             const PriorityPoolOptions all{
                 .checking = options.checking,
                 .caching = options.caching,
                 .cores = 2,
                 .name = Bed::kName,
                 .misuse_handler = judge.handler(),
                 .misuse_context = judge.context(),
             };
             GuardedMemory memory(RequiredBytes(kClass, all),
                                  RequiredAlignment(kClass, all));
             PriorityPool pool;
             EXPECT_EQ(pool.Init(kClass, all, memory.span()), Error::kOk);
             misuse(pool, Charge(judge, &pool, "isr"));
             EXPECT_EQ(pool.StatsOf(0).pool.used, 0u);
             EXPECT_EQ(pool.Audit(AuditMode::kAtRest).error, Error::kOk);
           }});
    };
    add("FreeAnInterruptsBlockTwice", [](PriorityPool& pool, const Charge& charge) {
      void* const block = pool.AllocateFromInterrupt(0);
      EXPECT_EQ(pool.Free(block), Error::kOk);
      charge.Expect(kTwice, block, 0);
      EXPECT_EQ(pool.Free(block), kTwice);
    });
    add("FreeInsideAnInterruptsBlock", [](PriorityPool& pool, const Charge& charge) {
      auto* const block = static_cast<std::byte*>(pool.AllocateFromInterrupt(0));
      charge.Expect(kInterior, block + 16);
      EXPECT_EQ(pool.Free(block + 16), kInterior);
      EXPECT_EQ(pool.Free(block), Error::kOk);
    });
  });
}

// FixedPool: hooks on frees, and blocks in quarantine.
struct Keeper {
  FreeDecision decision = FreeDecision::kFree;
  std::function<void(void*)> use = [](void*) {};

  static FreeDecision Ask(const FreeRequest& request) {
    auto& keeper = *static_cast<Keeper*>(request.context);
    keeper.use(request.block);
    return keeper.decision;
  }
};

void AddHookCases(std::vector<MisuseRun>& runs) {
  ForAllKinds([&](const PoolOptions& options, const std::string& kind) {
    const auto add = [&](const char* name, void (*misuse)(Bed&, Keeper&)) {
      runs.push_back({name, "FixedPool" + kind, [=](MisuseJudge& judge) {
                        Keeper keeper;
                        const PoolHooks hooks{.on_free = &Keeper::Ask,
                                              .context = &keeper};
                        PoolOptions hooked = options;
                        hooked.hooks = &hooks;
                        const auto bed = MakeFixedBed(judge, hooked);
                        misuse(*bed, keeper);
                        keeper = {};
                        if (judge.returns()) bed->ExpectSound();
                      }});
    };
    add("FreeDirectlyTwiceWhatAHookHasTaken", [](Bed& bed, Keeper& keeper) {
      keeper.decision = FreeDecision::kTaken;
      void* const block = bed.Take();
      bed.Give(block);
      EXPECT_EQ(bed.FreeDirectly(block), Error::kOk);
      bed.Refuses(kTwice, block, [&] { return bed.FreeDirectly(block); });
    });
    add("LetAHookFreeABlockAndGoOn", [](Bed& bed, Keeper& keeper) {
      void* const block = bed.Take();
      keeper.use = [&](void* asked) { EXPECT_EQ(bed.FreeDirectly(asked), Error::kOk); };
      bed.RefusesFree(kTwice, block);
    });
    add("FreeTwiceWithAHook", [](Bed& bed, Keeper& keeper) {
      int asked = 0;
      keeper.use = [&](void*) { ++asked; };
      void* const block = bed.Take();
      bed.Give(block);
      bed.RefusesFree(kTwice, block);
      EXPECT_EQ(asked, 1) << "not about a block that is free";
    });
    add("FreeABulkWithABlockTwiceWithAHook", [](Bed& bed, Keeper&) {
      void* const block = bed.Take();
      const std::array<void*, 3> blocks = {block, bed.Take(), block};
      bed.Refuses(kTwice, block, [&] { return bed.FreeBulk(blocks); });
    });
    add("FreeInsideABlockWithAHook", [](Bed& bed, Keeper& keeper) {
      std::byte* const block = bed.Take();
      keeper.use = [](void*) { ADD_FAILURE() << "asked about no block"; };
      bed.RefusesFree(kInterior, block + 16);
      keeper.use = [](void*) {};
      bed.Give(block);
    });
  });
}

void AddQuarantineCases(std::vector<MisuseRun>& runs) {
  ForAllKinds([&](const PoolOptions& options, const std::string& kind) {
    if (options.checking != Checking::kFull) return;
    const auto add = [&](const char* name, void (*misuse)(Bed&)) {
      runs.push_back({name, "FixedPool" + kind, [=](MisuseJudge& judge) {
                        PoolOptions kept = options;
                        kept.quarantine = 8;
                        const auto bed = MakeFixedBed(judge, kept);
                        misuse(*bed);
                        if (judge.returns()) bed->ExpectSound();
                      }});
    };
    add("FreeABlockInQuarantine", [](Bed& bed) {
      void* const block = bed.Take();
      bed.Give(block);
      bed.RefusesFree(kTwice, block);
    });
    add("FreeABlockThatHasLeftTheQuarantine", [](Bed& bed) {
      const std::vector<void*> blocks = bed.TakeAll();
      bed.GiveAll(blocks);
      bed.RefusesFree(kTwice, blocks[0]);
    });
    add("FreeABulkWithABlockInQuarantine", [](Bed& bed) {
      void* const block = bed.Take();
      bed.Give(block);
      const std::array<void*, 3> blocks = {bed.Take(), block, bed.Take()};
      bed.Refuses(kTwice, block, [&] { return bed.FreeBulk(blocks); });
    });
    add("WriteToABlockInQuarantine", [](Bed& bed) {
      void* const block = bed.Take();
      bed.Give(block);
      StrayFlip(block, 30);
      bed.RefusesToAllocate(Error::kWriteAfterFree, block, 30);
    });
    add("WriteBehindABlockInQuarantine", [](Bed& bed) {
      void* const block = bed.Take();
      bed.Give(block);
      StrayFlip(block, 41);
      bed.RefusesToAllocate(Error::kOverrun, block, 41);
    });
    add("OverrunABlockAndFreeItIntoTheQuarantine", [](Bed& bed) {
      void* const block = bed.Take();
      StrayFlip(block, 40);
      bed.RefusesFree(Error::kOverrun, block, 40);
    });
  });
}

}  // namespace

std::vector<MisuseRun> ParticularRuns() {
  std::vector<MisuseRun> runs;
  AddDynamicCases(runs);
  AddPerCoreCases(runs);
  AddHookCases(runs);
  AddQuarantineCases(runs);
  return runs;
}

}  // namespace corepool::testing
