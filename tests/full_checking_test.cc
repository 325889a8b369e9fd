// Proves that Checking::kFull finds every stray write, says where it was, and leaves a
// sound pool behind; whatever blocks look like and wherever they are kept.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <ostream>
#include <string>
#include <vector>

#include "corepool/error.h"
#include "corepool/fixed_pool.h"
#include "corepool/misuse.h"
#include "corepool/options.h"
#include "corepool/stats.h"
#include "gtest/gtest.h"
#include "tests/support/cachings.h"
#include "tests/support/disturbances.h"
#include "tests/support/stray.h"
#include "tests/support/test_pool.h"

namespace corepool {
namespace {

using testing::NameOf;
using testing::StrayFlip;
using testing::TestPool;

struct Kind {
  Caching caching;
  State state;
};

void PrintTo(const Kind& kind, std::ostream* out) {
  *out << NameOf(kind.caching) << (kind.state == State::kSide ? "Side" : "Cookie");
}

class FullChecking : public ::testing::TestWithParam<Kind> {
 protected:
  void SetUp() override {
    if (!testing::Works(GetParam().caching)) GTEST_SKIP() << "not to be had here";
  }

  static PoolOptions Options(std::size_t block_size, std::size_t alignment) {
    return {.block_size = block_size,
            .block_count = 3,
            .alignment = alignment,
            .checking = Checking::kFull,
            .caching = GetParam().caching,
            .state = GetParam().state,
            .cores = 1,
            .name = "full"};
  }

  // Calls `use` with blocks of many sizes and alignments.
  template <class Use>
  static void ForAllShapes(const Use& use) {
    for (std::size_t alignment = 1; alignment <= 64; alignment *= 2) {
      for (std::size_t size = 1; size <= 130; ++size) {
        // All sizes at the usual alignment, and about powers of two at others.
        if (alignment != 16 && size > 9 && (size & 15) > 1 && (size & 15) < 15) {
          continue;
        }
        SCOPED_TRACE(std::to_string(size) + " bytes, aligned to " +
                     std::to_string(alignment));
        use(size, alignment);
        if (::testing::Test::HasFailure()) return;
      }
    }
  }

  // Where the guard is looked at.
  static bool InGuard(const TestPool& pool, std::size_t at) {
    const PoolStats stats = pool.pool.Stats();
    return at < stats.block_size + 16 || at >= stats.stride - 16;
  }

  static void ExpectReport(const TestPool& pool, Error kind, const void* block,
                           std::size_t offset) {
    EXPECT_EQ(pool.misuse.last_kind, kind);
    EXPECT_EQ(pool.misuse.last_block, block);
    EXPECT_EQ(pool.misuse.last_index, pool.pool.IndexOf(block));
    EXPECT_EQ(pool.misuse.last_offset, offset);
    EXPECT_NE(pool.misuse.last_found, pool.misuse.last_expected);
  }

 private:
  // The block that was freed last is the next, of the same core's.
  testing::Pinned pinned_{testing::UsableCores().front()};
};

INSTANTIATE_TEST_SUITE_P(Kinds, FullChecking,
                         ::testing::Values(Kind{Caching::kRseq, State::kAutomatic},
                                           Kind{Caching::kRseq, State::kSide},
                                           Kind{Caching::kCas, State::kAutomatic},
                                           Kind{Caching::kCas, State::kSide},
                                           Kind{Caching::kNone, State::kAutomatic},
                                           Kind{Caching::kNone, State::kSide}),
                         ::testing::PrintToStringParamName());

TEST_P(FullChecking, FindsEveryWriteBehindAnAllocatedBlock) {
  ForAllShapes([](std::size_t size, std::size_t alignment) {
    TestPool pool(Options(size, alignment));
    ASSERT_EQ(pool.error, Error::kOk);
    const std::size_t stride = pool->Stats().stride;
    int found = 0;
    for (std::size_t at = size; at < stride; ++at) {
      if (!InGuard(pool, at)) continue;
      void* const block = pool->Allocate();
      ASSERT_NE(block, nullptr);
      StrayFlip(block, at);
      ASSERT_EQ(pool->Free(block), Error::kOverrun) << at;
      ExpectReport(pool, Error::kOverrun, block, at);
      ASSERT_EQ(pool.misuse.count, ++found);
    }
    EXPECT_GE(found, 16);
    EXPECT_TRUE(pool.SoundAtRest(0)) << "taken back all the same";
    EXPECT_EQ(pool.DrainAndRefill().size(), 3u);
    EXPECT_EQ(pool.misuse.count, found);
  });
}

TEST_P(FullChecking, FindsEveryWriteToAFreeBlockAndBehindIt) {
  if (GetParam().state == State::kSide) GTEST_SKIP() << "free blocks are not touched";
  ForAllShapes([](std::size_t size, std::size_t alignment) {
    TestPool pool(Options(size, alignment));
    ASSERT_EQ(pool.error, Error::kOk);
    const bool cookies = pool->State() == State::kCookie;
    const std::size_t stride = pool->Stats().stride;
    for (std::size_t at = cookies ? sizeof(void*) : 0; at < stride; ++at) {
      if (at >= size && !InGuard(pool, at)) continue;
      const Error kind = at < size ? Error::kWriteAfterFree : Error::kOverrun;
      void* const block = pool->Allocate();
      ASSERT_EQ(pool->Free(block), Error::kOk);
      StrayFlip(block, at);
      const AuditReport audit = pool->Audit(AuditMode::kAtRest);
      ASSERT_EQ(audit.error, kind) << at;
      ASSERT_EQ(audit.index, pool->IndexOf(block));
      const auto [error, none] = pool->TryAllocate();
      ASSERT_EQ(error, kind) << at;
      ASSERT_EQ(none, nullptr);
      ExpectReport(pool, kind, block, at);
      ASSERT_EQ(pool->Free(pool->Allocate()), Error::kOk) << "made good";
    }
    EXPECT_TRUE(pool.SoundAtRest(0));
    EXPECT_EQ(pool->Stats().withheld, 0u);
    EXPECT_EQ(pool.DrainAndRefill().size(), 3u);
  });
}

TEST_P(FullChecking, FindsEveryWriteToTheCookieAndShowsBoth) {
  if (GetParam().state == State::kSide) GTEST_SKIP() << "there is none";
  for (std::size_t at = 0; at < sizeof(void*); ++at) {
    TestPool pool(Options(64, 16));
    void* const block = pool->Allocate();
    ASSERT_EQ(pool->Free(block), Error::kOk);
    StrayFlip(block, at, 0x01);
    EXPECT_EQ(pool->TryAllocate().error, Error::kWriteAfterFree);
    ExpectReport(pool, Error::kWriteAfterFree, block, 0);
    EXPECT_EQ(pool.misuse.last_found ^ pool.misuse.last_expected,
              std::uint64_t{1} << 8 * (sizeof(void*) - 1 - at));
    // It may have been freed twice as well, which only an exact mark tells.
    const std::size_t withheld = GetParam().caching == Caching::kRseq ? 1 : 0;
    EXPECT_EQ(pool->Stats().withheld, withheld);
    EXPECT_EQ(pool.DrainAndRefill().size(), 3 - withheld);
  }
}

TEST_P(FullChecking, FindsStrayWritesInBulksToo) {
  for (const bool all_or_nothing : {true, false}) {
    TestPool pool(Options(40, 16));
    std::array<void*, 3> blocks{};
    ASSERT_EQ(pool->AllocateBulk(blocks), Error::kOk);
    StrayFlip(blocks[1], 40);
    ASSERT_EQ(pool->FreeBulk(blocks), Error::kOverrun);
    ExpectReport(pool, Error::kOverrun, blocks[1], 40);
    ASSERT_EQ(pool.misuse.count, 1);
    ASSERT_TRUE(pool.SoundAtRest(0));
    if (GetParam().state == State::kSide) continue;
    StrayFlip(blocks[2], 39);
    StrayFlip(blocks[0], 55);
    std::array<void*, 3> again{};
    if (all_or_nothing) {
      EXPECT_NE(pool->AllocateBulk(again), Error::kOk);
      EXPECT_GE(pool.misuse.count, 2);
      EXPECT_EQ(pool->Stats().used, 0u);
    } else {
      const std::size_t count = pool->AllocateUpTo(again);
      EXPECT_EQ(pool.misuse.count, 3);
      EXPECT_EQ(pool->Stats().used, count);
      EXPECT_EQ(pool->FreeBulk(std::span(again).first(count)), Error::kOk);
    }
    while (pool->AllocateBulk(again) != Error::kOk) {
    }
    EXPECT_EQ(pool->FreeBulk(again), Error::kOk);
    EXPECT_EQ(pool.misuse.count, 3);
    EXPECT_TRUE(pool.SoundAtRest(0));
  }
}

TEST_P(FullChecking, LetsUsersDoAnythingInTheirBlocks) {
  ForAllShapes([](std::size_t size, std::size_t alignment) {
    TestPool pool(Options(size, alignment));
    for (int round = 0; round < 4; ++round) {
      std::array<void*, 3> blocks{};
      for (void*& block : blocks) {
        block = pool->Allocate();
        ASSERT_NE(block, nullptr);
        std::memset(block, 0xdf - round, size);
      }
      for (void* const block : blocks) ASSERT_EQ(pool->Free(block), Error::kOk);
    }
    EXPECT_EQ(pool.misuse.count, 0);
    EXPECT_TRUE(pool.SoundAtRest(0));
    EXPECT_EQ(pool->Deinit(), Error::kOk);
    StrayFlip(pool.memory.span().data(), 0);
  });
}

TEST_P(FullChecking, RefusesASecondFreeWithoutLookingForMore) {
  TestPool pool(Options(64, 16));
  void* const block = pool->Allocate();
  ASSERT_EQ(pool->Free(block), Error::kOk);
  EXPECT_EQ(pool->Free(block), Error::kDoubleFree);
  EXPECT_EQ(pool.misuse.last_offset, kNoIndex);
  EXPECT_TRUE(pool.SoundAtRest(0));
  StrayFlip(block, 64);
  EXPECT_EQ(pool->Free(block), Error::kDoubleFree);
  EXPECT_EQ(pool.DrainAndRefill().size(), GetParam().state == State::kSide ? 3u : 0u)
      << "the loop ends at the refusal";
}

TEST(FullCheckingWithSections, WithholdsABlockThatWasFreedTwiceUnnoticed) {
  if (!testing::Works(Caching::kRseq)) GTEST_SKIP() << "not to be had here";
  TestPool pool({.block_size = 64,
                 .block_count = 100,
                 .checking = Checking::kFull,
                 .caching = Caching::kRseq});
  void* const block = pool->Allocate();
  ASSERT_EQ(pool->Free(block), Error::kOk);
  testing::StraySet(block, 0, 64);
  EXPECT_EQ(pool->Free(block), Error::kOk) << "the cookie is gone";
  EXPECT_EQ(pool->Allocate(), block);
  EXPECT_EQ(pool->TryAllocate().error, Error::kWriteAfterFree);
  EXPECT_EQ(pool.misuse.last_block, block);
  EXPECT_EQ(pool->Stats().withheld, 1u);
  EXPECT_EQ(pool->Free(block), Error::kOk) << "its owner's still";
  EXPECT_EQ(pool.DrainAndRefill().size(), 100u) << "and all is well again";
}

TEST(FullCheckingSide, NeverTouchesFreeBlocks) {
  for (const Caching caching : {Caching::kRseq, Caching::kCas, Caching::kNone}) {
    if (!testing::Works(caching)) continue;
    TestPool pool({.block_size = 64,
                   .block_count = 2,
                   .checking = Checking::kFull,
                   .caching = caching,
                   .state = State::kSide,
                   .cores = 1});
    void* const block = pool->Allocate();
    ASSERT_EQ(pool->Free(block), Error::kOk);
    // As memory that was without power.
    testing::StraySet(block, 0x77, pool->Stats().stride);
    void* const again = pool->Allocate();
    ASSERT_EQ(again, block);
    for (std::size_t at = 0; at < 64; ++at) {
      ASSERT_EQ(static_cast<unsigned char*>(again)[at], 0x77);
    }
    EXPECT_EQ(pool->Free(again), Error::kOk);
    EXPECT_EQ(pool.misuse.count, 0);
  }
}

TEST(FullCheckingDeathTest, TheDefaultHandlerSaysWhereAndWhat) {
  const PoolOptions options{
      .block_size = 64, .block_count = 4, .checking = Checking::kFull, .name = "rx"};
  const testing::GuardedMemory memory(RequiredBytes(options),
                                      RequiredAlignment(options));
  FixedPool pool;
  ASSERT_EQ(pool.Init(options, const_cast<testing::GuardedMemory&>(memory).span()),
            Error::kOk);
  void* const block = pool.Allocate();
  StrayFlip(block, 64, 0xfd ^ 0x41);
  EXPECT_DEATH(pool.Free(block),
               "corepool: kOverrun: 0x[0-9a-f]+, block [0-3], byte 64: found "
               "0x41fdfdfdfdfdfdfd for 0xfdfdfdfdfdfdfdfd, in pool 'rx'");
  StrayFlip(block, 64, 0xfd ^ 0x41);
  ASSERT_EQ(pool.Free(block), Error::kOk);
  StrayFlip(block, 20, 0xdf ^ 0x41);
  EXPECT_DEATH((void)pool.Allocate(),
               "corepool: kWriteAfterFree: 0x[0-9a-f]+, block [0-3], byte 20: found "
               "0x41dfdfdfdfdfdfdf for 0xdfdfdfdfdfdfdfdf, in pool 'rx'");
}

}  // namespace
}  // namespace corepool
