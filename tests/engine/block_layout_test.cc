#include "corepool/engine/block_layout.h"

#include <cstddef>
#include <cstdint>
#include <vector>

#include "corepool/error.h"
#include "gtest/gtest.h"

namespace corepool::engine {
namespace {

TEST(BlockLayout, KnowsEachBlockByItsFirstByteAlone) {
  for (const std::size_t stride : {1u, 2u, 7u, 16u, 24u, 48u, 100u, 4096u}) {
    constexpr std::size_t kCount = 9;
    std::vector<std::byte> memory(stride * (kCount + 4));
    std::byte* const base = memory.data() + 2 * stride;
    const BlockLayout layout(base, stride, kCount);
    for (std::size_t at = 0; at < memory.size(); ++at) {
      std::byte* const address = memory.data() + at;
      const bool inside = address >= base && address < base + stride * kCount;
      const std::size_t offset = at - 2 * stride;
      ASSERT_EQ(layout.Contains(address), inside);
      if (inside && offset % stride == 0) {
        ASSERT_EQ(layout.IndexOf(address), offset / stride);
        ASSERT_EQ(layout.BlockAt(offset / stride), address);
      } else {
        ASSERT_GE(layout.IndexOf(address), kCount);
      }
    }
  }
}

TEST(BlockLayout, SaysWhatIsWrongWithAnAddress) {
  alignas(64) std::byte around[64 * 5];
  std::byte* const memory = around + 64;
  const BlockLayout layout(memory, 64, 3);
  EXPECT_EQ(layout.Diagnose(memory + 64 * 3, 16), Error::kForeignPointer);
  EXPECT_EQ(layout.Diagnose(around, 16), Error::kForeignPointer);
  EXPECT_EQ(layout.Diagnose(nullptr, 16), Error::kForeignPointer);
  EXPECT_EQ(layout.Diagnose(memory + 16, 16), Error::kInteriorPointer);
  EXPECT_EQ(layout.Diagnose(memory + 17, 16), Error::kMisalignedPointer);
}

TEST(BlockLayout, OfNoBlocksKnowsNoAddress) {
  const BlockLayout layout(nullptr, 1, 0);
  std::byte byte{};
  EXPECT_FALSE(layout.Contains(nullptr));
  EXPECT_GE(layout.IndexOf(nullptr), layout.count());
  EXPECT_GE(layout.IndexOf(&byte), layout.count());
}

}  // namespace
}  // namespace corepool::engine
