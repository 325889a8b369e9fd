#include "corepool/engine/size_directory.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <new>
#include <random>
#include <vector>

#include "gtest/gtest.h"

namespace corepool::engine {
namespace {

FixedPool* PoolNumber(std::size_t number) {
  return reinterpret_cast<FixedPool*>(number * 64);
}

// A directory in memory of its own.
class Built {
 public:
  explicit Built(const std::vector<SizeBank>& banks, const SizeBank* added = nullptr)
      : memory_(static_cast<std::byte*>(::operator new(
            SizeDirectory::BytesFor(banks.size() + (added != nullptr)).value()))),
        directory_(SizeDirectory::Build(memory_, banks, added, true)) {}
  ~Built() { ::operator delete(memory_); }
  Built(const Built&) = delete;
  Built& operator=(const Built&) = delete;

  const SizeDirectory* operator->() const { return directory_; }

 private:
  std::byte* memory_;
  SizeDirectory* directory_;
};

TEST(SizeSteps, DivideAllSizesInOrder) {
  std::size_t last = 0;
  for (std::size_t size = 9; size <= 100'000; ++size) {
    const std::size_t step = StepOf(size);
    ASSERT_TRUE(step == last || step == last + 1 || last == 0) << size;
    if (step != last) {
      ASSERT_EQ(SmallestOfStep(step), size);
    }
    last = step;
  }
  EXPECT_EQ(StepOf(kLargestSize), kSizeSteps - 1);
  for (std::size_t size = 1; size <= 8; ++size) {
    EXPECT_LE(SmallestOfStep(StepOf(size)), size);
  }
}

TEST(SizeDirectory, FindsTheBestFitForEverySizeInAnyTable) {
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    std::vector<SizeBank> banks;
    const std::size_t count = 1 + random() % 40;
    const std::size_t most = round % 3 == 0 ? 64 : round % 3 == 1 ? 3000 : 100'000;
    for (std::size_t i = 0; i < count; ++i) {
      banks.push_back({1 + random() % most, PoolNumber(i + 1), nullptr, 0, 0, 0});
    }
    const Built directory(banks);
    std::vector<std::size_t> sizes;
    for (const SizeBank& bank : banks) sizes.push_back(bank.block_size);
    std::sort(sizes.begin(), sizes.end());
    ASSERT_EQ(directory->largest(), sizes.back());
    for (std::size_t size = 1; size <= sizes.back(); size += 1 + size / 500) {
      ASSERT_EQ(directory->ClassFor(size).block_size,
                *std::lower_bound(sizes.begin(), sizes.end(), size));
      FixedPool* const quick = directory->QuickPoolFor(size);
      ASSERT_TRUE(quick == nullptr || quick == directory->ClassFor(size).preferred.load(
                                                   std::memory_order_relaxed));
    }
  }
}

TEST(SizeDirectory, MakesOneClassOfAllBanksOfASizeOldestFirst) {
  const std::vector<SizeBank> banks = {{32, PoolNumber(1), nullptr, 0, 0, 0},
                                       {16, PoolNumber(2), nullptr, 0, 0, 0},
                                       {32, PoolNumber(3), nullptr, 0, 0, 0}};
  const SizeBank added{16, PoolNumber(4), nullptr, 0, 0, 0};
  const Built directory(banks, &added);
  ASSERT_EQ(directory->classes().size(), 2u);
  const auto pools_of = [&](std::size_t size) {
    std::vector<FixedPool*> pools;
    for (const SizeBank& bank : directory->BanksOf(directory->ClassFor(size))) {
      pools.push_back(bank.pool);
    }
    return pools;
  };
  EXPECT_EQ(pools_of(10), (std::vector{PoolNumber(2), PoolNumber(4)}));
  EXPECT_EQ(pools_of(20), (std::vector{PoolNumber(1), PoolNumber(3)}));
  EXPECT_EQ(directory->ClassFor(16).preferred.load(std::memory_order_relaxed),
            PoolNumber(2));
}

TEST(SizeDirectory, KnowsPowersOfTwoQuicklyAndFollowsWhatTheirClassesPrefer) {
  std::vector<SizeBank> banks;
  for (std::size_t size = 16; size <= 1024; size *= 2) {
    for (std::size_t twin = 0; twin < 2; ++twin) {
      banks.push_back({size, PoolNumber(size + twin), nullptr, 0, 0, 0});
    }
  }
  const Built directory(banks);
  const auto expect = [&](std::size_t twin) {
    for (std::size_t size = 1; size <= kQuickSizes; ++size) {
      const std::size_t fit = std::max(std::bit_ceil(size), std::size_t{16});
      ASSERT_EQ(directory->QuickPoolFor(size), PoolNumber(fit + twin)) << size;
    }
  };
  expect(0);
  for (SizeClass& size_class : directory->classes()) {
    directory->Prefer(size_class, PoolNumber(size_class.block_size + 1));
  }
  expect(1);
  EXPECT_EQ(directory->QuickPoolFor(0), nullptr);
  EXPECT_EQ(directory->QuickPoolFor(kQuickSizes + 1), nullptr);
  EXPECT_EQ(directory->QuickPoolFor(SIZE_MAX), nullptr);
}

TEST(SizeDirectory, FindsTheBankOfEveryAddressAndNoneBeside) {
  std::mt19937 random(11);
  for (int round = 0; round < 300; ++round) {
    // Banks side by side, or apart, of very different lengths; some without blocks.
    std::vector<SizeBank> banks;
    std::uintptr_t at = 1000 + random() % 100'000;
    const std::size_t count = 1 + random() % 30;
    for (std::size_t i = 0; i < count; ++i) {
      if (random() % 3 == 0) at += random() % (round % 2 == 0 ? 100 : 100'000);
      const std::size_t bytes =
          random() % 8 == 0 ? 0 : 1 + random() % (std::size_t{1} << random() % 16);
      banks.push_back({1 + i, PoolNumber(i + 1), nullptr, at, bytes, 0});
      at += bytes;
    }
    std::shuffle(banks.begin(), banks.end(), random);
    const Built directory(banks);
    const auto expected = [&](std::uintptr_t address) -> FixedPool* {
      for (const SizeBank& bank : banks) {
        if (address - bank.begin < bank.bytes) return bank.pool;
      }
      return nullptr;
    };
    const auto found = [&](std::uintptr_t address) -> FixedPool* {
      const SizeBank* const bank =
          directory->BankOf(reinterpret_cast<const void*>(address));
      return bank == nullptr ? nullptr : bank->pool;
    };
    for (const SizeBank& bank : banks) {
      for (const std::uintptr_t address :
           {bank.begin - 1, bank.begin, bank.begin + bank.bytes / 2,
            bank.begin + bank.bytes - 1, bank.begin + bank.bytes}) {
        ASSERT_EQ(found(address), expected(address)) << address;
      }
    }
    for (const std::uintptr_t address :
         {std::uintptr_t{0}, std::uintptr_t{1}, ~std::uintptr_t{0}}) {
      ASSERT_EQ(found(address), expected(address));
    }
    for (int i = 0; i < 300; ++i) {
      const std::uintptr_t address = 900 + random() % (at - 800);
      ASSERT_EQ(found(address), expected(address)) << address;
    }
  }
}

TEST(SizeDirectory, OfNothingFindsNothing) {
  const SizeDirectory none;
  EXPECT_EQ(none.largest(), 0u);
  EXPECT_TRUE(none.classes().empty());
  EXPECT_EQ(none.BankOf(&none), nullptr);
  EXPECT_EQ(none.BankOf(nullptr), nullptr);
}

}  // namespace
}  // namespace corepool::engine
