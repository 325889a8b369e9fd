// Proves that interrupt handlers may use a channel at any instruction of any call on
// it: one happens before every atomic access (//tests/support:interrupted_core), and
// one within that. No block is lost or doubled, values keep their order, and nobody is
// refused for whom there is something; and no thread sleeps while something is there.
//
// Compiled with COREPOOL_SABOTAGE_WAIT=1 the last must be noticed.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "corepool/channel.h"
#include "corepool/config.h"
#include "corepool/error.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/stats.h"
#include "corepool/wait.h"
#include "corepool/wait_port.h"
#include "gtest/gtest.h"
#include "tests/support/interrupting_atomic.h"

namespace corepool::testing {
namespace {

enum class Act { kSend, kSendOverwriting, kReceive, kReceiveTwo, kDrop };

constexpr Act kActs[] = {Act::kSend, Act::kSendOverwriting, Act::kReceive,
                         Act::kReceiveTwo, Act::kDrop};

// What handlers do.
const std::vector<Act> kHandlers[] = {
    {Act::kSend},
    {Act::kSendOverwriting},
    {Act::kReceive},
    {Act::kDrop, Act::kReceiveTwo},
    {Act::kReceiveTwo, Act::kReceiveTwo, Act::kSend},
    {Act::kSendOverwriting, Act::kSendOverwriting, Act::kSendOverwriting,
     Act::kSendOverwriting},
    {Act::kReceive, Act::kSend, Act::kReceive, Act::kSend, Act::kReceive, Act::kSend,
     Act::kReceive, Act::kSend},
};

struct Item {
  int producer;
  int number;
  std::uint64_t check;
};

// At most three contexts, of which each owns two blocks at most: with seven blocks
// there is always one to be reserved or taken back.
constexpr std::size_t kBlocks = 7;

template <std::size_t kDepth>
class Bench {
 public:
  using Items = Channel<Item, kBlocks, ChannelOptions{.depth = kDepth}>;

  void Do(Act act) {
    if (act == Act::kDrop) {
      const auto dropped = channel_->Reserve();
    } else if (act == Act::kReceive) {
      Note(channel_->Receive());
    } else if (act == Act::kReceiveTwo) {
      typename Items::Owner owners[2];
      const std::size_t count = channel_->ReceiveUpTo(owners);
      for (std::size_t i = 0; i < count; ++i) Note(std::move(owners[i]));
    } else {
      Send(act == Act::kSendOverwriting);
    }
  }

  // Before access `at` of the next act, and then before access `nested` of what happens
  // there, if that is not negative.
  void Interrupt(int at, int nested, const std::vector<Act>& handler) {
    handler_ = [this, nested, &handler] {
      if (nested >= 0) Interrupt(nested, -1, handler);
      ++level_;
      for (const Act act : handler) Do(act);
      --level_;
    };
    to_go_ = at;
    self_ = this;
    lockfree::interrupt = [] {
      if (self_->to_go_-- != 0) return;
      lockfree::interrupt = nullptr;
      const auto work = self_->handler_;
      work();
    };
  }
  // Whether the last interrupt has happened; there will be none any more.
  bool WasInterrupted() {
    lockfree::interrupt = nullptr;
    return to_go_ < 0;
  }

  // At rest; takes out what is left.
  std::string Fault() {
    while (!channel_->empty()) Do(Act::kReceive);
    const ChannelStats stats = channel_->Stats();
    if (stats.committed != stats.received + stats.overwritten) fault_ += " statistics";
    if (stats.committed != sent_ || stats.received != received_.size()) {
      fault_ += " counts";
    }
    if (stats.refused != refused_) fault_ += " refusals";
    if (stats.pool.used != 0) fault_ += " lost a block";
    std::set<const Item*> blocks;
    std::vector<typename Items::Owner> all;
    while (auto block = channel_->Reserve()) {
      blocks.insert(block.get());
      all.push_back(std::move(block));
    }
    if (blocks.size() != kBlocks || all.size() != kBlocks) fault_ += " blocks";
    if (channel_->pool().Audit(AuditMode::kRunning).error != Error::kOk) {
      fault_ += " audit";
    }
    return fault_;
  }

 private:
  void Send(bool overwriting) {
    auto owner = overwriting ? channel_->ReserveOverwriting() : channel_->Reserve();
    if (!owner) {
      if (overwriting) fault_ += " nothing to overwrite";
      return;
    }
    // The number comes with the block: an act interrupts no other of its own level.
    const int number = ++numbers_[level_];
    *owner = {level_, number, Check(level_, number)};
    const Error error = overwriting ? channel_->CommitOverwriting(std::move(owner))
                                    : channel_->Commit(std::move(owner));
    if (error == Error::kOk) {
      ++sent_;
      if (owner) fault_ += " two owners";  // NOLINT(bugprone-use-after-move)
      return;
    }
    ++refused_;
    if (overwriting || kDepth >= kBlocks) fault_ += " full";
    if (!owner) fault_ += " no owner";
  }

  static std::uint64_t Check(int producer, int number) {
    return static_cast<std::uint64_t>(producer * 1000 + number) * 0x9e3779b97f4a7c15;
  }

  void Note(typename Items::Owner owner) {
    if (!owner) return;
    const Item item = *owner;
    if (item.check != Check(item.producer, item.number)) fault_ += " torn";
    if (!received_.insert({item.producer, item.number}).second) fault_ += " doubled";
    int& last = last_[{level_, item.producer}];
    if (item.number <= last) fault_ += " overtaken";
    last = item.number;
  }

  static inline Bench* self_ = nullptr;

  std::unique_ptr<Items> channel_ = std::make_unique<Items>();
  std::function<void()> handler_;
  int to_go_ = 0;
  int level_ = 0;
  std::map<int, int> numbers_;
  std::map<std::pair<int, int>, int> last_;  // of a consumer, from a producer
  std::set<std::pair<int, int>> received_;
  std::uint64_t sent_ = 0;
  std::uint64_t refused_ = 0;
  std::string fault_;
};

template <std::size_t kDepth>
void InterruptEverywhere() {
  int interrupts = 0;
  for (const std::size_t before : {std::size_t{0}, std::size_t{1}, kDepth}) {
    for (const Act act : kActs) {
      for (const auto& handler : kHandlers) {
        for (int nested = -1; nested < 16; ++nested) {
          bool interrupted = true;
          for (int at = 0; interrupted; ++at) {
            Bench<kDepth> bench;
            for (std::size_t i = 0; i < before; ++i) bench.Do(Act::kSend);
            bench.Interrupt(at, nested, handler);
            bench.Do(act);
            interrupted = bench.WasInterrupted();
            ASSERT_EQ(bench.Fault(), "")
                << "act " << static_cast<int>(act) << " handler "
                << &handler - kHandlers << " at " << at << " nested " << nested
                << " before " << before;
            ++interrupts;
          }
        }
      }
    }
  }
  std::cout << interrupts << " interrupts\n";
}

// One thread that waits. A handler comes at one access of that; others come when the
// thread sleeps. Nothing is to be in the channel while it does.
struct Sleeper {
  static Ticks Now(void*) { return time++; }
  static void Sleep(void*, const WaitPlace& place, std::uint32_t seen, Ticks) {
    const auto before = std::exchange(lockfree::interrupt, nullptr);
    if (place.signal->load(lockfree::kRelaxed) == seen && deadline == kForever) {
      if (!channel->empty()) ++lost;
      Send();
    }
    lockfree::interrupt = before;
  }
  static void Wake(void*, const WaitPlace&) {}
  static constexpr WaitPort kPort{.now = &Now, .sleep = &Sleep, .wake = &Wake};
  static void Send();

  static inline StaticWaiters<2> waiters{kPort};
  using Awaited = Channel<Item, 4, ChannelOptions{}, &waiters>;
  static inline Awaited* channel = nullptr;
  static inline Ticks time = 1;
  static inline Ticks deadline = 0;
  static inline int lost = 0;
  static inline int to_go = 0;
  static inline bool steals = false;
};

void Sleeper::Send() {
  auto owner = channel->Reserve();
  if (owner) (void)channel->Commit(std::move(owner));
}

// The handler sends, and if `steals`, is quicker than the thread, too.
void InterruptWaiting(bool steals, bool forever) {
  Sleeper::steals = steals;
  bool interrupted = true;
  for (int at = 0; interrupted; ++at) {
    const auto channel = std::make_unique<Sleeper::Awaited>();
    Sleeper::channel = channel.get();
    Sleeper::time = 1;
    Sleeper::deadline = forever ? kForever : 3;
    Sleeper::to_go = at;
    lockfree::interrupt = [] {
      if (Sleeper::to_go-- != 0) return;
      lockfree::interrupt = nullptr;
      Sleeper::Send();
      if (Sleeper::steals) (void)Sleeper::channel->Receive();
    };
    auto got = Sleeper::channel->ReceiveUntil(Sleeper::deadline, 0);
    lockfree::interrupt = nullptr;
    interrupted = Sleeper::to_go < 0;
    if (!forever && got.error == Error::kTimedOut) {
      EXPECT_FALSE(got.block);
    } else {
      EXPECT_EQ(got.error, Error::kOk) << "at " << at;
      EXPECT_TRUE(got.block);
    }
    got.block.reset();
    while (channel->Receive()) {
    }
    const ChannelStats stats = channel->Stats();
    EXPECT_EQ(stats.committed, stats.received);
    EXPECT_EQ(stats.pool.used, 0u);
    EXPECT_EQ(Sleeper::waiters.Count(), 0u);
    channel->ForgetConsumers();
  }
}

TEST(ChannelInterrupt, NoWakeUpIsLostWhereverTheCommitComes) {
  for (const bool steals : {false, true}) {
    InterruptWaiting(steals, true);
    InterruptWaiting(steals, false);
  }
  if constexpr (COREPOOL_SABOTAGE_WAIT == 0) {
    EXPECT_EQ(Sleeper::lost, 0);
  } else {
    EXPECT_GT(Sleeper::lost, 0);
  }
}

TEST(ChannelInterrupt, AtAnyAccessWhereItIsNeverFull) {
  InterruptEverywhere<kBlocks>();
}

TEST(ChannelInterrupt, AtAnyAccessWhereItOverflows) { InterruptEverywhere<2>(); }

}  // namespace
}  // namespace corepool::testing
