// Proves how linked magazines pass between cores, and that their blocks are counted at
// every moment. On virtual cores, with the engine's parts laid open.

#include "corepool/engine/linked_magazines.h"

#include <array>
#include <cstddef>
#include <cstdint>

#include "corepool/engine/cache_parts.h"
#include "corepool/engine/pool_parts.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/options.h"
#include "gtest/gtest.h"
#include "tests/support/magazine_parts.h"

namespace corepool::engine {
namespace {

using lockfree::Index;
using lockfree::Word;
using testing::MagazineParts;

// Two cores, magazines of 5.
class LinkedMagazinesTest : public ::testing::Test {
 protected:
  MagazineParts made_{Caching::kCas, 2};
  LinkedMagazines magazines_{made_.parts()};

  MagazineRef Ref(Index id) const { return made_.parts().cache.RefOf(id); }
  MagazineRef LineOf(Index core) const {
    return made_.parts().cache.Line(core).current.load(lockfree::kRelaxed);
  }
  Index CountOf(Index id) const {
    return magazines_.CountOf(Ref(id), magazines_.Look(Ref(id)));
  }
  CacheState& state() const { return *made_.parts().cache.state; }
  Word Outstanding() const { return state().outstanding.load(lockfree::kRelaxed); }
  Word Peak() const { return state().peak.Get(); }

  // Puts the empty magazine `id` onto a line, and `count` blocks into it.
  void Fill(Index core, Index id, Index count) {
    ASSERT_TRUE(magazines_.Exchange(core, kNoMagazine, Ref(id)));
    // The blocks leave the users' hands.
    state().TakeOut(count);
    ASSERT_TRUE(magazines_.PushMany(core, Ref(id), blocks_.data(), count));
  }
  // Takes it off again.
  void TakeOff(Index core, Index id) {
    ASSERT_EQ(magazines_.TakeOver(core), Ref(id));
    ASSERT_EQ(LineOf(core), kNoMagazine);
  }

  std::array<void*, 8> blocks_{made_.Block(0), made_.Block(1), made_.Block(2),
                               made_.Block(3), made_.Block(4), made_.Block(5),
                               made_.Block(6), made_.Block(7)};
  std::array<void*, 8> popped_{};
};

TEST_F(LinkedMagazinesTest, AreEmptyAndOnNoLineToBeginWith) {
  for (Index id = 0; id < made_.parts().cache.ids.count; ++id) {
    EXPECT_TRUE(magazines_.IsEmpty(magazines_.Look(Ref(id))));
    EXPECT_EQ(CountOf(id), 0u);
  }
  EXPECT_EQ(LineOf(0), kNoMagazine);
}

TEST_F(LinkedMagazinesTest, GiveBackWhatWasPushedLastFirst) {
  Fill(0, 3, 4);
  EXPECT_TRUE(magazines_.PopMany(0, Ref(3), popped_.data(), 3));
  EXPECT_EQ(popped_[0], blocks_[3]);
  EXPECT_EQ(popped_[1], blocks_[2]);
  EXPECT_EQ(popped_[2], blocks_[1]);
  EXPECT_FALSE(magazines_.PopMany(0, Ref(3), popped_.data(), 2)) << "all or none";
  EXPECT_TRUE(magazines_.PopMany(0, Ref(3), popped_.data(), 1));
  EXPECT_FALSE(magazines_.PopMany(0, Ref(3), popped_.data(), 1));
}

TEST_F(LinkedMagazinesTest, HoldNoMoreThanTheirLimit) {
  Fill(0, 3, 3);
  EXPECT_FALSE(magazines_.PushMany(0, Ref(3), &blocks_[3], 3)) << "all or none";
  EXPECT_TRUE(magazines_.PushMany(0, Ref(3), &blocks_[3], 2));
  EXPECT_FALSE(magazines_.PushMany(0, Ref(3), &blocks_[5], 1));
  EXPECT_EQ(CountOf(3), made_.parts().cache.limit);
}

TEST_F(LinkedMagazinesTest, ServeOnlyTheCoreWhoseLineSaysSo) {
  Fill(0, 3, 3);
  EXPECT_FALSE(magazines_.PopMany(1, Ref(3), popped_.data(), 1));
  EXPECT_FALSE(magazines_.PushMany(1, Ref(3), &blocks_[3], 1));
  TakeOff(0, 3);
  EXPECT_FALSE(magazines_.PopMany(0, Ref(3), popped_.data(), 1));
  EXPECT_FALSE(magazines_.PushMany(0, Ref(3), &blocks_[3], 1));
  EXPECT_FALSE(magazines_.PopMany(0, kNoMagazine, popped_.data(), 1));
}

TEST_F(LinkedMagazinesTest, CountAsOutstandingWhileOnALine) {
  Fill(0, 3, 3);
  EXPECT_EQ(Outstanding(), 3u);
  TakeOff(0, 3);
  EXPECT_EQ(Outstanding(), 0u);
  ASSERT_TRUE(magazines_.Exchange(1, kNoMagazine, Ref(3)));
  EXPECT_EQ(Outstanding(), 3u);
  EXPECT_EQ(Peak(), 3u);
}

TEST_F(LinkedMagazinesTest, CountAsBeforeAfterAnExchangeThatCameTooLate) {
  Fill(0, 3, 3);
  TakeOff(0, 3);
  EXPECT_FALSE(magazines_.Exchange(0, Ref(4), Ref(3)));
  EXPECT_EQ(LineOf(0), kNoMagazine);
  EXPECT_EQ(Outstanding(), 0u);
}

TEST_F(LinkedMagazinesTest, CountOnlyTheBlockThatAThiefTakes) {
  Fill(0, 3, 5);
  TakeOff(0, 3);
  MagazineRef taken_over = kNoMagazine;
  for (Word stolen = 1; stolen <= 3; ++stolen) {
    EXPECT_EQ(magazines_.Take(Ref(3), magazines_.Look(Ref(3)), &taken_over),
              blocks_[5 - stolen]);
    EXPECT_EQ(Outstanding(), stolen);
    EXPECT_EQ(Peak(), stolen);
  }
  ASSERT_TRUE(magazines_.Exchange(1, kNoMagazine, Ref(3)));
  EXPECT_EQ(Outstanding(), 5u);
  EXPECT_EQ(taken_over, kNoMagazine);
}

TEST_F(LinkedMagazinesTest, CountNothingForAThiefThatCameTooLate) {
  Fill(0, 3, 2);
  TakeOff(0, 3);
  const Word seen = magazines_.Look(Ref(3));
  MagazineRef taken_over = kNoMagazine;
  ASSERT_NE(magazines_.Take(Ref(3), seen, &taken_over), nullptr);
  EXPECT_EQ(magazines_.Take(Ref(3), seen, &taken_over), nullptr);
  EXPECT_EQ(Outstanding(), 1u);
}

TEST_F(LinkedMagazinesTest, LetAThiefStealFromALineWithoutTakingItOff) {
  Fill(0, 3, 2);
  MagazineRef taken_over = kNoMagazine;
  EXPECT_EQ(magazines_.Take(Ref(3), magazines_.Look(Ref(3)), &taken_over), blocks_[1]);
  EXPECT_EQ(taken_over, kNoMagazine);
  EXPECT_EQ(LineOf(0), Ref(3));
  EXPECT_EQ(Outstanding(), 2u);
}

TEST_F(LinkedMagazinesTest, LeaveNothingToWhoHasSeenThemBeforeTheyLeftTheirLine) {
  Fill(0, 3, 2);
  const Word seen = magazines_.Look(Ref(3));
  TakeOff(0, 3);
  MagazineRef taken_over = kNoMagazine;
  EXPECT_EQ(magazines_.Take(Ref(3), seen, &taken_over), nullptr);
  EXPECT_GT(magazines_.Look(Ref(3)), seen);
}

TEST_F(LinkedMagazinesTest, GrowTheirWordWithEveryChangeAndCountOperations) {
  ASSERT_TRUE(magazines_.Exchange(0, kNoMagazine, Ref(3)));
  Word before = magazines_.Look(Ref(3));
  std::uint64_t operations = 0;
  for (Index round = 0; round < 1000; ++round) {
    const Index count = 1 + round % 5;
    ASSERT_TRUE(magazines_.PushMany(0, Ref(3), blocks_.data(), count));
    ASSERT_GT(magazines_.Look(Ref(3)), before);
    before = magazines_.Look(Ref(3));
    ASSERT_TRUE(magazines_.PopMany(0, Ref(3), popped_.data(), count));
    ASSERT_GT(magazines_.Look(Ref(3)), before);
    before = magazines_.Look(Ref(3));
    operations += 2 * count;
    ASSERT_EQ(magazines_.OperationsOf(Ref(3), before), operations);
  }
}

}  // namespace
}  // namespace corepool::engine
