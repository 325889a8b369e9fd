#include "corepool/engine/geometry.h"

#include <cstddef>
#include <cstdint>
#include <limits>

#include "corepool/engine/cache_plan.h"
#include "corepool/error.h"
#include "corepool/options.h"
#include "corepool/port/cores.h"
#include "gtest/gtest.h"

namespace corepool::engine {
namespace {

constexpr std::size_t kMax = std::numeric_limits<std::size_t>::max();

TEST(Geometry, PutsTheBlocksBehindTheBookkeeping) {
  const Geometry plan = PlanGeometry({.block_size = 100, .block_count = 10});
  ASSERT_EQ(plan.error, Error::kOk);
  EXPECT_EQ(plan.stride, 112u);
  EXPECT_GE(plan.blocks_offset, plan.bookkeeping_bytes);
  EXPECT_EQ(plan.blocks_offset % kDefaultAlignment, 0u);
  EXPECT_EQ(plan.total_bytes, plan.blocks_offset + 10 * plan.stride);
  EXPECT_EQ(plan.block_bytes, 10 * plan.stride);
}

TEST(Geometry, RefusesWhatCannotBe) {
  EXPECT_EQ(PlanGeometry({.block_size = 0, .block_count = 1}).error,
            Error::kInvalidSize);
  for (const std::size_t alignment : {0ul, 3ul, 24ul, kMax}) {
    EXPECT_EQ(
        PlanGeometry({.block_size = 8, .block_count = 1, .alignment = alignment}).error,
        Error::kInvalidAlignment);
  }
  EXPECT_EQ(PlanGeometry({.block_size = 8, .block_count = kMax}).error,
            Error::kInvalidCount);
}

TEST(Geometry, NoticesEveryOverflow) {
  for (const std::size_t size :
       {kMax, kMax - 7, kMax / 2, kMax / 2 + 1, kMax / 4 + 1}) {
    for (const std::size_t count : {2ul, 3ul, 4ul, 100ul}) {
      EXPECT_EQ(PlanGeometry({.block_size = size, .block_count = count}).error,
                Error::kTooLarge)
          << size << " * " << count;
    }
  }
  EXPECT_EQ(PlanGeometry({.block_size = kMax, .block_count = 0}).error,
            Error::kTooLarge);
  EXPECT_EQ(PlanGeometry({.block_size = 1, .block_count = 3, .alignment = kMax / 2 + 1})
                .error,
            Error::kTooLarge);
}

TEST(Geometry, MarksOnlyBlocksThatCanHoldACookie) {
  EXPECT_TRUE(PlanGeometry({.block_size = 64, .block_count = 1}).cookies);
  EXPECT_FALSE(
      PlanGeometry({.block_size = sizeof(Cookie) - 1, .block_count = 1}).cookies);
  EXPECT_FALSE(
      PlanGeometry({.block_size = 64, .block_count = 1, .alignment = 1}).cookies);
  EXPECT_FALSE(
      PlanGeometry({.block_size = 4, .block_count = 1, .state = State::kCookie})
          .cookies);
  EXPECT_FALSE(PlanGeometry({.block_size = 64, .block_count = 1, .state = State::kSide})
                   .cookies);
  EXPECT_FALSE(
      PlanGeometry({.block_size = 64, .block_count = 1, .checking = Checking::kOff})
          .cookies);
}

TEST(Geometry, RefusesWhatItDoesNotKnow) {
  EXPECT_EQ(PlanGeometry(
                {.block_size = 8, .block_count = 1, .caching = static_cast<Caching>(9)})
                .error,
            Error::kUnsupported);
  EXPECT_EQ(PlanGeometry({.block_size = 8, .block_count = 1, .caching = Caching::kRseq})
                .error,
            port::Cores::kRestartable ? Error::kOk : Error::kUnsupported);
  EXPECT_EQ(
      PlanGeometry({.block_size = 8, .block_count = 1, .cores = kMostCores + 1}).error,
      Error::kUnsupported);
  EXPECT_EQ(
      PlanGeometry(
          {.block_size = 8, .block_count = 1, .checking = static_cast<Checking>(7)})
          .error,
      Error::kUnsupported);
  EXPECT_EQ(
      PlanGeometry({.block_size = 8, .block_count = 1, .state = static_cast<State>(3)})
          .error,
      Error::kUnsupported);
}

TEST(Geometry, OfNoBlocksNeedsNoMemory) {
  for (const Caching caching : {Caching::kAutomatic, Caching::kCas, Caching::kNone}) {
    const Geometry plan =
        PlanGeometry({.block_size = 64, .block_count = 0, .caching = caching});
    EXPECT_EQ(plan.error, Error::kOk);
    EXPECT_EQ(plan.total_bytes, 0u);
  }
}

TEST(Geometry, HasRoomForTheCachesOfAnyMachineUnlessToldWhich) {
  for (const std::size_t blocks : {1ul, 16ul, 100ul, 1000ul, 5000ul, 100'000ul}) {
    const auto room = [&](Caching caching, std::size_t cores) {
      return PlanGeometry({.block_size = 64,
                           .block_count = blocks,
                           .caching = caching,
                           .cores = cores})
          .bookkeeping_bytes;
    };
    const std::size_t bare = room(Caching::kNone, 0);
    for (std::size_t cores = 1; cores <= port::Cores::kUsualCores; ++cores) {
      EXPECT_LE(room(Caching::kCas, cores), room(Caching::kCas, 0));
      const std::size_t needed =
          PlanCaches(blocks, Caching::kCas, cores, cores).bytes + kCachesSlack;
      EXPECT_EQ(room(Caching::kCas, cores), bare + needed);
      if (blocks >= kFewestBlocksPerCore * cores && port::Cores::kUsualCores > 1) {
        EXPECT_GE(room(Caching::kAutomatic, 0), bare + needed);
      }
    }
  }
}

TEST(Geometry, IsKnownWhenCompiling) {
  static_assert(PlanGeometry({.block_size = 64, .block_count = 8}).error == Error::kOk);
  static_assert(PlanGeometry({.block_size = 64, .block_count = 8}).total_bytes > 512);
}

}  // namespace
}  // namespace corepool::engine
