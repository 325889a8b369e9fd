#include <cstddef>
#include <string>
#include <vector>

#include "corepool/error.h"
#include "corepool/misuse.h"
#include "corepool/multi_pool.h"
#include "corepool/options.h"
#include "gtest/gtest.h"
#include "tests/misuse_cases.h"
#include "tests/misuse_particular.h"
#include "tests/support/misuse_judge.h"

namespace corepool::testing {
namespace {

constexpr Error kForeign = Error::kForeignPointer;
constexpr Error kInterior = Error::kInteriorPointer;
constexpr Error kTwice = Error::kDoubleFree;

struct MultiCase {
  const char* name;
  void (*run)(Multi& multi);
};

constexpr MultiCase kMultiCases[] = {
    {"FreeWithTooLargeASize",
     [](Multi& multi) {
       void* const block = multi.Take(16);
       multi.Refuses(Error::kWrongSize, block, 0,
                     [&] { return multi.pool.Free(block, 17); });
       EXPECT_EQ(multi.pool.Free(block, 16), Error::kOk);
     }},
    {"FreeWithTheSizeOfALargerClass",
     [](Multi& multi) {
       void* const block = multi.Take(16);
       multi.Refuses(Error::kWrongSize, block, 0,
                     [&] { return multi.pool.Free(block, 64); });
       EXPECT_EQ(multi.pool.Free(block, 1), Error::kOk);
     }},
    {"FreeWithASizeLargerThanAnyBlock",
     [](Multi& multi) {
       void* const block = multi.Take(64);
       multi.Refuses(Error::kWrongSize, block, 0,
                     [&] { return multi.pool.Free(block, std::size_t{1} << 40); });
       EXPECT_EQ(multi.pool.Free(block), Error::kOk);
     }},
    {"FreeWithASizeOfZero",
     [](Multi& multi) {
       void* const block = multi.Take(64);
       multi.Refuses(Error::kWrongSize, block, 0,
                     [&] { return multi.pool.Free(block, 0); });
       EXPECT_EQ(multi.pool.Free(block), Error::kOk);
     }},
    {"FreeASpilledBlockWithTooLargeASize",
     [](Multi& multi) {
       std::vector<std::byte*> blocks;
       for (int i = 0; i < 5; ++i) blocks.push_back(multi.Take(16));
       EXPECT_EQ(multi.pool.SizeOf(blocks[4]), 64u);
       multi.Refuses(Error::kWrongSize, blocks[4], 0,
                     [&] { return multi.pool.Free(blocks[4], 65); });
       for (void* const block : blocks) EXPECT_EQ(multi.pool.Free(block), Error::kOk);
     }},
    {"FreeASpilledBlockTwice",
     [](Multi& multi) {
       std::vector<std::byte*> blocks;
       for (int i = 0; i < 5; ++i) blocks.push_back(multi.Take(16));
       for (void* const block : blocks) {
         EXPECT_EQ(multi.pool.Free(block, 16), Error::kOk);
       }
       multi.Refuses(kTwice, blocks[4], 0,
                     [&] { return multi.pool.Free(blocks[4], 16); });
     }},
    {"FreeABlockOfAnExtensionTwice",
     [](Multi& multi) {
       multi.Extend();
       std::vector<std::byte*> blocks;
       for (int i = 0; i < 8; ++i) blocks.push_back(multi.Take(64));
       for (void* const block : blocks) EXPECT_EQ(multi.pool.Free(block), Error::kOk);
       for (int i = 0; i < 8; ++i) {
         multi.Refuses(kTwice, blocks[static_cast<std::size_t>(i)],
                       static_cast<std::size_t>(i % 4), [&] {
                         return multi.pool.Free(blocks[static_cast<std::size_t>(i)]);
                       });
       }
     }},
    {"FreeInsideABlockOfAnExtension",
     [](Multi& multi) {
       multi.Extend();
       std::vector<std::byte*> blocks;
       for (int i = 0; i < 8; ++i) blocks.push_back(multi.Take(64));
       multi.Refuses(kInterior, blocks[7] + 16, kNoIndex,
                     [&] { return multi.pool.Free(blocks[7] + 16, 64); });
       for (void* const block : blocks) EXPECT_EQ(multi.pool.Free(block), Error::kOk);
     }},
    {"FreeTwiceWithASize",
     [](Multi& multi) {
       void* const block = multi.Take(64);
       EXPECT_EQ(multi.pool.Free(block, 64), Error::kOk);
       multi.Refuses(kTwice, block, 0, [&] { return multi.pool.Free(block, 64); });
     }},
    {"FreeAForeignPointerWithASize",
     [](Multi& multi) {
       int local = 0;
       multi.Refuses(kForeign, &local, kNoIndex,
                     [&] { return multi.pool.Free(&local, sizeof(local)); });
     }},
    {"FreeInsideABlockWithASize",
     [](Multi& multi) {
       std::byte* const block = multi.Take(64);
       multi.Refuses(kInterior, block + 32, kNoIndex,
                     [&] { return multi.pool.Free(block + 32, 32); });
       EXPECT_EQ(multi.pool.Free(block), Error::kOk);
     }},
    {"ReallocateAForeignPointer",
     [](Multi& multi) {
       int local = 0;
       multi.Refuses(kForeign, &local, kNoIndex,
                     [&] { return multi.pool.TryReallocate(&local, 8).error; });
     }},
    {"ReallocateAnInteriorPointer",
     [](Multi& multi) {
       std::byte* const block = multi.Take(64);
       multi.Refuses(kInterior, block + 16, kNoIndex,
                     [&] { return multi.pool.TryReallocate(block + 16, 8).error; });
       EXPECT_EQ(multi.pool.Free(block), Error::kOk);
     }},
    {"ReallocateAFreeBlockToMore",
     [](Multi& multi) {
       void* const block = multi.Take(16);
       EXPECT_EQ(multi.pool.Free(block), Error::kOk);
       multi.Refuses(kTwice, block, 0,
                     [&] { return multi.pool.TryReallocate(block, 60).error; });
     }},
    {"ReallocateAFreeBlockInPlace",
     [](Multi& multi) {
       void* const block = multi.Take(64);
       EXPECT_EQ(multi.pool.Free(block), Error::kOk);
       multi.Refuses(kTwice, block, 0,
                     [&] { return multi.pool.TryReallocate(block, 40).error; });
     }},
};

}  // namespace

std::vector<MisuseRun> MultiPoolRuns() {
  std::vector<MisuseRun> runs;
  ForAllKinds([&](const PoolOptions& options, const std::string& kind) {
    for (const MultiCase& one : kMultiCases) {
      runs.push_back({one.name, "MultiPool" + kind, [=](MisuseJudge& judge) {
                        Multi multi(judge, options);
                        one.run(multi);
                        if (judge.returns()) multi.ExpectSound();
                      }});
    }
  });
  return runs;
}

}  // namespace corepool::testing
