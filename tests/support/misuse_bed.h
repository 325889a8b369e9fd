// What cases of misuse have in common, whatever pool they are about.

#ifndef COREPOOL_TESTS_SUPPORT_MISUSE_BED_H_
#define COREPOOL_TESTS_SUPPORT_MISUSE_BED_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "corepool/error.h"
#include "corepool/misuse.h"
#include "corepool/options.h"
#include "corepool/stats.h"
#include "gtest/gtest.h"
#include "tests/support/misuse_judge.h"

namespace corepool::testing {

// A pool of kBlocks blocks of kBlockBytes each, none of them allocated, and what else
// there must be to misuse it.
class MisuseBed {
 public:
  static constexpr std::size_t kBlocks = 40;
  static constexpr std::size_t kBlockBytes = 40;  // that users may write
  static constexpr const char* kName = "victim";

  struct Got {
    Error error;
    void* block;
  };

  explicit MisuseBed(MisuseJudge& judge) : judge_(judge) {}
  virtual ~MisuseBed() = default;
  MisuseBed(const MisuseBed&) = delete;
  MisuseBed& operator=(const MisuseBed&) = delete;

  virtual const void* identity() const = 0;
  virtual const char* name() const { return kName; }
  virtual std::size_t capacity() const { return kBlocks; }
  virtual Got TryAllocate() = 0;
  virtual Error Free(void* block) = 0;
  virtual Error FreeDirectly(void* block) = 0;
  virtual Error AllocateBulk(std::span<void*> blocks) = 0;
  // As AllocateBulk where there is no other.
  virtual std::size_t AllocateUpTo(std::span<void*> blocks) {
    return AllocateBulk(blocks) == Error::kOk ? blocks.size() : 0;
  }
  virtual Error FreeBulk(std::span<void* const> blocks) = 0;
  virtual void* BlockAt(std::size_t index) = 0;
  virtual std::size_t IndexOf(const void* block) = 0;
  virtual std::size_t stride() = 0;
  virtual Error SetOwner(const void* block, OwnerTag owner) = 0;
  virtual PoolStats Stats() = 0;
  virtual AuditReport Audit() = 0;
  virtual void FlushCaches() = 0;
  // Never this pool's: a block of another pool that is as near as can be, and memory in
  // which this pool keeps its books.
  virtual void* OthersBlock() = 0;
  virtual void* Bookkeeping() = 0;

  std::byte* At(std::size_t index) { return static_cast<std::byte*>(BlockAt(index)); }

  // What must go well.
  std::byte* Take() {
    const Got got = TryAllocate();
    EXPECT_EQ(got.error, Error::kOk);
    EXPECT_NE(got.block, nullptr);
    return static_cast<std::byte*>(got.block);
  }
  void Give(void* block) { EXPECT_EQ(Free(block), Error::kOk); }
  std::vector<void*> TakeAll() {
    std::vector<void*> blocks;
    for (;;) {
      const Got got = TryAllocate();
      if (got.error != Error::kOk) break;
      blocks.push_back(got.block);
    }
    return blocks;
  }
  void GiveAll(std::span<void* const> blocks) {
    for (void* const block : blocks) Give(block);
  }

  // The next report must be this.
  void Expect(Error kind, const void* block, std::size_t offset = kNoIndex) {
    const bool nowhere = kind == Error::kForeignPointer ||
                         kind == Error::kInteriorPointer ||
                         kind == Error::kMisalignedPointer;
    judge_.Expect(
        {kind, identity(), name(), block, nowhere ? kNoIndex : IndexOf(block), offset});
  }
  // The call must be refused, and reported as that.
  void Refuses(Error kind, const void* block, const std::function<Error()>& call,
               std::size_t offset = kNoIndex) {
    Expect(kind, block, offset);
    EXPECT_STREQ(ErrorName(call()), ErrorName(kind));
  }
  void RefusesFree(Error kind, void* block, std::size_t offset = kNoIndex) {
    Refuses(kind, block, [&] { return Free(block); }, offset);
  }
  // Somebody who allocates as many blocks as there are comes upon it.
  void RefusesToAllocate(Error kind, const void* block, std::size_t offset = kNoIndex) {
    Expect(kind, block, offset);
    std::vector<void*> held;
    Error error = Error::kOk;
    while (error == Error::kOk && held.size() <= capacity()) {
      const Got got = TryAllocate();
      error = got.error;
      if (got.block != nullptr) held.push_back(got.block);
    }
    EXPECT_STREQ(ErrorName(error), ErrorName(kind));
    GiveAll(held);
  }

  // Nobody has a block: all can be allocated, each once, but for those withheld; and
  // nothing is reported that was not expected.
  void ExpectSound() {
    const PoolStats stats = Stats();
    const std::size_t used = stats.used - stats.quarantined;
    EXPECT_LE(used, stats.withheld);
    const AuditReport audit = Audit();
    EXPECT_STREQ(ErrorName(audit.error), "kOk");
    EXPECT_FALSE(audit.inconclusive);
    EXPECT_EQ(audit.free + audit.used, stats.capacity);
    EXPECT_EQ(audit.used, stats.used);
    const std::vector<void*> blocks = TakeAll();
    EXPECT_EQ(blocks.size(), capacity() - used);
    EXPECT_EQ(std::set<void*>(blocks.begin(), blocks.end()).size(), blocks.size());
    for (void* const block : blocks) {
      EXPECT_LT(IndexOf(block), capacity());
      EXPECT_EQ(BlockAt(IndexOf(block)), block);
    }
    GiveAll(blocks);
    judge_.Settle();
  }

 private:
  MisuseJudge& judge_;
};

enum class Front : std::uint8_t { kFixed, kStatic, kMulti, kDynamic, kPriority };

// A kind of pool.
struct MisuseGround {
  std::string name;
  Front front;
  Caching caching;
  Checking checking;
  bool cookies;           // free blocks hold them
  std::size_t alignment;  // of blocks
  std::function<std::unique_ptr<MisuseBed>(MisuseJudge&)> make;

  // Of two frees of one block, one after the other, the second is refused whatever has
  // been written to it in between.
  bool exact() const {
    return caching != Caching::kRseq || checking == Checking::kStrict ||
           front == Front::kDynamic || !cookies;
  }
};

// All of them that can be had here.
std::vector<MisuseGround> MisuseGrounds();

// For cases that need more options: a FixedPool with these, of kBlocks blocks.
std::unique_ptr<MisuseBed> MakeFixedBed(MisuseJudge& judge, const PoolOptions& options);

}  // namespace corepool::testing

#endif  // COREPOOL_TESTS_SUPPORT_MISUSE_BED_H_
