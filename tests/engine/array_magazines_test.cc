// Proves the header's arithmetic, and how array magazines pass between cores. On
// virtual cores, with the engine's parts laid open.

#include "corepool/engine/array_magazines.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>

#include "corepool/engine/block_layout.h"
#include "corepool/engine/block_state.h"
#include "corepool/engine/cache_parts.h"
#include "corepool/engine/cache_plan.h"
#include "corepool/engine/pool_parts.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/lockfree/tagged_stack.h"
#include "corepool/options.h"
#include "corepool/port/cores.h"
#include "gtest/gtest.h"
#include "tests/support/magazine_parts.h"
#include "tests/support/test_pool.h"
#include "tests/support/virtual_core_traffic.h"
#include "tests/support/virtual_cores.h"

namespace corepool::engine {
namespace {

using lockfree::Index;
using port::CoreArea;
using port::VirtualCores;
using testing::MagazineParts;
using testing::OnCore;
using Header = MagazineHeader;

constexpr std::uint64_t kSampleVersions[] = {
    0, 1, 2, 0xffff, 0x1'0000'0000, 0x3fff'ffff'fffe};

TEST(MagazineHeader, TellsOwnerAndCountApartForEveryCount) {
  for (const std::uint64_t version : kSampleVersions) {
    for (Index count = 0; count <= CoreArea::kMostLimit; ++count) {
      const std::uint64_t before = version * CoreArea::kVersion;
      const std::uint64_t owned = Header::Owned(before, count);
      EXPECT_TRUE(Header::IsOwned(owned));
      EXPECT_EQ(Header::CountOf(owned), count);
      const std::uint64_t shared = Header::Shared(before, count);
      EXPECT_FALSE(Header::IsOwned(shared));
      EXPECT_EQ(Header::CountOf(shared), count);
    }
  }
}

TEST(MagazineHeader, IsSharedAndEmptyWhenAllZero) {
  EXPECT_FALSE(Header::IsOwned(0));
  EXPECT_EQ(Header::CountOf(0), 0u);
  EXPECT_EQ(Header::VersionOf(0), 0u);
}

TEST(MagazineHeader, GrowsWithEveryChangeAndCountsIt) {
  std::mt19937 random(1);
  std::uint64_t header = 0;
  Index count = 0;
  for (std::uint64_t version = 1; version <= 100'000; ++version) {
    const std::uint64_t before = header;
    switch (random() % 4) {
      case 0: header = Header::Owned(header, count); break;
      case 1: header = Header::Shared(header, count); break;
      case 2:
        if (Header::IsOwned(header) && count < CoreArea::kMostLimit) {
          header += CoreArea::kPush;
          ++count;
        } else {
          header = Header::Owned(header, count);
        }
        break;
      default:
        if (count == 0) {
          header = Header::Shared(header, count);
        } else {
          --count;
          header = Header::IsOwned(header) ? header + CoreArea::kPop
                                           : Header::Shared(header, count);
        }
    }
    ASSERT_GT(header, before);
    ASSERT_EQ(Header::VersionOf(header), version);
    ASSERT_EQ(Header::CountOf(header), count);
  }
}

// Four blocks, two cores, magazines of 5.
class ArrayMagazinesTest : public ::testing::Test {
 protected:
  MagazineParts made_{Caching::kRseq, 2};
  ArrayMagazines<port::Cores> magazines_{made_.parts()};

  MagazineRef Ref(Index id) const { return made_.parts().cache.RefOf(id); }
  MagazineRef LineOf(Index core) const {
    return made_.parts().cache.Line(core).current.load(lockfree::kRelaxed);
  }
  std::uint64_t Outstanding() const {
    return made_.parts().cache.state->outstanding.load(lockfree::kRelaxed);
  }
  // Puts the empty magazine `id` onto the caller's line, and `count` blocks into it.
  void Fill(Index core, Index id, Index count) {
    ASSERT_TRUE(magazines_.Exchange(core, kNoMagazine, Ref(id)));
    // The blocks leave the users' hands.
    made_.parts().cache.state->TakeOut(count);
    ASSERT_TRUE(magazines_.PushMany(core, Ref(id), blocks_.data(), count));
  }

  std::array<void*, 8> blocks_{made_.Block(0), made_.Block(1), made_.Block(2),
                               made_.Block(3), made_.Block(4), made_.Block(5),
                               made_.Block(6), made_.Block(7)};
  std::array<void*, 8> popped_{};
};

TEST_F(ArrayMagazinesTest, AreEmptySharedAndOnNoLineToBeginWith) {
  for (Index id = 0; id < made_.parts().cache.ids.count; ++id) {
    EXPECT_TRUE(magazines_.IsEmpty(magazines_.Look(Ref(id))));
    EXPECT_FALSE(Header::IsOwned(magazines_.Look(Ref(id))));
  }
  EXPECT_EQ(LineOf(0), kNoMagazine);
  EXPECT_EQ(LineOf(1), kNoMagazine);
}

TEST_F(ArrayMagazinesTest, HoldNoMoreThanTheirLimit) {
  const OnCore on(0);
  Fill(0, 3, made_.parts().cache.limit);
  EXPECT_FALSE(magazines_.PushMany(0, Ref(3), &blocks_[5], 1));
  EXPECT_EQ(magazines_.CountOf(Ref(3), magazines_.Look(Ref(3))), 5u);
}

TEST_F(ArrayMagazinesTest, TakeAsManyOfABulkAsThereIsRoomFor) {
  const OnCore on(0);
  Fill(0, 3, 2);
  EXPECT_FALSE(magazines_.PushMany(0, Ref(3), &blocks_[2], 4)) << "all or none";
  EXPECT_TRUE(magazines_.PushMany(0, Ref(3), &blocks_[2], 3));
  EXPECT_FALSE(magazines_.PopMany(0, Ref(3), popped_.data(), 6)) << "all or none";
  EXPECT_TRUE(magazines_.PopMany(0, Ref(3), popped_.data(), 5));
  for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(popped_[i], blocks_[i]);
}

TEST_F(ArrayMagazinesTest, BecomeTheCoresOwnWithTheFirstPushAndThenCountAsOutstanding) {
  const OnCore on(0);
  Fill(0, 3, 2);
  EXPECT_TRUE(Header::IsOwned(magazines_.Look(Ref(3))));
  EXPECT_EQ(Outstanding(), 2u);
  ASSERT_TRUE(magazines_.Exchange(0, Ref(3), kNoMagazine));
  magazines_.Release(Ref(3));
  EXPECT_FALSE(Header::IsOwned(magazines_.Look(Ref(3))));
  EXPECT_EQ(Outstanding(), 0u);
  EXPECT_EQ(made_.parts().cache.state->transitions.Get(), 2u);
}

TEST_F(ArrayMagazinesTest, AreNotExchangedFromAnotherCoreNorForAnotherMagazine) {
  const OnCore on(0);
  Fill(0, 3, 1);
  EXPECT_FALSE(magazines_.Exchange(1, kNoMagazine, Ref(4)));
  EXPECT_FALSE(magazines_.Exchange(0, Ref(4), Ref(5)));
  EXPECT_EQ(LineOf(0), Ref(3));
  EXPECT_EQ(LineOf(1), kNoMagazine);
}

TEST_F(ArrayMagazinesTest, AreNotOwnedByACallerThatHasLeftTheCore) {
  {
    const OnCore on(0);
    ASSERT_TRUE(magazines_.Exchange(0, kNoMagazine, Ref(3)));
  }
  const OnCore on(1);
  EXPECT_FALSE(magazines_.PushMany(0, Ref(3), blocks_.data(), 1));
  EXPECT_FALSE(Header::IsOwned(magazines_.Look(Ref(3))));
  EXPECT_EQ(Outstanding(), 0u);
}

TEST_F(ArrayMagazinesTest, AreTakenOffTheirLineByAThiefAndSharedOnce) {
  {
    const OnCore on(0);
    Fill(0, 3, 3);
  }
  const OnCore on(1);
  MagazineRef taken_over = kNoMagazine;
  EXPECT_EQ(magazines_.Take(Ref(3), magazines_.Look(Ref(3)), &taken_over), blocks_[2]);
  EXPECT_EQ(taken_over, Ref(3));
  EXPECT_EQ(LineOf(0), kNoMagazine);
  EXPECT_EQ(Outstanding(), 1u) << "the stolen block";

  taken_over = kNoMagazine;
  EXPECT_EQ(magazines_.Take(Ref(3), magazines_.Look(Ref(3)), &taken_over), blocks_[1]);
  EXPECT_EQ(taken_over, kNoMagazine) << "it was on no line";
  EXPECT_EQ(Outstanding(), 2u);
}

TEST_F(ArrayMagazinesTest, AreSharedByTheFirstThatFindsThemOwnedAndOnNoLine) {
  const OnCore on(0);
  Fill(0, 3, 2);
  const std::uint64_t seen = magazines_.Look(Ref(3));
  ASSERT_TRUE(magazines_.Exchange(0, Ref(3), kNoMagazine));
  MagazineRef taken_over = kNoMagazine;
  EXPECT_EQ(magazines_.Take(Ref(3), seen, &taken_over), nullptr) << "helped, no more";
  EXPECT_FALSE(Header::IsOwned(magazines_.Look(Ref(3))));
  EXPECT_EQ(Outstanding(), 0u);
  magazines_.Release(Ref(3));
  EXPECT_EQ(Outstanding(), 0u) << "who comes too late has nothing to do";
}

TEST_F(ArrayMagazinesTest, YieldNothingToWhoHasSeenThemBeforeTheyChanged) {
  const OnCore on(0);
  Fill(0, 3, 2);
  ASSERT_EQ(magazines_.TakeOver(0), Ref(3));
  const std::uint64_t seen = magazines_.Look(Ref(3));
  MagazineRef taken_over = kNoMagazine;
  ASSERT_NE(magazines_.Take(Ref(3), seen, &taken_over), nullptr);
  EXPECT_EQ(magazines_.Take(Ref(3), seen, &taken_over), nullptr);
  EXPECT_EQ(Outstanding(), 1u);
}

TEST_F(ArrayMagazinesTest, LoseNothingWhenASectionIsInterrupted) {
  const OnCore on(0);
  Fill(0, 3, 2);
  VirtualCores::interrupted = [] { return true; };
  EXPECT_FALSE(magazines_.PopMany(0, Ref(3), popped_.data(), 2));
  EXPECT_FALSE(magazines_.PushMany(0, Ref(3), &blocks_[2], 2));
  EXPECT_FALSE(magazines_.Exchange(0, Ref(3), Ref(4)));
  void* block = nullptr;
  EXPECT_FALSE(VirtualCores::Pop(made_.parts().cache.area, 2, &block));
  VirtualCores::interrupted = nullptr;
  EXPECT_TRUE(magazines_.PopMany(0, Ref(3), popped_.data(), 2));
}

TEST_F(ArrayMagazinesTest, CountTheirOperationsInTheVersion) {
  const OnCore on(0);
  Fill(0, 3, 3);
  EXPECT_TRUE(magazines_.PopMany(0, Ref(3), popped_.data(), 2));
  const std::uint64_t seen = magazines_.Look(Ref(3));
  EXPECT_EQ(magazines_.OperationsOf(Ref(3), seen) -
                made_.parts().cache.state->transitions.Get(),
            5u);
}

}  // namespace
}  // namespace corepool::engine
