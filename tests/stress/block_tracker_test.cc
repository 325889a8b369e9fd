#include "stress/trace/block_tracker.h"

#include <cstdint>
#include <span>
#include <vector>

#include "gtest/gtest.h"
#include "stress/trace/malloc_trace.h"

namespace corepool::stress {
namespace {

using Kind = TraceStep::Kind;

MallocEvent Allocate(std::uint64_t block, std::uint64_t size,
                     std::uint64_t thread = 1) {
  return {.kind = MallocEvent::Kind::kAllocate,
          .thread = thread,
          .block = block,
          .size = size};
}
MallocEvent Free(std::uint64_t block, std::uint64_t thread = 1) {
  return {.kind = MallocEvent::Kind::kFree, .thread = thread, .block = block};
}
MallocEvent Reallocate(std::uint64_t block, std::uint64_t old, std::uint64_t size) {
  return {.kind = MallocEvent::Kind::kReallocate,
          .thread = 1,
          .block = block,
          .old_block = old,
          .size = size};
}

std::vector<TraceStep> Steps(BlockTracker& tracker, const MallocEvent& event) {
  const std::span<const TraceStep> steps = tracker.Take(event);
  return {steps.begin(), steps.end()};
}

TEST(BlockTracker, FollowsABlockThroughItsLife) {
  BlockTracker tracker({});
  const auto born = Steps(tracker, Allocate(100, 64));
  ASSERT_EQ(born.size(), 1u);
  EXPECT_EQ(born[0].kind, Kind::kAllocate);
  EXPECT_EQ(born[0].size, 64u);
  const auto moved = Steps(tracker, Reallocate(200, 100, 300));
  ASSERT_EQ(moved.size(), 1u);
  EXPECT_EQ(moved[0].kind, Kind::kReallocate);
  EXPECT_EQ(moved[0].block, born[0].block);
  EXPECT_EQ(moved[0].old_size, 64u);
  EXPECT_TRUE(Steps(tracker, Free(100)).empty()) << "that is no block any more";
  const auto died = Steps(tracker, Free(200, 9));
  ASSERT_EQ(died.size(), 1u);
  EXPECT_EQ(died[0].kind, Kind::kFree);
  EXPECT_EQ(died[0].block, born[0].block);
  EXPECT_EQ(died[0].old_size, 300u);
  EXPECT_EQ(died[0].thread, 9u);
  const TraceCounts counts = tracker.counts();
  EXPECT_EQ(counts.allocations, 1u);
  EXPECT_EQ(counts.frees, 2u);
  EXPECT_EQ(counts.unknown_frees, 1u);
  EXPECT_EQ(counts.never_freed, 0u);
  EXPECT_EQ(counts.peak_bytes, 300u);
  EXPECT_EQ(counts.threads, 2u);
}

TEST(BlockTracker, CountsWhatIsNoRequest) {
  BlockTracker tracker({.largest = 1000});
  EXPECT_TRUE(Steps(tracker, Free(0)).empty());
  EXPECT_TRUE(Steps(tracker, Allocate(0, 5)).empty());
  EXPECT_EQ(Steps(tracker, Allocate(1, 0))[0].size, 1u);
  EXPECT_TRUE(Steps(tracker, Allocate(2, 1001)).empty());
  EXPECT_TRUE(Steps(tracker, Free(2)).empty());
  EXPECT_EQ(Steps(tracker, Reallocate(3, 0, 8))[0].kind, Kind::kAllocate);
  EXPECT_EQ(Steps(tracker, Reallocate(4, 77, 8))[0].kind, Kind::kAllocate);
  EXPECT_TRUE(Steps(tracker, Reallocate(0, 4, 8)).empty()) << "it failed, 4 stays";
  EXPECT_EQ(Steps(tracker, Reallocate(0, 4, 0))[0].kind, Kind::kFree);
  EXPECT_EQ(Steps(tracker, Reallocate(5, 3, 5000))[0].kind, Kind::kFree);
  EXPECT_EQ(Steps(tracker, Reallocate(5, 5, 10))[0].kind, Kind::kAllocate);
  const TraceCounts counts = tracker.counts();
  EXPECT_EQ(counts.null_frees, 1u);
  EXPECT_EQ(counts.failed, 2u);
  EXPECT_EQ(counts.zero_sized, 1u);
  EXPECT_EQ(counts.too_large, 2u);
  EXPECT_EQ(counts.unknown_reallocations, 1u);
  EXPECT_EQ(counts.never_freed, 2u);
}

TEST(BlockTracker, FreesTheOlderOfTwoBlocksAtOneAddress) {
  BlockTracker tracker({});
  const auto older = Steps(tracker, Allocate(100, 10, 1));
  const auto younger = Steps(tracker, Allocate(100, 20, 2));
  EXPECT_NE(older[0].block, younger[0].block);
  EXPECT_EQ(Steps(tracker, Free(100))[0].block, older[0].block);
  EXPECT_EQ(Steps(tracker, Free(100))[0].block, younger[0].block);
  EXPECT_EQ(tracker.counts().overlaps, 1u);
}

TEST(BlockTracker, KeepsThreadsAddressesApart) {
  BlockTracker tracker({.addresses = Addresses::kOfEachThread});
  const auto one = Steps(tracker, Allocate(100, 10, 1));
  const auto other = Steps(tracker, Allocate(100, 20, 2));
  EXPECT_NE(one[0].block, other[0].block);
  EXPECT_TRUE(Steps(tracker, Free(100, 3)).empty());
  EXPECT_EQ(Steps(tracker, Free(100, 2))[0].block, other[0].block);
  const auto again = Steps(tracker, Allocate(100, 30, 1));
  ASSERT_EQ(again.size(), 2u) << "another thread must have freed it";
  EXPECT_EQ(again[0].kind, Kind::kFree);
  EXPECT_EQ(again[0].block, one[0].block);
  EXPECT_EQ(tracker.counts().unseen_frees, 1u);
  EXPECT_EQ(tracker.StepsToFreeAll().size(), 1u);
}

TEST(BlockTracker, UsesNumbersAgain) {
  BlockTracker tracker({});
  for (int i = 0; i < 100'000; ++i) {
    Steps(tracker, Allocate(7, 1));
    Steps(tracker, Free(7));
  }
  EXPECT_LT(tracker.block_numbers(), 5000u);
}

}  // namespace
}  // namespace corepool::stress
