// Proves that the memory that the C macros compute is enough for the pools of every
// geometry, and not much more.

#include <cstddef>
#include <cstdint>
#include <random>

#include "corepool_zephyr.h"
#include "gtest/gtest.h"

namespace {

class ZephyrsMemory : public ::testing::Test {
 protected:
  static std::size_t Needed(std::size_t min, std::size_t max, std::size_t count) {
    const corepool_zephyr_pool pool = {"", min, max, count, 0, nullptr, 0};
    return corepool_zephyr_pool_bytes(&pool);
  }
  static void ExpectEnough(std::size_t min, std::size_t max, std::size_t count) {
    const std::size_t needed = Needed(min, max, count);
    if (needed == 0) return;
    const std::size_t given = COREPOOL_ZEPHYR_POOL_BYTES(min, max, count);
    EXPECT_LE(needed, given) << min << " " << max << " " << count;
    EXPECT_LE(given - needed, 3072 + needed / 4) << min << " " << max << " " << count;
  }
};

TEST_F(ZephyrsMemory, IsEnoughForEveryRegularPool) {
  for (std::size_t min = 1; min <= 256; min = min * 3 / 2 + 1) {
    std::size_t max = min;
    for (int splits = 0; splits <= 9; ++splits, max *= 4) {
      for (std::size_t count = 0; count <= 70; ++count) ExpectEnough(min, max, count);
      for (const std::size_t count : {255u, 256u, 257u, 1000u, 4096u, 65536u}) {
        ExpectEnough(min, max, count);
      }
    }
  }
}

TEST_F(ZephyrsMemory, IsEnoughForAnyPool) {
  std::mt19937 random(1);
  for (int i = 0; i < 200000; ++i) {
    const std::size_t min = random() % (std::size_t{1} << random() % 12) + 1;
    const std::size_t max = min + random() % (std::size_t{1} << random() % 20);
    ExpectEnough(min, max, random() % (std::size_t{1} << random() % 10));
  }
}

TEST_F(ZephyrsMemory, IsEnoughForAnyMap) {
  for (std::size_t size = 1; size <= 200; ++size) {
    for (const std::size_t count : {0u, 1u, 2u, 7u, 100u, 12345u}) {
      const std::size_t needed = corepool_zephyr_map_bytes(count, size);
      ASSERT_NE(needed, 0u);
      EXPECT_LE(needed, COREPOOL_ZEPHYR_MAP_BYTES(count, size)) << count << " " << size;
    }
  }
  EXPECT_EQ(corepool_zephyr_map_bytes(1, 0), 0u);
  EXPECT_EQ(corepool_zephyr_map_bytes(SIZE_MAX, 8), 0u);
  EXPECT_EQ(corepool_zephyr_map_bytes(1000, SIZE_MAX / 100), 0u);
}

// The sizes that a pool has are those of the original, from the largest down.
TEST_F(ZephyrsMemory, LevelsGoDownFromTheLargest) {
  static_assert(COREPOOL_ZEPHYR_SPLITS(32, 8192) == 4);
  static_assert(COREPOOL_ZEPHYR_SMALLEST(32, 8192) == 32);
  static_assert(COREPOOL_ZEPHYR_SMALLEST(31, 8192) == 32);
  static_assert(COREPOOL_ZEPHYR_SMALLEST(33, 8192) == 128);
  static_assert(COREPOOL_ZEPHYR_SMALLEST(64, 1000) == 250);
  static_assert(COREPOOL_ZEPHYR_SMALLEST(64, 1001) == 256, "nothing is left over");
  static_assert(COREPOOL_ZEPHYR_SMALLEST(8, 44) == 11);
  static_assert(COREPOOL_ZEPHYR_SMALLEST(64, 64) == 64);
  static_assert(COREPOOL_ZEPHYR_SPLITS(1, 1) == 0);
  EXPECT_EQ(Needed(0, 64, 1), 0u);
  EXPECT_EQ(Needed(65, 64, 1), 0u);
  EXPECT_EQ(Needed(64, SIZE_MAX, 1), 0u);
}

}  // namespace
