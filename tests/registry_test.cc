// Proves that the registry lists what is registered, in order and once, while pools
// come and go; and that a pool may be destroyed as soon as it is unregistered.

#include "corepool/registry.h"

#include <signal.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "corepool/error.h"
#include "corepool/fixed_pool.h"
#include "corepool/options.h"
#include "corepool/static_pool.h"
#include "corepool/stats.h"
#include "gtest/gtest.h"
#include "tests/support/gang.h"
#include "tests/support/signals.h"
#include "tests/support/test_pool.h"

namespace corepool {
namespace {

using testing::TestPool;

constinit StaticPool<int, 3> early_pool;
RegistryEntry early_entry("early", early_pool);

// Runs before main.
const std::string seen_before_main = []() -> std::string {
  RegistryCursor cursor;
  PoolInfo info;
  return NextPool(cursor, info) ? info.name : "";
}();

constinit RegistryEntry idle_entry;

std::vector<PoolInfo> All() {
  std::vector<PoolInfo> all;
  RegistryCursor cursor;
  PoolInfo info;
  while (NextPool(cursor, info)) all.push_back(info);
  return all;
}

std::vector<std::string> Names() {
  std::vector<std::string> names;
  for (const PoolInfo& info : All()) names.emplace_back(info.name);
  return names;
}

using Strings = std::vector<std::string>;

// Three sizes at least, of which it shows only some.
class PoolOfRows {
 public:
  explicit PoolOfRows(std::size_t rows) : rows_(rows) {}
  bool StatsAt(std::size_t row, PoolRow& info) const {
    if (row >= rows_) return false;
    info.stats = {};
    info.stats.block_size = 16 * (row + 1);
    info.SetLabel(row == 0 ? "small" : "so large that it is cut off");
    return true;
  }
  PoolStats Stats() const { return {}; }

 private:
  std::size_t rows_;
};
static_assert(Registrable<PoolOfRows> && Registrable<FixedPool> && !Registrable<int>);
static_assert(!std::is_constructible_v<RegistryEntry, const char*, PoolOfRows>,
              "a temporary would be gone at once");

TEST(Registry, TakesEntriesBeforeMain) {
  EXPECT_EQ(seen_before_main, "early");
  EXPECT_EQ(Names(), Strings{"early"});
  EXPECT_EQ(PoolCount(), 1u);
  EXPECT_EQ(All()[0].stats.capacity, 3u);
}

TEST(Registry, ListsPoolsInOrderOfRegistration) {
  StaticPool<char, 5> pool;
  {
    RegistryEntry first("first", pool);
    const RegistryEntry second("second", pool);
    {
      const RegistryEntry third("third", pool);
      EXPECT_EQ(Names(), (Strings{"early", "first", "second", "third"}));
      EXPECT_EQ(first.Unregister(), Error::kOk);
      EXPECT_EQ(Names(), (Strings{"early", "second", "third"}));
      EXPECT_EQ(first.Register("again", pool), Error::kOk);
      EXPECT_EQ(Names(), (Strings{"early", "second", "third", "again"}));
      EXPECT_EQ(PoolCount(), 4u);
    }
    EXPECT_EQ(Names(), (Strings{"early", "second", "again"}));
    std::uint64_t last = 0;
    for (const PoolInfo& info : All()) {
      EXPECT_GT(info.serial, last);
      last = info.serial;
      EXPECT_EQ(info.row, 0u);
      EXPECT_STREQ(info.label, "");
    }
  }
  EXPECT_EQ(Names(), Strings{"early"});
}

TEST(Registry, RefusesWhatDoesNotFitTheEntrysState) {
  StaticPool<char, 5> pool;
  StaticPool<char, 6> other;
  EXPECT_EQ(idle_entry.Unregister(), Error::kNotInitialized);
  EXPECT_EQ(idle_entry.Register("pool", pool), Error::kOk);
  EXPECT_EQ(idle_entry.Register("other", other), Error::kAlreadyInitialized);
  EXPECT_EQ(Names(), (Strings{"early", "pool"}));
  EXPECT_EQ(All()[1].stats.capacity, 5u);
  EXPECT_EQ(idle_entry.Unregister(), Error::kOk);
  EXPECT_EQ(idle_entry.Unregister(), Error::kNotInitialized);
  EXPECT_EQ(Names(), Strings{"early"});
}

TEST(Registry, CopiesWhatPoolsSayWhenAsked) {
  StaticPool<char, 5> pool;
  const RegistryEntry entry("pool", pool);
  PoolInfo info;
  ASSERT_TRUE(FindPool("pool", info));
  EXPECT_EQ(info.stats.used, 0u);
  char* const block = pool.Allocate();
  EXPECT_EQ(info.stats.used, 0u);
  ASSERT_TRUE(FindPool("pool", info));
  EXPECT_EQ(info.stats.used, 1u);
  EXPECT_EQ(info.stats.capacity, 5u);
  EXPECT_EQ(pool.Free(block), Error::kOk);
}

TEST(Registry, FindsTheOldestOfAName) {
  StaticPool<char, 1> one;
  StaticPool<char, 2> two;
  std::optional<RegistryEntry> older(std::in_place, "same", one);
  const RegistryEntry newer("same", two);
  PoolInfo info;
  ASSERT_TRUE(FindPool("same", info));
  EXPECT_EQ(info.stats.capacity, 1u);
  older.reset();
  ASSERT_TRUE(FindPool("same", info));
  EXPECT_EQ(info.stats.capacity, 2u);
}

TEST(Registry, LeavesInfoAloneWhereThereIsNothing) {
  PoolInfo info{};
  info.serial = 77;
  EXPECT_FALSE(FindPool("no such pool", info));
  EXPECT_FALSE(FindPool("earl", info));
  EXPECT_FALSE(FindPool("early", info, 1));
  EXPECT_FALSE(FindPool("", info)) << "nobody without a name";
  RegistryCursor cursor;
  EXPECT_TRUE(NextPool(cursor, info));
  info.serial = 77;
  EXPECT_FALSE(NextPool(cursor, info));
  EXPECT_FALSE(NextPool(cursor, info));
  EXPECT_EQ(info.serial, 77u);
}

TEST(Registry, KnowsPoolsWithoutNames) {
  StaticPool<char, 1> one;
  StaticPool<char, 2> two;
  const RegistryEntry empty("", one);
  const RegistryEntry none(nullptr, two);
  EXPECT_EQ(Names(), (Strings{"early", "", ""}));
  PoolInfo info;
  ASSERT_TRUE(FindPool(nullptr, info));
  EXPECT_EQ(info.stats.capacity, 1u);
}

TEST(Registry, CutsLongNamesOffButFindsThemWhole) {
  StaticPool<char, 1> one;
  StaticPool<char, 2> two;
  const std::string name(PoolInfo::kNameBytes, 'x');
  const std::string longer = name + "y";
  const RegistryEntry entry(name.c_str(), one);
  const RegistryEntry other(longer.c_str(), two);
  PoolInfo info;
  ASSERT_TRUE(FindPool(longer.c_str(), info));
  EXPECT_EQ(info.stats.capacity, 2u);
  EXPECT_EQ(info.name, name.substr(1));
  EXPECT_FALSE(FindPool(info.name, info));
}

TEST(Registry, ACursorAtTheEndGoesOnWithWhatIsNew) {
  StaticPool<char, 1> pool;
  RegistryCursor cursor;
  PoolInfo info;
  while (NextPool(cursor, info)) {
  }
  const RegistryEntry entry("new", pool);
  ASSERT_TRUE(NextPool(cursor, info));
  EXPECT_STREQ(info.name, "new");
  EXPECT_FALSE(NextPool(cursor, info));
}

TEST(Registry, ACursorSurvivesThePoolItIsAt) {
  StaticPool<char, 1> pool;
  std::optional<RegistryEntry> first(std::in_place, "first", pool);
  std::optional<RegistryEntry> second(std::in_place, "second", pool);
  const RegistryEntry third("third", pool);
  RegistryCursor cursor;
  PoolInfo info;
  ASSERT_TRUE(NextPool(cursor, info));
  ASSERT_TRUE(NextPool(cursor, info));
  EXPECT_STREQ(info.name, "first");
  first.reset();
  second.reset();
  ASSERT_TRUE(NextPool(cursor, info));
  EXPECT_STREQ(info.name, "third");
}

TEST(Registry, APoolMayHaveSeveralRowsOrNone) {
  PoolOfRows three(3);
  PoolOfRows none(0);
  const RegistryEntry no_row("no row", none);
  const RegistryEntry entry("three", three);
  const RegistryEntry no_row_either("no row either", none);
  const std::vector<PoolInfo> all = All();
  ASSERT_EQ(all.size(), 4u);
  for (std::size_t row = 0; row < 3; ++row) {
    const PoolInfo& info = all[1 + row];
    EXPECT_STREQ(info.name, "three");
    EXPECT_EQ(info.row, row);
    EXPECT_EQ(info.stats.block_size, 16 * (row + 1));
    EXPECT_EQ(info.serial, all[1].serial);
    EXPECT_STREQ(info.label, row == 0 ? "small" : "so large that i");
  }
  EXPECT_EQ(PoolCount(), 4u) << "pools, not rows";
  PoolInfo info;
  ASSERT_TRUE(FindPool("three", info, 2));
  EXPECT_EQ(info.stats.block_size, 48u);
  EXPECT_FALSE(FindPool("three", info, 3));
  EXPECT_FALSE(FindPool("no row", info));
}

TEST(Registry, ShowsAPoolThatIsNotInitialized) {
  FixedPool pool;
  const RegistryEntry entry("nothing yet", pool);
  PoolInfo info;
  ASSERT_TRUE(FindPool("nothing yet", info));
  EXPECT_EQ(info.stats.capacity, 0u);
}

TEST(Registry, OfThreadsThatRegisterOneEntryExactlyOneIsAccepted) {
  StaticPool<char, 1> pool;
  RegistryEntry entry;
  for (int round = 0; round < 300; ++round) {
    std::atomic<int> accepted{0};
    testing::RunGang(3, [&](int) {
      if (entry.Register("raced for", pool) == Error::kOk) accepted.fetch_add(1);
    });
    ASSERT_EQ(accepted, 1);
    ASSERT_EQ(Names(), (Strings{"early", "raced for"}));
    std::atomic<int> removed{0};
    testing::RunGang(3, [&](int) {
      if (entry.Unregister() == Error::kOk) removed.fetch_add(1);
    });
    ASSERT_EQ(removed, 1);
    ASSERT_EQ(Names(), Strings{"early"});
  }
}

TEST(Registry, OneThreadMayRegisterWhatAnotherUnregistersWhileAThirdReads) {
  constexpr int kRounds = 500;
  StaticPool<char, 1> pool;
  RegistryEntry entry;
  std::atomic<bool> done{false};
  testing::RunGang(3, [&](int number) {
    if (number == 2) {
      PoolInfo info;
      while (!done.load(std::memory_order_relaxed)) {
        if (FindPool("passed on", info)) {
          EXPECT_EQ(info.stats.capacity, 1u);
        }
      }
      return;
    }
    for (int round = 0; round < kRounds;) {
      const Error error =
          number == 0 ? entry.Register("passed on", pool) : entry.Unregister();
      if (error == Error::kOk) {
        ++round;
      } else {
        std::this_thread::yield();
      }
    }
    if (number == 1) done.store(true, std::memory_order_relaxed);
  });
  EXPECT_EQ(Names(), Strings{"early"});
}

// Pools that stay, named after their capacity. Every reader must see all of them.
class Lasting {
 public:
  Lasting() {
    for (std::size_t i = 0; i < kPools; ++i) {
      names_[i] = "lasting " + std::to_string(i);
      pools_[i].emplace(PoolOptions{.block_size = 8, .block_count = 100 + i});
      entries_[i].emplace(names_[i].c_str(), pools_[i]->pool);
      serials_[i] = All().back().serial;
    }
  }

  // For handlers too: no allocation. How many faults there were.
  int LookThroughAll() const {
    int faults = 0;
    std::size_t lasting = 0;
    std::uint64_t last = 0;
    RegistryCursor cursor;
    PoolInfo info;
    while (NextPool(cursor, info)) {
      faults += info.serial <= last;
      last = info.serial;
      if (lasting < kPools && info.serial == serials_[lasting]) {
        faults += info.stats.capacity != 100 + lasting || names_[lasting] != info.name;
        ++lasting;
      } else {
        faults += !Plausible(info);
      }
    }
    return faults + (lasting != kPools) + (PoolCount() < kPools);
  }

  int LookUp(std::size_t i) const {
    PoolInfo info;
    return !FindPool(names_[i % kPools].c_str(), info) ||
           info.stats.capacity != 100 + i % kPools;
  }

  // Of a passing pool, or the early one.
  static bool Plausible(const PoolInfo& info) {
    return info.name[0] == 'e'
               ? info.stats.capacity == 3
               : info.name[0] == 'p' &&
                     info.name[1] - '0' == static_cast<int>(info.stats.capacity);
  }

 private:
  static constexpr std::size_t kPools = 4;

  std::array<std::string, kPools> names_;
  std::array<std::optional<TestPool>, kPools> pools_;
  std::array<std::optional<RegistryEntry>, kPools> entries_;
  std::array<std::uint64_t, kPools> serials_;
};

// A pool, its name and its entry, all of them destroyed together.
struct Passing {
  explicit Passing(std::size_t capacity)
      : name("p" + std::to_string(capacity)),
        pool({.block_size = 8, .block_count = capacity}),
        entry(name.c_str(), pool.pool) {}

  std::string name;
  TestPool pool;
  RegistryEntry entry;
};

TEST(RegistryTraffic, PoolsMayBeDestroyedOnceUnregisteredWhileOthersRead) {
  constexpr int kChangers = 2;
  constexpr int kReaders = 2;
  constexpr std::size_t kRounds = 3'000;
  const Lasting lasting;
  std::atomic<int> changers{kChangers};
  std::atomic<int> faults{0};
  std::atomic<int> found{0};
  testing::RunGang(kChangers + kReaders, [&](int number) {
    if (number < kChangers) {
      std::array<std::unique_ptr<Passing>, 3> passing;
      for (std::size_t round = 0; round < kRounds; ++round) {
        auto& place = passing[(round * 7 + round / 5) % passing.size()];
        if (place == nullptr || round % 3 == 0) {
          place.reset();
          place = std::make_unique<Passing>(1 + round % 9);
        } else {
          place.reset();
        }
      }
      passing = {};
      changers.fetch_sub(1);
      return;
    }
    for (std::size_t round = 0; changers.load() > 0; ++round) {
      faults.fetch_add(lasting.LookThroughAll() + lasting.LookUp(round));
      PoolInfo info;
      const std::string name = "p" + std::to_string(1 + round % 9);
      if (FindPool(name.c_str(), info)) {
        faults.fetch_add(name != info.name || !Lasting::Plausible(info));
        found.fetch_add(1);
      }
    }
  });
  EXPECT_EQ(faults, 0);
  EXPECT_EQ(PoolCount(), 5u);
  EXPECT_GT(found, 0);
}

// What the handler below uses.
const Lasting* shown = nullptr;
constinit std::atomic<int> handler_faults{0};
constinit std::atomic<int> handled{0};
constinit std::atomic<int> handled_amid{0};
thread_local volatile sig_atomic_t unregistering = 0;

void OnSignal(int, siginfo_t*, void*) {
  const int saved_errno = errno;
  handler_faults.fetch_add(shown->LookThroughAll() + shown->LookUp(1));
  handled.fetch_add(1);
  handled_amid.fetch_add(unregistering);
  errno = saved_errno;
}

TEST(RegistrySignal, HandlersMayReadInTheMiddleOfUnregistering) {
  const Lasting lasting;
  shown = &lasting;
  {
    const testing::InterruptHandler handler(OnSignal);
    std::atomic<bool> enough{false};
    testing::RunGang(2, [&](int number) {
      if (number == 0) {
        const testing::InterruptingTimer timer(30'000);
        StaticPool<char, 3> pool;
        RegistryEntry entry;
        while (handled_amid.load() < 300) {
          if (entry.Register("p3", pool) != Error::kOk) handler_faults.fetch_add(1);
          unregistering = 1;
          if (entry.Unregister() != Error::kOk) handler_faults.fetch_add(1);
          unregistering = 0;
        }
        enough.store(true);
      } else {
        while (!enough.load()) handler_faults.fetch_add(lasting.LookThroughAll());
      }
    });
  }
  EXPECT_EQ(handler_faults, 0);
  EXPECT_GE(handled, 300);
}

}  // namespace
}  // namespace corepool
