// Proves that Audit sees damage to a pool's bookkeeping, and only damage.

#include <atomic>
#include <cstddef>
#include <cstring>
#include <random>

#include "corepool/engine/block_pool.h"
#include "corepool/engine/pool_parts.h"
#include "corepool/error.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/options.h"
#include "corepool/stats.h"
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
    const auto chain = pool_.AllocateExactly(1);
    EXPECT_EQ(chain.error, Error::kOk);
    return pool_.HandOut(chain.first);
  }
  void Free(void* block) {
    BlockPool::FreeBatch batch(pool_);
    batch.Add(block);
    EXPECT_EQ(batch.Commit(), Error::kOk);
  }

  alignas(16) std::byte memory_[kCount * 64] = {};
  lockfree::StackNode nodes_[kCount];
  lockfree::Atomic<StateUnit> states_[kCount] = {};
  PoolParts parts_{
      .by_cookie = false,
      .by_chain = true,
      .path = FastPath::kList,
      .caching = Caching::kNone,
      .checking = Checking::kBasic,
      .filled = false,
      .by_batch = true,
      .layout = {memory_, 64, kCount},
      .state = {Marks::kExact, GetParam() == State::kCookie, states_, 77},
      .cache = {},
      .space = {nodes_, kCount},
      .block_size = 64,
      .alignment = 16,
      .bookkeeping_bytes = 0,
      .identity = this,
      .name = "audited",
      .misuse_handler = nullptr,
      .misuse_context = nullptr,
  };
  PoolState state_;
  BlockPool pool_{parts_, state_};
};

TEST_P(AuditTest, FindsAFreshPoolSound) {
  const AuditReport report = pool_.Audit(AuditMode::kAtRest);
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
  const AuditReport report = pool_.Audit(AuditMode::kAtRest);
  EXPECT_EQ(report.error, Error::kOk);
  EXPECT_EQ(report.used, 1u);
  EXPECT_EQ(report.free, kCount - 1u);
}

TEST_P(AuditTest, SeesAListThatLeadsBackIntoItself) {
  parts_.space.SetNext(5, 2);
  EXPECT_EQ(pool_.Audit(AuditMode::kAtRest).error, Error::kCorrupted);
  EXPECT_EQ(pool_.Audit(AuditMode::kRunning).error, Error::kCorrupted);
}

TEST_P(AuditTest, SeesAListThatEndsTooSoon) {
  parts_.space.SetNext(5, kCount);
  EXPECT_EQ(pool_.Audit(AuditMode::kRunning).error, Error::kCorrupted);
}

TEST_P(AuditTest, SeesAListThatSkipsABlock) {
  parts_.space.SetNext(3, 5);
  EXPECT_EQ(pool_.Audit(AuditMode::kRunning).error, Error::kCorrupted);
}

TEST_P(AuditTest, SeesAWrongDepth) {
  parts_.space.SetDepth(6, 7);
  const AuditReport report = pool_.Audit(AuditMode::kRunning);
  EXPECT_EQ(report.error, Error::kCorrupted);
  EXPECT_EQ(report.index, 6u);
}

TEST_P(AuditTest, SeesAFreeBlockThatIsMarkedAllocated) {
  parts_.state.SetAllocated(3);
  const AuditReport report = pool_.Audit(AuditMode::kRunning);
  EXPECT_EQ(report.error, Error::kCorrupted);
  EXPECT_EQ(report.index, 3u);
}

TEST_P(AuditTest, SeesABlockThatIsNeitherFreeNorAllocated) {
  Allocate();
  ASSERT_EQ(pool_.Audit(AuditMode::kAtRest).error, Error::kOk);
  states_[0].store(0, std::memory_order_relaxed);
  EXPECT_EQ(pool_.Audit(AuditMode::kAtRest).error, Error::kCorrupted);
  EXPECT_EQ(pool_.Audit(AuditMode::kRunning).error, Error::kOk)
      << "so look blocks that are being freed";
}

TEST_P(AuditTest, SeesAWriteToAFreeBlock) {
  memory_[3 * 64] ^= std::byte{1};
  const AuditReport report = pool_.Audit(AuditMode::kAtRest);
  if (GetParam() == State::kCookie) {
    EXPECT_EQ(report.error, Error::kWriteAfterFree);
    EXPECT_EQ(report.index, 3u);
  } else {
    EXPECT_EQ(report.error, Error::kOk) << "nobody looks at the block";
  }
}

TEST_P(AuditTest, SurvivesAnyDamageToTheBookkeeping) {
  std::mt19937 random(5);
  for (int i = 0; i < 20'000; ++i) {
    ASSERT_EQ(pool_.Clear(Leaks::kIgnore, false), Error::kOk);
    auto* const bytes = reinterpret_cast<unsigned char*>(nodes_);
    const std::size_t at = random() % sizeof(nodes_);
    const auto before = bytes[at];
    bytes[at] = static_cast<unsigned char>(random());
    if (bytes[at] != before) {
      ASSERT_EQ(pool_.Audit(AuditMode::kAtRest).error, Error::kCorrupted) << at;
    }
  }
}

TEST_P(AuditTest, RaisesNoFalseAlarmWhileThePoolIsInUse) {
  std::atomic<int> busy{3};
  int conclusive = 0;
  testing::RunGang(4, [&](int number) {
    if (number == 0) {
      do {
        const AuditReport report = pool_.Audit(AuditMode::kRunning);
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
  EXPECT_EQ(pool_.Audit(AuditMode::kAtRest).error, Error::kOk);
}

INSTANTIATE_TEST_SUITE_P(CookieAndSide, AuditTest,
                         ::testing::Values(State::kCookie, State::kSide));

}  // namespace
}  // namespace corepool::engine
