#include <cstddef>

#include "corepool/c/fixed_pool.h"
#include "corepool/fixed_pool.h"
#include "corepool/options.h"
#include "gtest/gtest.h"

namespace corepool {
namespace {

corepool_pool_options_t OptionsOfC(std::size_t size, std::size_t count) {
  corepool_pool_options_t options{};
  options.block_size = size;
  options.block_count = count;
  return options;
}

// Sizes tell of all of them: alignment, checking, caching, cores.
TEST(DefaultsOfC, AreThoseOfCpp) {
  for (std::size_t size = 1; size < 300; size += 7) {
    for (std::size_t count = 0; count < 3000; count = count * 3 / 2 + 1) {
      const corepool_pool_options_t options = OptionsOfC(size, count);
      const PoolOptions same{.block_size = size, .block_count = count};
      EXPECT_EQ(corepool_fixed_pool_required_bytes(&options), RequiredBytes(same));
      EXPECT_EQ(corepool_fixed_pool_required_alignment(&options),
                RequiredAlignment(same));
    }
  }
}

template <std::size_t kSize, std::size_t kCount>
void ExpectEnough() {
  struct Memory {
    COREPOOL_FIXED_POOL_MEMORY(bytes, kSize, kCount);
  };
  struct Uncached {
    COREPOOL_FIXED_POOL_MEMORY_UNCACHED(bytes, kSize, kCount);
  };
  corepool_pool_options_t options = OptionsOfC(kSize, kCount);
  for (int checking = 0; checking < 3; ++checking) {
    options.checking = static_cast<corepool_checking_t>(checking);
    options.caching = COREPOOL_CACHING_AUTOMATIC;
    EXPECT_LE(corepool_fixed_pool_required_bytes(&options), sizeof(Memory))
        << kSize << " x " << kCount << ", checking " << checking;
    EXPECT_LE(corepool_fixed_pool_required_alignment(&options), alignof(Memory));
    options.caching = COREPOOL_CACHING_NONE;
    EXPECT_LE(corepool_fixed_pool_required_bytes(&options), sizeof(Uncached))
        << kSize << " x " << kCount << ", checking " << checking;
  }
}

TEST(FixedPoolMemory, IsEnough) {
  ExpectEnough<1, 1>();
  ExpectEnough<7, 2>();
  ExpectEnough<8, 15>();
  ExpectEnough<16, 16>();
  ExpectEnough<17, 31>();
  ExpectEnough<32, 64>();
  ExpectEnough<64, 100>();
  ExpectEnough<100, 256>();
  ExpectEnough<64, 1023>();
  ExpectEnough<64, 1024>();
  ExpectEnough<1, 4096>();
  ExpectEnough<1500, 10000>();
}

}  // namespace
}  // namespace corepool
