#include <array>
#include <cstddef>
#include <span>
#include <thread>
#include <vector>

#include "corepool/error.h"
#include "corepool/options.h"
#include "gtest/gtest.h"
#include "tests/misuse_cases.h"
#include "tests/support/misuse_bed.h"
#include "tests/support/misuse_judge.h"
#include "tests/support/stray.h"

namespace corepool::testing {
namespace {

using Bed = MisuseBed;
using Ground = MisuseGround;

constexpr Error kTwice = Error::kDoubleFree;

// Frees a block twice, `spoil` having been at it in between. Where only its cookie
// tells that it is free, the second free is believed; then the block comes up twice.
template <class Spoil>
void FreeSpoiled(Bed& bed, const Ground& ground, const Spoil& spoil) {
  void* const block = bed.Take();
  bed.Give(block);
  spoil(block);
  if (ground.exact()) {
    bed.RefusesFree(kTwice, block);
    // It is still damaged, as whoever gets it is told.
    if (ground.cookies) bed.RefusesToAllocate(Error::kWriteAfterFree, block, 0);
    return;
  }
  bed.Give(block);
  bed.RefusesToAllocate(Error::kWriteAfterFree, block, 0);
}

// With kFull, and free blocks that may be touched, what was written behind the cookie
// is found too.
bool SeesAllOf(const Ground& ground) {
  return ground.checking == Checking::kFull && ground.cookies;
}

constexpr MisuseCase kCases[] = {
    {"FreeTwice",
     [](Bed& bed, const Ground&) {
       void* const block = bed.Take();
       bed.Give(block);
       bed.RefusesFree(kTwice, block);
     }},
    {"FreeTwiceWithOthersInBetween",
     [](Bed& bed, const Ground&) {
       void* const block = bed.Take();
       void* const other = bed.Take();
       bed.Give(block);
       bed.Give(other);
       bed.RefusesFree(kTwice, block);
     }},
    {"FreeThreeTimes",
     [](Bed& bed, const Ground&) {
       void* const block = bed.Take();
       bed.Give(block);
       bed.RefusesFree(kTwice, block);
       bed.RefusesFree(kTwice, block);
     }},
    {"FreeAgainAndAgainInTurns",
     [](Bed& bed, const Ground&) {
       void* const first = bed.Take();
       void* const second = bed.Take();
       bed.Give(first);
       bed.Give(second);
       for (int i = 0; i < 3; ++i) {
         bed.RefusesFree(kTwice, first);
         bed.RefusesFree(kTwice, second);
       }
     }},
    {"FreeWithoutAllocating",
     [](Bed& bed, const Ground&) { bed.RefusesFree(kTwice, bed.BlockAt(3)); }},
    {"FreeTheFirstBlockWithoutAllocating",
     [](Bed& bed, const Ground&) { bed.RefusesFree(kTwice, bed.BlockAt(0)); }},
    {"FreeTheLastBlockWithoutAllocating",
     [](Bed& bed, const Ground&) {
       bed.RefusesFree(kTwice, bed.BlockAt(bed.capacity() - 1));
     }},
    {"FreeTwiceOfAnExhaustedPool",
     [](Bed& bed, const Ground&) {
       const std::vector<void*> blocks = bed.TakeAll();
       bed.Give(blocks[7]);
       bed.RefusesFree(kTwice, blocks[7]);
       for (void* const block : blocks) {
         if (block != blocks[7]) bed.Give(block);
       }
     }},
    {"FreeEveryBlockTwice",
     [](Bed& bed, const Ground&) {
       const std::vector<void*> blocks = bed.TakeAll();
       bed.GiveAll(blocks);
       for (void* const block : blocks) bed.RefusesFree(kTwice, block);
     }},
    {"FreeTwiceFromAnotherThread",
     [](Bed& bed, const Ground&) {
       void* const block = bed.Take();
       bed.Give(block);
       bed.Expect(kTwice, block);
       Error error = Error::kOk;
       std::thread([&] { error = bed.Free(block); }).join();
       EXPECT_EQ(error, kTwice);
     }},
    {"FreeWhatAnotherThreadHasFreed",
     [](Bed& bed, const Ground&) {
       void* const block = bed.Take();
       std::thread([&] { bed.Give(block); }).join();
       bed.RefusesFree(kTwice, block);
     }},
    {"FreeTwiceAfterCachesWereFlushed",
     [](Bed& bed, const Ground&) {
       void* const block = bed.Take();
       bed.Give(block);
       bed.FlushCaches();
       bed.RefusesFree(kTwice, block);
     }},
    {"FreeTwiceAfterWritingBehindTheFirstWord",
     [](Bed& bed, const Ground& ground) {
       void* const block = bed.Take();
       bed.Give(block);
       StrayFlip(block, 20);
       bed.RefusesFree(kTwice, block);
       if (SeesAllOf(ground)) bed.RefusesToAllocate(Error::kWriteAfterFree, block, 20);
     }},
    {"FreeTwiceAfterWritingToTheFirstWord",
     [](Bed& bed, const Ground& ground) {
       FreeSpoiled(bed, ground, [](void* block) { StraySet(block, 5, 8); });
     }},
    {"FreeTwiceAfterWritingToAllOfIt",
     [](Bed& bed, const Ground& ground) {
       FreeSpoiled(bed, ground,
                   [](void* block) { StraySet(block, 5, Bed::kBlockBytes); });
     }},
    {"FreeTwiceAfterClearingIt",
     [](Bed& bed, const Ground& ground) {
       FreeSpoiled(bed, ground,
                   [](void* block) { StraySet(block, 0, Bed::kBlockBytes); });
     }},
    {"FreeABlockOfABulkTwice",
     [](Bed& bed, const Ground&) {
       std::array<void*, 20> blocks{};
       EXPECT_EQ(bed.AllocateBulk(blocks), Error::kOk);
       bed.GiveAll(blocks);
       bed.RefusesFree(kTwice, blocks[11]);
     }},
    {"FreeABlockThatABulkHasFreed",
     [](Bed& bed, const Ground&) {
       std::array<void*, 20> blocks{};
       EXPECT_EQ(bed.AllocateBulk(blocks), Error::kOk);
       EXPECT_EQ(bed.FreeBulk(blocks), Error::kOk);
       bed.RefusesFree(kTwice, blocks[19]);
     }},
    {"FreeABulkOfWhichOneIsFree",
     [](Bed& bed, const Ground&) {
       std::array<void*, 20> blocks{};
       EXPECT_EQ(bed.AllocateBulk(blocks), Error::kOk);
       bed.Give(blocks[10]);
       bed.Refuses(kTwice, blocks[10], [&] { return bed.FreeBulk(blocks); });
     }},
    {"FreeABulkTwice",
     [](Bed& bed, const Ground&) {
       std::array<void*, 3> blocks{};
       EXPECT_EQ(bed.AllocateBulk(blocks), Error::kOk);
       EXPECT_EQ(bed.FreeBulk(blocks), Error::kOk);
       for (void* const block : blocks) bed.Expect(kTwice, block);
       EXPECT_EQ(bed.FreeBulk(blocks), kTwice);
     }},
    {"FreeABulkWithABlockTwiceInARow",
     [](Bed& bed, const Ground&) {
       void* const block = bed.Take();
       const std::array<void*, 4> blocks = {bed.Take(), block, block, bed.Take()};
       bed.Refuses(kTwice, block, [&] { return bed.FreeBulk(blocks); });
     }},
    {"FreeABulkThatBeginsAndEndsWithTheSameBlock",
     [](Bed& bed, const Ground&) {
       std::array<void*, 21> blocks{};
       EXPECT_EQ(bed.AllocateBulk(std::span(blocks).first(20)), Error::kOk);
       blocks[20] = blocks[0];
       bed.Refuses(kTwice, blocks[0], [&] { return bed.FreeBulk(blocks); });
     }},
    {"FreeABulkOfOneBlockOnly",
     [](Bed& bed, const Ground&) {
       std::array<void*, 3> blocks{};
       blocks.fill(bed.Take());
       bed.Expect(kTwice, blocks[0]);
       bed.Expect(kTwice, blocks[0]);
       EXPECT_EQ(bed.FreeBulk(blocks), kTwice);
     }},
    {"FreeABulkThatWasNeverAllocated",
     [](Bed& bed, const Ground&) {
       const std::array<void*, 2> blocks = {bed.BlockAt(1), bed.BlockAt(2)};
       bed.Expect(kTwice, blocks[0]);
       bed.Expect(kTwice, blocks[1]);
       EXPECT_EQ(bed.FreeBulk(blocks), kTwice);
     }},
    {"FreeDirectlyTwice",
     [](Bed& bed, const Ground&) {
       void* const block = bed.Take();
       EXPECT_EQ(bed.FreeDirectly(block), Error::kOk);
       bed.Refuses(kTwice, block, [&] { return bed.FreeDirectly(block); });
     }},
    {"FreeWhatWasFreedDirectly",
     [](Bed& bed, const Ground&) {
       void* const block = bed.Take();
       EXPECT_EQ(bed.FreeDirectly(block), Error::kOk);
       bed.RefusesFree(kTwice, block);
     }},
    {"FreeDirectlyWhatWasFreed",
     [](Bed& bed, const Ground&) {
       void* const block = bed.Take();
       bed.Give(block);
       bed.Refuses(kTwice, block, [&] { return bed.FreeDirectly(block); });
     }},
};

}  // namespace

std::vector<MisuseRun> DoubleFreeRuns() {
  std::vector<MisuseRun> runs;
  AddRuns(kCases, Checking::kBasic, runs);
  return runs;
}

}  // namespace corepool::testing
