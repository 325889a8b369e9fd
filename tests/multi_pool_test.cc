#include "corepool/multi_pool.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "corepool/error.h"
#include "corepool/hooks.h"
#include "corepool/multi_pool_options.h"
#include "corepool/options.h"
#include "corepool/segment.h"
#include "corepool/stats.h"
#include "gtest/gtest.h"
#include "tests/support/test_multi_pool.h"

namespace corepool {
namespace {

using testing::TestMultiPool;

const std::vector<SizeClassOptions> kThreeClasses = {{16, 8}, {32, 8}, {64, 8}};

MultiPoolOptions Spilling(std::size_t most) {
  MultiPoolOptions options;
  options.most_spills = most;
  return options;
}

// MicroTBX's example: pools of 8 blocks of 16, 32 and 64 bytes serve 24 requests for
// 12 bytes, over and over.
TEST(MultiPool, ServesTwentyFourRequestsForTwelveBytesOverAndOver) {
  TestMultiPool pool(kThreeClasses);
  ASSERT_EQ(pool.error, Error::kOk);
  for (int round = 0; round < 100; ++round) {
    std::set<void*> blocks;
    for (int i = 0; i < 24; ++i) {
      void* const block = pool->Allocate(12);
      ASSERT_NE(block, nullptr);
      EXPECT_EQ(pool->SizeOf(block), i < 8 ? 16u : i < 16 ? 32u : 64u);
      std::memset(block, round, 12);
      blocks.insert(block);
    }
    EXPECT_EQ(blocks.size(), 24u);
    EXPECT_EQ(pool->TryAllocate(12).error, Error::kExhausted);
    for (void* const block : blocks) ASSERT_EQ(pool->Free(block), Error::kOk);
  }
  EXPECT_TRUE(pool.SoundAtRest(0));
}

TEST(MultiPool, GivesEverySizeTheBestFit) {
  TestMultiPool pool({{100, 4}, {8, 4}, {1000, 4}, {24, 4}});
  for (std::size_t size = 1; size <= 1000; ++size) {
    void* const block = pool->Allocate(size);
    const std::size_t fit = size <= 8 ? 8 : size <= 24 ? 24 : size <= 100 ? 100 : 1000;
    ASSERT_EQ(pool->SizeOf(block), fit) << size;
    std::memset(block, 0xff, size);
    ASSERT_EQ(size % 2 == 0 ? pool->Free(block) : pool->Free(block, size), Error::kOk);
  }
  EXPECT_TRUE(pool.SoundAtRest(0));
}

TEST(MultiPool, RefusesSizesThatNoBlockHasAtOnce) {
  TestMultiPool pool(kThreeClasses);
  EXPECT_EQ(pool->TryAllocate(0).error, Error::kInvalidSize);
  EXPECT_EQ(pool->TryAllocate(65).error, Error::kTooLarge);
  EXPECT_EQ(pool->TryAllocate(SIZE_MAX).error, Error::kTooLarge);
  EXPECT_EQ(pool->LargestSize(), 64u);
  EXPECT_EQ(pool.misuse.count, 0);
}

TEST(MultiPool, SpillsAsFarAsItMayAndNoFurther) {
  struct Case {
    std::size_t most_spills, served;
  };
  for (const auto& [most_spills, served] :
       {Case{0, 8}, Case{1, 16}, Case{2, 24}, Case{3, 24}, Case{kSpillToAny, 24}}) {
    TestMultiPool pool(kThreeClasses, Spilling(most_spills));
    std::vector<void*> blocks;
    while (void* const block = pool->Allocate(12)) blocks.push_back(block);
    EXPECT_EQ(blocks.size(), served);
    const SizeClassStats small = pool->StatsFor(12);
    EXPECT_EQ(small.spills_out, served - 8);
    EXPECT_EQ(small.spills_in, 0u);
    EXPECT_EQ(pool->StatsFor(32).spills_in, served >= 16 ? 8u : 0u);
    EXPECT_EQ(pool->StatsFor(64).spills_in, served >= 24 ? 8u : 0u);
    EXPECT_EQ(pool->Stats().failures, 1u);
    EXPECT_EQ(pool->FreeBulk(blocks), Error::kOk);
  }
}

TEST(MultiPool, TakesBackSpilledBlocksBySizeToo) {
  TestMultiPool pool({{16, 1}, {64, 2}});
  void* const first = pool->Allocate(10);
  void* const spilled = pool->Allocate(10);
  EXPECT_EQ(pool->SizeOf(spilled), 64u);
  EXPECT_EQ(pool->Free(spilled, 10), Error::kOk);
  EXPECT_EQ(pool->Free(first, 10), Error::kOk);
  EXPECT_EQ(pool->Free(nullptr, 10), Error::kOk);
  EXPECT_EQ(pool->Free(nullptr), Error::kOk);
  EXPECT_EQ(pool.misuse.count, 0);
}

TEST(MultiPool, ReportsMisuseWithPoolBlockAndKind) {
  TestMultiPool pool({{16, 4}, {64, 4}});
  TestMultiPool other({{16, 4}});
  auto* const block = static_cast<std::byte*>(pool->Allocate(16));
  auto* const large = static_cast<std::byte*>(pool->Allocate(64));
  void* const foreign = other->Allocate(16);
  int local = 0;
  int reports = 0;
  const auto expect = [&](Error got, Error kind, const void* address) {
    EXPECT_EQ(got, kind);
    EXPECT_EQ(pool.misuse.count, ++reports);
    EXPECT_EQ(pool.misuse.last_kind, kind);
    EXPECT_EQ(pool.misuse.last_pool, &pool.pool);
    EXPECT_EQ(pool.misuse.last_block, address);
  };
  expect(pool->Free(&local), Error::kForeignPointer, &local);
  expect(pool->Free(&local, 16), Error::kForeignPointer, &local);
  expect(pool->Free(foreign), Error::kForeignPointer, foreign);
  expect(pool->Free(block + 1), Error::kMisalignedPointer, block + 1);
  expect(pool->Free(large + 16), Error::kInteriorPointer, large + 16);
  expect(pool->Free(large + 16, 64), Error::kInteriorPointer, large + 16);
  expect(pool->Free(block, 17), Error::kWrongSize, block);
  expect(pool->Free(block, 64), Error::kWrongSize, block);
  expect(pool->Free(block, 1000), Error::kWrongSize, block);
  expect(pool->Free(block, 0), Error::kWrongSize, block);
  expect(pool->TryReallocate(&local, 8).error, Error::kForeignPointer, &local);
  EXPECT_EQ(pool->Free(block, 16), Error::kOk);
  expect(pool->Free(block), Error::kDoubleFree, block);
  expect(pool->Free(block, 16), Error::kDoubleFree, block);
  EXPECT_EQ(pool->Free(large), Error::kOk);
  EXPECT_TRUE(pool.SoundAtRest(0));
  EXPECT_EQ(pool->Stats().misuses, static_cast<std::uint64_t>(reports));
}

TEST(MultiPool, ReallocatesInPlaceWhileTheBlockIsLargeEnough) {
  TestMultiPool pool(kThreeClasses);
  void* const block = pool->Allocate(17);
  std::memcpy(block, "sixteen and more", 16);
  EXPECT_EQ(pool->Reallocate(block, 32), block);
  EXPECT_EQ(pool->Reallocate(block, 1), block);
  auto* const moved = static_cast<char*>(pool->Reallocate(block, 33));
  EXPECT_NE(moved, block);
  EXPECT_EQ(std::memcmp(moved, "sixteen and more", 16), 0);
  EXPECT_EQ(pool->Stats().used, 1u);
  EXPECT_EQ(pool->TryReallocate(moved, 65).error, Error::kTooLarge);
  EXPECT_EQ(pool->TryReallocate(moved, 0).error, Error::kInvalidSize);
  EXPECT_EQ(std::memcmp(moved, "sixteen and more", 16), 0);
  EXPECT_EQ(pool->Free(moved), Error::kOk);
  EXPECT_NE(pool->Reallocate(nullptr, 5), nullptr);
  EXPECT_TRUE(pool.SoundAtRest(1));
}

TEST(MultiPool, KeepsTheBlockIfReallocatingFails) {
  TestMultiPool pool({{16, 1}, {32, 1}});
  void* const small = pool->Allocate(16);
  void* const large = pool->Allocate(32);
  EXPECT_EQ(pool->TryReallocate(small, 20).error, Error::kExhausted);
  EXPECT_EQ(pool->SizeOf(small), 16u);
  EXPECT_EQ(pool->Free(small), Error::kOk);
  EXPECT_EQ(pool->Free(large), Error::kOk);
}

TEST(MultiPool, ExtendsAnExistingSize) {
  TestMultiPool pool({{16, 2}}, Spilling(0));
  std::set<void*> blocks = {pool->Allocate(16), pool->Allocate(16)};
  EXPECT_EQ(pool->Allocate(16), nullptr);
  ASSERT_EQ(pool.Extend({16, 3}), Error::kOk);
  for (int i = 0; i < 3; ++i) {
    void* const block = pool->Allocate(16);
    ASSERT_NE(block, nullptr);
    blocks.insert(block);
  }
  EXPECT_EQ(blocks.size(), 5u);
  EXPECT_EQ(pool->Allocate(16), nullptr);
  EXPECT_EQ(pool->class_count(), 1u);
  EXPECT_EQ(pool->StatsFor(16).banks, 2u);
  EXPECT_EQ(pool->StatsFor(16).blocks.capacity, 5u);
  for (void* const block : blocks) EXPECT_EQ(pool->Free(block, 16), Error::kOk);
  EXPECT_TRUE(pool.SoundAtRest(0));
  EXPECT_EQ(pool->Deinit(), Error::kOk);
}

TEST(MultiPool, ExtendsFromASegmentUntilThatIsExhausted) {
  constexpr std::size_t kAlignment = 4096;
  alignas(kAlignment) static std::byte memory[16 * 1024];
  const std::size_t alignment = RequiredAlignment(kThreeClasses, {});
  ASSERT_LE(alignment, kAlignment);
  Segment segment;
  TestMultiPool pool(kThreeClasses, Spilling(0));
  EXPECT_EQ(pool->Extend({16, 3}, segment), Error::kNotInitialized);
  ASSERT_EQ(segment.Init("heap", memory), Error::kOk);
  EXPECT_EQ(pool->Extend({0, 3}, segment), Error::kInvalidSize);
  EXPECT_EQ(pool->Extend({16, 1000}, segment), Error::kSegmentExhausted);
  EXPECT_EQ(segment.used(), 0u) << "errors take nothing";
  ASSERT_NE(segment.Allocate(5, 1), nullptr) << "so that it must be aligned";
  ASSERT_EQ(pool->Extend({16, 3}, segment), Error::kOk);
  EXPECT_EQ(segment.used(), alignment + pool->RequiredExtensionBytes({16, 3}));
  EXPECT_EQ(pool->StatsFor(16).blocks.capacity, 11u);
  std::set<void*> blocks;
  while (void* const block = pool->Allocate(16)) blocks.insert(block);
  EXPECT_EQ(blocks.size(), 11u);
  int inside = 0;
  for (void* const block : blocks) inside += segment.Owns(block) ? 1 : 0;
  EXPECT_EQ(inside, 3);
  for (void* const block : blocks) EXPECT_EQ(pool->Free(block), Error::kOk);
  // As often as may be; each takes what it says and no more.
  Error error = Error::kOk;
  std::size_t used = segment.used();
  int times = 0;
  while ((error = pool->Extend({100, 1}, segment)) == Error::kOk) {
    ++times;
    EXPECT_LT(segment.used() - used,
              pool->RequiredExtensionBytes({100, 1}) + alignment);
    used = segment.used();
  }
  EXPECT_EQ(error, Error::kSegmentExhausted);
  EXPECT_GT(times, 0);
  EXPECT_EQ(pool->StatsFor(100).blocks.capacity, static_cast<std::size_t>(times));
  EXPECT_EQ(segment.used(), used);
  EXPECT_TRUE(pool.SoundAtRest(0));
  EXPECT_EQ(pool->Deinit(), Error::kOk);
}

TEST(MultiPool, RefusesExtensionsFromASegmentBeyondItsLimitAndTakesNothing) {
  alignas(64) std::byte memory[4096];
  Segment segment;
  ASSERT_EQ(segment.Init("heap", memory), Error::kOk);
  MultiPoolOptions options;
  options.most_extensions = 0;
  TestMultiPool pool(kThreeClasses, options);
  EXPECT_EQ(pool->Extend({16, 1}, segment), Error::kTooMany);
  EXPECT_EQ(segment.used(), 0u);
  MultiPool none;
  EXPECT_EQ(none.Extend({16, 1}, segment), Error::kNotInitialized);
}

TEST(MultiPool, ExtendsToANewSizeBetweenOthersAndBeyond) {
  TestMultiPool pool(kThreeClasses);
  ASSERT_EQ(pool.Extend({48, 1}), Error::kOk);
  ASSERT_EQ(pool.Extend({500, 1}), Error::kOk);
  EXPECT_EQ(pool->SizeOf(pool->Allocate(40)), 48u);
  EXPECT_EQ(pool->SizeOf(pool->Allocate(40)), 64u);
  EXPECT_EQ(pool->SizeOf(pool->Allocate(65)), 500u);
  EXPECT_EQ(pool->class_count(), 5u);
  SizeClassStats all[8];
  ASSERT_EQ(pool->Stats(all), 5u);
  for (int i = 1; i < 5; ++i) {
    EXPECT_LT(all[i - 1].blocks.block_size, all[i].blocks.block_size);
  }
}

TEST(MultiPool, HasARowForEachClass) {
  TestMultiPool pool(kThreeClasses);
  ASSERT_EQ(pool.Extend({48, 1}), Error::kOk);
  void* const block = pool->Allocate(40);
  PoolRow row;
  const std::vector<std::string> labels = {"16", "32", "48", "64"};
  for (std::size_t i = 0; i < labels.size(); ++i) {
    ASSERT_TRUE(pool->StatsAt(i, row));
    EXPECT_EQ(row.label, labels[i]);
    EXPECT_EQ(row.stats.used, i == 2 ? 1u : 0u);
  }
  EXPECT_FALSE(pool->StatsAt(4, row));
  EXPECT_EQ(pool->Free(block), Error::kOk);
}

TEST(MultiPool, CanBeginWithoutClasses) {
  TestMultiPool pool({});
  ASSERT_EQ(pool.error, Error::kOk);
  EXPECT_EQ(pool->TryAllocate(1).error, Error::kTooLarge);
  EXPECT_EQ(pool->LargestSize(), 0u);
  ASSERT_EQ(pool.Extend({8, 1}), Error::kOk);
  EXPECT_NE(pool->Allocate(1), nullptr);
}

TEST(MultiPool, RefusesExtensionsBeyondItsLimitOrWithoutMemory) {
  MultiPoolOptions options;
  options.most_extensions = 2;
  TestMultiPool pool(kThreeClasses, options);
  EXPECT_EQ(pool.Extend({0, 1}), Error::kInvalidSize);
  EXPECT_EQ(pool->Extend({16, 1}, {}), Error::kNullMemory);
  std::byte few[8];
  EXPECT_NE(pool->Extend({16, 1}, few), Error::kOk);
  EXPECT_EQ(pool.Extend({16, 1}), Error::kOk);
  EXPECT_EQ(pool.Extend({17, 1}), Error::kOk);
  EXPECT_EQ(pool.Extend({18, 1}), Error::kTooMany);
  EXPECT_EQ(pool->class_count(), 4u);
}

TEST(MultiPool, WithZeroBlocksIsAlwaysExhausted) {
  TestMultiPool pool({{16, 0}, {32, 0}});
  ASSERT_EQ(pool.error, Error::kOk);
  EXPECT_EQ(pool->TryAllocate(1).error, Error::kExhausted);
  EXPECT_EQ(pool->TryAllocate(32).error, Error::kExhausted);
  EXPECT_EQ(pool->TryAllocate(33).error, Error::kTooLarge);
  EXPECT_TRUE(pool.SoundAtRest(0));
  EXPECT_EQ(pool->Deinit(), Error::kOk);
}

TEST(MultiPool, IsWithoutClassesBeforeInitAndAfterDeinit) {
  static constinit MultiPool pool;
  EXPECT_EQ(pool.TryAllocate(1).error, Error::kNotInitialized);
  EXPECT_EQ(pool.Free(&pool), Error::kNotInitialized);
  EXPECT_EQ(pool.Free(nullptr), Error::kOk);
  EXPECT_EQ(pool.Deinit(), Error::kNotInitialized);
  EXPECT_EQ(pool.Extend({16, 1}, {}), Error::kNotInitialized);
  TestMultiPool initialized(kThreeClasses);
  EXPECT_EQ(initialized->Init({}, {}, {}), Error::kAlreadyInitialized);
  void* const block = initialized->Allocate(20);
  EXPECT_EQ(initialized->Deinit(), Error::kBlocksInUse);
  EXPECT_EQ(initialized->Free(block), Error::kOk);
  EXPECT_EQ(initialized->Deinit(), Error::kOk);
  EXPECT_EQ(initialized->TryAllocate(1).error, Error::kNotInitialized);
}

TEST(MultiPool, ReportsLeaksOfAllClassesWhenClearedOrGivenUp) {
  MultiPoolOptions options;
  options.pools.checking = Checking::kFull;
  TestMultiPool pool({{16, 1}, {32, 4}}, options);
  ASSERT_EQ(pool.Extend({64, 2}), Error::kOk);
  for (const bool clear : {true, false}) {
    void* const small = pool->Allocate(16);
    void* const spilled = pool->Allocate(16);
    EXPECT_EQ(pool->SizeOf(spilled), 32u);
    EXPECT_NE(pool->OwnerOf(small), 0u);
    EXPECT_NE(pool->OwnerOf(spilled), 0u);
    void* const large = pool->Allocate(64);
    EXPECT_EQ(pool->SetOwner(large, 77), Error::kOk);
    EXPECT_EQ(pool->OwnerOf(large), 77u);
    const int before = pool.misuse.count;
    EXPECT_EQ(clear ? pool->Clear() : pool->Deinit(), Error::kBlocksInUse);
    EXPECT_EQ(pool.misuse.count, before);
    EXPECT_EQ(clear ? pool->Clear(Leaks::kReport) : pool->Deinit(Leaks::kReport),
              Error::kOk);
    EXPECT_EQ(pool.misuse.count, before + 3);
    EXPECT_EQ(pool.misuse.last_kind, Error::kLeak);
    EXPECT_EQ(pool.misuse.last_owner, 77u);
    if (!clear) continue;
    EXPECT_EQ(pool->StatsFor(16).spills_out, 0u);
    EXPECT_TRUE(pool.SoundAtRest(0));
  }
  EXPECT_FALSE(pool->is_initialized());
}

TEST(MultiPool, AsksTheHookOnFreesAndFreesDirectlyWithout) {
  static int asked;
  asked = 0;
  const PoolHooks hooks{.on_free = [](const FreeRequest&) {
    ++asked;
    return FreeDecision::kTaken;
  }};
  MultiPoolOptions options;
  options.pools.hooks = &hooks;
  TestMultiPool pool(kThreeClasses, options);
  void* const block = pool->Allocate(20);
  EXPECT_EQ(pool->Free(block), Error::kOk);
  EXPECT_EQ(pool->Free(block, 20), Error::kOk);
  EXPECT_EQ(asked, 2);
  EXPECT_EQ(pool->Stats().used, 1u);
  EXPECT_EQ(pool->FreeDirectly(block), Error::kOk);
  EXPECT_EQ(pool->FreeDirectly(block), Error::kDoubleFree);
  EXPECT_EQ(asked, 2);
  EXPECT_TRUE(pool.SoundAtRest(0));
}

TEST(MultiPool, DoesNotAskTheHookAboutBlocksThatNobodyHasHad) {
  static MultiPool* hooked;
  static std::vector<void*> asked;
  asked.clear();
  PoolHooks hooks{.on_free = [](const FreeRequest& request) {
    asked.push_back(request.block);
    return FreeDecision::kTaken;
  }};
  MultiPoolOptions options;
  options.pools.hooks = &hooks;
  TestMultiPool pool(kThreeClasses, options);
  hooked = &pool.pool;
  void* blocks[25];
  EXPECT_EQ(pool->AllocateBulk(10, blocks), Error::kExhausted);
  EXPECT_TRUE(asked.empty());
  EXPECT_TRUE(pool.SoundAtRest(0)) << "nobody has kept any";

  // A hook that frees the block itself, so that Reallocate may not, and gives up.
  hooks.on_free = [](const FreeRequest& request) {
    asked.push_back(request.block);
    EXPECT_EQ(hooked->FreeDirectly(request.block), Error::kOk);
    return FreeDecision::kFree;
  };
  void* const block = pool->Allocate(10);
  EXPECT_EQ(pool->TryReallocate(block, 20).error, Error::kDoubleFree);
  EXPECT_EQ(asked, std::vector<void*>{block});
  EXPECT_EQ(pool.misuse.count, 1);
  EXPECT_TRUE(pool.SoundAtRest(0));
}

TEST(MultiPool, RefusesBadOptionsAndMemory) {
  const auto try_init = [](std::vector<SizeClassOptions> classes,
                           MultiPoolOptions options = {}) {
    return Validate(classes, options);
  };
  EXPECT_EQ(try_init({{0, 1}}), Error::kInvalidSize);
  EXPECT_EQ(try_init({{16, SIZE_MAX}}), Error::kInvalidCount);
  EXPECT_EQ(try_init({{kLargestBlockSize + 1, 1}}), Error::kTooLarge);
  EXPECT_EQ(try_init({{SIZE_MAX, 1}}), Error::kTooLarge);
  EXPECT_EQ(try_init(std::vector<SizeClassOptions>(kMostSizeClasses + 1, {16, 1})),
            Error::kInvalidCount);
  MultiPoolOptions options;
  options.pools.alignment = 24;
  EXPECT_EQ(try_init({{16, 1}}, options), Error::kInvalidAlignment);
  EXPECT_EQ(try_init({}, options), Error::kInvalidAlignment);
  options = {};
  options.most_extensions = 1000;
  EXPECT_EQ(try_init({{16, 1}}, options), Error::kInvalidCount);

  MultiPool pool;
  alignas(4096) static std::byte memory[1 << 16];
  EXPECT_EQ(pool.Init(kThreeClasses, {}, {}), Error::kNullMemory);
  EXPECT_EQ(pool.Init(kThreeClasses, {}, std::span(memory).subspan(1)),
            Error::kMisalignedMemory);
  const std::size_t needed = RequiredBytes(kThreeClasses, {});
  EXPECT_EQ(pool.Init(kThreeClasses, {}, std::span(memory).first(needed - 1)),
            Error::kMemoryTooSmall);
  EXPECT_EQ(pool.Init(kThreeClasses, {}, std::span(memory).first(needed)), Error::kOk);
}

TEST(MultiPool, AlignsEveryBlockOfEveryClass) {
  MultiPoolOptions options;
  options.pools.alignment = 256;
  TestMultiPool pool({{16, 3}, {300, 3}, {1, 3}}, options);
  ASSERT_EQ(pool.error, Error::kOk);
  ASSERT_EQ(pool.Extend({40, 3}), Error::kOk);
  while (void* const block = pool->Allocate(1)) {
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block) % 256, 0u);
  }
  EXPECT_EQ(pool->Stats().used, 12u);
}

TEST(MultiPool, AllocatesBulksWholeOrNotAtAll) {
  TestMultiPool pool(kThreeClasses);
  void* blocks[25];
  EXPECT_EQ(pool->AllocateBulk(10, blocks), Error::kExhausted);
  for (void* const block : blocks) EXPECT_EQ(block, nullptr);
  EXPECT_EQ(pool->Stats().used, 0u);
  const std::span<void*> most = std::span(blocks).first(24);
  EXPECT_EQ(pool->AllocateBulk(10, most), Error::kOk);
  EXPECT_EQ(std::set<void*>(most.begin(), most.end()).size(), 24u);
  EXPECT_EQ(pool->FreeBulk(most), Error::kOk);
  EXPECT_TRUE(pool.SoundAtRest(0));
}

TEST(MultiPool, AdvisesTheClassesThatWouldHaveWastedLeast) {
  MultiPoolOptions options;
  options.count_sizes_up_to = 1024;
  TestMultiPool pool({{64, 4}, {1024, 4}}, options);
  const auto ask = [&](std::size_t size, int times) {
    for (int i = 0; i < times; ++i) pool->Free(pool->Allocate(size));
  };
  ask(24, 100);
  ask(100, 50);
  ask(200, 10);
  ask(2000, 1);
  AdvisedClass table[3];
  const Advice advice = pool->Advise(table);
  EXPECT_EQ(advice.requests, 161u);
  EXPECT_EQ(advice.too_large_as_is, 1u);
  EXPECT_EQ(advice.wasted_as_is, 100u * 40 + 50u * 924 + 10u * 824);
  // 200 and 100 share a class, as they are few; blocks lie 16 bytes apart.
  ASSERT_EQ(advice.classes, 3u);
  EXPECT_EQ(advice.wasted, 100u * 8 + 50u * 108 + 10u * 8);
  EXPECT_EQ(table[0].block_size, 24u);
  EXPECT_EQ(table[0].requests, 100u);
  EXPECT_EQ(table[1].block_size, 200u);
  EXPECT_EQ(table[1].requests, 60u);
  EXPECT_EQ(table[2].block_size, 2000u);
  pool->ResetSizes();
  EXPECT_EQ(pool->Advise(table).requests, 0u);
}

TEST(MultiPool, AdvisesNothingUnlessItCounts) {
  TestMultiPool pool(kThreeClasses);
  pool->Free(pool->Allocate(12));
  AdvisedClass table[3];
  EXPECT_EQ(pool->Advise(table).classes, 0u);
}

class MultiPoolWith : public ::testing::TestWithParam<Checking> {};

TEST_P(MultiPoolWith, EveryKindOfPoolServesAllOfItsBlocks) {
  for (const Caching caching : {Caching::kNone, Caching::kCas, Caching::kAutomatic}) {
    for (const State state : {State::kAutomatic, State::kSide}) {
      MultiPoolOptions options;
      options.pools.checking = GetParam();
      options.pools.caching = caching;
      options.pools.state = state;
      TestMultiPool pool({{5, 100}, {20, 100}, {64, 1000}}, options);
      ASSERT_EQ(pool.error, Error::kOk);
      ASSERT_EQ(pool.Extend({20, 50}), Error::kOk);
      std::set<void*> blocks;
      while (void* const block = pool->Allocate(3)) blocks.insert(block);
      EXPECT_EQ(blocks.size(), 1250u);
      for (void* const block : blocks) ASSERT_EQ(pool->Free(block, 3), Error::kOk);
      EXPECT_TRUE(pool.SoundAtRest(0));
      pool->FlushCaches();
      pool->ResetPeak();
      EXPECT_LE(pool->Stats().peak, pool->Stats().cache_bound());
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Checking, MultiPoolWith,
                         ::testing::Values(Checking::kOff, Checking::kBasic,
                                           Checking::kStrict, Checking::kFull));

}  // namespace
}  // namespace corepool
