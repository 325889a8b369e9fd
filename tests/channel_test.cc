// Proves what channel.h says of calls that come one after the other, what happens at
// its edges, and who is woken in which order: on one CPU with virtual time.

#include "corepool/channel.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "corepool/error.h"
#include "corepool/hosted/baton.h"
#include "corepool/misuse.h"
#include "corepool/mpmc_queue.h"
#include "corepool/queue_wait.h"
#include "corepool/wait.h"
#include "corepool/wait_port.h"
#include "gtest/gtest.h"

namespace corepool {
namespace {

struct Frame {
  std::uint32_t id;
  std::uint8_t data[12];
};

using Frames = Channel<Frame, 4>;
using Samples = Channel<Frame, 4, ChannelOptions{.depth = 2}>;

static_assert(!std::is_copy_constructible_v<Frames>);
static_assert(!std::is_move_constructible_v<Frames>);
static_assert(std::is_trivially_destructible_v<Frames>);
static_assert(!std::is_copy_constructible_v<Frames::Owner>);

// In .bss, before any constructor has run.
constinit Frames the_frames;

template <class Any>
bool Send(Any& channel, std::uint32_t id) {
  auto frame = channel.Reserve();
  if (!frame) return false;
  frame->id = id;
  return channel.Commit(std::move(frame)) == Error::kOk;
}

template <class Any>
std::vector<std::uint32_t> ReceiveAll(Any& channel) {
  std::vector<std::uint32_t> ids;
  while (const auto frame = channel.Receive()) ids.push_back(frame->id);
  return ids;
}

template <class Any>
void ExpectAtRest(const Any& channel) {
  const ChannelStats stats = channel.Stats();
  EXPECT_EQ(stats.committed, stats.received + stats.overwritten + stats.queued);
  EXPECT_EQ(stats.pool.used, stats.queued);
}

using Ids = std::vector<std::uint32_t>;

TEST(Channel, PassesBlocksInOrderAndFreesThem) {
  EXPECT_TRUE(the_frames.empty());
  EXPECT_FALSE(the_frames.Receive());
  for (std::uint32_t round = 0; round < 10; ++round) {
    for (std::uint32_t i = 0; i < 4; ++i) EXPECT_TRUE(Send(the_frames, round + i));
    EXPECT_FALSE(the_frames.empty());
    EXPECT_EQ(the_frames.Stats().queued, 4u);
    EXPECT_EQ(ReceiveAll(the_frames), (Ids{round, round + 1, round + 2, round + 3}));
    ExpectAtRest(the_frames);
  }
  EXPECT_EQ(the_frames.Stats().committed, 40u);
  EXPECT_EQ(the_frames.Stats().received, 40u);
  EXPECT_EQ(the_frames.Stats().pool.used, 0u);
}

TEST(Channel, GivesTheVeryBlockThatWasFilled) {
  Frames channel;
  auto sent = channel.Reserve();
  const Frame* const block = sent.get();
  EXPECT_EQ(channel.Commit(std::move(sent)), Error::kOk);
  EXPECT_FALSE(sent);  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(channel.Receive().get(), block);
}

TEST(Channel, TakesBackWhatIsReservedAndDropped) {
  Frames channel;
  {
    const auto one = channel.Reserve();
    EXPECT_EQ(channel.Stats().pool.used, 1u);
  }
  EXPECT_EQ(channel.Stats().pool.used, 0u);
  EXPECT_EQ(channel.Stats().committed, 0u);
}

TEST(Channel, AsDeepAsItsPoolIsNeverFullButExhausted) {
  Frames channel;
  EXPECT_EQ(Frames::capacity(), 4u);
  EXPECT_EQ(Frames::depth(), 4u);
  for (std::uint32_t i = 0; i < 4; ++i) EXPECT_TRUE(Send(channel, i));
  EXPECT_FALSE(channel.Reserve());
  EXPECT_EQ(channel.Stats().pool.failures, 1u);
  EXPECT_EQ(channel.Stats().refused, 0u);
  // A block that is received is not free before its owner lets go of it.
  auto kept = channel.Receive();
  EXPECT_FALSE(channel.Reserve());
  kept.reset();
  EXPECT_TRUE(Send(channel, 4));
  EXPECT_EQ(ReceiveAll(channel), (Ids{1, 2, 3, 4}));
  ExpectAtRest(channel);
}

TEST(Channel, LeavesABlockThatItRefusesWithItsOwner) {
  Samples channel;
  EXPECT_EQ(Samples::depth(), 2u);
  EXPECT_TRUE(Send(channel, 0));
  EXPECT_TRUE(Send(channel, 1));
  auto third = channel.Reserve();
  third->id = 2;
  EXPECT_EQ(channel.Commit(std::move(third)), Error::kQueueFull);
  ASSERT_TRUE(third);  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(channel.Stats().refused, 1u);
  EXPECT_EQ(channel.Receive()->id, 0u);
  EXPECT_EQ(channel.Commit(std::move(third)), Error::kOk);
  EXPECT_EQ(ReceiveAll(channel), (Ids{1, 2}));
  ExpectAtRest(channel);
}

TEST(Channel, CommitsReceivedBlocksAgain) {
  Frames channel;
  EXPECT_TRUE(Send(channel, 7));
  EXPECT_TRUE(Send(channel, 8));
  EXPECT_EQ(channel.Commit(channel.Receive()), Error::kOk);
  EXPECT_EQ(ReceiveAll(channel), (Ids{8, 7}));
}

TEST(Channel, ReceivesUpTo) {
  Frames channel;
  std::vector<Frames::Owner> owners(3);
  EXPECT_EQ(channel.ReceiveUpTo({}), 0u);
  EXPECT_EQ(channel.ReceiveUpTo(owners), 0u);
  for (std::uint32_t i = 0; i < 4; ++i) EXPECT_TRUE(Send(channel, i));
  EXPECT_EQ(channel.ReceiveUpTo(owners), 3u);
  for (std::uint32_t i = 0; i < 3; ++i) EXPECT_EQ(owners[i]->id, i);
  EXPECT_EQ(channel.Stats().pool.used, 4u);
  // What they own already is given back, as far as they are filled.
  EXPECT_EQ(channel.ReceiveUpTo(owners), 1u);
  EXPECT_EQ(owners[0]->id, 3u);
  EXPECT_EQ(owners[1]->id, 1u);
  EXPECT_EQ(channel.Stats().pool.used, 3u);
  owners.clear();
  ExpectAtRest(channel);
}

TEST(Channel, CommitOverwritingKeepsTheNewest) {
  Samples channel;
  for (std::uint32_t i = 0; i < 10; ++i) {
    auto frame = channel.Reserve();
    ASSERT_TRUE(frame);
    frame->id = i;
    EXPECT_EQ(channel.CommitOverwriting(std::move(frame)), Error::kOk);
    EXPECT_FALSE(frame);  // NOLINT(bugprone-use-after-move)
  }
  EXPECT_EQ(channel.Stats().overwritten, 8u);
  EXPECT_EQ(channel.Stats().refused, 0u);
  EXPECT_EQ(channel.Stats().pool.used, 2u);
  EXPECT_EQ(ReceiveAll(channel), (Ids{8, 9}));
  ExpectAtRest(channel);
}

TEST(Channel, ReserveOverwritingTakesTheOldestWhenNoBlockIsFree) {
  Frames channel;
  for (std::uint32_t i = 0; i < 10; ++i) {
    auto frame = channel.ReserveOverwriting();
    ASSERT_TRUE(frame);
    frame->id = i;
    EXPECT_EQ(channel.Commit(std::move(frame)), Error::kOk);
  }
  EXPECT_EQ(channel.Stats().overwritten, 6u);
  EXPECT_EQ(ReceiveAll(channel), (Ids{6, 7, 8, 9}));
  // Not what is with its owner.
  std::vector<Frames::Owner> all;
  for (int i = 0; i < 4; ++i) all.push_back(channel.Reserve());
  EXPECT_FALSE(channel.ReserveOverwriting());
  EXPECT_EQ(channel.Stats().overwritten, 6u);
  all.clear();
  ExpectAtRest(channel);
}

TEST(Channel, OfNoBlocksOrNoDepthPassesNothing) {
  Channel<Frame, 0> none;
  EXPECT_FALSE(none.Reserve());
  EXPECT_FALSE(none.ReserveOverwriting());
  EXPECT_FALSE(none.Receive());
  Channel<Frame, 2, ChannelOptions{.depth = 0}> shallow;
  auto frame = shallow.Reserve();
  EXPECT_EQ(shallow.Commit(std::move(frame)), Error::kQueueFull);
  EXPECT_EQ(shallow.CommitOverwriting(std::move(frame)), Error::kQueueFull);
  EXPECT_TRUE(frame);  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(shallow.Stats().refused, 2u);
  EXPECT_FALSE(shallow.Receive());
}

int reports = 0;

TEST(Channel, RefusesNothingAndBlocksOfOthers) {
  const MisuseHandler before = SetMisuseHandler([](const MisuseReport& report) {
    EXPECT_EQ(report.kind, Error::kForeignPointer);
    EXPECT_NE(report.block, nullptr);
    ++reports;
  });
  Frames channel;
  Frames other;
  EXPECT_EQ(channel.Commit({}), Error::kNullMemory);
  EXPECT_EQ(channel.CommitOverwriting({}), Error::kNullMemory);
  auto foreign = other.Reserve();
  EXPECT_EQ(channel.Commit(std::move(foreign)), Error::kForeignPointer);
  EXPECT_EQ(channel.CommitOverwriting(std::move(foreign)), Error::kForeignPointer);
  EXPECT_TRUE(foreign);  // NOLINT(bugprone-use-after-move)
  foreign.reset();
  EXPECT_EQ(other.Stats().pool.used, 0u);
  EXPECT_TRUE(channel.empty());
  EXPECT_EQ(channel.Stats().refused, 0u);
  EXPECT_EQ(reports, 2);
  SetMisuseHandler(before);
}

// Counts those that are alive.
struct Session {
  explicit Session(int name) : number(name) { ++alive; }
  Session() : Session(0) {}
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session() { --alive; }

  int number;
  static inline int alive = 0;
};

TEST(Channel, ConstructsAndDestroysEachObjectOnce) {
  Channel<Session, 2, ChannelOptions{.depth = 1}> channel;
  {
    auto one = channel.Reserve(5);
    EXPECT_EQ(Session::alive, 1);
    EXPECT_EQ(channel.Commit(std::move(one)), Error::kOk);
    auto two = channel.Reserve(6);
    EXPECT_FALSE(channel.Reserve(7));
    EXPECT_EQ(Session::alive, 2);
    EXPECT_EQ(channel.CommitOverwriting(std::move(two)), Error::kOk);
    EXPECT_EQ(Session::alive, 1);
    auto three = channel.Reserve();
    auto four = channel.ReserveOverwriting(8);  // takes back 6
    EXPECT_EQ(Session::alive, 2);
    EXPECT_EQ(four->number, 8);
    EXPECT_EQ(channel.Commit(std::move(four)), Error::kOk);
    EXPECT_EQ(channel.Receive()->number, 8);
    EXPECT_EQ(Session::alive, 1);
  }
  EXPECT_EQ(Session::alive, 0);
  ExpectAtRest(channel);
}

TEST(Channel, DoesNotClearPlainData) {
  Frames channel;
  auto frame = channel.Reserve();
  const auto initialized = channel.Reserve(Frame{.id = 3, .data = {}});
  EXPECT_EQ(initialized->id, 3u);
  EXPECT_EQ(initialized->data[11], 0u);
}

hosted::Baton baton;
StaticWaiters<3> waiters(baton.port());
Channel<Frame, 4, ChannelOptions{}, &waiters> awaited;
std::vector<std::string> happened;

// A task that waits for a frame and notes what came of it: "A:7", "A:kTimedOut".
void Wait(const std::string& name, Ticks deadline, std::uint8_t priority) {
  baton.Start(100, [=] {
    const auto got = awaited.ReceiveUntil(deadline, priority);
    EXPECT_EQ(static_cast<bool>(got.block), got.error == Error::kOk);
    happened.push_back(
        name + ":" +
        (got.block ? std::to_string(got.block->id) : ErrorName(got.error)));
  });
}

class ChannelWait : public ::testing::Test {
 protected:
  void SetUp() override { happened.clear(); }
  void TearDown() override {
    EXPECT_EQ(waiters.Count(), 0u);
    EXPECT_TRUE(awaited.empty());
    ExpectAtRest(awaited);
  }
};

using Log = std::vector<std::string>;

TEST_F(ChannelWait, GivesAtOnceWhatThereIs) {
  EXPECT_TRUE(Send(awaited, 1));
  EXPECT_EQ(awaited.ReceiveUntil(kNoWait, 0).block->id, 1u);
  EXPECT_EQ(awaited.ReceiveUntil(kNoWait, 0).error, Error::kQueueEmpty);
}

TEST_F(ChannelWait, WithoutWaitersIsUnsupported) {
  Frames channel;
  EXPECT_EQ(channel.ReceiveUntil(kForever, 0).error, Error::kUnsupported);
  EXPECT_EQ(channel.ReceiveUntil(kNoWait, 0).error, Error::kQueueEmpty);
  EXPECT_TRUE(Send(channel, 1));
  EXPECT_EQ(channel.ReceiveUntil(kNoWait, 0).block->id, 1u);
}

TEST_F(ChannelWait, WakesTheMostUrgentFirstAndThenWhoHasWaitedLongest) {
  Wait("A", kForever, 5);
  Wait("B", kForever, 1);
  Wait("C", kForever, 5);
  EXPECT_EQ(waiters.Count(), 3u);
  for (std::uint32_t i = 0; i < 3; ++i) {
    EXPECT_TRUE(Send(awaited, i));
  }
  EXPECT_EQ(happened, (Log{"B:0", "A:1", "C:2"}));
}

TEST_F(ChannelWait, ALateBurstWakesAsManyAsThereAreBlocks) {
  Wait("A", kForever, 1);
  Wait("B", kForever, 1);
  Wait("C", baton.Now() + 50, 1);
  baton.Start(50, [] {
    EXPECT_TRUE(Send(awaited, 0));
    EXPECT_TRUE(Send(awaited, 1));
    EXPECT_TRUE(happened.empty());
  });
  EXPECT_EQ(happened, (Log{"A:0", "B:1"}));
  baton.Advance(50);
  EXPECT_EQ(happened, (Log{"A:0", "B:1", "C:kTimedOut"}));
}

TEST_F(ChannelWait, WhoIsWokenInVainWaitsOn) {
  Wait("A", kForever, 1);
  baton.Start(50, [] {
    EXPECT_TRUE(Send(awaited, 7));
    EXPECT_EQ(awaited.Receive()->id, 7u);  // before A runs
  });
  EXPECT_TRUE(happened.empty());
  EXPECT_EQ(waiters.Count(), 1u);
  EXPECT_TRUE(Send(awaited, 8));
  EXPECT_EQ(happened, Log{"A:8"});
}

TEST_F(ChannelWait, TimesOutAndRefusesOneTooMany) {
  for (const char* const name : {"A", "B", "C"}) Wait(name, baton.Now() + 10, 1);
  Wait("D", kForever, 0);
  baton.Advance(10);
  EXPECT_EQ(happened, (Log{"D:kTooMany", "A:kTimedOut", "B:kTimedOut", "C:kTimedOut"}));
}

TEST_F(ChannelWait, OverwritingWakesToo) {
  Wait("A", kForever, 1);
  auto frame = awaited.ReserveOverwriting(Frame{.id = 9, .data = {}});
  EXPECT_EQ(awaited.CommitOverwriting(std::move(frame)), Error::kOk);
  EXPECT_EQ(happened, Log{"A:9"});
}

TEST_F(ChannelWait, WaitersOfAnotherAreRefused) {
  Channel<Frame, 1, ChannelOptions{}, &waiters> second;
  EXPECT_EQ(second.ReceiveUntil(kForever, 0).error, Error::kTooMany);
}

TEST(DequeueUntil, WaitsForValuesOfAnyQueue) {
  StaticWaiters<2> mine(baton.port());
  StaticMpmcQueue<std::uint32_t, 2> queue;
  std::vector<std::uint32_t> got;
  baton.Start(100, [&] {
    std::uint32_t value = 0;
    while (DequeueUntil(queue, mine, value, baton.Now() + 10, 0) == Error::kOk) {
      got.push_back(value);
    }
  });
  baton.Start(101, [&] {
    for (std::uint32_t i = 0; i < 5; ++i) EXPECT_TRUE(EnqueueAndWake(queue, mine, i));
  });
  baton.Advance(10);
  EXPECT_EQ(got, (std::vector<std::uint32_t>{0, 1, 2, 3, 4}));
  std::uint32_t value = 0;
  EXPECT_EQ(DequeueUntil(queue, mine, value, kNoWait, 0), Error::kQueueEmpty);
  StaticMpmcQueue<std::uint32_t, 0> none;
  EXPECT_EQ(DequeueUntil(none, mine, value, kForever, 0), Error::kQueueEmpty);
  EXPECT_EQ(mine.Deinit(), Error::kBlocksInUse);
  ForgetConsumers(queue, mine);
  EXPECT_EQ(mine.Deinit(), Error::kOk);
}

}  // namespace
}  // namespace corepool
