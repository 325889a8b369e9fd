// Proves that a QuadPool does what its plain model says, for geometries and operations
// at random: whoever asks for a block gets one if, and only if, a free one of that size
// can be put together of the free memory; no block overlaps another; and at the end all
// is as it was. A campaign:
//
//   COREPOOL_EFFORT=70 ./bazelw run -c opt //tests:quad_pool_model_test
//
// is 10^4 geometries with 10^4 operations each.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iostream>
#include <random>
#include <string>
#include <vector>

#include "corepool/error.h"
#include "corepool/options.h"
#include "corepool/quad_pool.h"
#include "corepool/quad_pool_options.h"
#include "corepool/stats.h"
#include "gtest/gtest.h"
#include "tests/support/disturbed_traffic.h"
#include "tests/support/quad_model.h"
#include "tests/support/test_quad_pool.h"

namespace corepool::testing {
namespace {

constexpr int kGeometries = 150;
constexpr int kOperations = 10'000;

QuadPoolOptions AtRandom(std::mt19937_64& random) {
  constexpr std::size_t kSizes[] = {1,  2,  3,  4,  8,  12,  16,
                                    20, 24, 32, 48, 64, 100, 256};
  const auto split = random() % 2 == 0 ? SplitFactor::kQuad : SplitFactor::kBinary;
  const std::size_t factor = QuadModel::FactorOf(split);
  const std::size_t size = kSizes[random() % std::size(kSizes)];
  // Most are small, so that operations meet all of them.
  std::size_t leaves_left = std::size_t{1} << (2 + random() % 9);
  if (random() % 32 == 0) leaves_left = 1 << 14;
  int levels = 1;
  while (leaves_left >= factor && levels < 12 && random() % 8 != 0) {
    leaves_left /= factor;
    ++levels;
  }
  QuadPoolOptions options =
      QuadOptions(size, levels, random() % (leaves_left + 2), split);
  constexpr Checking kCheckings[] = {Checking::kOff, Checking::kBasic,
                                     Checking::kStrict};
  options.merge = static_cast<MergePolicy>(random() % 3);
  options.checking = kCheckings[random() % 3];
  options.measure_peak = random() % 2 == 0;
  const std::size_t largest = size & (~size + 1);
  if (random() % 2 == 0) {
    options.alignment = std::max<std::size_t>(largest >> random() % 4, 1);
  }
  return options;
}

std::string Described(const QuadPoolOptions& options) {
  return std::to_string(options.block_count) + " blocks of " +
         std::to_string(options.max_block_size) + " down to " +
         std::to_string(options.min_block_size) + ", split " +
         std::to_string(static_cast<int>(options.split)) + ", merge " +
         std::to_string(static_cast<int>(options.merge)) + ", checking " +
         std::to_string(static_cast<int>(options.checking)) + ", alignment " +
         std::to_string(options.alignment);
}

// A pool and its model, and what both are put through.
class Walk {
 public:
  Walk(const QuadPoolOptions& options, std::uint64_t seed)
      : options_(options),
        alignment_(RequiredBlockAlignment(options)),
        pool_(options),
        model_(options),
        random_(seed) {}

  // Stops at the first difference.
  void Run(int operations) {
    ASSERT_EQ(pool_.error, Error::kOk);
    ASSERT_EQ(pool_->levels(), model_.levels());
    for (int i = 0; i < operations; ++i) {
      if (i % 256 == 0) BeginPhase();
      ASSERT_NO_FATAL_FAILURE(OneOperation()) << "operation " << i;
    }
    ASSERT_NO_FATAL_FAILURE(Compare());
    while (!held_.empty()) ASSERT_NO_FATAL_FAILURE(FreeOne(held_.size() - 1));
    ASSERT_TRUE(pool_.SoundAtRest(0));
    ASSERT_NO_FATAL_FAILURE(TakeAllAtOnce());
    ASSERT_EQ(pool_.misuse.count, misuses_);
    ASSERT_EQ(pool_->Stats().misuses, static_cast<std::uint64_t>(misuses_));
    ASSERT_EQ(pool_->Deinit(), Error::kOk);
  }

 private:
  // Now more is wanted than freed, now less; now of this size, now of that.
  void BeginPhase() {
    allocations_of_8_ = 2 + random_() % 5;
    favourite_ = static_cast<int>(random_() % static_cast<unsigned>(model_.levels()));
  }

  void OneOperation() {
    const std::uint64_t die = random_() % 512;
    if (die < 8) {
      switch (die) {
        case 0: return Compare();
        case 1: return Misuse();
        case 2: return pool_->Defragment();
        case 3: return AllocateBulk();
        case 4: return AllocateUpTo();
        case 5: return RefusedSizes();
        default: return Reallocate();
      }
    }
    if (die % 8 < allocations_of_8_) {
      AllocateOne();
    } else if (!held_.empty()) {
      FreeOne(random_() % held_.size());
    }
  }

  int AnyLevel() {
    return random_() % 2 == 0
               ? favourite_
               : static_cast<int>(random_() % static_cast<unsigned>(model_.levels()));
  }
  // That blocks of the level, and none smaller, can hold.
  std::size_t AnySizeOf(int level) {
    const std::size_t most = pool_->BlockSizeAt(level);
    const std::size_t least = level == 0 ? 1 : pool_->BlockSizeAt(level - 1) + 1;
    return random_() % 2 == 0 ? most : least + random_() % (most - least + 1);
  }

  void AllocateOne() {
    const int level = AnyLevel();
    const std::size_t size = AnySizeOf(level);
    const auto [error, block] = pool_->TryAllocate(size);
    ASSERT_EQ(error, model_.FreeAt(level) > 0 ? Error::kOk : Error::kExhausted)
        << model_.FreeAt(level) << " of level " << level
        << " are free: " << model_.Map();
    if (error == Error::kOk) Take(block, level);
  }

  void Take(void* block, int level) {
    ASSERT_NE(block, nullptr);
    const std::size_t leaf = pool_.LeafOf(block);
    ASSERT_TRUE(model_.Take(leaf, level)) << leaf << ", level " << level;
    ASSERT_EQ(reinterpret_cast<std::uintptr_t>(block) % alignment_, 0u);
    ++allocations_;
    // So that a pool that writes to blocks, or two owners, are found out.
    std::memset(block, static_cast<int>(leaf % 251), pool_->BlockSizeAt(level));
    held_.push_back(block);
  }

  void ExpectUntouched(const void* block, std::size_t leaf, std::size_t bytes) {
    const auto* const text = static_cast<const unsigned char*>(block);
    const auto stamp = static_cast<unsigned char>(leaf % 251);
    ASSERT_TRUE(std::all_of(text, text + bytes,
                            [stamp](unsigned char each) { return each == stamp; }));
  }

  void FreeOne(std::size_t which) {
    std::swap(held_[which], held_.back());
    void* const block = held_.back();
    held_.pop_back();
    const std::size_t leaf = pool_.LeafOf(block);
    const int level = model_.LevelAt(leaf);
    ExpectUntouched(block, leaf, pool_->BlockSizeAt(level));
    model_.Give(leaf);
    ASSERT_EQ(
        random_() % 4 == 0 ? pool_->Free(block, AnySizeOf(level)) : pool_->Free(block),
        Error::kOk);
  }

  void AllocateBulk() {
    const int level = AnyLevel();
    std::vector<void*> blocks(random_() % 6);
    const std::size_t free = model_.FreeAt(level);
    const Error error = pool_->AllocateBulk(pool_->BlockSizeAt(level), blocks);
    ASSERT_EQ(error, blocks.size() <= free ? Error::kOk : Error::kExhausted);
    if (error != Error::kOk) return;
    for (void* const block : blocks) ASSERT_NO_FATAL_FAILURE(Take(block, level));
  }

  void AllocateUpTo() {
    const int level = AnyLevel();
    std::vector<void*> blocks(random_() % 6);
    const std::size_t most = std::min(blocks.size(), model_.FreeAt(level));
    const std::size_t taken = pool_->AllocateUpTo(pool_->BlockSizeAt(level), blocks);
    ASSERT_EQ(taken, most);
    for (std::size_t i = 0; i < taken; ++i) {
      ASSERT_NO_FATAL_FAILURE(Take(blocks[i], level));
    }
    std::vector<void*> some;
    while (!held_.empty() && some.size() < random_() % 8) {
      some.push_back(held_.back());
      model_.Give(pool_.LeafOf(held_.back()));
      held_.pop_back();
    }
    ASSERT_EQ(pool_->FreeBulk(some), Error::kOk);
  }

  void Reallocate() {
    if (held_.empty()) return;
    const std::size_t which = random_() % held_.size();
    void* const old = held_[which];
    const std::size_t leaf = pool_.LeafOf(old);
    const int before = model_.LevelAt(leaf);
    const int level = AnyLevel();
    const bool possible = model_.FreeAt(level) > 0;
    const std::size_t size = AnySizeOf(level);
    const auto [error, block] = pool_->TryReallocate(old, size);
    if (level == before) {
      ASSERT_EQ(error, Error::kOk);
      ASSERT_EQ(block, old);
      return;
    }
    if (!possible) {
      ASSERT_EQ(error, Error::kExhausted);
      ExpectUntouched(old, leaf, pool_->BlockSizeAt(before));
      return;
    }
    ASSERT_EQ(error, Error::kOk);
    ExpectUntouched(block, leaf, std::min(size, pool_->BlockSizeAt(before)));
    std::swap(held_[which], held_.back());
    held_.pop_back();
    // It was there before the old one was freed.
    ASSERT_NO_FATAL_FAILURE(Take(block, level));
    model_.Give(leaf);
  }

  void RefusedSizes() {
    ASSERT_EQ(pool_->TryAllocate(0).error, Error::kInvalidSize);
    ASSERT_EQ(pool_->TryAllocate(options_.max_block_size + 1).error, Error::kTooLarge);
    ASSERT_EQ(pool_->TryAllocate(~std::size_t{0}).error, Error::kTooLarge);
  }

  // Any address in the pool but the start of an allocated block.
  void Misuse() {
    if (model_.leaves() == 0) return;
    const std::size_t leaf = random_() % model_.leaves();
    std::byte* const address = static_cast<std::byte*>(pool_.BlockAt(leaf));
    const std::size_t within = random_() % options_.min_block_size;
    if (within != 0) {
      ++misuses_;
      ASSERT_EQ(pool_->Free(address + within), within % alignment_ != 0
                                                   ? Error::kMisalignedPointer
                                                   : Error::kInteriorPointer);
    }
    const int level = model_.LevelAt(leaf);
    if (level == QuadModel::kNone) {
      ++misuses_;
      ASSERT_EQ(pool_->Free(address),
                model_.IsFree(leaf) ? Error::kDoubleFree : Error::kInteriorPointer)
          << leaf << " in " << model_.Map();
      ASSERT_EQ(pool_->SizeOf(address), 0u);
    } else {
      ASSERT_EQ(pool_->SizeOf(address), pool_->BlockSizeAt(level));
      if (level > 0) {
        ++misuses_;
        ASSERT_EQ(pool_->Free(address, pool_->BlockSizeAt(level - 1)),
                  Error::kWrongSize);
      }
    }
  }

  void Compare() {
    ASSERT_TRUE(pool_.SoundAtRest(model_.used()));
    ASSERT_EQ(pool_.Map(), model_.Map());
    const PoolStats stats = pool_->Stats();
    ASSERT_TRUE(stats.exact);
    ASSERT_EQ(stats.allocations - stats.frees, held_.size());
    ASSERT_EQ(stats.allocations, allocations_);
    ASSERT_LE(stats.used, stats.peak);
    ASSERT_LE(stats.peak, stats.capacity);
    const int largest = model_.LargestFree();
    ASSERT_EQ(pool_->LargestFree(),
              largest == QuadModel::kNone ? 0 : pool_->BlockSizeAt(largest));
    for (int level = 0; level < model_.levels(); ++level) {
      const QuadLevelStats row = pool_->LevelStatsAt(level);
      ASSERT_EQ(row.block_size, pool_->BlockSizeAt(level));
      ASSERT_EQ(row.capacity, model_.leaves() / model_.LeavesOf(level));
      ASSERT_EQ(row.used, model_.LiveAt(level)) << "level " << level;
      ASSERT_EQ(row.free, model_.FreeAt(level)) << "level " << level;
    }
  }

  // The pool is empty.
  void TakeAllAtOnce() {
    for (int level : {model_.levels() - 1, 0, model_.levels() - 1}) {
      const std::vector<void*> all = pool_.Drain(pool_->BlockSizeAt(level));
      ASSERT_EQ(all.size(), model_.leaves() / model_.LeavesOf(level));
      for (void* const block : all) ASSERT_NO_FATAL_FAILURE(Take(block, level));
      ASSERT_NO_FATAL_FAILURE(Compare());
      for (void* const block : held_) {
        model_.Give(pool_.LeafOf(block));
        ASSERT_EQ(pool_->Free(block), Error::kOk);
      }
      held_.clear();
    }
  }

  const QuadPoolOptions options_;
  const std::size_t alignment_;
  TestQuadPool pool_;
  QuadModel model_;
  std::mt19937_64 random_;
  std::vector<void*> held_;
  std::uint64_t allocations_of_8_ = 4;
  int favourite_ = 0;
  int misuses_ = 0;
  std::uint64_t allocations_ = 0;
};

TEST(QuadPoolModel, HoldsForAnyGeometryAndAnyOperations) {
  for (int seed = 1; seed <= kGeometries * Effort(); ++seed) {
    std::mt19937_64 random(static_cast<std::uint64_t>(seed));
    const QuadPoolOptions options = AtRandom(random);
    SCOPED_TRACE("seed " + std::to_string(seed) + ": " + Described(options));
    Walk walk(options, random());
    walk.Run(kOperations);
    if (HasFailure()) return;
  }
  std::cout << kGeometries * Effort() << " geometries, " << kOperations
            << " operations each\n";
}

// The model itself, against what is plainer still.
TEST(QuadPoolModel, CountsFreeGroupsAsALookAtEachLeafDoes) {
  std::mt19937_64 random(1);
  for (const std::size_t factor : {2u, 4u}) {
    QuadModel model(factor, 4, 3);
    for (int i = 0; i < 5000; ++i) {
      const std::size_t leaf = random() % model.leaves();
      if (model.Give(leaf) == QuadModel::kNone) {
        model.Take(leaf, static_cast<int>(random() % 4));
      }
      const std::string map = model.Map();
      for (int level = 0; level < 4; ++level) {
        const std::size_t size = model.LeavesOf(level);
        std::size_t free = 0;
        for (std::size_t at = 0; at < map.size(); at += size) {
          free += map.substr(at, size) == std::string(size, '.');
        }
        ASSERT_EQ(model.FreeAt(level), free);
      }
    }
  }
}

}  // namespace
}  // namespace corepool::testing
