// What happens when the library is configured for too few pools, or too few blocks: it
// is compiled here for 4 and 64.

#include <array>
#include <cstdint>

#include "corepool/config.h"
#include "gtest/gtest.h"
#include "os/os_mempool.h"

namespace {

static_assert(COREPOOL_MYNEWT_POOLS == 4 && COREPOOL_MYNEWT_BLOCKS == 64);

class MynewtCapacity : public ::testing::Test {
 protected:
  // The grave exists from the first test on.
  void SetUp() override {
    ASSERT_EQ(os_mempool_init(&grave_, 0, 1, nullptr, nullptr), OS_OK);
    ASSERT_EQ(os_mempool_unregister(&grave_), OS_OK);
  }

  os_error_t Make(int which, std::uint16_t blocks) {
    static char name[] = "pool";
    return os_mempool_init(&pools_.at(static_cast<std::size_t>(which)), blocks, 8,
                           memory_.data(), name);
  }
  static int Count() {
    int count = 0;
    os_mempool_info info;
    for (os_mempool* at = nullptr;
         (at = os_mempool_info_get_next(at, &info)) != nullptr;) {
      ++count;
    }
    return count;
  }

  void TearDown() override {
    // Whose blocks the pools lie on are no pools any more.
    static char name[] = "";
    ASSERT_EQ(os_mempool_init(&grave_, 1, sizeof(pools_), pools_.data(), name), OS_OK);
    // It keeps its own place, but no blocks.
    ASSERT_EQ(os_mempool_init(&grave_, 0, 1, nullptr, name), OS_OK);
    ASSERT_EQ(os_mempool_unregister(&grave_), OS_OK);
    ASSERT_EQ(Count(), 0);
    pools_ = {};
  }

  // In one place for all tests. One of four places is the grave's.
  static inline std::array<os_mempool, 6> pools_{};
  static inline std::array<std::uint64_t, 128> memory_{};
  static inline os_mempool grave_{};
};

TEST_F(MynewtCapacity, OnePoolTooManyIsRefusedAndChangesNothing) {
  for (int i = 0; i < 2; ++i) ASSERT_EQ(Make(i, 2), OS_OK);
  ASSERT_EQ(Make(2, 0), OS_OK);
  EXPECT_EQ(Make(3, 2), OS_ENOMEM);
  EXPECT_EQ(pools_[3].mp_num_blocks, 0);
  EXPECT_EQ(Count(), 3);
  // One that is made again needs no more.
  EXPECT_EQ(Make(1, 2), OS_OK);
  EXPECT_EQ(Count(), 3);
}

TEST_F(MynewtCapacity, OneBlockTooManyIsRefusedAndChangesNothing) {
  ASSERT_EQ(Make(0, 49), OS_OK);  // they are given out by 16
  EXPECT_EQ(Make(1, 1), OS_ENOMEM);
  EXPECT_EQ(Count(), 1);
  EXPECT_EQ(Make(0, 65), OS_ENOMEM);
  // It is as it was.
  EXPECT_EQ(Count(), 1);
  EXPECT_EQ(pools_[0].mp_num_free, 49);
  for (int i = 0; i < 49; ++i) EXPECT_NE(os_memblock_get(&pools_[0]), nullptr);
  EXPECT_EQ(os_memblock_get(&pools_[0]), nullptr);
  // What becomes smaller gives back what it does not need any more.
  EXPECT_EQ(Make(0, 5), OS_OK);
  EXPECT_EQ(pools_[0].mp_num_free, 5);
  EXPECT_EQ(Make(1, 48), OS_OK);
}

TEST_F(MynewtCapacity, APoolThatIsGoneMakesRoom) {
  for (int round = 0; round < 100; ++round) {
    ASSERT_EQ(Make(0, 64), OS_OK) << round;
    ASSERT_EQ(os_mempool_unregister(&pools_[0]), OS_OK);
    ASSERT_NE(os_memblock_get(&pools_[0]), nullptr);
  }
  // Not as long as it could still be used.
  EXPECT_EQ(Make(1, 64), OS_ENOMEM);
}

}  // namespace
