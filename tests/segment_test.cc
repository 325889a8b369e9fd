// Proves that segments hand out every byte once, whoever asks at the same time, and
// that they refuse what cannot be.

#include "corepool/segment.h"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "corepool/base/align.h"
#include "corepool/error.h"
#include "gtest/gtest.h"
#include "tests/support/gang.h"

namespace corepool {
namespace {

constexpr std::size_t kMost = std::numeric_limits<std::size_t>::max();

class SegmentTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(segment_.Init("tested", memory_, 32), Error::kOk); }

  std::ptrdiff_t OffsetOf(const void* address) const {
    return static_cast<const std::byte*>(address) - memory_;
  }

  alignas(64) std::byte memory_[4096];
  Segment segment_;
};

TEST_F(SegmentTest, CarvesOnePieceBehindTheOther) {
  EXPECT_EQ(OffsetOf(segment_.Allocate(100, 4)), 0);
  EXPECT_EQ(OffsetOf(segment_.Allocate(1, 1)), 100);
  EXPECT_EQ(OffsetOf(segment_.Allocate(3, 8)), 104);
  EXPECT_EQ(segment_.used(), 107u);
  EXPECT_EQ(segment_.Remaining(), 4096u - 107);
  EXPECT_EQ(segment_.Remaining(64), 4096u - 128);
  EXPECT_EQ(OffsetOf(segment_.Allocate(4096 - 128, 64)), 128);
  EXPECT_EQ(segment_.Remaining(), 0u);
  EXPECT_EQ(segment_.Allocate(1, 1), nullptr);
  EXPECT_EQ(segment_.Clear(), Error::kOk);
  EXPECT_EQ(OffsetOf(segment_.Allocate(4096, 64)), 0);
}

TEST_F(SegmentTest, AlignsAndPadsWhatIsForHardware) {
  EXPECT_EQ(OffsetOf(segment_.Allocate(1, 1)), 0);
  EXPECT_EQ(OffsetOf(segment_.AllocateHardware(1, 1)), 32);
  EXPECT_EQ(segment_.used(), 64u) << "as long as the padding";
  EXPECT_EQ(OffsetOf(segment_.AllocateHardware(33, 64)), 64);
  EXPECT_EQ(segment_.used(), 128u);
  EXPECT_EQ(OffsetOf(segment_.AllocateHardware(1, 64)), 128);
  EXPECT_EQ(segment_.used(), 160u) << "padded to the padding, not to the alignment";
}

TEST_F(SegmentTest, SaysHowManyBytesAreMissingAndTakesNone) {
  ASSERT_NE(segment_.Allocate(4001, 1), nullptr);
  const auto [error, memory, missing] = segment_.TryAllocate(100, 32);
  EXPECT_EQ(error, Error::kExhausted);
  EXPECT_EQ(memory, nullptr);
  EXPECT_EQ(missing, 36u) << "32 to 4032, and 64 remain behind it";
  EXPECT_EQ(segment_.TryAllocate(64, 32).missing, 0u) << "and it fits exactly";
  EXPECT_EQ(segment_.TryAllocate(1, 1).missing, 1u);
}

TEST_F(SegmentTest, RefusesAnySizeAndAlignmentThatCannotBe) {
  EXPECT_EQ(segment_.TryAllocate(0).error, Error::kInvalidSize);
  EXPECT_EQ(segment_.TryAllocateHardware(0).error, Error::kInvalidSize);
  EXPECT_EQ(segment_.AllocateUpTo(1, 0).error, Error::kInvalidSize);
  for (const std::size_t alignment : {std::size_t{0}, std::size_t{3}, kMost}) {
    EXPECT_EQ(segment_.TryAllocate(1, alignment).error, Error::kInvalidAlignment);
    EXPECT_EQ(segment_.TryAllocateHardware(1, alignment).error,
              Error::kInvalidAlignment);
    EXPECT_EQ(segment_.AllocateUpTo(1, 1, alignment).error, Error::kInvalidAlignment);
    EXPECT_EQ(segment_.Remaining(alignment), 0u);
  }
  ASSERT_NE(segment_.Allocate(1, 1), nullptr);
  constexpr std::size_t kLargestAlignment = kMost / 2 + 1;
  for (const std::size_t size :
       {kMost, kMost - 1, kMost - 31, kMost / 2, kMost - 4096, std::size_t{4096}}) {
    for (const std::size_t alignment :
         {std::size_t{1}, std::size_t{32}, kLargestAlignment / 2, kLargestAlignment}) {
      EXPECT_EQ(segment_.TryAllocate(size, alignment).error, Error::kExhausted);
      EXPECT_EQ(segment_.TryAllocateHardware(size, alignment).error, Error::kExhausted);
      EXPECT_EQ(segment_.AllocateUpTo(kMost, size, alignment).error, Error::kExhausted);
      EXPECT_GE(segment_.TryAllocate(size, alignment).missing, size - 4095);
    }
  }
  EXPECT_EQ(segment_.TryAllocate(1, kLargestAlignment).error, Error::kExhausted);
  EXPECT_EQ(segment_.used(), 1u);
  EXPECT_EQ(segment_.TryAllocate(kMost, 1).missing, kMost - 4095);
}

TEST_F(SegmentTest, GivesAsManyEqualBlocksAsFit) {
  ASSERT_NE(segment_.Allocate(1, 1), nullptr);
  const SegmentBlocks some = segment_.AllocateUpTo(3, 20, 8);
  EXPECT_EQ(some.error, Error::kOk);
  EXPECT_EQ(OffsetOf(some.memory), 8);
  EXPECT_EQ(some.count, 3u);
  EXPECT_EQ(some.stride, 24u);
  const SegmentBlocks rest = segment_.AllocateUpTo(kMost, 20, 8);
  EXPECT_EQ(OffsetOf(rest.memory), 80);
  EXPECT_EQ(rest.count, (4096u - 80) / 24);
  const SegmentBlocks none = segment_.AllocateUpTo(1, 20, 8);
  EXPECT_EQ(none.error, Error::kExhausted);
  EXPECT_EQ(none.count, 0u);
  EXPECT_EQ(none.missing, 24u - (4096u - 80) % 24);
}

TEST(SegmentInit, RefusesWhatIsNoMemoryOrNoPadding) {
  std::byte memory[64];
  Segment segment;
  EXPECT_EQ(segment.Init("", {}), Error::kNullMemory);
  EXPECT_EQ(segment.Init("", std::span(memory, 0)), Error::kInvalidSize);
  EXPECT_EQ(segment.Init("", memory, 0), Error::kInvalidAlignment);
  EXPECT_EQ(segment.Init("", memory, 24), Error::kInvalidAlignment);
  EXPECT_EQ(segment.Init("", std::span(memory, kMost)), Error::kTooLarge);
  auto* const high = reinterpret_cast<std::byte*>(kMost - 99);
  EXPECT_EQ(segment.Init("", std::span(high, 101)), Error::kTooLarge);
  EXPECT_EQ(segment.Allocate(1), nullptr);
  EXPECT_EQ(segment.TryAllocate(1).error, Error::kNotInitialized);
  EXPECT_EQ(segment.TryAllocateHardware(1).error, Error::kNotInitialized);
  EXPECT_EQ(segment.AllocateUpTo(1, 1).error, Error::kNotInitialized);
  EXPECT_EQ(segment.Remaining(), 0u);
  EXPECT_EQ(segment.Deinit(), Error::kNotInitialized);
  EXPECT_EQ(segment.Clear(), Error::kNotInitialized);
  EXPECT_EQ(segment.Init(nullptr, std::span(high, 100)), Error::kOk)
      << "up to the last address";
  EXPECT_STREQ(segment.name(), "");
  EXPECT_EQ(segment.TryAllocate(101, 1).missing, 1u);
  EXPECT_EQ(segment.Allocate(100, 1), high);
  EXPECT_EQ(segment.Remaining(), 0u);
  EXPECT_EQ(segment.Init("", memory), Error::kAlreadyInitialized);
  EXPECT_EQ(segment.Deinit(), Error::kOk);
  EXPECT_EQ(segment.Init("", memory), Error::kOk) << "as good as new";
}

TEST(SegmentInit, RefusesMemoryThatAnotherSegmentHas) {
  std::byte memory[300];
  const std::span<std::byte> all(memory);
  Segment middle;
  Segment other;
  ASSERT_EQ(middle.Init("", all.subspan(100, 100)), Error::kOk);
  EXPECT_EQ(other.Init("", all.subspan(100, 100)), Error::kAlreadyRegistered);
  EXPECT_EQ(other.Init("", all.subspan(100, 99)), Error::kOverlappingMemory);
  EXPECT_EQ(other.Init("", all.subspan(101, 99)), Error::kOverlappingMemory);
  EXPECT_EQ(other.Init("", all.subspan(50, 51)), Error::kOverlappingMemory);
  EXPECT_EQ(other.Init("", all.subspan(199, 1)), Error::kOverlappingMemory);
  EXPECT_EQ(other.Init("", all), Error::kOverlappingMemory);
  EXPECT_EQ(other.Init("", all.subspan(200)), Error::kOk);
  Segment third;
  EXPECT_EQ(third.Init("", all.first(100)), Error::kOk);
  EXPECT_EQ(middle.Deinit(), Error::kOk);
  EXPECT_EQ(middle.Init("", all.first(150)), Error::kOverlappingMemory);
  EXPECT_EQ(middle.Init("", all.subspan(100, 100)), Error::kOk);
}

std::vector<std::string> Names() {
  std::vector<std::string> names;
  SegmentInfo info;
  for (SegmentCursor cursor; NextSegment(cursor, info);) names.emplace_back(info.name);
  return names;
}

TEST(Segments, AreFoundInTheOrderOfTheirInitAndCopied) {
  std::byte memory[300];
  const std::span<std::byte> all(memory);
  EXPECT_EQ(Names(), std::vector<std::string>());
  SegmentInfo info;
  SegmentCursor cursor;
  {
    Segment a;
    Segment b;
    Segment c;
    ASSERT_EQ(b.Init("b", all.first(100)), Error::kOk);
    ASSERT_EQ(a.Init("a", all.subspan(100, 100), 8), Error::kOk);
    ASSERT_EQ(c.Init("a name of more than thirty-one characters", all.subspan(200)),
              Error::kOk);
    EXPECT_EQ(Names(),
              (std::vector<std::string>{"b", "a", "a name of more than thirty-one "}));
    ASSERT_NE(a.Allocate(10, 1), nullptr);
    ASSERT_TRUE(NextSegment(cursor, info));
    EXPECT_EQ(b.Deinit(), Error::kOk);
    ASSERT_EQ(b.Init("b", all.first(100)), Error::kOk);
    ASSERT_TRUE(NextSegment(cursor, info)) << "though the one before is gone";
  }
  EXPECT_STREQ(info.name, "a");
  EXPECT_EQ(info.memory, memory + 100);
  EXPECT_EQ(info.stats.size, 100u);
  EXPECT_EQ(info.stats.used, 10u);
  EXPECT_EQ(info.stats.remaining, 90u);
  EXPECT_EQ(info.stats.padding_alignment, 8u);
  EXPECT_EQ(info.stats.pools, 0u);
  EXPECT_FALSE(NextSegment(cursor, info)) << "destroying a segment takes it off";
}

TEST(Segments, OfThreadsThatWantOverlappingMemoryExactlyOneGetsIt) {
  constexpr int kThreads = 4;
  for (int round = 0; round < 200; ++round) {
    std::byte memory[100];
    Segment segments[kThreads];
    std::atomic<int> accepted{0};
    testing::RunGang(kThreads, [&](int i) {
      const auto at = static_cast<std::size_t>(i);
      SegmentInfo info;
      for (SegmentCursor cursor; NextSegment(cursor, info);) {
        EXPECT_STREQ(info.name, "won");
      }
      // All of them have the byte in the middle.
      accepted +=
          segments[at].Init("won", std::span(memory).subspan(at, 90)) == Error::kOk;
    });
    ASSERT_EQ(accepted, 1);
    for (Segment& segment : segments) {
      const Error expected =
          segment.is_initialized() ? Error::kOk : Error::kNotInitialized;
      EXPECT_EQ(segment.Deinit(), expected);
    }
  }
  EXPECT_EQ(Names(), std::vector<std::string>());
}

// What one thread got.
struct Got {
  const std::byte* begin;
  std::size_t size;
};

TEST(SegmentTorture, ThreadsShareEveryByteAndNoneTwice) {
  constexpr int kThreads = 8;
  constexpr std::size_t kSize = 64 * 1024;
  alignas(64) static std::byte memory[kSize];
  for (int round = 0; round < 20; ++round) {
    Segment segment;
    ASSERT_EQ(segment.Init("shared", memory, 16), Error::kOk);
    std::vector<Got> got[kThreads];
    testing::RunGang(kThreads, [&](int thread) {
      auto& mine = got[thread];
      for (std::size_t i = static_cast<std::size_t>(thread);; ++i) {
        const std::size_t size = 1 + i * 7 % 50;
        const std::size_t alignment = std::size_t{1} << (i % 5);
        if (i % 3 == 0) {
          const SegmentBlocks blocks = segment.AllocateUpTo(1 + i % 4, size, alignment);
          if (blocks.error != Error::kOk) break;
          EXPECT_TRUE(base::IsAligned(blocks.memory, alignment));
          mine.push_back(
              {static_cast<std::byte*>(blocks.memory), blocks.count * blocks.stride});
        } else if (i % 3 == 1) {
          auto* const piece =
              static_cast<std::byte*>(segment.AllocateHardware(size, alignment));
          if (piece == nullptr) break;
          EXPECT_TRUE(base::IsAligned(piece, 16));
          mine.push_back({piece, (size + 15) / 16 * 16});
        } else {
          auto* const piece =
              static_cast<std::byte*>(segment.Allocate(size, alignment));
          if (piece == nullptr) break;
          EXPECT_TRUE(base::IsAligned(piece, alignment));
          mine.push_back({piece, size});
        }
      }
      while (const void* const byte = segment.Allocate(1, 1)) {
        mine.push_back({static_cast<const std::byte*>(byte), 1});
      }
    });
    std::vector<Got> all;
    for (const auto& mine : got) all.insert(all.end(), mine.begin(), mine.end());
    std::sort(all.begin(), all.end(),
              [](const Got& a, const Got& b) { return a.begin < b.begin; });
    const std::byte* end = memory;
    for (const Got& piece : all) {
      ASSERT_GE(piece.begin, end) << "two have the same byte";
      ASSERT_LT(piece.begin - end, 16) << "lost to more than alignment";
      end = piece.begin + piece.size;
    }
    ASSERT_EQ(end, memory + kSize);
    EXPECT_EQ(segment.Remaining(), 0u);
  }
}

}  // namespace
}  // namespace corepool
