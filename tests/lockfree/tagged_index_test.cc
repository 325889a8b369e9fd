#include "corepool/lockfree/tagged_index.h"

#include <cstdint>
#include <limits>
#include <random>

#include "corepool/lockfree/atomic.h"
#include "gtest/gtest.h"

namespace corepool::lockfree {
namespace {

constexpr int kWordBits = static_cast<int>(sizeof(Word) * 8);

TEST(TaggedIndex, LeavesTheTagAllBitsThatTheIndexDoesNotNeed) {
  EXPECT_EQ(TaggedIndex(0).tag_bits(), kWordBits);
  EXPECT_EQ(TaggedIndex(1).tag_bits(), kWordBits - 1);
  EXPECT_EQ(TaggedIndex(1000).tag_bits(), kWordBits - 10);
  EXPECT_GE(TaggedIndex(std::numeric_limits<Index>::max()).tag_bits(), kWordBits / 2);
}

TEST(TaggedIndex, KeepsFortyTwoTagBitsForTwoMillionBlocks) {
  if (kWordBits < 64) GTEST_SKIP() << "promised for 64-bit words";
  EXPECT_GE(TaggedIndex((Index{1} << 21) - 1).tag_bits(), 43);
  EXPECT_GE(TaggedIndex(Index{1} << 21).tag_bits(), 42);
}

TEST(TaggedIndex, ChangesTheTagWithEveryChangeOfTheIndex) {
  std::mt19937_64 random(1);
  for (const Index count : {1u, 2u, 3u, 127u, 128u, 129u, 65'000u}) {
    const TaggedIndex tagged(count);
    for (int i = 0; i < 10'000; ++i) {
      const auto before = static_cast<Word>(random());
      const auto index = static_cast<Index>(random() % (std::uint64_t{count} + 1));
      const auto steps = static_cast<Word>(1 + random() % count);
      const Word after = tagged.With(before, index, steps);
      const Word most = ~Word{0} >> tagged.index_bits();
      ASSERT_EQ(tagged.IndexOf(after), index);
      ASSERT_EQ(tagged.TagOf(after), (tagged.TagOf(before) + steps) & most);
      ASSERT_NE(after, before);
    }
  }
}

TEST(TaggedIndex, MovedIsWithByTheDistance) {
  const TaggedIndex tagged(1000);
  for (Index from = 0; from <= 1000; from = static_cast<Index>(from + 8)) {
    for (Index to = 0; to <= 1000; to = static_cast<Index>(to + 8)) {
      const Word word = tagged.With(12345, from);
      ASSERT_EQ(tagged.Moved(word, Word{to} - Word{from}), tagged.With(word, to));
    }
  }
}

}  // namespace
}  // namespace corepool::lockfree
