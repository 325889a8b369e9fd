// Proves that Audit sees damage to a pool's bookkeeping, and only damage.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstring>

#include "corepool/engine/block_pool.h"
#include "corepool/engine/pool_parts.h"
#include "corepool/error.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/options.h"
#include "gtest/gtest.h"
#include "tests/support/gang.h"

namespace corepool::engine {
namespace {

constexpr lockfree::Index kCount = 8;

// The engine's parts laid open, which pools do not do.
class AuditTest : public ::testing::TestWithParam<State> {
 protected:
  AuditTest() { pool_.LayOut(); }

  void* Allocate() {
    std::array<void*, 1> block{};
    EXPECT_EQ(pool_.AllocateBulk(block), Error::kOk);
    return block[0];
  }
  void Free(void* block) {
    EXPECT_EQ(pool_.FreeBulk(std::array<void* const, 1>{block}), Error::kOk);
  }

  alignas(16) std::byte memory_[kCount * 64] = {};
  lockfree::StackNode nodes_[kCount];
  lockfree::Atomic<StateUnit> states_[kCount] = {};
  PoolParts parts_{
      .space = {nodes_, kCount},
      .layout = {memory_, 64, kCount},
      .state = {GetParam() == State::kCookie ? nullptr : states_, 77},
      .checking = Checking::kBasic,
      .filled = false,
      .block_size = 64,
      .alignment = 16,
      .name = "audited",
      .misuse_handler = nullptr,
      .misuse_context = nullptr,
  };
  PoolState state_;
  BlockPool pool_{parts_, state_, this};
};

TEST_P(AuditTest, FindsAFreshPoolSound) {
  const AuditReport report = pool_.Audit(true);
  EXPECT_EQ(report.error, Error::kOk);
  EXPECT_EQ(report.free, kCount);
  EXPECT_EQ(report.used, 0u);
  EXPECT_FALSE(report.inconclusive);
}

TEST_P(AuditTest, CountsWhatIsAllocatedWithoutReadingIt) {
  void* const first = Allocate();
  void* const second = Allocate();
  std::memset(first, 0xff, 64);
  Free(second);
  const AuditReport report = pool_.Audit(true);
  EXPECT_EQ(report.error, Error::kOk);
  EXPECT_EQ(report.used, 1u);
  EXPECT_EQ(report.free, kCount - 1u);
}

TEST_P(AuditTest, SeesAListThatLeadsBackIntoItself) {
  parts_.space.SetNext(5, 2);
  EXPECT_EQ(pool_.Audit(true).error, Error::kCorrupted);
  EXPECT_EQ(pool_.Audit(false).error, Error::kCorrupted);
}

TEST_P(AuditTest, SeesAListThatEndsTooSoon) {
  parts_.space.SetNext(5, kCount);
  EXPECT_EQ(pool_.Audit(false).error, Error::kCorrupted);
}

TEST_P(AuditTest, SeesAListThatSkipsABlock) {
  parts_.space.SetNext(3, 5);
  EXPECT_EQ(pool_.Audit(false).error, Error::kCorrupted);
}

TEST_P(AuditTest, SeesAWrongDepth) {
  parts_.space.SetDepth(6, 7);
  const AuditReport report = pool_.Audit(false);
  EXPECT_EQ(report.error, Error::kCorrupted);
  EXPECT_EQ(report.index, 6u);
}

TEST_P(AuditTest, SeesAFreeBlockThatIsNotMarkedFree) {
  if (GetParam() == State::kCookie) {
    memory_[3 * 64] ^= std::byte{1};
  } else {
    states_[3].store(1, std::memory_order_relaxed);
  }
  const AuditReport report = pool_.Audit(true);
  EXPECT_EQ(report.error,
            GetParam() == State::kCookie ? Error::kWriteAfterFree : Error::kCorrupted);
  EXPECT_EQ(report.index, 3u);
}

TEST_P(AuditTest, RaisesNoFalseAlarmWhileThePoolIsInUse) {
  std::atomic<int> busy{3};
  int conclusive = 0;
  testing::RunGang(4, [&](int number) {
    if (number == 0) {
      do {
        const AuditReport report = pool_.Audit(false);
        ASSERT_EQ(report.error, Error::kOk);
        ASSERT_LE(report.free, kCount);
        if (!report.inconclusive) ++conclusive;
      } while (busy.load(std::memory_order_relaxed) > 0);
    } else {
      for (int i = 0; i < 20'000; ++i) {
        void* const block = Allocate();
        std::memset(block, i, 64);
        Free(block);
      }
      busy.fetch_sub(1, std::memory_order_relaxed);
    }
  });
  EXPECT_GT(conclusive, 0);
  EXPECT_EQ(pool_.Audit(true).error, Error::kOk);
}

INSTANTIATE_TEST_SUITE_P(CookieAndSide, AuditTest,
                         ::testing::Values(State::kCookie, State::kSide));

}  // namespace
}  // namespace corepool::engine
