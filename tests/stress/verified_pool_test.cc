#include "stress/verified_pool.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "corepool/error.h"
#include "corepool/misuse.h"
#include "corepool/stats.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "stress/actor.h"
#include "stress/block_ledger.h"
#include "stress/run_control.h"
#include "stress/run_record.h"

namespace corepool::stress {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr std::size_t kBlocks = 4;
constexpr std::size_t kBytes = 20;

// For one thread; as wrong as a test wants it.
class FakePool {
 public:
  struct Allocation {
    Error error;
    void* block;
  };
  FakePool() {
    for (std::size_t i = kBlocks; i > 0; --i) free.push_back(memory[i - 1].data());
  }

  void* Allocate() {
    if (free.empty()) return nullptr;
    void* const block = free.back();
    free.pop_back();
    ++allocations;
    return block;
  }
  Error Free(void* block) {
    ++frees;
    if (refusal == Error::kOk) free.push_back(block);
    return refusal;
  }
  Error AllocateBulk(std::span<void*> blocks) {
    if (blocks.size() > free.size()) return Error::kExhausted;
    for (void*& block : blocks) block = Allocate();
    return Error::kOk;
  }
  std::size_t AllocateUpTo(std::span<void*> blocks) {
    std::size_t count = 0;
    while (count < blocks.size() && !free.empty()) blocks[count++] = Allocate();
    return count;
  }
  Error FreeBulk(std::span<void* const> blocks) {
    for (void* const block : blocks) Free(block);
    return refusal;
  }
  std::size_t IndexOf(const void* block) const {
    for (std::size_t i = 0; i < kBlocks; ++i) {
      if (memory[i].data() == block) return i;
    }
    return kNoIndex;
  }
  AuditReport Audit(AuditMode /*mode*/) const {
    return {audit, kNoIndex, free.size(), kBlocks - free.size(), false};
  }
  PoolStats Stats() const {
    PoolStats stats{};
    stats.capacity = kBlocks;
    stats.free = free.size();
    stats.used = kBlocks - free.size();
    stats.allocations = allocations;
    stats.frees = frees;
    stats.exact = true;
    return stats;
  }

  std::array<std::array<std::byte, kBytes>, kBlocks> memory{};
  std::vector<void*> free;
  std::uint64_t allocations = 0;
  std::uint64_t frees = 0;
  Error refusal = Error::kOk;
  Error audit = Error::kOk;
};

class VerifiedPoolTest : public ::testing::Test {
 protected:
  VerifiedPoolTest()
      : ledger_(kBlocks, kBytes, 1, control_),
        verified_(pool_, ledger_),
        one_(0, -1, 1, 3, false),
        other_(1, -1, 1, 3, false) {}

  // What the ledger has to say of this kind.
  Check CheckOf(const std::string& name) {
    ScenarioRecord record;
    ledger_.AddTo(record, 0);
    for (const Check& check : record.checks) {
      if (check.name == name) return check;
    }
    ADD_FAILURE() << "no check " << name;
    return {};
  }
  // What was found wrong; blocks that the test has not freed are not.
  std::uint64_t AllViolations() {
    ScenarioRecord record;
    ledger_.AddTo(record, 0);
    std::uint64_t sum = 0;
    for (const Check& check : record.checks) {
      if (check.kind != Check::Kind::kLeak) sum += check.violations;
    }
    return sum;
  }
  // That it was this alone, and that the scenario was told.
  void ExpectOnly(const std::string& name) {
    EXPECT_EQ(CheckOf(name).violations, 1u) << name;
    EXPECT_EQ(AllViolations(), 1u);
    EXPECT_TRUE(control_.stopping());
    EXPECT_FALSE(ledger_.faultless());
  }

  RunControl control_;
  FakePool pool_;
  BlockLedger ledger_;
  VerifiedPool<FakePool> verified_;
  Actor one_;
  Actor other_;
};

TEST_F(VerifiedPoolTest, FindsNothingWrongWithARightPool) {
  void* const block = verified_.Allocate(one_);
  std::array<void*, 3> blocks;
  EXPECT_EQ(verified_.AllocateBulk(other_, blocks, Supply::kAssured), 3u);
  EXPECT_EQ(verified_.Allocate(one_), nullptr);
  verified_.CheckQuiet(4, 4, 0);
  verified_.Free(other_, block);  // to whomever
  verified_.FreeBulk(one_, blocks);
  verified_.CheckQuiet(0, 4, 4);
  verified_.CheckAllThere();
  EXPECT_EQ(AllViolations(), 0u);
  EXPECT_FALSE(control_.stopping());
  EXPECT_EQ(one_.allocations + other_.allocations, 4u);
  EXPECT_EQ(one_.frees + other_.frees, 4u);
  EXPECT_EQ(one_.operations + other_.operations, 8u);
  EXPECT_EQ(one_.failures, 1u);
  EXPECT_EQ(ledger_.owned(), 0u);
}

TEST_F(VerifiedPoolTest, FindsABlockThatIsHandedOutTwiceAndKeepsItsHandsOff) {
  void* const block = verified_.Allocate(one_);
  const std::array<std::byte, kBytes> before = pool_.memory[0];
  pool_.free.push_back(block);
  EXPECT_EQ(verified_.Allocate(other_), nullptr);
  EXPECT_EQ(pool_.memory[0], before);
  ExpectOnly("blocks handed out twice");
  EXPECT_THAT(CheckOf("blocks handed out twice").detail,
              HasSubstr("block 0, thread 1; thread 0 had it"));
}

TEST_F(VerifiedPoolTest, FindsABlockThatIsTwiceInABulk) {
  pool_.free.push_back(pool_.free.back());
  std::array<void*, 3> blocks;
  EXPECT_EQ(verified_.AllocateBulk(one_, blocks), 2u);
  ExpectOnly("blocks handed out twice");
}

TEST_F(VerifiedPoolTest, FindsWhatIsNoBlock) {
  std::array<std::byte, kBytes> elsewhere;
  pool_.free.push_back(elsewhere.data());
  EXPECT_EQ(verified_.Allocate(one_), nullptr);
  ExpectOnly("handed out something that is no block");
}

TEST_F(VerifiedPoolTest, FindsAnyByteThatChanged) {
  for (std::size_t i = 0; i < kBytes; ++i) {
    RunControl control;
    FakePool pool;
    BlockLedger ledger(kBlocks, kBytes, 1, control);
    VerifiedPool<FakePool> verified(pool, ledger);
    void* const block = verified.Allocate(one_);
    static_cast<std::byte*>(block)[i] ^= std::byte{1};
    verified.Free(one_, block);
    EXPECT_FALSE(ledger.faultless()) << i;
    EXPECT_TRUE(control.stopping());
  }
}

TEST_F(VerifiedPoolTest, FindsABlockThatWasSomebodyElsesMeanwhile) {
  void* const block = verified_.Allocate(one_);
  const std::array<std::byte, kBytes> before = pool_.memory[0];
  verified_.Free(one_, block);
  EXPECT_EQ(verified_.Allocate(one_), block);
  // What it had the last time is not what it must have now.
  pool_.memory[0] = before;
  verified_.Free(one_, block);
  ExpectOnly("blocks that changed while somebody had them");
}

TEST_F(VerifiedPoolTest, FindsRefusalsAndDoesNotFreeWhatNobodyHas) {
  void* const block = verified_.Allocate(one_);
  pool_.refusal = Error::kDoubleFree;
  verified_.Free(one_, block);
  ExpectOnly("blocks not taken back");
  EXPECT_THAT(CheckOf("blocks not taken back").detail, HasSubstr("kDoubleFree"));
  verified_.Free(one_, block);
  EXPECT_EQ(pool_.frees, 1u);
}

TEST_F(VerifiedPoolTest, FindsExhaustionWhereABlockIsAssured) {
  pool_.free.clear();
  EXPECT_EQ(verified_.Allocate(one_, Supply::kUnsure), nullptr);
  EXPECT_TRUE(ledger_.faultless());
  EXPECT_EQ(verified_.Allocate(one_, Supply::kAssured), nullptr);
  ExpectOnly("exhausted although a block was free");
}

TEST_F(VerifiedPoolTest, FindsBlocksThatAreLostOrThereTwiceWhenDrained) {
  pool_.free.erase(pool_.free.begin());
  verified_.CheckAllThere();
  ExpectOnly("blocks lost");
  EXPECT_THAT(CheckOf("blocks lost").detail, HasSubstr("1 of 4 when drained, block 3"));
}

TEST_F(VerifiedPoolTest, DrainsACircleOnceAround) {
  for (int i = 0; i < 1000; ++i) pool_.free.push_back(pool_.free[0]);
  verified_.CheckAllThere();
  EXPECT_GT(CheckOf("blocks handed out twice").violations, 0u);
  EXPECT_EQ(pool_.allocations, kBlocks + 1);
}

TEST_F(VerifiedPoolTest, FindsStatisticsThatAreOff) {
  ++pool_.allocations;
  verified_.CheckQuiet(0, 0, 0);
  ExpectOnly("statistics that were wrong");
  EXPECT_THAT(CheckOf("statistics that were wrong").detail,
              HasSubstr("allocations is 1, not 0"));
}

TEST_F(VerifiedPoolTest, FindsWhatTheAuditFound) {
  pool_.audit = Error::kCorrupted;
  verified_.CheckQuiet(0, 0, 0);
  ExpectOnly("audits that failed");
}

TEST_F(VerifiedPoolTest, CountsReportsOfMisuse) {
  BlockLedger::OnMisuse({.kind = Error::kWriteAfterFree,
                         .pool = &pool_,
                         .pool_name = "",
                         .block = nullptr,
                         .index = 2,
                         .core = 0,
                         .context = &ledger_});
  ExpectOnly("misuse reported where there was none");
}

TEST_F(VerifiedPoolTest, ListsWhoLeakedWhatAndWhen) {
  (void)verified_.Allocate(one_);
  (void)verified_.Allocate(other_);
  ScenarioRecord record;
  ledger_.AddTo(record, 0);
  ASSERT_THAT(record.leaks, SizeIs(2));
  EXPECT_THAT(record.leaks[0], HasSubstr("block 0, 20 bytes, thread 0, "));
  EXPECT_THAT(record.leaks[1], HasSubstr("block 1, 20 bytes, thread 1, "));
  const Check leaks = CheckOf("blocks not given back");
  EXPECT_EQ(leaks.kind, Check::Kind::kLeak);
  EXPECT_EQ(leaks.violations, 2u);
}

TEST_F(VerifiedPoolTest, MeasuresWhatSucceedsAndWhatFailsApart) {
  std::array<void*, kBlocks> blocks;
  for (void*& block : blocks) block = verified_.Allocate(one_);
  (void)verified_.Allocate(one_);
  for (void* const block : blocks) verified_.Free(one_, block);
  LatencyRecord allocate;
  LatencyRecord free;
  LatencyRecord exhausted;
  one_.latencies[kAllocate].AddTo(allocate, 0, -1);
  one_.latencies[kFree].AddTo(free, 0, -1);
  one_.latencies[kExhausted].AddTo(exhausted, 0, -1);
  EXPECT_EQ(allocate.service.total(), 4u);
  EXPECT_EQ(free.service.total(), 4u);
  EXPECT_EQ(exhausted.service.total(), 1u);
}

}  // namespace
}  // namespace corepool::stress
