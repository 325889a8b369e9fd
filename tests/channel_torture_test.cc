// Proves with many threads that a channel loses, doubles and reorders nothing, that
// overwriting keeps all blocks, and that no wake-up is lost: who has sent something
// waits until somebody has received it, and consumers wait for ten seconds.
// COREPOOL_EFFORT multiplies.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <random>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "corepool/channel.h"
#include "corepool/error.h"
#include "corepool/futex_wait.h"
#include "corepool/mpmc_queue.h"
#include "corepool/options.h"
#include "corepool/queue_wait.h"
#include "corepool/stats.h"
#include "corepool/wait.h"
#include "corepool/wait_port.h"
#include "gtest/gtest.h"
#include "tests/support/gang.h"

namespace corepool {
namespace {

using testing::RunGang;
using Random = std::minstd_rand;

constexpr Ticks kLong = Ticks{10} * 1'000'000'000;
constexpr std::uint32_t kStop = ~std::uint32_t{0};

std::uint32_t Effort(std::uint32_t normal) {
  const char* const effort = std::getenv("COREPOOL_EFFORT");
  return normal *
         (effort == nullptr ? 1 : static_cast<std::uint32_t>(std::atoi(effort)));
}

// Longer than a word: torn if two had it at once.
struct Frame {
  std::uint32_t number;
  std::uint32_t data[7];

  void Fill(std::uint32_t value) {
    number = value;
    for (std::uint32_t& word : data) word = value;
  }
  bool IsWhole() const {
    for (const std::uint32_t word : data) {
      if (word != number) return false;
    }
    return true;
  }
};

// All blocks can be had, and each once.
template <class Any>
void ExpectAllBlocks(Any& channel) {
  const ChannelStats stats = channel.Stats();
  EXPECT_EQ(stats.queued, 0u);
  EXPECT_EQ(stats.committed, stats.received + stats.overwritten);
  EXPECT_EQ(stats.pool.used, 0u);
  EXPECT_EQ(stats.pool.misuses, 0u);
  std::set<const Frame*> blocks;
  std::vector<typename Any::Owner> all;
  while (auto block = channel.Reserve()) {
    blocks.insert(block.get());
    all.push_back(std::move(block));
  }
  EXPECT_EQ(all.size(), Any::capacity());
  EXPECT_EQ(blocks.size(), Any::capacity());
  all.clear();
  EXPECT_EQ(channel.storage().Audit(AuditMode::kAtRest).error, Error::kOk);
}

constexpr int kProducers = 2;
constexpr int kConsumers = 2;

// Two by two. Overwriting loses the oldest only, and says how many.
template <class Any>
void Pass(Any& channel, bool overwriting, std::uint32_t each) {
  std::vector<std::atomic<std::uint8_t>> seen(kProducers * each);
  std::atomic<int> producing{kProducers};
  std::atomic<std::uint64_t> faults{0};
  std::atomic<std::uint64_t> received{0};
  RunGang(kProducers + kConsumers, [&](int thread) {
    if (thread < kProducers) {
      const std::uint32_t base = static_cast<std::uint32_t>(thread) * each;
      for (std::uint32_t i = 0; i < each;) {
        auto frame = overwriting ? channel.ReserveOverwriting() : channel.Reserve();
        if (!frame) {
          std::this_thread::yield();
          continue;
        }
        frame->Fill(base + i);
        const Error error = overwriting ? channel.CommitOverwriting(std::move(frame))
                                        : channel.Commit(std::move(frame));
        if (error == Error::kOk) {
          ++i;
        } else if (overwriting || Any::depth() == Any::capacity() || !frame) {
          ++faults;  // NOLINT(bugprone-use-after-move)
        } else {
          std::this_thread::yield();
        }
      }
      --producing;
      return;
    }
    std::vector<std::int64_t> last(kProducers, -1);
    std::vector<typename Any::Owner> owners(3);
    for (;;) {
      const bool over = producing == 0;
      const std::size_t count = channel.ReceiveUpTo(owners);
      if (count == 0 && over) break;
      if (count == 0) std::this_thread::yield();
      for (std::size_t i = 0; i < count; ++i) {
        const std::uint32_t number = owners[i]->number;
        if (!owners[i]->IsWhole() || number >= seen.size() || seen[number]++ != 0) {
          ++faults;
          continue;
        }
        auto& before = last[number / each];
        if (before >= static_cast<std::int64_t>(number)) ++faults;
        before = static_cast<std::int64_t>(number);
        ++received;
      }
      for (auto& owner : owners) owner.reset();
    }
  });
  EXPECT_EQ(faults, 0u);
  std::uint64_t missing = 0;
  for (const auto& count : seen) missing += count == 0 ? 1 : 0;
  const ChannelStats stats = channel.Stats();
  EXPECT_EQ(stats.committed, seen.size());
  EXPECT_EQ(stats.received, received);
  EXPECT_EQ(stats.overwritten, missing);
  EXPECT_TRUE(overwriting || missing == 0) << missing;
  ExpectAllBlocks(channel);
}

TEST(ChannelTorture, LosesAndReordersNothing) {
  static constinit Channel<Frame, 64> deep;
  Pass(deep, false, Effort(100'000));
  static constinit Channel<Frame, 16, ChannelOptions{.depth = 3}> shallow;
  Pass(shallow, false, Effort(10'000));
  static constinit Channel<Frame, 256, ChannelOptions{.caching = Caching::kCas}> cached;
  Pass(cached, false, Effort(100'000));
}

TEST(ChannelTorture, OverwritingLosesNoBlocks) {
  static constinit Channel<Frame, 4> few;
  Pass(few, true, Effort(100'000));
  static constinit Channel<Frame, 16, ChannelOptions{.depth = 2}> shallow;
  Pass(shallow, true, Effort(100'000));
  static constinit Channel<Frame, 256, ChannelOptions{.caching = Caching::kCas}> cached;
  Pass(cached, true, Effort(100'000));
}

struct Tally {
  std::atomic<std::uint32_t> waits{0};  // calls that found nothing at first
  std::atomic<std::uint64_t> sent{0};
  std::atomic<std::uint64_t> served{0};  // after waiting
  std::atomic<std::uint64_t> taken{0};   // without
  std::atomic<std::uint64_t> timed_out{0};
  std::atomic<std::uint64_t> lost{0};   // waits of ten seconds that ended
  std::atomic<std::uint64_t> wrong{0};  // any other outcome
};

// `send` is false if there is no room; `receive` gets a deadline and a priority.
void Wait(const Waiters& waiters, Tally& tally, const auto& send, const auto& receive,
          const auto& is_empty) {
  const std::uint32_t waits = Effort(100'000);
  std::atomic<int> producing{kProducers};
  RunGang(kProducers + kConsumers, [&](int thread) {
    Random random(static_cast<unsigned>(thread + 1));
    std::uint32_t number = 0;
    if (thread < kProducers) {
      while (tally.waits.load(std::memory_order_relaxed) < waits && tally.lost == 0) {
        for (auto burst = random() % 3; burst != 0; --burst) {
          if (send(++number % 1000)) tally.sent.fetch_add(1);
        }
        // Is quicker than who is woken, now and then.
        if (random() % 8 == 0 && receive(kNoWait, 0, number) == Error::kOk) {
          tally.taken.fetch_add(1);
        }
        // Nobody sends any more before all is gone: a wake-up that was lost is not made
        // good by the next one.
        while (!is_empty()) std::this_thread::yield();
        for (auto spin = random() % 300; spin != 0; --spin) (void)is_empty();
      }
      // They come after all others.
      if (--producing != 0) return;
      for (int i = 0; i < kConsumers; ++i) {
        while (!send(kStop)) std::this_thread::yield();
        tally.sent.fetch_add(1);
      }
      return;
    }
    while (number != kStop) {
      if (receive(kNoWait, 0, number) == Error::kOk) {
        tally.taken.fetch_add(1);
        continue;
      }
      const bool patient = random() % 2 == 0;
      const auto priority = static_cast<std::uint8_t>(random() % 3);
      tally.waits.fetch_add(1, std::memory_order_relaxed);
      const Ticks deadline = waiters.Now() + (patient ? kLong : random() % 30'000);
      const Error error = receive(deadline, priority, number);
      if (error == Error::kOk) {
        tally.served.fetch_add(1);
      } else if (error == Error::kTimedOut) {
        tally.timed_out.fetch_add(1);
        if (patient) tally.lost.fetch_add(1);
      } else {
        tally.wrong.fetch_add(1);
      }
    }
  });
  EXPECT_EQ(tally.lost, 0u);
  EXPECT_EQ(tally.wrong, 0u);
  EXPECT_EQ(tally.sent, tally.served + tally.taken);
  std::cout << tally.waits << " waits, " << tally.served << " served, "
            << tally.timed_out << " timed out\n";
  EXPECT_GT(tally.served, 0u);
  EXPECT_GT(tally.timed_out, 0u);
  EXPECT_EQ(waiters.Count(), 0u);
}

constinit StaticWaiters<kConsumers> waiters(kFutexWaitPort);
constinit Channel<Frame, 4, ChannelOptions{}, &waiters> awaited;

TEST(ChannelTorture, LosesNoWakeUp) {
  Tally tally;
  Wait(
      waiters, tally,
      [](std::uint32_t number) {
        auto frame = awaited.Reserve();
        if (!frame) return false;
        frame->Fill(number);
        return awaited.Commit(std::move(frame)) == Error::kOk;
      },
      [](Ticks deadline, std::uint8_t priority, std::uint32_t& number) {
        const auto got = awaited.ReceiveUntil(deadline, priority);
        if (!got.block) return got.error;
        if (!got.block->IsWhole()) return Error::kCorrupted;
        number = got.block->number;
        return got.error;
      },
      [] { return awaited.empty(); });
  EXPECT_EQ(awaited.Stats().received, tally.sent);
  ExpectAllBlocks(awaited);
}

TEST(ChannelTorture, OfAQueueLosesNoWakeUp) {
  StaticWaiters<kConsumers> of_queue(kFutexWaitPort);
  StaticMpmcQueue<std::uint32_t, 4> queue;
  Tally tally;
  Wait(
      of_queue, tally,
      [&](std::uint32_t number) { return EnqueueAndWake(queue, of_queue, number); },
      [&](Ticks deadline, std::uint8_t priority, std::uint32_t& number) {
        return DequeueUntil(queue, of_queue, number, deadline, priority);
      },
      [&] { return queue.empty(); });
  EXPECT_TRUE(queue.empty());
  ForgetConsumers(queue, of_queue);
}

}  // namespace
}  // namespace corepool
