// Proves that a block which is freed twice, and gets past its mark because it was
// written to in between, harms no other block: wherever the second free would put it,
// in a magazine or on the loose list, and whatever core frees it. On virtual cores.

#include <cstddef>
#include <cstdint>
#include <ostream>
#include <random>
#include <set>
#include <vector>

#include "corepool/error.h"
#include "corepool/fixed_pool.h"
#include "corepool/options.h"
#include "gtest/gtest.h"
#include "tests/support/stray.h"
#include "tests/support/test_pool.h"
#include "tests/support/virtual_core_traffic.h"
#include "tests/support/virtual_cores.h"

namespace corepool {
namespace {

using testing::OnCore;
using testing::StrayFlip;
using testing::TestPool;

struct Setting {
  std::size_t blocks;
  Checking checking;
  State state;
};

void PrintTo(const Setting& setting, std::ostream* out) {
  *out << setting.blocks << "Blocks"
       << (setting.checking == Checking::kFull ? "Full" : "Basic")
       << (setting.state == State::kSide ? "Side" : "");
}

class DoubledBlock : public ::testing::TestWithParam<Setting> {};

TEST_P(DoubledBlock, IsFoundAndCostsNoOtherBlock) {
  constexpr std::uint32_t kCores = 2;
  for (unsigned seed = 1; seed <= 60; ++seed) {
    TestPool pool({.block_size = 32,
                   .block_count = GetParam().blocks,
                   .checking = GetParam().checking,
                   .caching = Caching::kRseq,
                   .state = GetParam().state,
                   .cores = kCores});
    ASSERT_EQ(pool.error, Error::kOk);
    std::mt19937 random(seed);
    std::vector<void*> held;
    std::uint32_t core = 0;
    for (int step = 0; step < 1500; ++step) {
      if (random() % 20 == 0)
        core = static_cast<std::uint32_t>(random() % (kCores + 1));
      const OnCore on(core);
      if (random() % 200 == 0) pool->FlushCaches();
      if (random() % 2 == 0) {
        if (void* const block = pool->Allocate()) held.push_back(block);
        continue;
      }
      if (held.empty()) continue;
      const std::size_t which = random() % held.size();
      void* const block = held[which];
      held[which] = held.back();
      held.pop_back();
      pool->Free(block);
      if (random() % 16 == 0) {
        StrayFlip(block, random() % 8);
        pool->Free(block);
      }
    }
    ASSERT_EQ(std::set<void*>(held.begin(), held.end()).size(), held.size());
    for (void* const block : held) pool->Free(block);

    // What is still to be found is found now, and all others are there once.
    std::set<void*> all;
    for (std::size_t calls = 0; calls < 4 * GetParam().blocks; ++calls) {
      const auto [error, block] = pool->TryAllocate();
      if (error == Error::kExhausted) break;
      if (block == nullptr) continue;
      ASSERT_TRUE(all.insert(block).second);
    }
    ASSERT_EQ(pool->TryAllocate().error, Error::kExhausted);
    EXPECT_EQ(all.size(), GetParam().blocks) << "seed " << seed;
    EXPECT_GT(pool.misuse.count, 0);
  }
}

std::vector<Setting> Settings() {
  std::vector<Setting> settings;
  for (const Checking checking : {Checking::kBasic, Checking::kFull}) {
    for (const State state : {State::kAutomatic, State::kSide}) {
      for (const std::size_t blocks : {3u, 16u, 40u, 100u}) {
        settings.push_back({blocks, checking, state});
      }
    }
  }
  return settings;
}

INSTANTIATE_TEST_SUITE_P(Settings, DoubledBlock, ::testing::ValuesIn(Settings()),
                         ::testing::PrintToStringParamName());

}  // namespace
}  // namespace corepool
