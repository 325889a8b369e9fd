#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "corepool/error.h"
#include "corepool/options.h"
#include "gtest/gtest.h"
#include "tests/misuse_cases.h"
#include "tests/support/cachings.h"
#include "tests/support/misuse_bed.h"
#include "tests/support/misuse_judge.h"
#include "tests/support/stray.h"

namespace corepool::testing {
namespace {

using Bed = MisuseBed;
using Ground = MisuseGround;

constexpr Error kWrite = Error::kWriteAfterFree;
constexpr Error kOverrun = Error::kOverrun;
constexpr std::size_t kSize = Bed::kBlockBytes;
constexpr std::size_t kGuard = 16;

// Writes to the start of free blocks are found by any checking.
bool HasCookies(const Ground& ground) { return ground.cookies; }
// Blocks that were never allocated too.
bool BeginsWithCookies(const Ground& ground) {
  return ground.cookies && ground.front != Front::kStatic;
}
bool IsFull(const Ground& ground) { return ground.checking == Checking::kFull; }
bool IsFilled(const Ground& ground) { return IsFull(ground) && ground.cookies; }

void FlipAll(void* block, std::size_t from, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) StrayFlip(block, from + i);
}

// A block and the one that lies right behind it, both allocated.
struct Neighbours {
  std::byte* first;
  std::byte* second;
};
Neighbours TakeNeighbours(Bed& bed) {
  const std::vector<void*> blocks = bed.TakeAll();
  Neighbours found{nullptr, nullptr};
  for (void* const block : blocks) {
    std::byte* const next = static_cast<std::byte*>(block) + bed.stride();
    for (void* const other : blocks) {
      if (found.first == nullptr && other == next) {
        found = {static_cast<std::byte*>(block), next};
      }
    }
  }
  EXPECT_NE(found.first, nullptr);
  for (void* const block : blocks) {
    if (block != found.first && block != found.second) bed.Give(block);
  }
  return found;
}

// An allocated block is damaged, and found when it is freed.
template <class Damage>
void Overrun(Bed& bed, std::size_t offset, const Damage& damage) {
  std::byte* const block = bed.Take();
  damage(block);
  bed.RefusesFree(kOverrun, block, offset);
}
// A free block is damaged, and found when it is allocated.
template <class Damage>
void WriteAfterFree(Bed& bed, Error kind, std::size_t offset, const Damage& damage) {
  std::byte* const block = bed.Take();
  bed.Give(block);
  damage(block);
  bed.RefusesToAllocate(kind, block, offset);
}

constexpr MisuseCase kCases[] = {
    {"WriteAWordToAFreeBlock",
     [](Bed& bed, const Ground&) {
       WriteAfterFree(bed, kWrite, 0, [](void* block) { StraySet(block, 7, 8); });
     },
     HasCookies},
    {"ClearAFreeBlock",
     [](Bed& bed, const Ground&) {
       WriteAfterFree(bed, kWrite, 0, [](void* block) { StraySet(block, 0, kSize); });
     },
     HasCookies},
    {"FlipOneBitOfAFreeBlock",
     [](Bed& bed, const Ground&) {
       WriteAfterFree(bed, kWrite, 0, [](void* block) { StrayFlip(block, 7, 0x80); });
     },
     HasCookies},
    {"WriteToABlockThatWasNeverAllocated",
     [](Bed& bed, const Ground&) {
       StraySet(bed.BlockAt(9), 1, 8);
       bed.RefusesToAllocate(kWrite, bed.BlockAt(9), 0);
     },
     BeginsWithCookies},
    {"WriteToAFreeBlockThatABulkAllocates",
     [](Bed& bed, const Ground& ground) {
       const std::vector<void*> blocks = bed.TakeAll();
       bed.GiveAll(blocks);
       StraySet(blocks[3], 0xee, 8);
       bed.Expect(kWrite, blocks[3], 0);
       std::vector<void*> bulk(bed.capacity());
       const Error error = bed.AllocateBulk(bulk);
       if (ground.front != Front::kPriority) {
         EXPECT_STREQ(ErrorName(error), ErrorName(kWrite));
         return;
       }
       for (void* const block : bulk) bed.Give(block);
     },
     HasCookies},
    {"WriteToAFreeBlockAndAllocateAllThereAre",
     [](Bed& bed, const Ground& ground) {
       void* const block = bed.Take();
       bed.Give(block);
       StraySet(block, 0xee, 8);
       bed.Expect(kWrite, block, 0);
       std::vector<void*> all(bed.capacity());
       const std::size_t count = bed.AllocateUpTo(all);
       // Made good, or withheld.
       EXPECT_EQ(count, bed.capacity() - (ground.exact() ? 0 : 1));
       bed.GiveAll(std::span(all).first(count));
     },
     [](const Ground& ground) {
       return ground.cookies && ground.front != Front::kMulti &&
              ground.front != Front::kPriority;
     }},
    {"WriteToABlockThatABulkHasFreed",
     [](Bed& bed, const Ground&) {
       std::array<void*, 10> bulk{};
       EXPECT_EQ(bed.AllocateBulk(bulk), Error::kOk);
       EXPECT_EQ(bed.FreeBulk(bulk), Error::kOk);
       StraySet(bulk[4], 0xee, 8);
       bed.RefusesToAllocate(kWrite, bulk[4], 0);
     },
     HasCookies},
    {"WriteToAFreeBlockInAFlushedCache",
     [](Bed& bed, const Ground&) {
       std::byte* const block = bed.Take();
       bed.Give(block);
       bed.FlushCaches();
       StraySet(block, 0xee, 8);
       bed.RefusesToAllocate(kWrite, block, 0);
     },
     HasCookies},
    {"WriteTheLastByteOfAFreeBlock",
     [](Bed& bed, const Ground&) {
       WriteAfterFree(bed, kWrite, kSize - 1,
                      [](void* block) { StrayFlip(block, kSize - 1); });
     },
     IsFilled},
    {"WriteBehindAFreeBlock",
     [](Bed& bed, const Ground&) {
       WriteAfterFree(bed, kOverrun, kSize,
                      [](void* block) { StrayFlip(block, kSize); });
     },
     IsFilled},
    {"UnderrunIntoAFreeBlock",
     [](Bed& bed, const Ground&) {
       const Neighbours two = TakeNeighbours(bed);
       bed.Give(two.first);
       StrayFlip(two.second - 1, 0);
       bed.Give(two.second);
       bed.RefusesToAllocate(kOverrun, two.first, bed.stride() - 1);
     },
     IsFilled},
    {"WriteOneByteTooMany",
     [](Bed& bed, const Ground&) {
       // The zero at the end of a string.
       Overrun(bed, kSize, [](void* block) { StraySet(block, 0, kSize + 1); });
     },
     IsFull},
    {"WriteOneWordTooMany",
     [](Bed& bed, const Ground&) {
       Overrun(bed, kSize, [](void* block) { StraySet(block, 0x55, kSize + 8); });
     },
     IsFull},
    {"WriteOverAllOfTheGuard",
     [](Bed& bed, const Ground&) {
       Overrun(bed, kSize, [](void* block) { FlipAll(block, kSize, kGuard); });
     },
     IsFull},
    {"OverrunIntoTheNextBlock",
     [](Bed& bed, const Ground&) {
       const Neighbours two = TakeNeighbours(bed);
       StraySet(two.first, 0x77, bed.stride() + kSize);
       bed.RefusesFree(kOverrun, two.first, kSize);
       bed.Give(two.second);
     },
     IsFull},
    {"OverrunOverTheNextBlockAndItsGuard",
     [](Bed& bed, const Ground&) {
       const Neighbours two = TakeNeighbours(bed);
       StraySet(two.first, 0x77, bed.stride() + kSize + 1);
       bed.RefusesFree(kOverrun, two.first, kSize);
       bed.RefusesFree(kOverrun, two.second, kSize);
     },
     IsFull},
    {"UnderrunByOneByte",
     [](Bed& bed, const Ground&) {
       const Neighbours two = TakeNeighbours(bed);
       StrayFlip(two.second - 1, 0);
       bed.Give(two.second);
       bed.RefusesFree(kOverrun, two.first, bed.stride() - 1);
     },
     IsFull},
    {"UnderrunByAWord",
     [](Bed& bed, const Ground&) {
       const Neighbours two = TakeNeighbours(bed);
       FlipAll(two.second - 8, 0, 8);
       bed.Give(two.second);
       bed.RefusesFree(kOverrun, two.first, bed.stride() - 8);
     },
     IsFull},
    {"FreeABulkOfWhichOneWasOverrun",
     [](Bed& bed, const Ground&) {
       std::array<void*, 10> bulk{};
       EXPECT_EQ(bed.AllocateBulk(bulk), Error::kOk);
       StrayFlip(bulk[6], kSize + 3);
       bed.Refuses(kOverrun, bulk[6], [&] { return bed.FreeBulk(bulk); }, kSize + 3);
     },
     IsFull},
    {"FreeABulkOfWhichAllWereOverrun",
     [](Bed& bed, const Ground&) {
       std::array<void*, 10> bulk{};
       EXPECT_EQ(bed.AllocateBulk(bulk), Error::kOk);
       for (std::size_t i = 0; i < bulk.size(); ++i) {
         StrayFlip(bulk[i], kSize + i);
         bed.Expect(kOverrun, bulk[i], kSize + i);
       }
       EXPECT_EQ(bed.FreeBulk(bulk), kOverrun);
     },
     IsFull},
    {"FreeDirectlyABlockThatWasOverrun",
     [](Bed& bed, const Ground&) {
       std::byte* const block = bed.Take();
       StrayFlip(block, kSize + 15);
       bed.Refuses(
           kOverrun, block, [&] { return bed.FreeDirectly(block); }, kSize + 15);
     },
     IsFull},
    {"OverrunAndFreeTwice",
     [](Bed& bed, const Ground&) {
       std::byte* const block = bed.Take();
       StrayFlip(block, kSize);
       bed.RefusesFree(kOverrun, block, kSize);
       bed.RefusesFree(Error::kDoubleFree, block);
     },
     IsFull},
    {"OverrunTheSameBlockAgain",
     [](Bed& bed, const Ground&) {
       for (int i = 0; i < 3; ++i) {
         std::byte* const block = bed.Take();
         StrayFlip(block, kSize + 1);
         bed.RefusesFree(kOverrun, block, kSize + 1);
       }
     },
     IsFull},
};

// The same damage at many places: `name` counts as one way.
template <class Misuse>
void AddPlaces(const char* name, const Ground& ground, const std::string& place,
               std::vector<MisuseRun>& runs, const Misuse& misuse) {
  runs.push_back({name, ground.name + "_" + place, [=](MisuseJudge& judge) {
                    const auto bed = ground.make(judge);
                    misuse(*bed);
                    if (judge.returns()) bed->ExpectSound();
                  }});
}

void AddEveryPlace(const Ground& ground, std::vector<MisuseRun>& runs) {
  for (std::size_t at = kSize; at < kSize + kGuard; ++at) {
    const std::string place = "At" + std::to_string(at);
    AddPlaces("OverrunByAByteAnywhere", ground, place, runs, [at](Bed& bed) {
      Overrun(bed, at, [at](void* block) { StrayFlip(block, at); });
    });
    if (!ground.cookies) continue;
    AddPlaces("WriteAnywhereBehindAFreeBlock", ground, place, runs, [at](Bed& bed) {
      WriteAfterFree(bed, kOverrun, at, [at](void* block) { StrayFlip(block, at); });
    });
  }
  for (std::size_t count = 1; count <= kGuard; ++count) {
    const std::string place = std::to_string(count) + "Bytes";
    AddPlaces("OverrunByAnyNumberOfBytes", ground, place, runs, [=](Bed& bed) {
      Overrun(bed, kSize, [=](void* block) { FlipAll(block, kSize, count); });
    });
    AddPlaces("UnderrunByAnyNumberOfBytes", ground, place, runs, [=](Bed& bed) {
      const Neighbours two = TakeNeighbours(bed);
      FlipAll(two.second - count, 0, count);
      bed.Give(two.second);
      bed.RefusesFree(kOverrun, two.first, bed.stride() - count);
    });
  }
  for (std::size_t at = 0; ground.cookies && at < kSize; ++at) {
    AddPlaces("WriteAnywhereInAFreeBlock", ground, "At" + std::to_string(at), runs,
              [at](Bed& bed) {
                WriteAfterFree(bed, kWrite, at < sizeof(void*) ? 0 : at,
                               [at](void* block) { StrayFlip(block, at); });
              });
  }
}

// Blocks too small for a cookie hold a pattern all the same.
void AddSmallBlocks(std::vector<MisuseRun>& runs) {
  for (const Caching caching : {Caching::kNone, Caching::kCas, Caching::kRseq}) {
    if (!Works(caching)) continue;
    const PoolOptions options{.block_size = 3,
                              .block_count = Bed::kBlocks,
                              .alignment = 1,
                              .checking = Checking::kFull,
                              .caching = caching,
                              .cores = 1};
    const auto add = [&](const char* name, void (*misuse)(Bed&)) {
      runs.push_back({name, NameOf(caching), [=](MisuseJudge& judge) {
                        const auto bed = MakeFixedBed(judge, options);
                        misuse(*bed);
                        if (judge.returns()) bed->ExpectSound();
                      }});
    };
    add("WriteToAFreeBlockOfThreeBytes", [](Bed& bed) {
      WriteAfterFree(bed, kWrite, 2, [](void* block) { StrayFlip(block, 2); });
    });
    add("OverrunABlockOfThreeBytes",
        [](Bed& bed) { Overrun(bed, 3, [](void* block) { StrayFlip(block, 3); }); });
    add("FreeABlockOfThreeBytesTwice", [](Bed& bed) {
      void* const block = bed.Take();
      bed.Give(block);
      bed.RefusesFree(Error::kDoubleFree, block);
    });
    add("FreeInsideABlockOfThreeBytes", [](Bed& bed) {
      std::byte* const block = bed.Take();
      bed.RefusesFree(Error::kInteriorPointer, block + 1);
      bed.Give(block);
    });
  }
}

}  // namespace

std::vector<MisuseRun> StrayWriteRuns() {
  std::vector<MisuseRun> runs;
  AddRuns(kCases, Checking::kBasic, runs);
  for (const Ground& ground : MisuseGrounds()) {
    if (IsFull(ground)) AddEveryPlace(ground, runs);
  }
  AddSmallBlocks(runs);
  return runs;
}

}  // namespace corepool::testing
