#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "corepool/error.h"
#include "corepool/options.h"
#include "gtest/gtest.h"
#include "tests/misuse_cases.h"
#include "tests/support/misuse_bed.h"
#include "tests/support/misuse_judge.h"

namespace corepool::testing {
namespace {

using Bed = MisuseBed;
using Ground = MisuseGround;

constexpr Error kForeign = Error::kForeignPointer;
constexpr Error kInterior = Error::kInteriorPointer;
constexpr Error kMisaligned = Error::kMisalignedPointer;

// Nothing of the pool's lies beside the blocks of this size.
bool Alone(const Ground& ground) {
  return ground.front != Front::kMulti && ground.front != Front::kPriority;
}

std::byte* Lowest(Bed& bed) {
  std::byte* lowest = bed.At(0);
  for (std::size_t i = 1; i < bed.capacity(); ++i) {
    if (bed.At(i) < lowest) lowest = bed.At(i);
  }
  return lowest;
}
std::byte* End(Bed& bed) {
  std::byte* highest = bed.At(0);
  for (std::size_t i = 1; i < bed.capacity(); ++i) {
    if (bed.At(i) > highest) highest = bed.At(i);
  }
  return highest + bed.stride();
}

// Frees `at` bytes behind the start of a block that is allocated.
void FreeInside(Bed& bed, Error kind, std::size_t at) {
  std::byte* const block = bed.Take();
  bed.RefusesFree(kind, block + at);
  bed.Give(block);
}

// A bulk of 10 with a bad pointer in place `place`: the 9 are freed.
void FreeBulkWith(Bed& bed, Error kind, void* bad, std::size_t place) {
  std::array<void*, 10> blocks{};
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    blocks[i] = i == place ? bad : bed.Take();
  }
  bed.Refuses(kind, bad, [&] { return bed.FreeBulk(blocks); });
}

char in_bss[64];
const char kConstant[] = "constant";

constexpr MisuseCase kCases[] = {
    {"FreeALocalVariable",
     [](Bed& bed, const Ground&) {
       int local = 0;
       bed.RefusesFree(kForeign, &local);
     }},
    {"FreeAStaticVariable",
     [](Bed& bed, const Ground&) { bed.RefusesFree(kForeign, in_bss); }},
    {"FreeAConstant",
     [](Bed& bed, const Ground&) {
       bed.RefusesFree(kForeign, const_cast<char*>(kConstant));
     }},
    {"FreeHeapMemory",
     [](Bed& bed, const Ground&) {
       const auto heap = std::make_unique<std::byte[]>(64);
       bed.RefusesFree(kForeign, heap.get());
     }},
    {"FreeCode",
     [](Bed& bed, const Ground&) {
       bed.RefusesFree(kForeign, reinterpret_cast<void*>(&PointerRuns));
     }},
    {"FreeAnAddressNearNull",
     [](Bed& bed, const Ground&) {
       bed.RefusesFree(kForeign, reinterpret_cast<void*>(std::uintptr_t{16}));
     }},
    {"FreeTheHighestAddress",
     [](Bed& bed, const Ground&) {
       bed.RefusesFree(kForeign, reinterpret_cast<void*>(~std::uintptr_t{0}));
     }},
    {"FreeAnAddressWithItsTopBitFlipped",
     [](Bed& bed, const Ground&) {
       void* const block = bed.Take();
       constexpr std::uintptr_t kTop = ~(~std::uintptr_t{0} >> 1);
       bed.RefusesFree(kForeign, reinterpret_cast<void*>(
                                     reinterpret_cast<std::uintptr_t>(block) ^ kTop));
       bed.Give(block);
     }},
    {"FreeThePoolItself",
     [](Bed& bed, const Ground&) {
       bed.RefusesFree(kForeign, const_cast<void*>(bed.identity()));
     }},
    {"FreeBookkeeping",
     [](Bed& bed, const Ground&) { bed.RefusesFree(kForeign, bed.Bookkeeping()); }},
    {"FreeAnotherPoolsBlock",
     [](Bed& bed, const Ground&) { bed.RefusesFree(kForeign, bed.OthersBlock()); }},
    {"FreeTheByteBeforeTheFirstBlock",
     [](Bed& bed, const Ground&) { bed.RefusesFree(kForeign, Lowest(bed) - 1); },
     Alone},
    {"FreeWhatWouldBeTheBlockBeforeTheFirst",
     [](Bed& bed, const Ground&) {
       bed.RefusesFree(kForeign, Lowest(bed) - bed.stride());
     },
     Alone},
    {"FreeWhatWouldBeTheBlockBehindTheLast",
     [](Bed& bed, const Ground&) { bed.RefusesFree(kForeign, End(bed)); }, Alone},
    {"FreeFarBehindTheLastBlock",
     [](Bed& bed, const Ground&) {
       bed.RefusesFree(kForeign, End(bed) + 1000 * bed.stride());
     },
     Alone},
    {"FreeDirectlyAForeignPointer",
     [](Bed& bed, const Ground&) {
       bed.Refuses(kForeign, in_bss, [&] { return bed.FreeDirectly(in_bss); });
     }},
    {"FreeABulkThatBeginsWithAForeignPointer",
     [](Bed& bed, const Ground&) { FreeBulkWith(bed, kForeign, in_bss, 0); }},
    {"FreeABulkWithAForeignPointerInTheMiddle",
     [](Bed& bed, const Ground&) { FreeBulkWith(bed, kForeign, in_bss, 5); }},
    {"FreeABulkThatEndsWithAForeignPointer",
     [](Bed& bed, const Ground&) { FreeBulkWith(bed, kForeign, in_bss, 9); }},
    {"FreeABulkWithAnotherPoolsBlock",
     [](Bed& bed, const Ground&) {
       FreeBulkWith(bed, kForeign, bed.OthersBlock(), 4);
     }},
    {"FreeABulkThatIsAllBad",
     [](Bed& bed, const Ground&) {
       std::byte* const block = bed.Take();
       const std::array<void*, 3> blocks = {in_bss, block + 1, in_bss + 1};
       bed.Expect(kForeign, blocks[0]);
       bed.Expect(kMisaligned, blocks[1]);
       bed.Expect(kForeign, blocks[2]);
       EXPECT_EQ(bed.FreeBulk(blocks), kForeign);
       bed.Give(block);
     }},
    {"FreeTheSecondByte",
     [](Bed& bed, const Ground&) { FreeInside(bed, kMisaligned, 1); }},
    {"FreeTheFirstAlignedAddressInside",
     [](Bed& bed, const Ground& ground) {
       FreeInside(bed, kInterior, ground.alignment);
     }},
    {"FreeTheLastAlignedAddressInside",
     [](Bed& bed, const Ground& ground) {
       FreeInside(bed, kInterior,
                  (Bed::kBlockBytes - 1) / ground.alignment * ground.alignment);
     }},
    {"FreeTheBlocksLastByte",
     [](Bed& bed, const Ground&) {
       FreeInside(bed, kMisaligned, Bed::kBlockBytes - 1);
     }},
    {"FreeTheLastByteBeforeTheNextBlock",
     [](Bed& bed, const Ground&) { FreeInside(bed, kMisaligned, bed.stride() - 1); }},
    {"FreeInsideEveryBlockOfAnExhaustedPool",
     [](Bed& bed, const Ground& ground) {
       const std::vector<void*> blocks = bed.TakeAll();
       for (void* const block : blocks) {
         bed.RefusesFree(kInterior, static_cast<std::byte*>(block) + ground.alignment);
       }
       bed.GiveAll(blocks);
     }},
    {"FreeTheLastByteOfTheLastBlock",
     [](Bed& bed, const Ground&) {
       bed.RefusesFree(kMisaligned, bed.At(bed.capacity() - 1) + Bed::kBlockBytes - 1);
     }},
    {"FreeInsideABlockThatIsFree",
     [](Bed& bed, const Ground& ground) {
       bed.RefusesFree(kInterior, bed.At(4) + ground.alignment);
     }},
    {"FreeAHeaderInFrontOfTheBlock",
     [](Bed& bed, const Ground& ground) {
       // That of the block behind another, as those do who are used to headers.
       const std::vector<void*> blocks = bed.TakeAll();
       bed.RefusesFree(kInterior, bed.At(6) - ground.alignment);
       bed.GiveAll(blocks);
     },
     [](const Ground& ground) { return ground.front != Front::kDynamic; }},
    {"FreeDirectlyInsideABlock",
     [](Bed& bed, const Ground&) {
       std::byte* const block = bed.Take();
       bed.Refuses(kMisaligned, block + 3, [&] { return bed.FreeDirectly(block + 3); });
       bed.Give(block);
     }},
    {"FreeABulkWithAnInteriorPointer",
     [](Bed& bed, const Ground& ground) {
       std::byte* const block = bed.Take();
       FreeBulkWith(bed, kInterior, block + ground.alignment, 5);
       bed.Give(block);
     }},
    {"FreeABulkWithAMisalignedPointer",
     [](Bed& bed, const Ground&) {
       std::byte* const block = bed.Take();
       FreeBulkWith(bed, kMisaligned, block + 1, 5);
       bed.Give(block);
     }},
    {"SetTheOwnerOfAForeignPointer",
     [](Bed& bed, const Ground&) {
       bed.Refuses(kForeign, in_bss, [&] { return bed.SetOwner(in_bss, 1); });
     }},
    {"SetTheOwnerOfAnInteriorPointer",
     [](Bed& bed, const Ground& ground) {
       std::byte* const inside = bed.At(2) + ground.alignment;
       bed.Refuses(kInterior, inside, [&] { return bed.SetOwner(inside, 1); });
     }},
    {"SetTheOwnerOfAMisalignedPointer",
     [](Bed& bed, const Ground&) {
       std::byte* const inside = bed.At(2) + 5;
       bed.Refuses(kMisaligned, inside, [&] { return bed.SetOwner(inside, 1); });
     }},
};

}  // namespace

std::vector<MisuseRun> PointerRuns() {
  std::vector<MisuseRun> runs;
  AddRuns(kCases, Checking::kOff, runs);
  return runs;
}

}  // namespace corepool::testing
