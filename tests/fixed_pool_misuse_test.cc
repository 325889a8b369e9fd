// Proves that misuse is noticed, named and harmless.

#include <atomic>
#include <cstddef>
#include <cstring>
#include <string>
#include <vector>

#include "corepool/error.h"
#include "corepool/fixed_pool.h"
#include "corepool/misuse.h"
#include "corepool/options.h"
#include "gtest/gtest.h"
#include "tests/support/gang.h"
#include "tests/support/stray.h"
#include "tests/support/test_pool.h"

namespace corepool {
namespace {

using testing::MisuseRecorder;
using testing::TestPool;

struct Variant {
  Checking checking;
  State state;
  std::size_t block_size;
};

class FixedPoolMisuse : public ::testing::TestWithParam<Variant> {
 protected:
  TestPool pool_{{.block_size = GetParam().block_size,
                  .block_count = 6,
                  .checking = GetParam().checking,
                  .state = GetParam().state,
                  .name = "misused"}};

  void ExpectReported(Error kind, const void* block, std::size_t index) {
    EXPECT_EQ(pool_.misuse.last_kind, kind);
    EXPECT_EQ(pool_.misuse.last_pool, &pool_.pool);
    EXPECT_STREQ(pool_.misuse.last_name, "misused");
    EXPECT_EQ(pool_.misuse.last_block, block);
    EXPECT_EQ(pool_.misuse.last_index, index);
    EXPECT_EQ(pool_->Stats().misuses, static_cast<std::size_t>(pool_.misuse.count));
  }
};

TEST_P(FixedPoolMisuse, DoubleFreeIsRefused) {
  void* const first = pool_->Allocate();
  void* const second = pool_->Allocate();
  EXPECT_EQ(pool_->Free(second), Error::kOk);
  EXPECT_EQ(pool_->Free(second), Error::kDoubleFree);
  ExpectReported(Error::kDoubleFree, second, 1);
  EXPECT_EQ(pool_->Free(first), Error::kOk);
  EXPECT_EQ(pool_->Free(second), Error::kDoubleFree) << "deeper in the list too";
  EXPECT_EQ(pool_.misuse.count, 2);
  EXPECT_TRUE(pool_.SoundAtRest(0));
  EXPECT_EQ(pool_.DrainAndRefill().size(), 6u);
}

TEST_P(FixedPoolMisuse, DoubleFreeIsRefusedWhateverTheBlockHoldsByThen) {
  // The usual shape: two owners of one pointer, the second writes and frees too late.
  void* const block = pool_->Allocate();
  EXPECT_EQ(pool_->Free(block), Error::kOk);
  testing::StraySet(block, 5, GetParam().block_size);
  EXPECT_EQ(pool_->Free(block), Error::kDoubleFree);
  ExpectReported(Error::kDoubleFree, block, 0);
  EXPECT_EQ(pool_->Stats().used, 0u);
  EXPECT_EQ(pool_->Audit().error, Error::kOk);
  const bool marked = pool_->State() == State::kCookie;
  EXPECT_EQ(pool_->TryAllocate().error, marked ? Error::kWriteAfterFree : Error::kOk);
}

TEST_P(FixedPoolMisuse, FreeOfABlockThatWasNeverAllocatedIsRefused) {
  EXPECT_EQ(pool_->Free(pool_->BlockAt(3)), Error::kDoubleFree);
  ExpectReported(Error::kDoubleFree, pool_->BlockAt(3), 3);
  EXPECT_TRUE(pool_.SoundAtRest(0));
}

TEST_P(FixedPoolMisuse, OfTwoThreadsThatFreeOneBlockExactlyOneIsAccepted) {
  for (int round = 1; round <= 2000; ++round) {
    void* const block = pool_->Allocate();
    std::memset(block, round, GetParam().block_size);
    std::atomic<int> accepted{0};
    testing::RunGang(2, [&](int) {
      if (pool_->Free(block) == Error::kOk) {
        accepted.fetch_add(1, std::memory_order_relaxed);
      }
    });
    ASSERT_EQ(accepted, 1);
    ASSERT_EQ(pool_.misuse.count, round);
  }
  EXPECT_TRUE(pool_.SoundAtRest(0));
  EXPECT_EQ(pool_.DrainAndRefill().size(), 6u);
}

TEST_P(FixedPoolMisuse, ForeignPointersAreRefused) {
  TestPool other({.block_size = 64, .block_count = 1});
  int local = 0;
  std::byte* const begin = static_cast<std::byte*>(pool_->BlockAt(0));
  const std::size_t stride = pool_->Stats().stride;
  for (void* const foreign :
       {static_cast<void*>(&local), other->Allocate(), static_cast<void*>(begin - 1),
        static_cast<void*>(begin - stride), static_cast<void*>(begin + 6 * stride),
        reinterpret_cast<void*>(16), reinterpret_cast<void*>(~std::uintptr_t{0})}) {
    EXPECT_EQ(pool_->Free(foreign), Error::kForeignPointer);
    ExpectReported(Error::kForeignPointer, foreign, kNoIndex);
  }
  EXPECT_TRUE(pool_.SoundAtRest(0));
}

TEST_P(FixedPoolMisuse, InteriorAndMisalignedPointersAreRefused) {
  auto* const block = static_cast<std::byte*>(pool_->Allocate());
  const std::size_t stride = pool_->Stats().stride;
  for (std::size_t at = 1; at < stride; ++at) {
    const Error expected = at % kDefaultAlignment == 0 ? Error::kInteriorPointer
                                                       : Error::kMisalignedPointer;
    ASSERT_EQ(pool_->Free(block + at), expected);
    ExpectReported(expected, block + at, kNoIndex);
  }
  EXPECT_TRUE(pool_.SoundAtRest(1));
  EXPECT_EQ(pool_->Free(block), Error::kOk);
}

TEST_P(FixedPoolMisuse, OverrunOfABlockHarmsNoBookkeeping) {
  // All blocks, and from each over all of its neighbour.
  std::vector<std::byte*> blocks;
  while (void* const block = pool_->Allocate()) {
    blocks.push_back(static_cast<std::byte*>(block));
  }
  const std::size_t stride = pool_->Stats().stride;
  for (std::size_t i = 0; i + 1 < blocks.size(); ++i) {
    testing::StraySet(blocks[i], 0xee, stride + GetParam().block_size);
  }
  EXPECT_EQ(pool_->Audit().error, Error::kOk);
  for (std::byte* const block : blocks) {
    const Error error = pool_->Free(block);
    EXPECT_TRUE(error == Error::kOk || error == Error::kOverrun);
  }
  EXPECT_TRUE(pool_.SoundAtRest(0));
  EXPECT_EQ(pool_.DrainAndRefill().size(), 6u);
}

INSTANTIATE_TEST_SUITE_P(
    Variants, FixedPoolMisuse,
    ::testing::Values(Variant{Checking::kBasic, State::kCookie, 64},
                      Variant{Checking::kBasic, State::kSide, 64},
                      Variant{Checking::kBasic, State::kAutomatic, 3},
                      Variant{Checking::kStrict, State::kCookie, 48},
                      Variant{Checking::kFull, State::kCookie, 64},
                      Variant{Checking::kFull, State::kSide, 40}));

TEST(FixedPoolWriteAfterFree, IsFoundWhenTheBlockIsAllocatedAgain) {
  TestPool pool({.block_size = 64, .block_count = 2});
  void* const block = pool->Allocate();
  pool->Free(block);
  std::memset(block, 0xab, 8);
  const auto [error, none] = pool->TryAllocate();
  EXPECT_EQ(error, Error::kWriteAfterFree);
  EXPECT_EQ(none, nullptr);
  EXPECT_EQ(pool.misuse.last_block, block);
  EXPECT_TRUE(pool.SoundAtRest(0)) << "refused, and the block made good";
  EXPECT_EQ(pool->Stats().allocations, 1u);
  EXPECT_EQ(pool->Allocate(), block);
}

TEST(FixedPoolWriteAfterFree, IsFoundAnywhereInTheBlockWithAllChecks) {
  for (std::size_t at = 0; at < 64; ++at) {
    TestPool pool({.block_size = 64, .block_count = 2, .checking = Checking::kFull});
    auto* const block = static_cast<std::byte*>(pool->Allocate());
    pool->Free(block);
    testing::StrayFlip(block, at);
    EXPECT_EQ(pool->Audit(AuditMode::kAtRest).error, Error::kWriteAfterFree);
    EXPECT_EQ(pool->TryAllocate().error, Error::kWriteAfterFree);
    EXPECT_EQ(pool->TryAllocate().error, Error::kOk);
  }
}

TEST(FixedPoolOverrun, IsFoundByTheFreeWithAllChecks) {
  TestPool pool({.block_size = 20, .block_count = 2, .checking = Checking::kFull});
  auto* const block = static_cast<std::byte*>(pool->Allocate());
  testing::StrayFlip(block, 20);
  EXPECT_EQ(pool->Free(block), Error::kOverrun);
  EXPECT_EQ(pool.misuse.last_block, block);
  EXPECT_TRUE(pool.SoundAtRest(0)) << "taken back all the same";
  EXPECT_EQ(pool->Free(pool->Allocate()), Error::kOk);
}

TEST(FixedPoolUnchecked, StillRefusesPointersThatAreNoBlocks) {
  TestPool pool({.block_size = 64, .block_count = 2, .checking = Checking::kOff});
  auto* const block = static_cast<std::byte*>(pool->Allocate());
  EXPECT_EQ(pool->Free(block + 16), Error::kInteriorPointer);
  EXPECT_EQ(pool->Free(&pool), Error::kForeignPointer);
  EXPECT_EQ(pool->Free(nullptr), Error::kOk);
  EXPECT_EQ(pool->Free(block), Error::kOk);
}

TEST(Misuse, GoesToTheProcessWideHandlerUnlessThePoolHasItsOwn) {
  static std::atomic<int> calls{0};
  const MisuseHandler before = SetMisuseHandler([](const MisuseReport& report) {
    EXPECT_EQ(report.kind, Error::kForeignPointer);
    EXPECT_EQ(report.context, nullptr);
    calls.fetch_add(1, std::memory_order_relaxed);
  });
  EXPECT_EQ(before, nullptr);
  alignas(16) std::byte memory[256];
  FixedPool pool;
  ASSERT_EQ(pool.Init({.block_size = 16, .block_count = 2}, memory), Error::kOk);
  EXPECT_EQ(pool.Free(&pool), Error::kForeignPointer);
  EXPECT_EQ(calls, 1);
  EXPECT_NE(SetMisuseHandler(nullptr), nullptr);
}

TEST(MisuseDeathTest, DefaultHandlerNamesPoolBlockAndKindAndAborts) {
  alignas(16) std::byte memory[256];
  FixedPool pool;
  ASSERT_EQ(pool.Init({.block_size = 16, .block_count = 2, .name = "rx"}, memory),
            Error::kOk);
  void* const block = pool.Allocate();
  EXPECT_EQ(pool.Free(block), Error::kOk);
  EXPECT_DEATH(pool.Free(block),
               "corepool: kDoubleFree: 0x[0-9a-f]+, block 0, in pool 'rx'");
  EXPECT_DEATH(pool.Free(&pool), "corepool: kForeignPointer: 0x[0-9a-f]+ in pool 'rx'");
}

TEST(MisuseDeathTest, ALongNameLeavesRoomForTheRestOfTheLine) {
  const std::string name(300, 'x');
  alignas(16) std::byte memory[1024];
  FixedPool pool;
  ASSERT_EQ(pool.Init({.block_size = 16,
                       .block_count = 2,
                       .checking = Checking::kFull,
                       .caching = Caching::kNone,
                       .name = name.c_str()},
                      memory),
            Error::kOk);
  void* const block = pool.Allocate();
  ASSERT_EQ(pool.SetOwner(block, ~OwnerTag{0}), Error::kOk);
  testing::StrayFlip(block, 17);
  EXPECT_DEATH(pool.Free(block),
               "corepool: kOverrun: 0x[0-9a-f]+, block 0, byte 17: found 0x[0-9a-f]+ "
               "for 0x[0-9a-f]+, in pool 'x+' at 0x[0-9a-f]+, core [0-9]+, owner "
               "0xf+\n");
}

}  // namespace
}  // namespace corepool
