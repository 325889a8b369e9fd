// Proves that caches never make a pool look exhausted: who has taken one of as many
// tokens as there are blocks finds a block, whatever others do meanwhile. Threads step
// aside at many read-modify-writes and loads, sections are interrupted, and threads
// change cores in the middle of an operation (//tests/support:virtual_core).
//
// Compiled with COREPOOL_SABOTAGE_COLLECT, and with fences that do nothing, the same
// must be noticed.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string>
#include <thread>
#include <vector>

#include "corepool/config.h"
#include "corepool/error.h"
#include "corepool/fixed_pool.h"
#include "corepool/options.h"
#include "corepool/stats.h"
#include "gtest/gtest.h"
#include "tests/support/gang.h"
#include "tests/support/ownership_ledger.h"
#include "tests/support/test_pool.h"
#include "tests/support/tokens.h"
#include "tests/support/virtual_cores.h"
#include "tests/support/virtual_disturbance.h"

namespace corepool {
namespace {

using port::VirtualCores;
using testing::Disturbance;
using testing::OwnershipLedger;
using testing::RunGang;
using testing::TestPool;
using testing::Tokens;

struct Setting {
  int threads;
  std::size_t blocks;
  std::size_t most_held = 4;  // by one thread
  Caching caching = Caching::kRseq;
  Checking checking = Checking::kBasic;
  std::size_t quarantine = 0;
  std::uint32_t cores = 4;
  std::uint64_t allocations = 10'000;  // of all threads together
  std::uint64_t seed = 1;
};

struct Outcome {
  std::uint64_t allocations = 0;
  std::uint64_t failures = 0;  // although a block had to be free
  std::uint64_t doubled = 0;   // blocks handed out while somebody had them
  std::uint64_t refused = 0;   // frees of owned blocks
  bool sound = true;           // afterwards; not looked at after a fault

  bool Clean() const { return failures == 0 && doubled == 0 && refused == 0 && sound; }
};

class Game {
 public:
  explicit Game(const Setting& setting)
      : setting_(setting),
        pool_({.block_size = 16,
               .block_count = setting.blocks,
               .checking = setting.checking,
               .caching = setting.caching,
               .cores = setting.cores,
               .quarantine = setting.quarantine}),
        ledger_(setting.blocks),
        tokens_(setting.blocks) {}

  Outcome Play() {
    RunGang(setting_.threads, [this](int number) { Thread(number); });
    Outcome outcome{.allocations = allocations_.load(),
                    .failures = failures_.load(),
                    .doubled = ledger_.faults(),
                    .refused = refused_.load()};
    if (outcome.Clean()) {
      outcome.sound = pool_.SoundAtRest(0) && pool_.misuse.count == 0 &&
                      pool_->Stats().allocations == outcome.allocations &&
                      pool_.DrainAndRefill().size() == setting_.blocks;
    }
    return outcome;
  }

 private:
  void Thread(int number) {
    const auto owner = static_cast<std::uint32_t>(number + 1);
    Disturbance disturbance(setting_.seed * 100 + owner, setting_.cores);
    std::vector<void*> held;
    const std::uint64_t mine =
        setting_.allocations / static_cast<std::uint64_t>(setting_.threads);
    std::uint64_t done = 0;
    while (done < mine && !faulty_.load(std::memory_order_relaxed)) {
      if (disturbance.Random() % 4 == 0) disturbance.Migrate();
      if (held.size() < setting_.most_held && disturbance.Random() % 2 == 0 &&
          tokens_.Take()) {
        void* const block = pool_->Allocate();
        if (block == nullptr) return Fault(failures_);
        ledger_.Take(pool_->IndexOf(block), owner);
        if (ledger_.faults() != 0) return faulty_.store(true);
        held.push_back(block);
        ++done;
      } else if (!held.empty()) {
        Give(held.back(), owner);
        held.pop_back();
      } else {
        std::this_thread::yield();
      }
    }
    for (void* const block : held) Give(block, owner);
    allocations_.fetch_add(done);
  }

  void Give(void* block, std::uint32_t owner) {
    ledger_.Give(pool_->IndexOf(block), owner);
    if (pool_->Free(block) != Error::kOk) Fault(refused_);
    tokens_.Give();
  }
  void Fault(std::atomic<std::uint64_t>& kind) {
    kind.fetch_add(1);
    faulty_.store(true);
  }

  const Setting setting_;
  TestPool pool_;
  OwnershipLedger ledger_;
  Tokens tokens_;
  std::atomic<std::uint64_t> allocations_{0};
  std::atomic<std::uint64_t> failures_{0};
  std::atomic<std::uint64_t> refused_{0};
  std::atomic<bool> faulty_{false};
};

#if COREPOOL_SABOTAGE_COLLECT != 0

// One round after the other until a fault of the kind is found.
template <class Found>
bool FindsFault(Caching caching, const Found& found, std::size_t quarantine = 0) {
  constexpr std::uint64_t kRounds = 1000;
  for (std::uint64_t seed = 1; seed <= kRounds; ++seed) {
    Game game({.threads = 4,
               .blocks = 4,
               .most_held = 2,
               .caching = caching,
               .checking = quarantine != 0 ? Checking::kFull : Checking::kBasic,
               .quarantine = quarantine,
               .allocations = 5'000,
               .seed = seed});
    if (found(game.Play())) return true;
  }
  return false;
}

TEST(SabotagedToken, ASingleLookAtAllMagazinesLeadsToFalseExhaustion) {
  for (const Caching caching : {Caching::kRseq, Caching::kCas}) {
    EXPECT_TRUE(FindsFault(
        caching, [](const Outcome& outcome) { return outcome.failures != 0; }));
  }
}

TEST(SabotagedToken, ASingleLookAtListAndQuarantineLeadsToFalseExhaustion) {
  EXPECT_TRUE(FindsFault(
      Caching::kNone, [](const Outcome& outcome) { return outcome.failures != 0; }, 2));
}

TEST(SabotagedToken, StealingWithoutFencesHandsBlocksOutTwiceOrLosesThem) {
  VirtualCores::fences_work = false;
  EXPECT_TRUE(FindsFault(Caching::kRseq, [](const Outcome& outcome) {
    return outcome.doubled + outcome.refused != 0 || !outcome.sound;
  }));
  VirtualCores::fences_work = true;
}

#else

void PrintTo(const Setting& setting, std::ostream* out) {
  constexpr const char* kNames[] = {"Automatic", "Rseq", "Cas", "None"};
  *out << kNames[static_cast<int>(setting.caching)] << setting.threads << "Threads"
       << setting.blocks << "Blocks"
       << (setting.checking == Checking::kStrict ? "Strict" : "");
  if (setting.quarantine != 0) *out << setting.quarantine << "InQuarantine";
}

class Token : public ::testing::TestWithParam<Setting> {};

TEST_P(Token, IsAlwaysGoodForABlock) {
  const std::uint64_t aborts = VirtualCores::aborts.load();
  const Outcome outcome = Game(GetParam()).Play();
  EXPECT_TRUE(outcome.Clean())
      << outcome.failures << " failures, " << outcome.doubled << " doubled, "
      << outcome.refused << " refused, " << (outcome.sound ? "sound" : "not sound");
  EXPECT_GE(outcome.allocations + 64, GetParam().allocations);
  // Of blocks in quarantine few are pushed and popped.
  if (GetParam().caching == Caching::kRseq && GetParam().quarantine == 0) {
    EXPECT_GT(VirtualCores::aborts.load(), aborts + 100);
  }
}

std::vector<Setting> Settings() {
  std::vector<Setting> settings;
  for (const Caching caching : {Caching::kRseq, Caching::kCas, Caching::kNone}) {
    for (const int threads : {2, 4, 8, 12}) {
      const auto some = static_cast<std::size_t>(threads);
      for (const std::size_t blocks : {some, 2 * some, std::size_t{64}}) {
        settings.push_back(
            {.threads = threads,
             .blocks = blocks,
             .most_held = blocks == 64 ? 16u : 4u,
             .caching = caching,
             .allocations = caching == Caching::kNone ? 10'000u : 40'000u,
             .seed = settings.size()});
      }
    }
  }
  settings.push_back({.threads = 4,
                      .blocks = 8,
                      .checking = Checking::kStrict,
                      .allocations = 40'000});
  for (const Caching caching : {Caching::kRseq, Caching::kCas, Caching::kNone}) {
    for (const int threads : {2, 8}) {
      const auto some = static_cast<std::size_t>(threads);
      for (const std::size_t quarantine : {std::size_t{1}, 2 * some}) {
        settings.push_back({.threads = threads,
                            .blocks = 2 * some,
                            .caching = caching,
                            .checking = Checking::kFull,
                            .quarantine = quarantine,
                            .allocations = 4'000,
                            .seed = settings.size()});
      }
    }
  }
  return settings;
}

INSTANTIATE_TEST_SUITE_P(Settings, Token, ::testing::ValuesIn(Settings()),
                         ::testing::PrintToStringParamName());

#endif  // COREPOOL_SABOTAGE_COLLECT != 0

}  // namespace
}  // namespace corepool
