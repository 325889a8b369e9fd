#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "corepool/dynamic_pool.h"
#include "corepool/error.h"
#include "corepool/fixed_pool.h"
#include "corepool/multi_pool.h"
#include "corepool/multi_pool_options.h"
#include "corepool/options.h"
#include "corepool/priority_pool.h"
#include "corepool/segment.h"
#include "corepool/static_pool.h"
#include "corepool/stats.h"
#include "tests/support/cachings.h"
#include "tests/support/misuse_bed.h"
#include "tests/support/misuse_judge.h"
#include "tests/support/test_pool.h"

namespace corepool::testing {
namespace {

// Over pools that have an engine::PoolFace.
template <class Pool>
class FaceBed : public MisuseBed {
 public:
  using MisuseBed::MisuseBed;

  const void* identity() const override { return &pool(); }
  Got TryAllocate() override {
    const auto got = pool().TryAllocate();
    return {got.error, got.block};
  }
  Error Free(void* block) override { return pool().Free(As(block)); }
  Error FreeDirectly(void* block) override { return pool().FreeDirectly(As(block)); }
  Error AllocateBulk(std::span<void*> blocks) override {
    std::vector<decltype(As(nullptr))> typed(blocks.size());
    const Error error = pool().AllocateBulk(typed);
    std::copy(typed.begin(), typed.end(), blocks.begin());
    return error;
  }
  std::size_t AllocateUpTo(std::span<void*> blocks) override {
    std::vector<decltype(As(nullptr))> typed(blocks.size());
    const std::size_t count = pool().AllocateUpTo(typed);
    std::copy(typed.begin(), typed.end(), blocks.begin());
    return count;
  }
  Error FreeBulk(std::span<void* const> blocks) override {
    std::vector<decltype(As(nullptr))> typed;
    for (void* const block : blocks) typed.push_back(As(block));
    return pool().FreeBulk(typed);
  }
  void* BlockAt(std::size_t index) override { return pool().BlockAt(index); }
  std::size_t IndexOf(const void* block) override { return pool().IndexOf(block); }
  std::size_t stride() override { return pool().Stats().stride; }
  Error SetOwner(const void* block, OwnerTag owner) override {
    return pool().SetOwner(As(const_cast<void*>(block)), owner);
  }
  PoolStats Stats() override { return pool().Stats(); }
  AuditReport Audit() override { return pool().Audit(AuditMode::kAtRest); }
  void FlushCaches() override { pool().FlushCaches(); }

 protected:
  virtual Pool& pool() const = 0;
  static auto As(void* block) {
    return static_cast<decltype(std::declval<Pool&>().Allocate())>(block);
  }
};

class FixedBed : public FaceBed<FixedPool> {
 public:
  FixedBed(MisuseJudge& judge, PoolOptions options)
      : FaceBed(judge),
        memory_(RequiredBytes(options), RequiredAlignment(options)),
        others_(RequiredBytes(options), RequiredAlignment(options)) {
    options.name = "other";
    EXPECT_EQ(other_.Init(options, others_.span()), Error::kOk);
    options.name = kName;
    options.misuse_handler = judge.handler();
    options.misuse_context = judge.context();
    EXPECT_EQ(pool_.Init(options, memory_.span()), Error::kOk);
  }
  ~FixedBed() override { EXPECT_TRUE(memory_.Intact()); }
  void* OthersBlock() override { return other_.Allocate(); }
  void* Bookkeeping() override { return memory_.span().data(); }

 private:
  FixedPool& pool() const override { return pool_; }

  GuardedMemory memory_;
  GuardedMemory others_;
  mutable FixedPool pool_;
  FixedPool other_;
};

struct Object {
  alignas(8) std::byte bytes[MisuseBed::kBlockBytes];
};

// Reports to the process-wide handler.
template <class Pool>
class StaticBed : public FaceBed<Pool> {
 public:
  explicit StaticBed(MisuseJudge& judge)
      : FaceBed<Pool>(judge),
        pool_(std::make_unique<Pool>()),
        other_(std::make_unique<Pool>()) {
    MisuseJudge::SetProcessWide(&judge);
  }
  ~StaticBed() override { MisuseJudge::SetProcessWide(nullptr); }
  const char* name() const override { return ""; }
  std::size_t capacity() const override { return Pool::capacity(); }
  void* OthersBlock() override { return other_->Allocate(); }
  void* Bookkeeping() override { return pool_.get(); }

 private:
  Pool& pool() const override { return *pool_; }

  std::unique_ptr<Pool> pool_;
  std::unique_ptr<Pool> other_;
};

class DynamicBed : public FaceBed<DynamicPool> {
 public:
  static constexpr std::size_t kPadding = 32;

  DynamicBed(MisuseJudge& judge, DynamicPoolOptions options)
      : FaceBed(judge), memory_(16384, 64) {
    EXPECT_EQ(segment_.Init("ground", memory_.span(), kPadding), Error::kOk);
    // Blocks of one right behind the other's.
    options.name = "other";
    Make(other_, others_bookkeeping_, options);
    options.name = kName;
    options.misuse_handler = judge.handler();
    options.misuse_context = judge.context();
    Make(pool_, bookkeeping_, options);
    const std::vector<void*> grown = TakeAll();
    EXPECT_EQ(grown.size(), kBlocks);
    GiveAll(grown);
  }
  ~DynamicBed() override {
    EXPECT_TRUE(memory_.Intact());
    EXPECT_EQ(pool_.Deinit(Leaks::kIgnore), Error::kOk);
    EXPECT_EQ(other_.Deinit(Leaks::kIgnore), Error::kOk);
  }
  void* OthersBlock() override { return other_.Allocate(); }
  void* Bookkeeping() override { return bookkeeping_->span().data(); }

 private:
  DynamicPool& pool() const override { return pool_; }
  void Make(DynamicPool& made, std::unique_ptr<GuardedMemory>& bookkeeping,
            const DynamicPoolOptions& options) {
    bookkeeping = std::make_unique<GuardedMemory>(
        RequiredBookkeepingBytes(options, segment_), kDynamicBookkeepingAlignment);
    EXPECT_EQ(made.Init(options, segment_, bookkeeping->span()), Error::kOk);
  }

  GuardedMemory memory_;
  Segment segment_;
  std::unique_ptr<GuardedMemory> bookkeeping_;
  std::unique_ptr<GuardedMemory> others_bookkeeping_;
  mutable DynamicPool pool_;
  DynamicPool other_;
};

// Blocks in a row, whose addresses the pool does not tell.
class RowBed : public MisuseBed {
 public:
  using MisuseBed::MisuseBed;
  void* BlockAt(std::size_t index) override { return begin_ + index * stride_; }
  std::size_t IndexOf(const void* block) override {
    return static_cast<std::size_t>(static_cast<const std::byte*>(block) - begin_) /
           stride_;
  }
  std::size_t stride() override { return stride_; }

 protected:
  void FindRow(std::size_t stride) {
    const std::vector<void*> blocks = TakeAll();
    EXPECT_EQ(blocks.size(), kBlocks);
    begin_ = static_cast<std::byte*>(*std::min_element(blocks.begin(), blocks.end()));
    stride_ = stride;
    GiveAll(blocks);
  }

 private:
  std::byte* begin_ = nullptr;
  std::size_t stride_ = 1;
};

class MultiBed : public RowBed {
 public:
  MultiBed(MisuseJudge& judge, MultiPoolOptions options)
      : RowBed(judge),
        memory_(RequiredBytes(kClasses, options), RequiredAlignment(kClasses, options)),
        others_(RequiredBytes(kClasses, options),
                RequiredAlignment(kClasses, options)) {
    options.most_spills = 0;
    options.pools.name = "other";
    EXPECT_EQ(other_.Init(kClasses, options, others_.span()), Error::kOk);
    options.pools.name = kName;
    options.pools.misuse_handler = judge.handler();
    options.pools.misuse_context = judge.context();
    EXPECT_EQ(pool_.Init(kClasses, options, memory_.span()), Error::kOk);
    FindRow(pool_.StatsFor(kBlockBytes).blocks.stride);
  }
  ~MultiBed() override { EXPECT_TRUE(memory_.Intact()); }
  const void* identity() const override { return &pool_; }
  Got TryAllocate() override {
    const auto got = pool_.TryAllocate(kBlockBytes);
    return {got.error, got.block};
  }
  Error Free(void* block) override { return pool_.Free(block); }
  Error FreeDirectly(void* block) override { return pool_.FreeDirectly(block); }
  Error AllocateBulk(std::span<void*> blocks) override {
    return pool_.AllocateBulk(kBlockBytes, blocks);
  }
  Error FreeBulk(std::span<void* const> blocks) override {
    return pool_.FreeBulk(blocks);
  }
  Error SetOwner(const void* block, OwnerTag owner) override {
    return pool_.SetOwner(block, owner);
  }
  PoolStats Stats() override { return pool_.Stats(); }
  AuditReport Audit() override { return pool_.Audit(AuditMode::kAtRest); }
  void FlushCaches() override { pool_.FlushCaches(); }
  void* OthersBlock() override { return other_.Allocate(kBlockBytes); }
  void* Bookkeeping() override { return memory_.span().data(); }

 private:
  static constexpr SizeClassOptions kClasses[] = {
      {16, 8}, {kBlockBytes, kBlocks}, {256, 8}};

  GuardedMemory memory_;
  GuardedMemory others_;
  MultiPool pool_;
  MultiPool other_;
};

class PriorityBed : public RowBed {
 public:
  PriorityBed(MisuseJudge& judge, PriorityPoolOptions options, bool borrowed)
      : RowBed(judge), cls_(borrowed ? 0 : 1) {
    memory_ = std::make_unique<GuardedMemory>(RequiredBytes(kClasses, options),
                                              RequiredAlignment(kClasses, options));
    others_ = std::make_unique<GuardedMemory>(RequiredBytes(kClasses, options),
                                              RequiredAlignment(kClasses, options));
    EXPECT_EQ(other_.Init(kClasses, options, others_->span()), Error::kOk);
    options.name = kName;
    options.misuse_handler = judge.handler();
    options.misuse_context = judge.context();
    EXPECT_EQ(pool_.Init(kClasses, options, memory_->span()), Error::kOk);
    FindRow(pool_.StatsOf(1).pool.stride);
  }
  ~PriorityBed() override { EXPECT_TRUE(memory_->Intact()); }
  const void* identity() const override { return &pool_; }
  Got TryAllocate() override {
    const auto got = pool_.TryAllocate(cls_);
    return {got.error, got.block};
  }
  Error Free(void* block) override { return pool_.Free(block); }
  Error FreeDirectly(void* block) override { return pool_.FreeDirectly(block); }
  Error AllocateBulk(std::span<void*> blocks) override {
    for (void*& block : blocks) block = pool_.Allocate(cls_);
    return Error::kOk;
  }
  Error FreeBulk(std::span<void* const> blocks) override {
    Error first = Error::kOk;
    for (void* const block : blocks) {
      const Error error = pool_.Free(block);
      if (first == Error::kOk) first = error;
    }
    return first;
  }
  Error SetOwner(const void* block, OwnerTag owner) override {
    return pool_.SetOwner(block, owner);
  }
  PoolStats Stats() override { return pool_.StatsOf(1).pool; }
  AuditReport Audit() override {
    AuditReport audit = pool_.Audit(AuditMode::kAtRest);
    audit.free -= pool_.StatsOf(2).pool.capacity;
    return audit;
  }
  void FlushCaches() override { pool_.FlushCaches(); }
  void* OthersBlock() override { return other_.Allocate(1); }
  void* Bookkeeping() override { return memory_->span().data(); }

 private:
  // The first has no blocks but those that it borrows of the second.
  static constexpr PriorityClass kClasses[] = {
      {.name = "urgent", .block_size = kBlockBytes, .borrows = 2},
      {.name = kName, .block_size = kBlockBytes, .block_count = kBlocks, .reserve = 0},
      {.name = "large", .block_size = 256, .block_count = 4},
  };

  std::size_t cls_;
  std::unique_ptr<GuardedMemory> memory_;
  std::unique_ptr<GuardedMemory> others_;
  PriorityPool pool_;
  PriorityPool other_;
};

const char* NameOf(Checking checking) {
  switch (checking) {
    case Checking::kOff: return "Off";
    case Checking::kBasic: return "Basic";
    case Checking::kStrict: return "Strict";
    case Checking::kFull: return "Full";
  }
  return "?";
}

template <class Bed, class... Arguments>
auto MakerOf(const Arguments&... arguments) {
  return [=](MisuseJudge& judge) -> std::unique_ptr<MisuseBed> {
    return std::make_unique<Bed>(judge, arguments...);
  };
}

template <class Pool>
MisuseGround StaticGround(const std::string& name) {
  Pool pool;
  return {"StaticPool" + name,
          Front::kStatic,
          pool.Caching(),
          pool.Checking(),
          pool.State() == State::kCookie,
          alignof(Object),
          MakerOf<StaticBed<Pool>>()};
}

}  // namespace

std::unique_ptr<MisuseBed> MakeFixedBed(MisuseJudge& judge,
                                        const PoolOptions& options) {
  return std::make_unique<FixedBed>(judge, options);
}

std::vector<MisuseGround> MisuseGrounds() {
  std::vector<MisuseGround> grounds;
  for (const Caching caching : {Caching::kNone, Caching::kCas, Caching::kRseq}) {
    if (!Works(caching)) continue;
    for (const Checking checking :
         {Checking::kOff, Checking::kBasic, Checking::kStrict, Checking::kFull}) {
      const std::string kind = std::string(NameOf(caching)) + NameOf(checking);
      PoolOptions fixed{.block_size = MisuseBed::kBlockBytes,
                        .block_count = MisuseBed::kBlocks,
                        .checking = checking,
                        .caching = caching,
                        .cores = 2};
      const auto add = [&](const char* name, Front front, bool cookies, auto make) {
        const bool padded = front == Front::kDynamic && !cookies;
        const bool marked = cookies && checking != Checking::kOff;
        grounds.push_back({name + kind, front, caching, checking, marked,
                           padded ? DynamicBed::kPadding : kDefaultAlignment,
                           std::move(make)});
      };
      add("FixedPool", Front::kFixed, true, MakerOf<FixedBed>(fixed));
      add("MultiPool", Front::kMulti, true, MakerOf<MultiBed>(MultiPoolOptions{fixed}));
      fixed.state = State::kSide;
      add("FixedPoolSide", Front::kFixed, false, MakerOf<FixedBed>(fixed));
      DynamicPoolOptions dynamic{.block_size = MisuseBed::kBlockBytes,
                                 .initial = MisuseBed::kBlocks,
                                 .maximum = MisuseBed::kBlocks,
                                 .checking = checking,
                                 .caching = caching,
                                 .cores = 2};
      add("DynamicPool", Front::kDynamic, true, MakerOf<DynamicBed>(dynamic));
      dynamic.initial = 0;
      add("DynamicPoolGrown", Front::kDynamic, true, MakerOf<DynamicBed>(dynamic));
      dynamic.hardware = true;
      add("DynamicPoolHardware", Front::kDynamic, false, MakerOf<DynamicBed>(dynamic));
      const PriorityPoolOptions priority{
          .checking = checking, .caching = caching, .cores = 2};
      add("PriorityPool", Front::kPriority, true,
          MakerOf<PriorityBed>(priority, false));
      add("PriorityPoolBorrowed", Front::kPriority, true,
          MakerOf<PriorityBed>(priority, true));
    }
  }
  using corepool::StaticPool;
  constexpr std::size_t kFew = MisuseBed::kBlocks;
  constexpr std::size_t kMany = 200;  // enough for caches
  grounds.push_back(
      StaticGround<StaticPool<Object, kFew, Checking::kBasic, Caching::kNone>>(
          "NoneBasic"));
  grounds.push_back(
      StaticGround<StaticPool<Object, kFew, Checking::kBasic, Caching::kCas>>(
          "CasBasic"));
  grounds.push_back(
      StaticGround<StaticPool<Object, kFew, Checking::kStrict, Caching::kCas>>(
          "CasStrict"));
  grounds.push_back(
      StaticGround<StaticPool<Object, kMany, Checking::kBasic>>("AutomaticBasic"));
  grounds.push_back(
      StaticGround<StaticPool<Object, kMany, Checking::kStrict>>("AutomaticStrict"));
  return grounds;
}

}  // namespace corepool::testing
