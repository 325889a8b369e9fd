// Proves that a MultiPool is exhausted only if all classes that may serve a request
// were exhausted at one instant: who has taken one of as many tokens as there are
// blocks finds a block, also while classes are added. Threads step aside at many atomic
// accesses (//tests/support:virtual_core).
//
// Compiled with COREPOOL_SABOTAGE_COLLECT, which takes that each class was exhausted at
// some instant for enough, the same must be noticed.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <thread>
#include <vector>

#include "corepool/config.h"
#include "corepool/error.h"
#include "corepool/multi_pool.h"
#include "corepool/multi_pool_options.h"
#include "corepool/options.h"
#include "gtest/gtest.h"
#include "tests/support/gang.h"
#include "tests/support/ownership_ledger.h"
#include "tests/support/test_multi_pool.h"
#include "tests/support/tokens.h"
#include "tests/support/virtual_disturbance.h"

namespace corepool {
namespace {

using testing::Disturbance;
using testing::OwnershipLedger;
using testing::RunGang;
using testing::TestMultiPool;
using testing::Tokens;

constexpr std::uint32_t kCores = 2;  // that have caches

struct Setting {
  int threads;
  std::size_t blocks;  // of each class
  Caching caching = Caching::kNone;
  std::size_t extensions = 0;  // of one block each, in turns of an old and a new size
  std::uint64_t allocations = 20'000;  // of all threads together
  std::uint64_t seed = 1;
};

MultiPoolOptions OptionsOf(const Setting& setting) {
  MultiPoolOptions options;
  options.pools.caching = setting.caching;
  options.pools.cores = kCores;
  options.most_extensions = setting.extensions;
  return options;
}

class Game {
 public:
  explicit Game(const Setting& setting)
      : setting_(setting),
        pool_({{16, setting.blocks}, {32, setting.blocks}, {64, setting.blocks}},
              OptionsOf(setting)),
        ledger_(pool_.numbers()),
        tokens_(3 * setting.blocks) {}

  void Play() {
    const int extender = setting_.extensions > 0 ? 1 : 0;
    RunGang(setting_.threads + extender, [this](int number) {
      Disturbance disturbance(setting_.seed * 100 + static_cast<std::uint64_t>(number),
                              kCores);
      number < setting_.threads ? Traffic(number, disturbance) : Extend();
    });
  }

  std::uint64_t failures() const { return failures_.load(); }
  bool sound() {
    const std::size_t blocks = 3 * setting_.blocks + setting_.extensions;
    if (ledger_.faults() != 0 || pool_.misuse.count != 0 || !pool_.SoundAtRest(0) ||
        pool_->Stats().capacity != blocks || tokens_.left() != blocks) {
      return false;
    }
    std::vector<void*> all;
    while (void* const block = pool_->Allocate(1)) all.push_back(block);
    for (void* const block : all) ledger_.Take(pool_.NumberOf(block), 1);
    return all.size() == blocks && ledger_.faults() == 0;
  }

 private:
  void Traffic(int number, Disturbance& random) {
    const auto owner = static_cast<std::uint32_t>(number + 1);
    const std::uint64_t mine =
        setting_.allocations / static_cast<std::uint64_t>(setting_.threads);
    std::vector<void*> held;
    for (std::uint64_t done = 0;
         done < mine && failures_.load(std::memory_order_relaxed) == 0;) {
      if (held.size() < 3 && random.Random() % 2 == 0 && tokens_.Take()) {
        // Every class serves small requests; larger ones may be refused.
        const bool small = random.Random() % 2 == 0;
        void* const block = pool_->Allocate(small ? 16 : 64);
        if (block == nullptr && small) {
          failures_.fetch_add(1);
          break;
        }
        if (block == nullptr) {
          tokens_.Give();
          continue;
        }
        ledger_.Take(pool_.NumberOf(block), owner);
        held.push_back(block);
        ++done;
      } else if (!held.empty()) {
        Give(held.back(), owner, random.Random());
        held.pop_back();
      } else {
        std::this_thread::yield();
      }
    }
    for (void* const block : held) Give(block, owner, 0);
  }
  void Extend() {
    for (std::size_t i = 0; i < setting_.extensions; ++i) {
      if (pool_.Extend({i % 2 == 0 ? 16 : 100 + i, 1}) != Error::kOk) std::abort();
      tokens_.Give();
      for (int pause = 0; pause < 100; ++pause) std::this_thread::yield();
    }
  }
  void Give(void* block, std::uint32_t owner, std::uint64_t random) {
    ledger_.Give(pool_.NumberOf(block), owner);
    if (random % 2 == 0) {
      pool_->Free(block);
    } else {
      pool_->Free(block, 1);
    }
    tokens_.Give();
  }

  const Setting setting_;
  TestMultiPool pool_;
  OwnershipLedger ledger_;
  Tokens tokens_;
  std::atomic<std::uint64_t> failures_{0};
};

#if COREPOOL_SABOTAGE_COLLECT != 0

TEST(SabotagedMultiPool, EachClassExhaustedAtSomeInstantIsNotAllAtOne) {
  std::uint64_t failures = 0;
  for (std::uint64_t seed = 1; failures == 0 && seed <= 1000; ++seed) {
    Game game({.threads = 4, .blocks = 1, .seed = seed});
    game.Play();
    failures = game.failures();
  }
  EXPECT_NE(failures, 0u);
}

#else

void PrintTo(const Setting& setting, std::ostream* out) {
  constexpr const char* kNames[] = {"Automatic", "Rseq", "Cas", "None"};
  *out << kNames[static_cast<int>(setting.caching)] << setting.threads << "Threads"
       << setting.blocks << "Blocks" << setting.extensions << "Extensions";
}

class MultiPoolToken : public ::testing::TestWithParam<Setting> {};

TEST_P(MultiPoolToken, IsAlwaysGoodForABlock) {
  Game game(GetParam());
  game.Play();
  EXPECT_EQ(game.failures(), 0u);
  EXPECT_TRUE(game.sound());
}

std::vector<Setting> Settings() {
  std::vector<Setting> settings;
  for (const Caching caching : {Caching::kNone, Caching::kCas, Caching::kRseq}) {
    for (const int threads : {2, 4, 8}) {
      for (const std::size_t blocks : {1u, 5u}) {
        for (const std::size_t extensions : {0u, 16u}) {
          settings.push_back({.threads = threads,
                              .blocks = blocks,
                              .caching = caching,
                              .extensions = extensions,
                              .seed = settings.size()});
        }
      }
    }
  }
  return settings;
}

INSTANTIATE_TEST_SUITE_P(Settings, MultiPoolToken, ::testing::ValuesIn(Settings()),
                         ::testing::PrintToStringParamName());

#endif  // COREPOOL_SABOTAGE_COLLECT != 0

}  // namespace
}  // namespace corepool
