#include "corepool/fixed_pool.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <set>
#include <span>
#include <vector>

#include "corepool/base/align.h"
#include "corepool/error.h"
#include "corepool/options.h"
#include "gtest/gtest.h"
#include "tests/support/test_pool.h"

namespace corepool {
namespace {

using testing::GuardedMemory;
using testing::TestPool;

constexpr std::size_t kMax = std::numeric_limits<std::size_t>::max();
constexpr PoolOptions kSmall{.block_size = 64, .block_count = 8};

static_assert(RequiredBytes(kSmall) > 8 * 64, "known when compiling");
constinit FixedPool static_pool;

TEST(FixedPool, WorksInStaticMemory) {
  alignas(RequiredAlignment(kSmall)) static std::byte memory[RequiredBytes(kSmall)];
  ASSERT_EQ(static_pool.Init(kSmall, memory), Error::kOk);
  void* const block = static_pool.Allocate();
  EXPECT_NE(block, nullptr);
  EXPECT_EQ(static_pool.Free(block), Error::kOk);
  EXPECT_EQ(static_pool.Deinit(), Error::kOk);
}

TEST(FixedPool, HandsOutEveryBlockOnceAlignedAndApart) {
  for (const std::size_t size : {1u, 2u, 7u, 8u, 24u, 64u, 100u, 1000u}) {
    for (const std::size_t alignment : {1u, 2u, 8u, 16u, 64u, 4096u}) {
      for (const Checking checking :
           {Checking::kOff, Checking::kBasic, Checking::kStrict, Checking::kFull}) {
        TestPool pool({.block_size = size,
                       .block_count = 5,
                       .alignment = alignment,
                       .checking = checking});
        ASSERT_EQ(pool.error, Error::kOk);
        std::set<std::uintptr_t> addresses;
        std::vector<void*> blocks;
        for (int i = 0; i < 5; ++i) {
          void* const block = pool->Allocate();
          ASSERT_NE(block, nullptr);
          ASSERT_TRUE(base::IsAligned(block, alignment));
          std::fill_n(static_cast<std::byte*>(block), size, std::byte{0xff});
          addresses.insert(reinterpret_cast<std::uintptr_t>(block));
          blocks.push_back(block);
        }
        ASSERT_EQ(addresses.size(), 5u);
        std::uintptr_t end = 0;
        for (const std::uintptr_t address : addresses) {
          ASSERT_GE(address, end);
          end = address + size;
        }
        ASSERT_EQ(pool->Allocate(), nullptr);
        ASSERT_TRUE(pool.SoundAtRest(5));
        for (void* const block : blocks) ASSERT_EQ(pool->Free(block), Error::kOk);
        ASSERT_TRUE(pool.SoundAtRest(0));
        ASSERT_EQ(pool.misuse.count, 0);
      }
    }
  }
}

TEST(FixedPool, ReusesTheBlockFreedLast) {
  TestPool pool(kSmall);
  void* const first = pool->Allocate();
  void* const second = pool->Allocate();
  pool->Free(first);
  pool->Free(second);
  EXPECT_EQ(pool->Allocate(), second);
  EXPECT_EQ(pool->Allocate(), first);
}

TEST(FixedPool, StartsWithTheLowestAddress) {
  TestPool pool(kSmall);
  for (std::size_t i = 0; i < 8; ++i) EXPECT_EQ(pool->Allocate(), pool->BlockAt(i));
}

TEST(FixedPool, SaysWhyThereIsNoBlock) {
  TestPool pool({.block_size = 8, .block_count = 1});
  EXPECT_EQ(pool->TryAllocate().error, Error::kOk);
  const auto [error, block] = pool->TryAllocate();
  EXPECT_EQ(error, Error::kExhausted);
  EXPECT_EQ(block, nullptr);
  FixedPool none;
  EXPECT_EQ(none.TryAllocate().error, Error::kNotInitialized);
  EXPECT_EQ(none.Allocate(), nullptr);
}

TEST(FixedPool, WithoutBlocksIsAlwaysExhausted) {
  FixedPool pool;
  ASSERT_EQ(pool.Init({.block_size = 64, .block_count = 0}, {}), Error::kOk);
  EXPECT_EQ(pool.TryAllocate().error, Error::kExhausted);
  EXPECT_EQ(pool.Stats().capacity, 0u);
  EXPECT_EQ(pool.Audit().error, Error::kOk);
  EXPECT_EQ(pool.IndexOf(&pool), kNoIndex);
  EXPECT_EQ(pool.BlockAt(0), nullptr);
  EXPECT_EQ(pool.Free(nullptr), Error::kOk);
  EXPECT_EQ(pool.Deinit(), Error::kOk);
}

TEST(FixedPool, TakesOneTwoAndTwoMillionBlocks) {
  for (const std::size_t count :
       {std::size_t{1}, std::size_t{2}, std::size_t{1} << 21}) {
    TestPool pool({.block_size = 8, .block_count = count, .alignment = 8});
    ASSERT_EQ(pool.error, Error::kOk);
    EXPECT_GE(pool->Stats().tag_bits, 42);
    EXPECT_EQ(pool.DrainAndRefill().size(), count);
    EXPECT_TRUE(pool.SoundAtRest(0));
  }
}

TEST(FixedPool, FreeingNullDoesNothing) {
  TestPool pool(kSmall);
  EXPECT_EQ(pool->Free(nullptr), Error::kOk);
  EXPECT_EQ(pool->Stats().frees, 0u);
  EXPECT_EQ(pool.misuse.count, 0);
}

TEST(FixedPool, TellsBlocksByIndexAndAddress) {
  TestPool pool(kSmall);
  for (std::size_t i = 0; i < 8; ++i) {
    auto* const block = static_cast<std::byte*>(pool->BlockAt(i));
    EXPECT_EQ(pool->IndexOf(block), i);
    EXPECT_EQ(pool->IndexOf(block + 1), kNoIndex);
    EXPECT_TRUE(pool->Owns(block));
    EXPECT_TRUE(pool->Owns(block + 63));
  }
  EXPECT_EQ(pool->BlockAt(8), nullptr);
  EXPECT_EQ(pool->BlockAt(kMax), nullptr);
  EXPECT_EQ(pool->IndexOf(nullptr), kNoIndex);
  EXPECT_FALSE(pool->Owns(static_cast<std::byte*>(pool->BlockAt(7)) + 64));
  EXPECT_FALSE(pool->Owns(&pool));
}

TEST(FixedPool, TellsWhatItIs) {
  TestPool pool({.block_size = 4, .block_count = 2, .checking = Checking::kStrict});
  EXPECT_EQ(pool->Caching(), Caching::kNone);
  EXPECT_EQ(pool->Checking(), Checking::kStrict);
  EXPECT_EQ(pool->State(), State::kSide) << "4 bytes hold no cookie";
  EXPECT_TRUE(pool->is_initialized());
}

TEST(FixedPoolInit, RefusesBadOptionsByName) {
  GuardedMemory memory(4096, 64);
  const auto error_of = [&memory](const PoolOptions& options) {
    FixedPool pool;
    const Error error = pool.Init(options, memory.span());
    EXPECT_FALSE(pool.is_initialized());
    EXPECT_EQ(pool.TryAllocate().error, Error::kNotInitialized);
    EXPECT_EQ(Validate(options), error);
    EXPECT_EQ(RequiredBytes(options), 0u);
    return error;
  };
  EXPECT_EQ(error_of({.block_size = 0, .block_count = 1}), Error::kInvalidSize);
  EXPECT_EQ(error_of({.block_size = 8, .block_count = 1, .alignment = 0}),
            Error::kInvalidAlignment);
  EXPECT_EQ(error_of({.block_size = 8, .block_count = 1, .alignment = 3}),
            Error::kInvalidAlignment);
  EXPECT_EQ(error_of({.block_size = 8, .block_count = kMaxBlockCount + 1}),
            Error::kInvalidCount);
  EXPECT_EQ(error_of({.block_size = 8, .block_count = kMax}), Error::kInvalidCount);
  EXPECT_EQ(error_of({.block_size = kMax, .block_count = 1}), Error::kTooLarge);
  EXPECT_EQ(error_of({.block_size = kMax / 2, .block_count = 2}), Error::kTooLarge);
  EXPECT_EQ(
      error_of({.block_size = 8, .block_count = 1, .caching = static_cast<Caching>(9)}),
      Error::kUnsupported);
  EXPECT_TRUE(memory.Intact());
}

TEST(FixedPoolInit, RefusesBadMemoryByName) {
  FixedPool pool;
  GuardedMemory memory(RequiredBytes(kSmall) + 64, 64);
  const std::span<std::byte> good = memory.span().first(RequiredBytes(kSmall));
  EXPECT_EQ(pool.Init(kSmall, {}), Error::kNullMemory);
  EXPECT_EQ(pool.Init(kSmall, good.first(good.size() - 1)), Error::kMemoryTooSmall);
  EXPECT_EQ(pool.Init(kSmall, memory.span().subspan(1)), Error::kMisalignedMemory);
  EXPECT_EQ(pool.Init(kSmall, memory.span().subspan(8)), Error::kMisalignedMemory);
  EXPECT_EQ(pool.Init(kSmall, good), Error::kOk);
  EXPECT_EQ(pool.Init(kSmall, good), Error::kAlreadyInitialized);
  EXPECT_TRUE(memory.Intact());
}

TEST(FixedPoolInit, NeedsNotOneByteMoreThanItSays) {
  for (const std::size_t size : {1u, 9u, 64u}) {
    for (const std::size_t alignment : {1u, 4u, 32u, 256u}) {
      const PoolOptions options{
          .block_size = size, .block_count = 3, .alignment = alignment};
      TestPool pool(options);
      ASSERT_EQ(pool.error, Error::kOk);
      for (int i = 0; i < 3; ++i) {
        std::fill_n(static_cast<std::byte*>(pool->Allocate()), size, std::byte{0});
      }
      EXPECT_TRUE(pool.SoundAtRest(3)) << "red zones and bookkeeping are intact";
    }
  }
}

TEST(FixedPoolInit, KeepsBookkeepingApartWhereAsked) {
  const PoolOptions options{
      .block_size = 64, .block_count = 4, .alignment = 64, .state = State::kSide};
  GuardedMemory blocks(RequiredBlockBytes(options), 64);
  GuardedMemory bookkeeping(RequiredBookkeepingBytes(options), kBookkeepingAlignment);
  FixedPool pool;
  EXPECT_EQ(pool.Init(options, {}, bookkeeping.span()), Error::kNullMemory);
  EXPECT_EQ(pool.Init(options, blocks.span(), {}), Error::kNullMemory);
  EXPECT_EQ(pool.Init(options, blocks.span().subspan(1), bookkeeping.span()),
            Error::kMisalignedMemory);
  EXPECT_EQ(pool.Init(options, blocks.span(), bookkeeping.span().first(8)),
            Error::kMemoryTooSmall);
  GuardedMemory both(RequiredBytes(options), 64);
  EXPECT_EQ(pool.Init(options, both.span(), both.span()), Error::kOverlappingMemory);
  ASSERT_EQ(pool.Init(options, blocks.span(), bookkeeping.span()), Error::kOk);

  std::vector<void*> taken;
  while (void* const block = pool.Allocate()) taken.push_back(block);
  for (void* const block : taken) pool.Free(block);
  EXPECT_EQ(taken.size(), 4u);
  for (const std::byte byte : blocks.span()) {
    ASSERT_EQ(byte, std::byte{0x5a}) << "a free block was touched";
  }
  EXPECT_TRUE(blocks.Intact());
  EXPECT_TRUE(bookkeeping.Intact());
}

TEST(FixedPoolDeinit, RefusesWhileBlocksAreAllocated) {
  TestPool pool(kSmall);
  void* const block = pool->Allocate();
  EXPECT_EQ(pool->Deinit(), Error::kBlocksInUse);
  EXPECT_EQ(pool->Free(block), Error::kOk) << "nothing has changed";
  EXPECT_EQ(pool->Deinit(), Error::kOk);
  EXPECT_EQ(pool->Deinit(), Error::kNotInitialized);
  EXPECT_EQ(pool->Allocate(), nullptr);
}

TEST(FixedPoolDeinit, LetsThePoolBeMadeAnew) {
  TestPool pool(kSmall);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(pool.DrainAndRefill().size(), 8u);
    ASSERT_EQ(pool->Deinit(), Error::kOk);
    ASSERT_EQ(pool->Init(kSmall, pool.memory.span()), Error::kOk);
    EXPECT_EQ(pool->Stats().allocations, 0u);
    EXPECT_EQ(pool->Stats().peak, 0u);
  }
}

// Blocks and bookkeeping have guarded memory each, of exactly the size asked for.
TEST(FixedPool, StaysWithinItsMemoryForAnyNumberOfCores) {
  for (const Caching caching :
       {Caching::kAutomatic, Caching::kRseq, Caching::kCas, Caching::kNone}) {
    for (const Checking checking :
         {Checking::kOff, Checking::kBasic, Checking::kFull}) {
      for (const std::size_t cores : {0u, 1u, 2u, 3u, 64u}) {
        for (const std::size_t count : {1u, 15u, 16u, 17u, 64u, 300u}) {
          const PoolOptions options{.block_size = 32,
                                    .block_count = count,
                                    .checking = checking,
                                    .caching = caching,
                                    .cores = cores};
          if (Validate(options) != Error::kOk) continue;
          testing::GuardedMemory blocks(RequiredBlockBytes(options), 16);
          testing::GuardedMemory bookkeeping(RequiredBookkeepingBytes(options),
                                             kBookkeepingAlignment);
          FixedPool pool;
          const Error error = pool.Init(options, blocks.span(), bookkeeping.span());
          if (error == Error::kUnsupported && caching == Caching::kRseq) continue;
          ASSERT_EQ(error, Error::kOk);
          for (int round = 0; round < 2; ++round) {
            std::vector<void*> held;
            while (void* const block = pool.Allocate()) {
              std::memset(block, 0x77, 32);
              held.push_back(block);
            }
            ASSERT_EQ(held.size(), count);
            for (void* const block : held) ASSERT_EQ(pool.Free(block), Error::kOk);
          }
          ASSERT_TRUE(blocks.Intact()) << cores << " cores, " << count << " blocks";
          ASSERT_TRUE(bookkeeping.Intact()) << cores << " cores, " << count;
        }
      }
    }
  }
}

}  // namespace
}  // namespace corepool
