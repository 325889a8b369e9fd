#include "corepool/engine/block_fill.h"

#include <cstddef>
#include <cstdint>
#include <vector>

#include "gtest/gtest.h"

namespace corepool::engine {
namespace {

// Bytes with nothing at an address that words like.
class Block {
 public:
  Block(std::size_t from, std::size_t size, std::size_t padding, std::size_t shift)
      : bytes_(shift + size + kGuardBytes + padding + kMargin),
        start_(bytes_.data() + shift),
        fill_(start_, from, size, size + kGuardBytes + padding) {}

  const BlockFill& fill() const { return fill_; }
  unsigned char& operator[](std::size_t at) { return start_[at]; }

 private:
  static constexpr std::size_t kMargin = 16;

  std::vector<unsigned char> bytes_;
  unsigned char* start_;
  BlockFill fill_;
};

TEST(BlockFill, FindsAnyChangedByteOfBlocksOfAnySizeAtAnyAddress) {
  for (std::size_t size = 1; size <= 130; ++size) {
    for (const std::size_t from : {std::size_t{0}, sizeof(std::uintptr_t)}) {
      if (from > size) continue;
      for (const std::size_t padding : {0u, 1u, 7u, 16u}) {
        Block block(from, size, padding, size % 9);
        const BlockFill& fill = block.fill();
        fill.Fill();
        fill.SetGuard();
        ASSERT_TRUE(fill.IsFilled() && fill.IsGuardIntact() && fill.IsIntact());
        const std::size_t stride = size + kGuardBytes + padding;
        for (std::size_t at = 0; at < stride; ++at) {
          const bool in_pattern = at >= from && at < size;
          const bool in_guard = at >= size;
          block[at] ^= 0x80;
          ASSERT_EQ(fill.IsFilled(), !in_pattern) << size << ' ' << at;
          ASSERT_EQ(fill.IsGuardIntact(), !in_guard) << size << ' ' << at;
          ASSERT_EQ(fill.IsIntact(), !in_pattern && !in_guard);
          ASSERT_EQ(fill.FindInPattern().offset, in_pattern ? at : Damage::kNowhere);
          ASSERT_EQ(fill.FindInGuard().offset, in_guard ? at : Damage::kNowhere);
          block[at] ^= 0x80;
        }
      }
    }
  }
}

TEST(BlockFill, TouchesNothingElse) {
  for (std::size_t size = 1; size <= 130; ++size) {
    const std::size_t from = size > 8 ? 8 : 0;
    Block block(from, size, 3, 3);
    const std::size_t stride = size + kGuardBytes + 3;
    for (std::size_t at = 0; at < stride + 8; ++at) block[at] = 1;
    block.fill().Fill();
    for (std::size_t at = 0; at < stride + 8; ++at) {
      ASSERT_EQ(block[at] != 1, at >= from && at < size) << size << ' ' << at;
    }
    for (std::size_t at = 0; at < stride + 8; ++at) block[at] = 1;
    block.fill().SetGuard();
    for (std::size_t at = 0; at < stride + 8; ++at) {
      ASSERT_EQ(block[at] != 1, at >= size && at < stride) << size << ' ' << at;
    }
  }
}

TEST(BlockFill, OfAWideGapGuardsBothEnds) {
  Block block(0, 64, 48, 0);
  block.fill().SetGuard();
  for (std::size_t at = 64; at < 128; ++at) {
    block[at] ^= 1;
    EXPECT_EQ(block.fill().IsGuardIntact(), at >= 80 && at < 112) << at;
    block[at] ^= 1;
  }
}

TEST(BlockFill, ShowsTheBytesFoundInTheOrderInWhichTheyLie) {
  Block block(0, 24, 0, 5);
  block.fill().Fill();
  block.fill().SetGuard();
  block[9] = 0x41;
  block[11] = 0x42;
  const Damage in_pattern = block.fill().FindInPattern();
  EXPECT_EQ(in_pattern.found, 0x41df42dfdfdfdfdfu);
  EXPECT_EQ(in_pattern.expected, 0xdfdfdfdfdfdfdfdfu);
  block[24] = 0x43;
  EXPECT_EQ(block.fill().FindInGuard().found, 0x43fdfdfdfdfdfdfdu);
  block[24] = 0xfd;
  block[39] = 0x44;
  const Damage in_guard = block.fill().FindInGuard();
  EXPECT_EQ(in_guard.found, 0xfdfdfdfdfdfdfd44u) << "the last eight before the next";
  EXPECT_EQ(in_guard.expected, 0xfdfdfdfdfdfdfdfdu);
}

}  // namespace
}  // namespace corepool::engine
