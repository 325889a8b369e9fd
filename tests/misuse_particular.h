// What cases of misuse of one kind of pool have in common.

#ifndef COREPOOL_TESTS_MISUSE_PARTICULAR_H_
#define COREPOOL_TESTS_MISUSE_PARTICULAR_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "corepool/dynamic_pool.h"
#include "corepool/error.h"
#include "corepool/misuse.h"
#include "corepool/multi_pool.h"
#include "corepool/multi_pool_options.h"
#include "corepool/options.h"
#include "corepool/segment.h"
#include "corepool/stats.h"
#include "gtest/gtest.h"
#include "tests/support/cachings.h"
#include "tests/support/misuse_bed.h"
#include "tests/support/misuse_judge.h"
#include "tests/support/test_pool.h"

namespace corepool::testing {

// Tells the judge what must come, of one pool.
class Charge {
 public:
  Charge(MisuseJudge& judge, const void* pool, const char* name)
      : judge_(judge), pool_(pool), name_(name) {}

  void Expect(Error kind, const void* block, std::size_t index = kNoIndex,
              std::size_t offset = kNoIndex) const {
    judge_.Expect({kind, pool_, name_, block, index, offset});
  }

 private:
  MisuseJudge& judge_;
  const void* pool_;
  const char* name_;
};

// A DynamicPool of a kind that ForAllKinds knows, and a segment that it has to itself.
struct GrowingPool {
  GrowingPool(MisuseJudge& judge, const PoolOptions& kind, std::size_t initial)
      : memory(8192, 64) {
    EXPECT_EQ(segment.Init("ground", memory.span(), 32), Error::kOk);
    const DynamicPoolOptions options{.block_size = kind.block_size,
                                     .initial = initial,
                                     .maximum = 20,
                                     .checking = kind.checking,
                                     .caching = kind.caching,
                                     .cores = kind.cores,
                                     .name = MisuseBed::kName,
                                     .misuse_handler = judge.handler(),
                                     .misuse_context = judge.context()};
    bookkeeping = std::make_unique<GuardedMemory>(
        RequiredBookkeepingBytes(options, segment), kDynamicBookkeepingAlignment);
    EXPECT_EQ(pool.Init(options, segment, bookkeeping->span()), Error::kOk);
  }

  GuardedMemory memory;
  Segment segment;
  std::unique_ptr<GuardedMemory> bookkeeping;
  DynamicPool pool;
};

// Calls `add` for every caching and checking.
inline void ForAllKinds(
    const std::function<void(const PoolOptions&, const std::string&)>& add) {
  constexpr std::pair<Checking, const char*> kCheckings[] = {
      {Checking::kBasic, "Basic"},
      {Checking::kStrict, "Strict"},
      {Checking::kFull, "Full"}};
  for (const Caching caching : {Caching::kNone, Caching::kCas, Caching::kRseq}) {
    if (!Works(caching)) continue;
    for (const auto& [checking, name] : kCheckings) {
      add({.block_size = MisuseBed::kBlockBytes,
           .block_count = MisuseBed::kBlocks,
           .checking = checking,
           .caching = caching,
           .cores = 1},
          std::string(NameOf(caching)) + name);
    }
  }
}

// MultiPool: classes of 16 and 64 bytes, 4 blocks each, and later another 4 of 64.
class Multi {
 public:
  Multi(MisuseJudge& judge, PoolOptions options) : judge_(judge) {
    options.name = MisuseBed::kName;
    options.misuse_handler = judge.handler();
    options.misuse_context = judge.context();
    const MultiPoolOptions all{options};
    memory_ = std::make_unique<GuardedMemory>(RequiredBytes(kClasses, all),
                                              RequiredAlignment(kClasses, all));
    EXPECT_EQ(pool.Init(kClasses, all, memory_->span()), Error::kOk);
    more_ = std::make_unique<GuardedMemory>(pool.RequiredExtensionBytes(kMore),
                                            RequiredAlignment(kClasses, all));
  }
  void Extend() { EXPECT_EQ(pool.Extend(kMore, more_->span()), Error::kOk); }
  std::byte* Take(std::size_t size) {
    void* const block = pool.Allocate(size);
    EXPECT_NE(block, nullptr);
    return static_cast<std::byte*>(block);
  }
  void Refuses(Error kind, void* block, std::size_t index,
               const std::function<Error()>& call) {
    Charge(judge_, &pool, MisuseBed::kName).Expect(kind, block, index);
    EXPECT_STREQ(ErrorName(call()), ErrorName(kind));
  }
  // Nothing is allocated, and everything can be.
  void ExpectSound() {
    EXPECT_EQ(pool.Stats().used, 0u);
    EXPECT_EQ(pool.Audit(AuditMode::kAtRest).error, Error::kOk);
    std::vector<void*> blocks;
    while (void* const block = pool.Allocate(1)) blocks.push_back(block);
    EXPECT_EQ(blocks.size(), pool.Stats().capacity);
    for (void* const block : blocks) EXPECT_EQ(pool.Free(block), Error::kOk);
  }

  MultiPool pool;

 private:
  static constexpr SizeClassOptions kClasses[] = {{16, 4}, {64, 4}};
  static constexpr SizeClassOptions kMore{64, 4};

  MisuseJudge& judge_;
  std::unique_ptr<GuardedMemory> memory_;
  std::unique_ptr<GuardedMemory> more_;
};

}  // namespace corepool::testing

#endif  // COREPOOL_TESTS_MISUSE_PARTICULAR_H_
