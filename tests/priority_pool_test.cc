// Proves the contracts of PriorityPool for one thread.

#include "corepool/priority_pool.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <set>
#include <span>
#include <vector>

#include "corepool/error.h"
#include "corepool/misuse.h"
#include "corepool/options.h"
#include "corepool/port/port.h"
#include "corepool/registry.h"
#include "corepool/stats.h"
#include "gtest/gtest.h"
#include "tests/support/stray.h"
#include "tests/support/test_priority_pool.h"

namespace corepool {
namespace {

using testing::AreDistinct;
using testing::MisuseRecorder;
using testing::StrayFlip;
using testing::TestPriorityPool;

std::vector<PriorityClass> Guide() {
  return {std::begin(kPriorityClasses), std::end(kPriorityClasses)};
}

// An urgent class, one it may borrow of, and one that is less urgent still.
std::vector<PriorityClass> Three(std::size_t reserve = 2) {
  return {
      {.name = "urgent", .block_size = 32, .block_count = 3, .borrows = kBorrowLower},
      {.name = "usual", .block_size = 64, .block_count = 6, .reserve = reserve},
      {.name = "idle", .block_size = 64, .block_count = 4, .reserve = 1}};
}

TEST(PriorityPool, HasTheGuidesFourClasses) {
  TestPriorityPool pool(Guide());
  ASSERT_EQ(pool.error, Error::kOk);
  ASSERT_EQ(pool->class_count(), 4u);
  const struct {
    std::size_t cls, size, count;
    const char* name;
  } wanted[] = {{kCritical, 32, 64, "critical"},
                {kNormal, 128, 32, "normal"},
                {kLarge, 1024, 8, "large"},
                {kTemporary, 256, 16, "temporary"}};
  std::vector<void*> all;
  for (const auto& [cls, size, count, name] : wanted) {
    EXPECT_STREQ(pool->NameOf(cls), name);
    const std::vector<void*> blocks = pool.Drain(cls);
    EXPECT_EQ(blocks.size(), count);
    for (void* const block : blocks) {
      EXPECT_EQ(pool->ClassOf(block), cls);
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block) % kDefaultAlignment, 0u);
      std::memset(block, static_cast<int>(cls), size);
    }
    EXPECT_EQ(pool->TryAllocate(cls).error, Error::kExhausted);
    EXPECT_EQ(pool->StatsOf(cls).pool.used, count);
    EXPECT_EQ(pool->StatsOf(cls).pool.failures, 2u);
    all.insert(all.end(), blocks.begin(), blocks.end());
  }
  EXPECT_TRUE(AreDistinct(all));
  EXPECT_TRUE(pool.SoundAtRest(64 + 32 + 8 + 16));
  EXPECT_TRUE(pool.FreeAll(all));
  EXPECT_TRUE(pool.SoundAtRest(0));
  EXPECT_EQ(pool.misuse.count, 0);
}

TEST(PriorityPool, IsARowForEachClassInTheRegistry) {
  TestPriorityPool pool(Guide());
  void* const block = pool->Allocate(kLarge);
  const RegistryEntry entry("priorities", pool.pool);
  RegistryCursor cursor;
  PoolInfo info;
  for (const PriorityClass& cls : kPriorityClasses) {
    ASSERT_TRUE(NextPool(cursor, info));
    EXPECT_STREQ(info.name, "priorities");
    EXPECT_STREQ(info.label, cls.name);
    EXPECT_EQ(info.stats.capacity, cls.block_count);
    EXPECT_EQ(info.stats.used, cls.block_size == 1024 ? 1u : 0u);
  }
  EXPECT_FALSE(NextPool(cursor, info));
  EXPECT_EQ(pool->Free(block), Error::kOk);
}

TEST(PriorityPool, SizesAreCompileTimeConstantsAndMemoryIsUsedToTheLastByteOnly) {
  constexpr PriorityPoolOptions kOptions{.caching = Caching::kNone, .cores = 2};
  static_assert(Validate(kPriorityClasses, kOptions) == Error::kOk);
  constexpr std::size_t kBytes = RequiredBytes(kPriorityClasses, kOptions);
  alignas(
      RequiredAlignment(kPriorityClasses, kOptions)) static std::byte memory[kBytes];
  static constinit PriorityPool pool;
  EXPECT_EQ(pool.Init(kPriorityClasses, kOptions, std::span(memory).first(kBytes - 1)),
            Error::kMemoryTooSmall);
  ASSERT_EQ(pool.Init(kPriorityClasses, kOptions, memory), Error::kOk);
  std::byte* last = nullptr;
  std::vector<void*> blocks;
  while (void* const block = pool.Allocate(kTemporary)) blocks.push_back(block);
  for (void* const block : blocks) {
    if (block > last) last = static_cast<std::byte*>(block);
  }
  EXPECT_EQ(last + 256, memory + kBytes);
  for (void* const block : blocks) EXPECT_EQ(pool.Free(block), Error::kOk);
  EXPECT_EQ(pool.Deinit(), Error::kOk);
}

TEST(PriorityPool, WithoutMemoryRefusesEverything) {
  PriorityPool pool;
  int local = 0;
  EXPECT_EQ(pool.TryAllocate(0).error, Error::kNotInitialized);
  EXPECT_EQ(pool.TryAllocate(0, 8).error, Error::kNotInitialized);
  EXPECT_EQ(pool.TryAllocateFromInterrupt(0).error, Error::kNotInitialized);
  EXPECT_EQ(pool.Allocate(0), nullptr);
  EXPECT_EQ(pool.Free(&local), Error::kNotInitialized);
  EXPECT_EQ(pool.Free(nullptr), Error::kOk);
  EXPECT_EQ(pool.ClassOf(&local), kNoClass);
  EXPECT_EQ(pool.ClassOf(nullptr), kNoClass);
  EXPECT_EQ(pool.class_count(), 0u);
  EXPECT_EQ(pool.StatsOf(0).pool.capacity, 0u);
  EXPECT_STREQ(pool.NameOf(0), "");
  EXPECT_EQ(pool.ResetPeak(0), Error::kNotInitialized);
  EXPECT_EQ(pool.ResetWorst(0), Error::kNotInitialized);
  EXPECT_EQ(pool.Deinit(), Error::kNotInitialized);
  EXPECT_EQ(pool.Audit().error, Error::kOk);
  pool.FlushCaches();
}

TEST(PriorityPool, RefusesBadTablesAndOptionsAndStaysAsItWas) {
  const PriorityClass good{.block_size = 16, .block_count = 2};
  const auto error_of = [&](std::vector<PriorityClass> classes,
                            PriorityPoolOptions options = {}) {
    const Error error = Validate(classes, options);
    alignas(4096) static std::byte memory[16384];
    PriorityPool pool;
    EXPECT_EQ(pool.Init(classes, options, memory), error);
    EXPECT_EQ(pool.class_count(), 0u);
    EXPECT_EQ(RequiredBytes(classes, options), 0u);
    EXPECT_EQ(RequiredAlignment(classes, options), 1u);
    return error;
  };
  EXPECT_EQ(error_of({}), Error::kInvalidCount);
  EXPECT_EQ(error_of(std::vector<PriorityClass>(kMaxPriorityClasses + 1, good)),
            Error::kInvalidCount);
  PriorityClass bad = good;
  bad.block_size = 0;
  EXPECT_EQ(error_of({good, bad}), Error::kInvalidSize);
  bad = good;
  bad.block_count = kMaxBlockCount + 1;
  EXPECT_EQ(error_of({good, bad}), Error::kInvalidCount);
  bad = good;
  bad.block_size = ~std::size_t{0} - 64;
  EXPECT_EQ(error_of({good, bad}), Error::kTooLarge);
  bad = good;
  bad.block_size = std::size_t{PTRDIFF_MAX} / 4;
  EXPECT_EQ(error_of({bad, bad, bad, bad}), Error::kTooLarge) << "together";
  bad = good;
  bad.attempts = 0;
  EXPECT_EQ(error_of({good, bad}), Error::kInvalidCount);
  bad = good;
  bad.borrows = 1u << 2;
  EXPECT_EQ(error_of({good, bad}), Error::kInvalidClass);
  bad = good;
  bad.per_core = true;
  bad.reserve = 1;
  EXPECT_EQ(error_of({good, bad}), Error::kUnsupported);
  EXPECT_EQ(error_of({good}, {.alignment = 24}), Error::kInvalidAlignment);
  EXPECT_EQ(error_of({good}, {.alignment = 0}), Error::kInvalidAlignment);
  EXPECT_EQ(error_of({good}, {.cores = kMaxCores + 1}), Error::kUnsupported);
  EXPECT_EQ(error_of({good}, {.checking = static_cast<Checking>(9)}),
            Error::kUnsupported);
}

TEST(PriorityPool, RefusesBadMemoryAndASecondInit) {
  const std::vector<PriorityClass> classes = Three();
  const PriorityPoolOptions options{.caching = Caching::kNone, .cores = 1};
  const std::size_t bytes = RequiredBytes(classes, options);
  testing::GuardedMemory memory(bytes + 1, RequiredAlignment(classes, options));
  PriorityPool pool;
  EXPECT_EQ(pool.Init(classes, options, {}), Error::kNullMemory);
  EXPECT_EQ(pool.Init(classes, options, memory.span().subspan(1)),
            Error::kMisalignedMemory);
  EXPECT_EQ(pool.Init(classes, options, memory.span().first(bytes - 1)),
            Error::kMemoryTooSmall);
  EXPECT_EQ(pool.Deinit(), Error::kNotInitialized);
  ASSERT_EQ(pool.Init(classes, options, memory.span()), Error::kOk);
  EXPECT_EQ(pool.Init(classes, options, memory.span()), Error::kAlreadyInitialized);
  void* const block = pool.Allocate(2);
  EXPECT_EQ(pool.Deinit(), Error::kBlocksInUse);
  EXPECT_EQ(pool.Free(block), Error::kOk);
  EXPECT_EQ(pool.Deinit(), Error::kOk);
  EXPECT_EQ(pool.TryAllocate(2).error, Error::kNotInitialized);
  EXPECT_EQ(pool.ClassOf(block), kNoClass);
  EXPECT_EQ(pool.Init(classes, options, memory.span()), Error::kOk) << "once more";
  EXPECT_TRUE(memory.Intact());
}

TEST(PriorityPool, RefusesBadRequests) {
  TestPriorityPool pool(Three());
  EXPECT_EQ(pool->TryAllocate(3).error, Error::kInvalidClass);
  EXPECT_EQ(pool->TryAllocate(kNoClass, 8).error, Error::kInvalidClass);
  EXPECT_EQ(pool->TryAllocateFromInterrupt(3).error, Error::kInvalidClass);
  EXPECT_EQ(pool->TryAllocate(0, 0).error, Error::kInvalidSize);
  EXPECT_EQ(pool->TryAllocateFromInterrupt(0, 0).error, Error::kInvalidSize);
  EXPECT_EQ(pool->TryAllocate(1, 65).error, Error::kTooLarge);
  EXPECT_EQ(pool->TryAllocate(0, 65).error, Error::kTooLarge);
  EXPECT_EQ(pool->TryAllocateFromInterrupt(0, 65).error, Error::kTooLarge);
  EXPECT_EQ(pool->ResetPeak(3), Error::kInvalidClass);
  EXPECT_EQ(pool->ResetWorst(3), Error::kInvalidClass);
  EXPECT_EQ(pool->StatsOf(3).pool.capacity, 0u);
  EXPECT_STREQ(pool->NameOf(3), "");
  EXPECT_TRUE(pool.SoundAtRest(0));
  EXPECT_EQ(pool->StatsOf(0).pool.failures, 0u);
}

TEST(PriorityPool, BorrowsFromTheLeastUrgentFirstAndNeverFromTheReserve) {
  TestPriorityPool pool(Three());
  const std::vector<void*> blocks = pool.Drain(0);
  // Its own 3, then 4 - 1 of the last class, then 6 - 2 of the one in between.
  std::vector<std::size_t> order;
  for (void* const block : blocks) order.push_back(pool->ClassOf(block));
  EXPECT_EQ(order, (std::vector<std::size_t>{0, 0, 0, 2, 2, 2, 1, 1, 1, 1}));
  EXPECT_TRUE(AreDistinct(blocks));
  EXPECT_EQ(pool.Borrowed(0), 7u);
  EXPECT_EQ(pool.Lent(1), 4u);
  EXPECT_EQ(pool.Lent(2), 3u);
  EXPECT_EQ(pool->StatsOf(1).refused_by_reserve, 1u);
  EXPECT_EQ(pool->StatsOf(2).refused_by_reserve, 5u);
  EXPECT_EQ(pool->StatsOf(0).pool.failures, 1u) << "borrowing is no failure";
  EXPECT_TRUE(pool.SoundAtRest(10));

  const std::vector<void*> usual = pool.Drain(1);
  const std::vector<void*> idle = pool.Drain(2);
  EXPECT_EQ(usual.size(), 2u);
  EXPECT_EQ(idle.size(), 1u);
  EXPECT_EQ(pool->TryAllocate(0).error, Error::kExhausted);

  EXPECT_TRUE(pool.FreeAll(idle));
  EXPECT_EQ(pool->TryAllocate(0).error, Error::kExhausted)
      << "only the reserve is free";
  EXPECT_EQ(pool->Free(blocks[4]), Error::kOk);
  EXPECT_EQ(pool.Lent(2), 2u);
  void* const again = pool->Allocate(0);
  EXPECT_EQ(pool->ClassOf(again), 2u);
  EXPECT_EQ(pool->Free(again), Error::kOk);
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    if (i == 4) continue;
    EXPECT_EQ(pool->Free(blocks[i]), Error::kOk);
  }
  EXPECT_TRUE(pool.FreeAll(usual));
  EXPECT_TRUE(pool.SoundAtRest(0));
  EXPECT_EQ(pool->StatsOf(1).lent_peak, 4u);
  EXPECT_EQ(pool->ResetPeak(1), Error::kOk);
  EXPECT_EQ(pool->StatsOf(1).lent_peak, 0u);
  EXPECT_EQ(pool->StatsOf(1).pool.peak, 0u);
}

TEST(PriorityPool, OwnersBlocksCountForNobodysLoan) {
  // The class itself may use what it could have lent.
  TestPriorityPool pool(Three());
  const std::vector<void*> usual = pool.Drain(1);
  const std::vector<void*> idle = pool.Drain(2);
  EXPECT_EQ(usual.size(), 6u);
  EXPECT_EQ(pool.Drain(0).size(), 3u);
  EXPECT_EQ(pool.Lent(1) + pool.Lent(2), 0u) << "a loan for nothing is given back";
  EXPECT_EQ(pool->StatsOf(1).refused_by_reserve, 0u);
  EXPECT_TRUE(pool.FreeAll(usual));
  EXPECT_TRUE(pool.FreeAll(idle));
  EXPECT_EQ(pool.Drain(0).size(), 7u);
  EXPECT_TRUE(pool.SoundAtRest(10));
}

TEST(PriorityPool, BorrowsOnlyOfClassesThatTheMaskNames) {
  std::vector<PriorityClass> classes = Three(0);
  classes[0].borrows = 1u << 1;
  classes[1].borrows = 1u << 0 | 1u << 2;  // upwards too, but there all is reserved
  TestPriorityPool pool(classes);
  EXPECT_EQ(pool.Drain(0).size(), 3u + 6u);
  EXPECT_EQ(pool.Drain(1).size(), 3u);
  EXPECT_EQ(pool.Drain(2).size(), 1u);
  EXPECT_TRUE(pool.SoundAtRest(13));
}

TEST(PriorityPool, UrgentClassesMayLendToo) {
  std::vector<PriorityClass> classes = Three(6);
  classes[0].reserve = 1;
  classes[2].borrows = 1u << 0;
  classes[2].block_size = 16;
  TestPriorityPool pool(classes);
  EXPECT_EQ(pool.Drain(2).size(), 4u + 2u);
  EXPECT_EQ(pool.Drain(0).size(), 1u) << "nothing lent by those with smaller blocks";
  EXPECT_TRUE(pool.SoundAtRest(7));
}

TEST(PriorityPool, LendersWithSmallerBlocksAreNotAsked) {
  std::vector<PriorityClass> classes = Guide();
  for (PriorityClass& cls : classes) {
    cls.reserve = 0;
    cls.borrows = kBorrowLower;
  }
  TestPriorityPool pool(classes);
  EXPECT_EQ(pool.Drain(kLarge).size(), 8u);
  void* const spilled = pool->Allocate(kNormal, 200);
  EXPECT_EQ(pool->ClassOf(spilled), kTemporary) << "too large for its own class";
  std::memset(spilled, 1, 200);
  EXPECT_EQ(pool->TryAllocate(kNormal, 1000).error, Error::kExhausted)
      << "1024 would do, but they are all in use";
  EXPECT_EQ(pool->TryAllocate(kNormal, 1025).error, Error::kTooLarge);
  EXPECT_EQ(pool->TryAllocate(kTemporary, 257).error, Error::kTooLarge);
  EXPECT_EQ(pool->ClassOf(pool->Allocate(kCritical, 1)), kCritical);
  EXPECT_TRUE(pool.SoundAtRest(10));
}

TEST(PriorityPool, AClassWithoutBlocksIsAlwaysExhaustedButMayBorrow) {
  TestPriorityPool pool({{.block_size = 8, .block_count = 0, .borrows = kBorrowLower},
                         {.block_size = 8, .block_count = 0},
                         {.block_size = 8, .block_count = 2, .reserve = 1},
                         {.block_size = 8, .block_count = 0, .reserve = 0}});
  ASSERT_EQ(pool.error, Error::kOk);
  EXPECT_EQ(pool->TryAllocate(1).error, Error::kExhausted);
  EXPECT_EQ(pool->TryAllocate(3).error, Error::kExhausted);
  EXPECT_EQ(pool->TryAllocateFromInterrupt(1).error, Error::kExhausted);
  void* const block = pool->Allocate(0);
  EXPECT_EQ(pool->ClassOf(block), 2u);
  EXPECT_EQ(pool->TryAllocate(0).error, Error::kExhausted);
  EXPECT_EQ(pool->TryAllocateFromInterrupt(0).error, Error::kExhausted);
  EXPECT_EQ(pool->Free(block), Error::kOk);
  EXPECT_EQ(pool->ClassOf(pool->AllocateFromInterrupt(0)), 2u);
  EXPECT_TRUE(pool.SoundAtRest(1));
}

TEST(PriorityPool, PerCoreClassesHaveBlocksForEachCore) {
  TestPriorityPool pool(
      {{.name = "isr",
        .block_size = 64,
        .block_count = 16,
        .borrows = kBorrowLower,
        .per_core = true},
       {.block_size = 64, .block_count = 4, .reserve = 1, .borrows = 1u << 0}},
      {.cores = 3});
  ASSERT_EQ(pool.error, Error::kOk);
  EXPECT_EQ(pool->StatsOf(0).pool.capacity, 48u);
  EXPECT_EQ(pool.Drain(1).size(), 4u) << "per-core classes lend nothing";
  std::vector<void*> blocks;
  for (int i = 0; i < 16; ++i) blocks.push_back(pool->AllocateFromInterrupt(0));
  for (void* const block : blocks) EXPECT_EQ(pool->ClassOf(block), 0u);
  EXPECT_TRUE(AreDistinct(blocks));
  EXPECT_EQ(pool->StatsOf(0).pool.used, 16u);
  EXPECT_TRUE(pool.FreeAll(blocks));
  EXPECT_TRUE(pool.SoundAtRest(4));
}

TEST(PriorityPool, MeasuresTheWorstTimeOfCallsThatSucceedAndOfThoseThatFail) {
  for (const bool measured : {true, false}) {
    TestPriorityPool pool(
        {{.block_size = 8, .block_count = 1}, {.block_size = 8, .block_count = 0}},
        {.measure_time = measured});
    (void)pool->TryAllocate(0);
    (void)pool->TryAllocate(1);
    const std::uint64_t worst = pool->StatsOf(0).worst_cycles;
    const bool counts = measured && port::Port::CycleCount() != 0;
    EXPECT_EQ(worst != 0, counts);
    EXPECT_EQ(pool->StatsOf(1).worst_cycles != 0, counts);
    EXPECT_EQ(pool->ResetWorst(0), Error::kOk);
    EXPECT_EQ(pool->StatsOf(0).worst_cycles, 0u);
    EXPECT_EQ(pool->StatsOf(1).worst_cycles != 0, counts) << "of that class only";
    (void)pool->TryAllocateFromInterrupt(0);
    EXPECT_EQ(pool->StatsOf(0).worst_cycles != 0, counts);
  }
}

class PriorityPoolMisuse : public ::testing::TestWithParam<Caching> {
 protected:
  PriorityPoolMisuse() {
    // The urgent class's own 3, and 2 that it has borrowed.
    for (int i = 0; i < 5; ++i) blocks_.push_back(pool_->Allocate(0));
  }
  void ExpectReported(Error kind, const char* name, const void* block,
                      std::size_t index) {
    EXPECT_EQ(pool_.misuse.last_kind, kind);
    EXPECT_EQ(pool_.misuse.last_pool, &pool_.pool);
    EXPECT_STREQ(pool_.misuse.last_name, name);
    EXPECT_EQ(pool_.misuse.last_block, block);
    EXPECT_EQ(pool_.misuse.last_index, index);
    EXPECT_EQ(pool_->Misuses(), static_cast<std::uint64_t>(pool_.misuse.count));
  }

  TestPriorityPool pool_{Three(),
                         {.caching = GetParam(), .cores = 2, .name = "priorities"}};
  std::vector<void*> blocks_;
};

TEST_P(PriorityPoolMisuse, ADoubleFreeIsRefusedAndEndsNoLoan) {
  ASSERT_EQ(pool_.Lent(2), 2u);
  EXPECT_EQ(pool_->Free(blocks_[4]), Error::kOk);
  EXPECT_EQ(pool_.Lent(2), 1u);
  for (int i = 1; i <= 3; ++i) {
    EXPECT_EQ(pool_->Free(blocks_[4]), Error::kDoubleFree);
    EXPECT_EQ(pool_.misuse.count, i);
    EXPECT_EQ(pool_.misuse.last_kind, Error::kDoubleFree);
    EXPECT_STREQ(pool_.misuse.last_name, "idle");
    EXPECT_EQ(pool_.Lent(2), 1u);
    EXPECT_EQ(pool_.Borrowed(0), 1u);
  }
  EXPECT_EQ(pool_->Free(blocks_[0]), Error::kOk);
  EXPECT_EQ(pool_->Free(blocks_[0]), Error::kDoubleFree) << "one of its own";
  EXPECT_STREQ(pool_.misuse.last_name, "urgent");
  EXPECT_TRUE(pool_.SoundAtRest(3));
  EXPECT_EQ(pool_.Drain(0).size(), 1u + 2u + 4u);
}

TEST_P(PriorityPoolMisuse, InteriorAndForeignPointersAreRefused) {
  auto* const borrowed = static_cast<std::byte*>(blocks_[3]);
  EXPECT_EQ(pool_->Free(borrowed + 16), Error::kInteriorPointer);
  ExpectReported(Error::kInteriorPointer, "idle", borrowed + 16, kNoIndex);
  EXPECT_EQ(pool_->Free(borrowed + 1), Error::kMisalignedPointer);
  ExpectReported(Error::kMisalignedPointer, "idle", borrowed + 1, kNoIndex);

  TestPriorityPool other(Three());
  void* const others = other->Allocate(0);
  int local = 0;
  for (void* const foreign :
       {others, static_cast<void*>(&local), static_cast<void*>(&pool_.pool),
        static_cast<void*>(pool_.memory.span().data()),
        reinterpret_cast<void*>(~std::uintptr_t{0})}) {
    EXPECT_EQ(pool_->Free(foreign), Error::kForeignPointer);
    ExpectReported(Error::kForeignPointer, "priorities", foreign, kNoIndex);
    EXPECT_EQ(pool_->ClassOf(foreign), kNoClass);
  }
  EXPECT_EQ(other->Free(blocks_[4]), Error::kForeignPointer);
  EXPECT_EQ(other->Free(others), Error::kOk);
  EXPECT_TRUE(pool_.SoundAtRest(5));
  EXPECT_TRUE(pool_.FreeAll(blocks_));
  EXPECT_TRUE(pool_.SoundAtRest(0));
}

TEST_P(PriorityPoolMisuse, ABorrowedBlockThatWasWrittenToWhileFreeIsRefused) {
  EXPECT_EQ(pool_->Free(blocks_[4]), Error::kOk);
  std::memset(blocks_[4], 0x77, 8);
  EXPECT_EQ(pool_->TryAllocate(0).error, Error::kWriteAfterFree);
  EXPECT_STREQ(pool_.misuse.last_name, "idle");
  EXPECT_EQ(pool_.misuse.last_block, blocks_[4]);
  EXPECT_EQ(pool_.Lent(2), 1u);
  EXPECT_TRUE(pool_.SoundAtRest(4));
}

INSTANTIATE_TEST_SUITE_P(Cachings, PriorityPoolMisuse,
                         ::testing::Values(Caching::kNone, Caching::kCas));

TEST(PriorityPoolMisuseIndex, IsCountedOverEachCoresBlocksOfAClass) {
  TestPriorityPool pool({{.block_size = 16, .block_count = 4, .per_core = true}},
                        {.cores = 2});
  std::vector<void*> blocks = pool.Drain(0);
  ASSERT_EQ(blocks.size(), 4u);
  auto* const first =
      static_cast<std::byte*>(*std::min_element(blocks.begin(), blocks.end()));
  EXPECT_TRUE(pool.FreeAll(blocks));
  // The other core's blocks lie behind these or in front of them.
  const int there = pool->ClassOf(first + 4 * 16) == 0 ? 4 : -4;
  for (int index = 0; index < 4; ++index) {
    for (const int place : {index, index + there}) {
      EXPECT_EQ(pool->Free(first + place * 16), Error::kDoubleFree);
      EXPECT_EQ(pool.misuse.last_index, static_cast<std::size_t>(index));
      EXPECT_EQ(pool.misuse.last_pool, &pool.pool);
    }
  }
}

TEST(PriorityPoolMisuseDeathTest, GoesToTheProcessWideHandlerUnlessThereIsOne) {
  alignas(4096) static std::byte memory[8192];
  const PriorityPoolOptions options{.caching = Caching::kNone, .cores = 1};
  PriorityPool pool;
  ASSERT_EQ(pool.Init(Three(), options, memory), Error::kOk);
  void* const block = pool.Allocate(1);
  EXPECT_EQ(pool.Free(block), Error::kOk);
  EXPECT_DEATH(pool.Free(block),
               "corepool: kDoubleFree: 0x.*, block 0, in pool 'usual'");
  EXPECT_DEATH(pool.Free(&pool), "corepool: kForeignPointer: 0x.* in pool ''");
}

TEST(PriorityPoolFullChecks, AnOverrunOfABorrowedBlockIsFoundAndTheLoanEnds) {
  TestPriorityPool pool({{.block_size = 16, .block_count = 0, .borrows = kBorrowLower},
                         {.block_size = 16, .block_count = 1, .reserve = 0}},
                        {.checking = Checking::kFull});
  void* const block = pool->Allocate(0);
  StrayFlip(block, 16);
  EXPECT_EQ(pool->Free(block), Error::kOverrun);
  EXPECT_EQ(pool.Lent(1), 0u);
  EXPECT_TRUE(pool.SoundAtRest(0));
}

}  // namespace
}  // namespace corepool
