// The examples of "Memory Pools", the manual of Zephyr's microkernel, that wait, and
// what it claims of waiting tasks: on one CPU with virtual time, as there.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "corepool/error.h"
#include "corepool/hosted/baton.h"
#include "corepool/options.h"
#include "corepool/quad_pool.h"
#include "corepool/quad_pool_options.h"
#include "corepool/stats.h"
#include "corepool/wait.h"
#include "corepool/wait_port.h"
#include "gtest/gtest.h"

namespace corepool {
namespace {

using Log = std::vector<std::string>;

class ZephyrsWaits : public ::testing::Test {
 protected:
  static constexpr QuadPoolOptions kOptions = {
      .min_block_size = 64, .max_block_size = 1024, .block_count = 2};

  void SetUp() override {
    QuadPoolOptions options = kOptions;
    options.waiters = &waiters_;
    ASSERT_EQ(pool_.Init(options, memory_), Error::kOk);
  }
  // Everything must be back by then, and nobody waiting.
  void TearDown() override {
    EXPECT_EQ(waiters_.Count(), 0u);
    for (void* const block : got_) EXPECT_EQ(pool_.Free(block), Error::kOk);
    EXPECT_EQ(pool_.Audit(AuditMode::kAtRest).error, Error::kOk);
    EXPECT_EQ(pool_.LargestFree(), 1024u);
    EXPECT_EQ(pool_.Deinit(), Error::kOk);
  }

  // All of the pool, in blocks of that size.
  std::vector<void*> TakeAll(std::size_t size) {
    std::vector<void*> blocks;
    while (void* const block = pool_.Allocate(size)) blocks.push_back(block);
    return blocks;
  }

  // A task that waits so long; logs "NAME kOk" or the like.
  void Wait(const std::string& name, std::size_t size, Ticks deadline,
            std::uint8_t priority) {
    baton_.Start(priority, [this, name, size, deadline, priority] {
      const auto [error, block] = pool_.AllocateUntil(size, deadline, priority);
      EXPECT_EQ(block != nullptr, error == Error::kOk);
      if (block != nullptr) got_.push_back(block);
      log_.push_back(name + " " + ErrorName(error));
    });
  }

  alignas(RequiredAlignment(kOptions)) std::byte memory_[RequiredBytes(kOptions)];
  hosted::Baton baton_;
  StaticWaiters<4> waiters_{baton_.port()};
  QuadPool pool_;
  std::vector<void*> got_;  // by those who waited
  Log log_;
};

// "This code waits indefinitely for an 80 byte memory block to become available, then
// fills it with zeroes."
TEST_F(ZephyrsWaits, WithNoConditions) {
  const std::vector<void*> all = TakeAll(256);
  bool filled = false;
  baton_.Start(7, [&] {
    void* const block = pool_.AllocateUntil(80, kForever, 7).block;
    ASSERT_NE(block, nullptr);
    std::memset(block, 0, 80);
    filled = true;
    EXPECT_EQ(pool_.SizeOf(block), 256u);
    EXPECT_EQ(pool_.Free(block), Error::kOk);
  });
  baton_.Advance(1000000);
  EXPECT_FALSE(filled);
  EXPECT_EQ(pool_.Free(all[3]), Error::kOk);
  EXPECT_TRUE(filled) << "before the less urgent task's next statement";
  for (void* const block : all) {
    if (block == all[3]) continue;
    EXPECT_EQ(pool_.Free(block), Error::kOk);
  }
}

// "This code waits up to 5 ticks for an 80 byte memory block to become available and
// gives a warning if a suitable memory block is not obtained in that time."
TEST_F(ZephyrsWaits, WithAConditionalTimeOut) {
  std::vector<void*> all = TakeAll(256);
  Wait("first", 80, waiters_.Now() + 5, 7);
  baton_.Advance(4);
  EXPECT_EQ(log_, Log{});
  baton_.Advance(1);
  EXPECT_EQ(log_, Log{"first kTimedOut"}) << "Memory allocation timeout";
  Wait("second", 80, waiters_.Now() + 5, 7);
  baton_.Advance(4);
  EXPECT_EQ(pool_.Free(all.back()), Error::kOk);
  all.pop_back();
  EXPECT_EQ(log_, (Log{"first kTimedOut", "second kOk"}));
  baton_.Advance(100);
  for (void* const block : all) EXPECT_EQ(pool_.Free(block), Error::kOk);
}

// "Any number of tasks may wait on a memory pool simultaneously; when a memory block
// becomes available it is given to the highest priority task that has waited the
// longest."
TEST_F(ZephyrsWaits, InTheOrderOfPrioritiesAndThenOfTime) {
  const std::vector<void*> all = TakeAll(1024);
  ASSERT_EQ(all.size(), 2u);
  Wait("late", 1000, kForever, 8);
  Wait("one", 1000, kForever, 3);
  Wait("two", 1000, kForever, 3);
  EXPECT_EQ(pool_.Free(all[0]), Error::kOk);
  EXPECT_EQ(log_, Log{"one kOk"});
  EXPECT_EQ(pool_.Free(all[1]), Error::kOk);
  EXPECT_EQ(log_, (Log{"one kOk", "two kOk"}));
  EXPECT_EQ(pool_.Free(got_[0]), Error::kOk);
  EXPECT_EQ(log_, (Log{"one kOk", "two kOk", "late kOk"}));
  got_.erase(got_.begin());
}

// A task that waits for a large block is passed over while there are small ones only,
// also by those who do not wait; it has its block as soon as merging makes one.
TEST_F(ZephyrsWaits, ForALargeBlockUntilSmallOnesCanBeMerged) {
  const std::vector<void*> all = TakeAll(64);
  ASSERT_EQ(all.size(), 32u);
  Wait("large", 600, kForever, 3);
  Wait("small", 64, kForever, 8);
  EXPECT_EQ(pool_.Free(all[0]), Error::kOk);
  EXPECT_EQ(log_, Log{"small kOk"});
  EXPECT_EQ(pool_.Free(all[1]), Error::kOk);
  void* const passing = pool_.Allocate(64);
  EXPECT_EQ(passing, all[1]);
  // All of the second largest block but its last smallest one.
  for (std::size_t i = 16; i < 31; ++i) EXPECT_EQ(pool_.Free(all[i]), Error::kOk);
  pool_.Defragment();
  EXPECT_EQ(log_, Log{"small kOk"});
  EXPECT_EQ(pool_.Free(all[31]), Error::kOk);
  EXPECT_EQ(log_, (Log{"small kOk", "large kOk"}));
  EXPECT_EQ(got_.back(), all[16]);
  for (std::size_t i = 1; i < 16; ++i) EXPECT_EQ(pool_.Free(all[i]), Error::kOk);
}

// Later versions of theirs waited for ever for what no block could ever satisfy.
TEST_F(ZephyrsWaits, NeverForWhatNoBlockCanSatisfy) {
  EXPECT_EQ(pool_.AllocateUntil(1025, kForever, 0).error, Error::kTooLarge);
  EXPECT_EQ(pool_.AllocateUntil(0, kForever, 0).error, Error::kInvalidSize);
  EXPECT_EQ(waiters_.Now(), 1u) << "at once";
}

}  // namespace
}  // namespace corepool
