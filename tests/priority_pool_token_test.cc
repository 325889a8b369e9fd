// Proves that loans never make a class look exhausted, and that they never touch a
// reserve: who has taken one of as many tokens as there are blocks that his class may
// take finds one, whatever others do meanwhile. Threads step aside at many accesses,
// sections are interrupted, and threads change cores (//tests/support:virtual_core).
//
// Compiled with COREPOOL_SABOTAGE_COLLECT the same must be noticed.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "corepool/config.h"
#include "corepool/error.h"
#include "corepool/options.h"
#include "corepool/priority_pool.h"
#include "gtest/gtest.h"
#include "tests/support/gang.h"
#include "tests/support/ownership_ledger.h"
#include "tests/support/test_priority_pool.h"
#include "tests/support/tokens.h"
#include "tests/support/virtual_disturbance.h"

namespace corepool {
namespace {

using testing::Disturbance;
using testing::OwnershipLedger;
using testing::RunGang;
using testing::TestPriorityPool;
using testing::Tokens;

// Class 0 borrows of classes 1 and 2.
struct Setting {
  int borrowers;  // threads of class 0
  int lenders;    // threads of class 1 and class 2, by turns
  std::size_t own_blocks;
  std::size_t lent_blocks;  // of each of the two: that they may lend
  // 0: all threads share one set of tokens, and only those of class 0 are owed a block.
  // Otherwise each class has tokens for what is certain to be had.
  std::size_t reserve;
  Caching caching = Caching::kNone;
  std::uint64_t allocations = 20'000;  // of all threads together
  std::uint64_t seed = 1;
};

struct Outcome {
  std::uint64_t allocations = 0;
  std::uint64_t borrowed = 0;
  std::uint64_t failures = 0;  // although a block had to be there
  std::uint64_t doubled = 0;   // blocks handed out while somebody had them
  std::uint64_t refused = 0;   // frees of owned blocks
  bool sound = true;           // afterwards; not looked at after a fault

  bool Clean() const { return failures == 0 && doubled == 0 && refused == 0 && sound; }
};

class Game {
 public:
  explicit Game(const Setting& setting)
      : setting_(setting),
        pool_({{.block_size = 16,
                .block_count = setting.own_blocks,
                .borrows = kBorrowLower},
               Lender(setting),
               Lender(setting)},
              {.caching = setting.caching, .cores = kCores}),
        ledger_(pool_.memory.span().size()),
        tokens_{Tokens(setting.own_blocks + 2 * setting.lent_blocks),
                Tokens(setting.reserve), Tokens(setting.reserve)} {}

  Outcome Play() {
    RunGang(setting_.borrowers + setting_.lenders,
            [this](int number) { Thread(number); });
    Outcome outcome{.allocations = allocations_.load(),
                    .borrowed = borrowed_.load(),
                    .failures = failures_.load(),
                    .doubled = ledger_.faults(),
                    .refused = refused_.load()};
    if (outcome.Clean()) {
      outcome.sound =
          pool_.SoundAtRest(0) && pool_.misuse.count == 0 &&
          pool_.Drain(0).size() == setting_.own_blocks + 2 * setting_.lent_blocks &&
          pool_.Drain(1).size() == setting_.reserve &&
          pool_.Drain(2).size() == setting_.reserve;
    }
    return outcome;
  }

 private:
  static constexpr std::uint32_t kCores = 4;
  static constexpr std::size_t kMostHeld = 3;

  static PriorityClass Lender(const Setting& setting) {
    return {.block_size = 16,
            .block_count = setting.lent_blocks + setting.reserve,
            .reserve = setting.reserve};
  }

  void Thread(int number) {
    const auto owner = static_cast<std::uint32_t>(number + 1);
    const std::size_t cls =
        number < setting_.borrowers ? 0 : 1 + static_cast<std::size_t>(number) % 2;
    Tokens& tokens = tokens_[setting_.reserve == 0 ? 0 : cls];
    const bool owed = setting_.reserve != 0 || cls == 0;
    Disturbance disturbance(setting_.seed * 100 + owner, kCores);
    std::vector<void*> held;
    const std::uint64_t mine =
        setting_.allocations /
        static_cast<std::uint64_t>(setting_.borrowers + setting_.lenders);
    for (std::uint64_t done = 0; done < mine && !faulty_.load();) {
      if (disturbance.Random() % 4 == 0) disturbance.Migrate();
      if (held.size() < kMostHeld && disturbance.Random() % 2 == 0 && tokens.Take()) {
        void* const block = pool_->Allocate(cls);
        ++done;
        if (block == nullptr) {
          tokens.Give();
          if (owed) return Fault(failures_);
          continue;
        }
        if (pool_->ClassOf(block) != cls) borrowed_.fetch_add(1);
        ledger_.Take(NumberOf(block), owner);
        if (ledger_.faults() != 0) return faulty_.store(true);
        held.push_back(block);
      } else if (!held.empty()) {
        Give(held.back(), owner, tokens);
        held.pop_back();
      } else {
        std::this_thread::yield();
      }
    }
    for (void* const block : held) Give(block, owner, tokens);
    allocations_.fetch_add(mine);
  }

  std::size_t NumberOf(const void* block) {
    return static_cast<std::size_t>(static_cast<const std::byte*>(block) -
                                    pool_.memory.span().data());
  }
  void Give(void* block, std::uint32_t owner, Tokens& tokens) {
    ledger_.Give(NumberOf(block), owner);
    if (pool_->Free(block) != Error::kOk) Fault(refused_);
    tokens.Give();
  }
  void Fault(std::atomic<std::uint64_t>& kind) {
    kind.fetch_add(1);
    faulty_.store(true);
  }

  const Setting setting_;
  TestPriorityPool pool_;
  OwnershipLedger ledger_;
  Tokens tokens_[3];
  std::atomic<std::uint64_t> allocations_{0};
  std::atomic<std::uint64_t> borrowed_{0};
  std::atomic<std::uint64_t> failures_{0};
  std::atomic<std::uint64_t> refused_{0};
  std::atomic<bool> faulty_{false};
};

#if COREPOOL_SABOTAGE_COLLECT != 0

TEST(SabotagedPriorityToken, ASingleLookAtAllClassesLeadsToFalseExhaustion) {
  constexpr std::uint64_t kRounds = 1000;
  std::uint64_t seed = 0;
  while (++seed <= kRounds) {
    Game game({.borrowers = 3,
               .lenders = 2,
               .own_blocks = 1,
               .lent_blocks = 1,
               .reserve = 0,
               .allocations = 5'000,
               .seed = seed});
    if (game.Play().failures != 0) return;
  }
  FAIL() << "no fault in " << kRounds << " rounds";
}

#else

void PrintTo(const Setting& setting, std::ostream* out) {
  constexpr const char* kNames[] = {"Automatic", "Rseq", "Cas", "None"};
  *out << kNames[static_cast<int>(setting.caching)] << setting.borrowers << "And"
       << setting.lenders << "On" << setting.own_blocks << "And" << setting.lent_blocks
       << "Reserve" << setting.reserve;
}

class PriorityToken : public ::testing::TestWithParam<Setting> {};

TEST_P(PriorityToken, IsAlwaysGoodForABlock) {
  const Outcome outcome = Game(GetParam()).Play();
  EXPECT_TRUE(outcome.Clean())
      << outcome.failures << " failures, " << outcome.doubled << " doubled, "
      << outcome.refused << " refused, " << (outcome.sound ? "sound" : "not sound");
  EXPECT_GT(outcome.borrowed, GetParam().allocations / 100);
}

std::vector<Setting> Settings() {
  std::vector<Setting> settings;
  for (const Caching caching : {Caching::kNone, Caching::kCas, Caching::kRseq}) {
    for (const std::size_t reserve : {std::size_t{0}, std::size_t{3}}) {
      for (const auto& [own, lent] :
           {std::pair<std::size_t, std::size_t>{1, 1}, {0, 2}, {2, 4}, {3, 20}}) {
        for (const int threads : {4, 8}) {
          settings.push_back(
              {.borrowers = threads,
               .lenders = threads / 2,
               .own_blocks = own,
               .lent_blocks = lent,
               .reserve = reserve,
               .caching = caching,
               .allocations = caching == Caching::kNone ? 20'000u : 5'000u,
               .seed = settings.size()});
        }
      }
    }
  }
  return settings;
}

INSTANTIATE_TEST_SUITE_P(Settings, PriorityToken, ::testing::ValuesIn(Settings()),
                         ::testing::PrintToStringParamName());

#endif  // COREPOOL_SABOTAGE_COLLECT != 0

}  // namespace
}  // namespace corepool
