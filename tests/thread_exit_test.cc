// Proves that threads take nothing with them when they end: caches belong to cores.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <set>
#include <vector>

#include "corepool/error.h"
#include "corepool/fixed_pool.h"
#include "corepool/options.h"
#include "gtest/gtest.h"
#include "tests/support/cachings.h"
#include "tests/support/disturbances.h"
#include "tests/support/disturbed_traffic.h"
#include "tests/support/gang.h"
#include "tests/support/test_pool.h"

namespace corepool::testing {
namespace {

constexpr std::size_t kBlocks = 200;  // several magazines for each of two cores
constexpr int kBatch = 8;             // threads at a time
constexpr std::size_t kLeast = 13;    // blocks of a thread, as many as in a magazine

std::atomic<std::uint64_t> faults{0};

void Expect(bool good) {
  if (!good) faults.fetch_add(1, std::memory_order_relaxed);
}

// Frees its block when the thread ends, after everything else that the thread does.
struct LastWill {
  FixedPool* pool = nullptr;
  void* block = nullptr;
  ~LastWill() {
    if (pool != nullptr) Expect(pool->Free(block) == Error::kOk);
  }
};
thread_local LastWill last_will;

class ThreadExit : public ::testing::TestWithParam<Caching> {};

INSTANTIATE_TEST_SUITE_P(Kinds, ThreadExit,
                         ::testing::Values(Caching::kRseq, Caching::kCas,
                                           Caching::kNone),
                         [](const auto& kind) { return NameOf(kind.param); });

TEST_P(ThreadExit, StrandsNoBlock) {
  if (!Works(GetParam())) GTEST_SKIP() << "not to be had here";
  const int batches = 2'100 * Effort();
  TestPool pool({.block_size = 32, .block_count = kBlocks, .caching = GetParam()});
  faults = 0;
  // A block in here belongs to whoever takes it out.
  std::array<std::atomic<void*>, 4> handed_over{};
  std::atomic<std::uint32_t> threads{0};
  for (int batch = 0; batch < batches; ++batch) {
    RunGang(kBatch, [&](int number) {
      const std::uint32_t serial = threads.fetch_add(1, std::memory_order_relaxed);
      std::array<void*, kLeast + 3> blocks;
      const std::size_t count =
          2 + (serial * 7 + static_cast<std::size_t>(number)) % (blocks.size() - 1);
      for (std::size_t i = 0; i < count; ++i) {
        blocks[i] = pool->Allocate();
        Expect(blocks[i] != nullptr);
      }
      // One for another thread, perhaps of a later batch, and one for the very end.
      // Pairs with: itself, as it hands blocks from thread to thread.
      void* const received = handed_over[serial % handed_over.size()].exchange(
          blocks[0], std::memory_order_acq_rel);
      Expect(pool->Free(received) == Error::kOk);
      last_will.pool = &pool.pool;
      last_will.block = blocks[1];
      for (std::size_t i = 2; i < count; ++i) {
        Expect(pool->Free(blocks[i]) == Error::kOk);
      }
    });
  }
  for (auto& place : handed_over) pool->Free(place.load(std::memory_order_relaxed));

  EXPECT_EQ(threads, static_cast<std::uint32_t>(batches * kBatch));
  EXPECT_EQ(faults, 0u);
  EXPECT_EQ(pool.misuse.count, 0);
  EXPECT_TRUE(pool.SoundAtRest(0));
  std::set<void*> all;
  for (std::size_t i = 0; i < kBlocks; ++i) all.insert(pool->BlockAt(i));
  for (const int core : UsableCores()) {
    const Pinned here(core);
    EXPECT_EQ(pool.DrainAndRefill(), all) << "from core " << core;
    EXPECT_TRUE(pool.SoundAtRest(0));
  }
}

}  // namespace
}  // namespace corepool::testing
