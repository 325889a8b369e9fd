// Proves that scattered blocks are found by index and by address, while others are
// added.

#include "corepool/engine/scatter.h"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <random>
#include <vector>

#include "corepool/engine/block_layout.h"
#include "corepool/error.h"
#include "corepool/lockfree/atomic.h"
#include "gtest/gtest.h"
#include "tests/support/gang.h"

namespace corepool::engine {
namespace {

using Index = lockfree::Index;

// A region for blocks that are never touched, and a Scatter over it.
class Scattered {
 public:
  Scattered(std::size_t stride, std::size_t count, std::size_t slots)
      : region(stride * slots),
        memory_(Scatter::BytesFor(count, slots).value() / sizeof(std::uint64_t) + 1) {
    scatter.Reset(region.data(), stride, count, slots,
                  reinterpret_cast<std::byte*>(memory_.data()));
  }

  std::vector<std::byte> region;
  Scatter scatter;

 private:
  std::vector<std::uint64_t> memory_;
};

TEST(Scatter, FindsBlocksWhereverTheyLieAndNothingElse) {
  std::mt19937 random(5);
  struct Shape {
    std::size_t stride, count, slots;
  };
  // Direct tables, hashed ones, and one block that may be anywhere.
  for (const auto& [stride, count, slots] :
       {Shape{24, 10, 10}, Shape{24, 10, 20}, Shape{7, 40, 1000}, Shape{1, 16, 200},
        Shape{64, 1, 500}, Shape{40, 100, 129}}) {
    Scattered world(stride, count, slots);
    // Gaps of any number of bytes that is left.
    std::vector<std::size_t> offsets;
    std::size_t spare = stride * (slots - count);
    for (std::size_t at = 0; offsets.size() < count; at += stride) {
      const std::size_t gap = random() % (2 * spare / count + 1);
      const std::size_t skip = std::min(gap, spare);
      spare -= skip;
      at += skip;
      offsets.push_back(at);
    }
    std::vector<std::size_t> order(count);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::shuffle(order.begin(), order.end(), random);
    std::vector<std::size_t> around(stride * slots, count);
    for (std::size_t i = 0; i < count; ++i) {
      EXPECT_FALSE(world.scatter.HasBlock(i));
      const std::size_t offset = offsets[order[i]];
      world.scatter.Put(static_cast<Index>(i), world.region.data() + offset);
      for (std::size_t at = 0; at < stride; ++at) around[offset + at] = i;
      for (std::size_t at = 0; at < around.size(); ++at) {
        const std::byte* const address = world.region.data() + at;
        const std::size_t index = around[at];
        ASSERT_EQ(world.scatter.IndexAround(address), index);
        const bool begins = index < count && world.scatter.BlockAt(index) == address;
        ASSERT_EQ(world.scatter.IndexOf(address), begins ? index : count);
      }
    }
    for (std::size_t i = 0; i < count; ++i) {
      EXPECT_EQ(world.scatter.BlockAt(i), world.region.data() + offsets[order[i]]);
    }
    EXPECT_FALSE(world.scatter.HasBlock(count));
    const std::byte* const region = world.region.data();
    for (const std::byte* const outside : {region - 1, region + stride * slots,
                                           static_cast<const std::byte*>(nullptr)}) {
      EXPECT_EQ(world.scatter.IndexOf(outside), count);
      EXPECT_EQ(world.scatter.IndexAround(outside), count);
    }
  }
}

TEST(Scatter, OfNothingFindsNothing) {
  Scattered world(16, 0, 0);
  EXPECT_FALSE(world.scatter.HasBlock(0));
  EXPECT_EQ(world.scatter.IndexOf(&world), 0u) << "the count: no index";
  EXPECT_EQ(world.scatter.IndexAround(nullptr), 0u);
}

TEST(Scatter, FindsWhatIsThereWhileThreadsAddTheRest) {
  constexpr std::size_t kCount = 512;
  constexpr std::size_t kThreads = 4;
  for (const std::size_t slots : {kCount, 8 * kCount}) {
    for (int round = 0; round < 20; ++round) {
      Scattered world(16, kCount, slots);
      const auto block = [&](std::size_t index) {
        return world.region.data() + 16 * (index * (slots / kCount));
      };
      std::atomic<std::size_t> faults{0};
      testing::RunGang(kThreads, [&](int thread) {
        for (auto i = static_cast<std::size_t>(thread); i < kCount; i += kThreads) {
          world.scatter.Put(static_cast<Index>(i), block(i));
          if (world.scatter.IndexOf(block(i)) != i) ++faults;
          // Somebody else's may be there or not, but never wrong.
          const std::size_t other = (i * 7 + 3) % kCount;
          const std::size_t found = world.scatter.IndexOf(block(other));
          if (found != other && found != kCount) ++faults;
          if (world.scatter.IndexOf(block(other) + 1) != kCount) ++faults;
        }
      });
      ASSERT_EQ(faults, 0u);
      for (std::size_t i = 0; i < kCount; ++i) {
        ASSERT_EQ(world.scatter.IndexOf(block(i)), i);
      }
    }
  }
}

TEST(ScatteredLayout, IsLeftToTheSlowPathsAndSaysWhatIsWrong) {
  alignas(16) static std::byte region[320];
  std::uint64_t memory[64];
  Scatter scatter;
  ASSERT_LE(Scatter::BytesFor(3, 10).value(), sizeof(memory));
  scatter.Reset(region, 32, 3, 10, reinterpret_cast<std::byte*>(memory));
  const BlockLayout layout(scatter, 32, 3);
  scatter.Put(0, region + 16);
  scatter.Put(1, region + 160);
  EXPECT_TRUE(layout.is_scattered());
  EXPECT_EQ(layout.count(), 3u);
  EXPECT_EQ(layout.stride(), 32u);
  for (std::size_t at = 0; at < sizeof(region); ++at) {
    EXPECT_FALSE(layout.IsBlock(region + at)) << "not for fast paths";
  }
  EXPECT_EQ(layout.BlockAt(1), region + 160);
  EXPECT_EQ(layout.BlockAt(2), nullptr);
  EXPECT_TRUE(layout.HasBlock(1));
  EXPECT_FALSE(layout.HasBlock(2));
  EXPECT_FALSE(layout.HasBlock(3));
  EXPECT_EQ(layout.IndexOf(region + 16), 0u);
  EXPECT_EQ(layout.Diagnose(region + 32, 16), Error::kInteriorPointer);
  EXPECT_EQ(layout.Diagnose(region + 33, 16), Error::kMisalignedPointer);
  EXPECT_EQ(layout.Diagnose(region + 48, 16), Error::kForeignPointer);
  EXPECT_EQ(layout.Diagnose(region, 16), Error::kForeignPointer);
  EXPECT_EQ(layout.Diagnose(nullptr, 16), Error::kForeignPointer);
}

}  // namespace
}  // namespace corepool::engine
