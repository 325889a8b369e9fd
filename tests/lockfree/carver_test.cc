// Proves what segments rely on: Segment's tests have the rest.

#include "corepool/lockfree/carver.h"

#include <cstddef>

#include "gtest/gtest.h"

namespace corepool::lockfree {
namespace {

TEST(Carver, CountsWhatItGives) {
  alignas(64) std::byte memory[100];
  Carver carver;
  EXPECT_EQ(carver.Take(1, 1).count, 0u);
  carver.Reset(memory, sizeof(memory));
  ASSERT_EQ(carver.Take(1, 1).begin, memory);
  // Each length and alignment in turn takes exactly what CountOf has said.
  for (std::size_t length = 1; length < 40; ++length) {
    for (std::size_t alignment = 1; alignment <= 64; alignment *= 2) {
      Carver twin;
      twin.Reset(memory, sizeof(memory));
      for (std::size_t used = 0; used < length % 7; ++used) (void)twin.Take(1, 1);
      const std::size_t count = twin.CountOf(length, alignment);
      const auto piece = twin.Take(length, alignment, 1000);
      EXPECT_EQ(piece.count, count);
      EXPECT_EQ(twin.CountOf(length, alignment), 0u) << "and nothing is left";
      EXPECT_EQ(piece.missing == 0, count != 0);
    }
  }
}

TEST(Carver, NeverHasRoomAgain) {
  alignas(64) std::byte memory[64];
  Carver carver;
  carver.Reset(memory, sizeof(memory));
  ASSERT_EQ(carver.Take(33, 1).count, 1u);
  EXPECT_EQ(carver.CountOf(1, 64), 0u);
  EXPECT_EQ(carver.Room(64), 0u);
  EXPECT_EQ(carver.Take(1, 64).missing, 1u);
  EXPECT_EQ(carver.Room(1), 31u);
  EXPECT_EQ(carver.used(), 33u);
}

}  // namespace
}  // namespace corepool::lockfree
