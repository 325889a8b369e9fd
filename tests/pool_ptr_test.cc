#include "corepool/pool_ptr.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "corepool/error.h"
#include "corepool/fixed_pool.h"
#include "corepool/misuse.h"
#include "corepool/mpmc_queue.h"
#include "corepool/object_pool.h"
#include "corepool/options.h"
#include "corepool/spsc_queue.h"
#include "corepool/static_pool.h"
#include "gtest/gtest.h"
#include "tests/support/gang.h"
#include "tests/support/test_pool.h"

namespace corepool {
namespace {

struct Frame {
  std::uint64_t id;
  std::uint8_t data[8];
};

using Frames = StaticPool<Frame, 4>;
using FramePtr = PoolPtr<Frame, Frames>;

static_assert(!std::is_copy_constructible_v<FramePtr>);
static_assert(!std::is_copy_assignable_v<FramePtr>);
static_assert(std::is_nothrow_move_constructible_v<FramePtr>);
static_assert(sizeof(FramePtr) == 2 * sizeof(void*));

constinit Frames the_frames;
using TheFramePtr = StaticPoolPtr<Frame, the_frames>;
static_assert(sizeof(TheFramePtr) == sizeof(void*));

TEST(PoolPtr, FreesWhatItOwnsOnce) {
  Frames frames;
  {
    FramePtr one = AllocateOwned(frames);
    ASSERT_TRUE(one);
    one->id = 7;
    EXPECT_EQ((*one).id, 7u);
    EXPECT_EQ(&one.pool(), &frames);
    EXPECT_EQ(frames.Stats().used, 1u);

    FramePtr two = std::move(one);
    EXPECT_FALSE(one);  // NOLINT(bugprone-use-after-move)
    EXPECT_EQ(two->id, 7u);
    one = std::move(two);
    FramePtr& itself = one;
    one = std::move(itself);
    EXPECT_EQ(one->id, 7u);

    FramePtr other = AllocateOwned(frames);
    EXPECT_EQ(frames.Stats().used, 2u);
    one = std::move(other);
    EXPECT_EQ(frames.Stats().used, 1u);
    one.reset();
    EXPECT_EQ(frames.Stats().used, 0u);
    one.reset();
    one = nullptr;
    one = AllocateOwned(frames);
  }
  EXPECT_EQ(frames.Stats().used, 0u);
  EXPECT_EQ(frames.Stats().frees, 3u);
}

TEST(PoolPtr, OwnsNothingWhenThePoolIsExhausted) {
  Frames frames;
  std::vector<FramePtr> all;
  for (int i = 0; i < 4; ++i) all.push_back(AllocateOwned(frames));
  EXPECT_FALSE(AllocateOwned(frames));
  all.pop_back();
  EXPECT_TRUE(AllocateOwned(frames));
}

TEST(PoolPtr, ReleasesAndTakesOver) {
  Frames frames;
  FramePtr one = AllocateOwned(frames);
  Frame* const frame = one.release();
  EXPECT_FALSE(one);
  EXPECT_EQ(one.release(), nullptr);
  EXPECT_EQ(frames.Stats().used, 1u);
  FramePtr two(frames, frame);
  EXPECT_EQ(two.get(), frame);
  two.swap(one);
  EXPECT_EQ(one.get(), frame);
  EXPECT_FALSE(two);
  one.reset();
  EXPECT_EQ(frames.Stats().used, 0u);
}

TEST(PoolPtr, BringsEachBlockBackToItsOwnPool) {
  Frames ones;
  Frames others;
  FramePtr one = AllocateOwned(ones);
  FramePtr other = AllocateOwned(others);
  one.swap(other);
  EXPECT_EQ(&one.pool(), &others);
  one.reset();
  EXPECT_EQ(others.Stats().used, 0u);
  EXPECT_EQ(ones.Stats().used, 1u);
  one = std::move(other);
  EXPECT_EQ(&one.pool(), &ones);
}

TEST(PoolPtr, IsOnePointerWhereThePoolIsKnown) {
  {
    TheFramePtr one(the_frames, the_frames.Allocate());
    EXPECT_EQ(the_frames.Stats().used, 1u);
    TheFramePtr two = std::move(one);
    EXPECT_TRUE(two);
  }
  EXPECT_EQ(the_frames.Stats().used, 0u);
}

TEST(PoolPtr, OwnsBlocksOfFixedPools) {
  testing::TestPool pool({.block_size = 24, .block_count = 2});
  {
    const PoolPtr<void, FixedPool> one = AllocateOwned(*pool.operator->());
    EXPECT_TRUE(one);
    EXPECT_EQ(pool->Stats().used, 1u);
  }
  EXPECT_EQ(pool->Stats().used, 0u);
}

// By pointer and by index, through each kind of queue.
template <class Queue>
void PassThrough(Queue& queue) {
  Frames frames;
  std::vector<FramePtr> waiting;
  for (std::uint64_t i = 0; i < 4; ++i) {
    FramePtr frame = AllocateOwned(frames);
    frame->id = i;
    const bool fits = i < 3;
    EXPECT_EQ(HandOver(queue, frame), fits);
    EXPECT_EQ(static_cast<bool>(frame), !fits) << "a full queue leaves it to its owner";
  }
  EXPECT_EQ(frames.Stats().used, 3u) << "the one that did not fit is free again";
  for (std::uint64_t i = 0; i < 3; ++i) {
    const FramePtr frame = Receive(queue, frames);
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->id, i);
  }
  EXPECT_FALSE(Receive(queue, frames));
  EXPECT_EQ(frames.Stats().used, 0u);
}

TEST(PoolPtr, MovesThroughQueues) {
  StaticSpscQueue<Frame*, 3> by_pointer;
  StaticSpscQueue<std::uint16_t, 3> by_index;
  StaticMpmcQueue<Frame*, 3> by_pointer_to_many;
  StaticMpmcQueue<std::uint16_t, 3> by_index_to_many;
  PassThrough(by_pointer);
  PassThrough(by_index);
  PassThrough(by_pointer_to_many);
  PassThrough(by_index_to_many);
}

TEST(PoolPtr, LosesNothingBetweenThreadsAndAQueueAsLargeAsThePoolIsNeverFull) {
  constexpr std::uint64_t kFrames = 20'000;
  static StaticPool<Frame, 16> frames;
  static StaticMpmcQueue<Frame*, 16, 0> queue;
  std::atomic<std::uint64_t> received{0};
  testing::RunGang(4, [&](int number) {
    if (number < 2) {
      for (std::uint64_t i = 0; i < kFrames;) {
        auto frame = AllocateOwned(frames);
        if (!frame) {
          std::this_thread::yield();
          continue;
        }
        frame->id = i++;
        ASSERT_TRUE(HandOver(queue, frame));
      }
      return;
    }
    while (received.load(std::memory_order_relaxed) < 2 * kFrames) {
      const auto frame = Receive(queue, frames);
      if (!frame) {
        std::this_thread::yield();
        continue;
      }
      ASSERT_LT(frame->id, kFrames);
      received.fetch_add(1, std::memory_order_relaxed);
    }
  });
  EXPECT_EQ(frames.Stats().used, 0u);
  EXPECT_EQ(frames.Audit(AuditMode::kAtRest).error, Error::kOk);
}

class Session {
 public:
  explicit Session(int number) : number_(number) {
    if (number < 0) throw std::invalid_argument("negative");
    ++living;
  }
  ~Session() { --living; }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  int number() const { return number_; }

  static inline int living = 0;

 private:
  int number_;
  std::unique_ptr<int> more_ = std::make_unique<int>(3);
};

constinit ObjectPool<Session, 2> sessions;

TEST(ObjectPool, ConstructsAndDestroys) {
  Session* const one = sessions.Create(1);
  ASSERT_NE(one, nullptr);
  EXPECT_EQ(one->number(), 1);
  EXPECT_EQ(Session::living, 1);
  {
    const auto two = sessions.CreateOwned(2);
    EXPECT_EQ(two->number(), 2);
    EXPECT_EQ(Session::living, 2);
    EXPECT_EQ(sessions.Create(3), nullptr);
    EXPECT_FALSE(sessions.CreateOwned(3));
    EXPECT_EQ(Session::living, 2);
  }
  EXPECT_EQ(Session::living, 1);
  EXPECT_EQ(sessions.Destroy(one), Error::kOk);
  EXPECT_EQ(sessions.Destroy(nullptr), Error::kOk);
  EXPECT_EQ(Session::living, 0);
  EXPECT_EQ(sessions.Stats().used, 0u);
}

TEST(ObjectPool, KeepsNothingOfAConstructorThatThrows) {
  EXPECT_THROW((void)sessions.Create(-1), std::invalid_argument);
  EXPECT_EQ(Session::living, 0);
  EXPECT_EQ(sessions.Stats().used, 0u);
}

template <class Pool>
class MisusedObjectPool : public ::testing::Test {};
using Pools =
    ::testing::Types<ObjectPool<Session, 3>, ObjectPool<Session, 3, Checking::kStrict>,
                     ObjectPool<Session, 3, Checking::kBasic, Caching::kNone>,
                     ObjectPool<Session, 3, Checking::kBasic, Caching::kCas>>;
TYPED_TEST_SUITE(MisusedObjectPool, Pools);

TYPED_TEST(MisusedObjectPool, DestroysNothingTwiceAndNothingForeign) {
  static int reports;
  reports = 0;
  SetMisuseHandler([](const MisuseReport&) { ++reports; });
  static constinit TypeParam pool;
  Session* const one = pool.Create(1);
  EXPECT_EQ(pool.Destroy(one), Error::kOk);
  EXPECT_EQ(pool.Destroy(one), Error::kDoubleFree);
  EXPECT_EQ(pool.Destroy(pool.BlockAt(2)), Error::kDoubleFree) << "never created";
  Session elsewhere(4);
  EXPECT_EQ(pool.Destroy(&elsewhere), Error::kForeignPointer);
  Session* const two = pool.Create(2);
  auto* const inside =
      reinterpret_cast<Session*>(reinterpret_cast<std::byte*>(two) + 8);
  EXPECT_EQ(pool.Destroy(inside), Error::kInteriorPointer);
  EXPECT_EQ(two->number(), 2);
  EXPECT_EQ(Session::living, 2);
  EXPECT_EQ(reports, 4);
  EXPECT_EQ(pool.Destroy(two), Error::kOk);
  SetMisuseHandler(nullptr);
}

}  // namespace
}  // namespace corepool
