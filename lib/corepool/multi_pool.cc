#include "corepool/multi_pool.h"

#include <cstddef>
#include <cstdint>
#include <new>
#include <span>

#include "corepool/base/align.h"
#include "corepool/config.h"
#include "corepool/engine/block_pool.h"
#include "corepool/engine/creation.h"
#include "corepool/engine/geometry.h"
#include "corepool/engine/multi_pool_plan.h"
#include "corepool/engine/pool_access.h"
#include "corepool/engine/size_directory.h"
#include "corepool/engine/size_histogram.h"
#include "corepool/engine/wait_table.h"
#include "corepool/error.h"
#include "corepool/fixed_pool.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/misuse.h"
#include "corepool/multi_pool_options.h"
#include "corepool/options.h"
#include "corepool/port/cores.h"
#include "corepool/port/return_address.h"
#include "corepool/port/trace.h"
#include "corepool/segment.h"
#include "corepool/wait.h"
#include "corepool/wait_port.h"

namespace corepool {
namespace {

using engine::BlockPool;
using engine::PoolAccess;
using engine::SizeBank;
using engine::SizeClass;
using engine::SizeDirectory;

Error CheckMemory(std::span<std::byte> memory, const engine::MultiPoolPlan& plan) {
  return plan.error != Error::kOk
             ? plan.error
             : engine::CheckMemory(memory, plan.total_bytes, plan.alignment);
}

// Goes through a plan's pools: where each has its memory.
class Places {
 public:
  Places(std::byte* memory, const engine::MultiPoolPlan& plan)
      : memory_(memory),
        states_(memory + plan.states_offset),
        pools_(memory + plan.pools_offset),
        bookkeeping_(memory + plan.bookkeeping_offset),
        blocks_(memory + plan.blocks_offset) {}

  // Makes the next pool; `bank` is then complete. What fails changes nothing.
  Error Make(const PoolOptions& options, const void* identity,
             engine::WaitTable* waiters, SizeBank& bank) {
    const engine::Geometry geometry = engine::PlanGeometry(options);
    FixedPool* const pool = ::new (pools_) FixedPool;
    const Error error = pool->Init(options, {blocks_, geometry.block_bytes},
                                   {bookkeeping_, geometry.bookkeeping_bytes});
    if (error != Error::kOk) return error;
    PoolAccess::SetIdentity(*pool, identity);
    PoolAccess::SetWaiters(*pool, waiters);
    bank = {.block_size = options.block_size,
            .pool = pool,
            .state = ::new (states_) engine::SizeClassState,
            .begin = reinterpret_cast<std::uintptr_t>(blocks_),
            .bytes = geometry.block_bytes,
            .first = 0};
    states_ += sizeof(engine::SizeClassState);
    pools_ += sizeof(FixedPool);
    blocks_ += geometry.block_bytes;
    const base::CheckedSize bookkeeping = geometry.bookkeeping_bytes;
    bookkeeping_ += bookkeeping.AlignedUp(engine::kBookkeepingAlignment).value();
    return Error::kOk;
  }

  std::byte* directory() const { return memory_; }

 private:
  std::byte* memory_;
  std::byte* states_;
  std::byte* pools_;
  std::byte* bookkeeping_;
  std::byte* blocks_;
};

}  // namespace

constinit const SizeDirectory MultiPool::kNoClasses{};

Error MultiPool::Init(std::span<const SizeClassOptions> classes,
                      const MultiPoolOptions& options, std::span<std::byte> memory) {
  if (initialized_) return Error::kAlreadyInitialized;
  const auto plan = engine::PlanMultiPool<FixedPool>(classes, options);
  const Error error = CheckMemory(memory, plan);
  if (error != Error::kOk) return error;

  engine::WaitTable* const waiters = TableOf(options.pools.waiters);
  const Error taken = engine::WaitTable::Attach(waiters, this, kWaitOperations);
  if (taken != Error::kOk) return taken;
  Places places(memory.data(), plan);
  SizeBank banks[kMostSizeClasses];
  std::size_t blocks = 0;
  for (std::size_t i = 0; i < classes.size(); ++i) {
    const Error refused =
        places.Make(engine::OptionsOf(classes[i], options), this, waiters, banks[i]);
    if (refused != Error::kOk) {
      engine::WaitTable::Detach(waiters, this);
      return refused;
    }
    banks[i].first = blocks;
    blocks += classes[i].block_count;
  }
  if (options.count_sizes_up_to != 0) {
    const std::size_t copies = engine::HistogramCopies(options);
    auto* const steps = reinterpret_cast<engine::SizeHistogram::Step*>(
        memory.data() + plan.histogram_offset);
    for (std::size_t i = 0; i < copies * engine::kMostDemands; ++i) {
      ::new (steps + i) engine::SizeHistogram::Step{};
    }
    histogram_ = engine::SizeHistogram(steps, copies, options.count_sizes_up_to);
  }
  options_ = options;
  first_banks_ = classes.size();
  waiters_ = waiters;
  failures_.Reset();
  initialized_ = true;
  // E10. Pairs with: acquire in Directory, Extend.
  directory_.store(
      SizeDirectory::Build(places.directory(), std::span(banks).first(classes.size()),
                           nullptr, !histogram_.counts()),
      lockfree::kRelease);
  return Error::kOk;
}

// Before anything is changed.
Error MultiPool::CheckLeaks(Leaks leaks) const {
  if (!initialized_) return Error::kNotInitialized;
  return PoolAccess::CheckLeaks<FixedPool>(leaks, [this](const auto& check) {
    for (const SizeBank& bank : Directory().banks()) check(*bank.pool);
  });
}

Error MultiPool::Clear(Leaks leaks) {
  const Error error = CheckLeaks(leaks);
  if (error != Error::kOk) return error;
  for (const SizeBank& bank : Directory().banks()) {
    const Error refused = bank.pool->Clear(leaks);
    if (refused != Error::kOk) return refused;
  }
  for (const SizeClass& size_class : Directory().classes()) {
    size_class.state->spills_in.Reset();
    size_class.state->spills_out.Reset();
  }
  failures_.Reset();
  return Error::kOk;
}

Error MultiPool::Deinit(Leaks leaks) {
  if (waiters_ != nullptr && waiters_->CountWaiting() != 0) return Error::kBlocksInUse;
  const Error error = CheckLeaks(leaks);
  if (error != Error::kOk) return error;
  for (const SizeBank& bank : Directory().banks()) {
    const Error refused = bank.pool->Deinit(leaks);
    if (refused != Error::kOk) return refused;
  }
  directory_.store(&kNoClasses, lockfree::kRelaxed);
  histogram_ = {};
  engine::WaitTable::Detach(waiters_, this);
  waiters_ = nullptr;
  initialized_ = false;
  return Error::kOk;
}

engine::MultiPoolPlan MultiPool::PlanExtension(const SizeClassOptions& added) const {
  return engine::PlanBanks<FixedPool>({&added, 1}, options_,
                                      first_banks_ + options_.most_extensions, false);
}

std::size_t MultiPool::RequiredExtensionBytes(const SizeClassOptions& added) const {
  return PlanExtension(added).total_bytes;
}

// No call of Segment's: its source knows about waiting, which this one must not.
Error MultiPool::Extend(const SizeClassOptions& added, Segment& segment) {
  if (!initialized_ || !segment.is_initialized()) return Error::kNotInitialized;
  const engine::MultiPoolPlan plan = PlanExtension(added);
  if (plan.error != Error::kOk) return plan.error;
  if (Directory().banks().size() >= first_banks_ + options_.most_extensions) {
    return Error::kTooMany;
  }
  const engine::CachingChoice caching =
      engine::ChooseCaching(engine::OptionsOf(added, options_));
  if (caching.caching == Caching::kAutomatic) return Error::kUnsupported;
  const Error refused =
      engine::CheckHooks(engine::OptionsOf(added, options_), caching.caching);
  if (refused != Error::kOk) return refused;
  std::byte* const memory =
      segment.carver_.Take(plan.total_bytes, plan.alignment).begin;
  if (memory == nullptr) return Error::kSegmentExhausted;
  return Extend(added, {memory, plan.total_bytes});
}

Error MultiPool::Extend(const SizeClassOptions& added, std::span<std::byte> memory) {
  if (!initialized_) return Error::kNotInitialized;
  const std::size_t most_banks = first_banks_ + options_.most_extensions;
  const engine::MultiPoolPlan plan = PlanExtension(added);
  const Error error = CheckMemory(memory, plan);
  if (error != Error::kOk) return error;

  const SizeDirectory* seen = &Directory();
  if (seen->banks().size() >= most_banks) return Error::kTooMany;
  Places places(memory.data(), plan);
  SizeBank bank;
  const Error refused =
      places.Make(engine::OptionsOf(added, options_), this, waiters_, bank);
  if (refused != Error::kOk) return refused;
  // A directory is published once at most, so a pointer to one is never seen again.
  for (;;) {
    if (seen->banks().size() >= most_banks) return Error::kTooMany;
    bank.first = 0;
    for (const SizeBank& other : seen->banks()) {
      bank.first += PoolAccess::CountOf(*other.pool);
    }
    const SizeDirectory* const extended = SizeDirectory::Build(
        places.directory(), seen->banks(), &bank, !histogram_.counts());
    // E10. Release pairs with: acquire in Directory. Acquire pairs with: release of the
    // Extend before.
    if (directory_.compare_exchange_strong(seen, extended, lockfree::kAcqRel,
                                           lockfree::kAcquire)) {
      if (waiters_ != nullptr && waiters_->IsAwaited()) {
        waiters_->Serve(engine::WaitTable::kAll);
      }
      return Error::kOk;
    }
  }
}

// For sizes that the quick table does not know, and for those that are counted.
MultiPool::Allocation MultiPool::AllocateSlowly(std::size_t size) {
  const SizeDirectory& directory = Directory();
  if (!initialized_) return {Error::kNotInitialized, nullptr};
  if (size == 0) return {Error::kInvalidSize, nullptr};
  if (histogram_.counts()) histogram_.Count(size, port::Cores::Index());
  if (size > directory.largest()) return {Error::kTooLarge, nullptr};
  FixedPool* const pool = directory.ClassFor(size).preferred.load(lockfree::kRelaxed);
  const Allocation got = pool->TryAllocate();
  return got.error == Error::kExhausted ? AllocateElsewhere(size) : got;
}

// The preferred banks of the classes in question have no blocks. Each bank gives one or
// proves that it was exhausted at some instant; if none has changed since when all have
// been asked, they all were at once.
MultiPool::Allocation MultiPool::AllocateElsewhere(std::size_t size) {
  const Allocation got = Search(size, BlockPool::Serving::kYes);
  if (got.error == Error::kExhausted) failures_.Add(1);
  if (got.error == Error::kOk) {
    port::Trace::Allocated(this, options_.pools.name, got.block);
  }
  return got;
}

MultiPool::Allocation MultiPool::Search(std::size_t size, BlockPool::Serving serving) {
  for (;;) {
    const SizeDirectory& directory = Directory();
    SizeClass& best = directory.ClassFor(size);
    const std::span<SizeClass> all = directory.classes();
    const std::span<SizeClass> larger =
        all.subspan(static_cast<std::size_t>(&best - all.data()));
    const std::span<SizeClass> eligible = options_.most_spills < larger.size()
                                              ? larger.first(options_.most_spills + 1)
                                              : larger;
    lockfree::Word proofs = 0;
    for (SizeClass& size_class : eligible) {
      for (const SizeBank& bank : directory.BanksOf(size_class)) {
        const BlockPool view = PoolAccess::ViewOf(*bank.pool, serving);
        void* block = nullptr;
        lockfree::Word proof = 0;
        if (view.PopOrProve(&block, 1, proof) == 0) {
          proofs += proof;
          continue;
        }
        const auto got = view.Prepare(block);
        if (got.error == Error::kOk) {
          view.SetOwner(static_cast<lockfree::Index>(bank.pool->IndexOf(block)),
                        port::ReturnAddress());
          directory.Prefer(size_class, bank.pool);
          if (&size_class != &best) {
            best.state->spills_out.Add(1);
            size_class.state->spills_in.Add(1);
          }
        }
        return {got.error, got.block};
      }
    }
    lockfree::Word now = 0;
    for (const SizeClass& size_class : eligible) {
      for (const SizeBank& bank : directory.BanksOf(size_class)) {
        now += PoolAccess::ViewOf(*bank.pool).Evidence();
      }
    }
    // Until then no bank has been added either.
    if (&Directory() == &directory &&
        (COREPOOL_SABOTAGE_COLLECT != 0 || now == proofs)) {
      return {Error::kExhausted, nullptr};
    }
  }
}

constinit const engine::WaitOperations MultiPool::kWaitOperations{
    &TakeForWaiter, &PutBackForWaiter, false};

const SizeBank& MultiPool::BankAt(engine::WaitHandle handle) const {
  const std::span<const SizeBank> banks = Directory().banks();
  const SizeBank* bank = banks.data();
  while (handle - bank->first >= PoolAccess::CountOf(*bank->pool)) ++bank;
  return *bank;
}

bool MultiPool::TakeForWaiter(const void* pool, const engine::WaitRequest& request,
                              engine::WaitHandle& handle, bool& again) {
  auto& self = *static_cast<MultiPool*>(const_cast<void*>(pool));
  for (;;) {
    const Allocation got = self.Search(request.size, BlockPool::Serving::kNo);
    if (got.error == Error::kExhausted) return false;
    if (got.error == Error::kOk) {
      const SizeBank& bank = *self.Directory().BankOf(got.block);
      handle =
          static_cast<engine::WaitHandle>(bank.first + bank.pool->IndexOf(got.block));
      return true;
    }
    // Refused, reported, and put back or withheld.
    again = true;
  }
}

void MultiPool::PutBackForWaiter(const void* pool, engine::WaitHandle handle) {
  const SizeBank& bank = static_cast<const MultiPool*>(pool)->BankAt(handle);
  PoolAccess::ViewOf(*bank.pool, BlockPool::Serving::kNo)
      .TakeBack(bank.pool->BlockAt(handle - bank.first));
}

MultiPool::Allocation MultiPool::AllocateUntil(std::size_t size, Ticks deadline,
                                               std::uint8_t priority) {
  if (!initialized_) return {Error::kNotInitialized, nullptr};
  if (deadline != kNoWait && waiters_ == nullptr) return {Error::kUnsupported, nullptr};
  const Allocation got = TryAllocate(size);
  if (got.error != Error::kExhausted || deadline == kNoWait) return got;
  engine::WaitHandle handle = 0;
  const Error error = waiters_->Wait({.size = static_cast<lockfree::Word>(size)},
                                     deadline, priority, handle);
  if (error != Error::kOk) return {error, nullptr};
  const SizeBank& bank = BankAt(handle);
  void* const block = bank.pool->BlockAt(handle - bank.first);
  if (options_.pools.checking == Checking::kFull) {
    (void)bank.pool->SetOwner(block, port::ReturnAddress());
  }
  port::Trace::Allocated(this, options_.pools.name, block);
  return {Error::kOk, block};
}

Error MultiPool::RefuseAddress(const void* address) {
  if (address == nullptr) return Error::kOk;
  if (!initialized_) return Error::kNotInitialized;
  const std::span<const SizeBank> banks = Directory().banks();
  if (banks.empty()) return Error::kNotInitialized;
  return PoolAccess::ViewOf(*banks[0].pool).RefuseAddress(address);
}

Error MultiPool::FreeElsewhere(void* block, std::size_t size) {
  const SizeBank* const bank = Directory().BankOf(block);
  if (bank == nullptr) return RefuseAddress(block);
  const std::size_t index = bank->pool->IndexOf(block);
  if (index != kNoIndex && (size == 0 || size > bank->block_size)) {
    return PoolAccess::ViewOf(*bank->pool)
        .Refuse(Error::kWrongSize, static_cast<lockfree::Index>(index), block);
  }
  return bank->pool->Free(block);
}

Error MultiPool::FreeDirectly(void* block) {
  const SizeBank* const bank = Directory().BankOf(block);
  return bank == nullptr ? RefuseAddress(block) : bank->pool->FreeDirectly(block);
}

Error MultiPool::SetOwner(const void* block, OwnerTag owner) {
  const SizeBank* const bank = Directory().BankOf(block);
  return bank == nullptr ? RefuseAddress(block) : bank->pool->SetOwner(block, owner);
}

OwnerTag MultiPool::OwnerOf(const void* block) const {
  const SizeBank* const bank = Directory().BankOf(block);
  return bank == nullptr ? 0 : bank->pool->OwnerOf(block);
}

MultiPool::Allocation MultiPool::TryReallocate(void* block, std::size_t size) {
  if (block == nullptr) return TryAllocate(size);
  if (size == 0) return {Error::kInvalidSize, nullptr};
  const SizeBank* const bank = Directory().BankOf(block);
  const std::size_t index = bank == nullptr ? kNoIndex : bank->pool->IndexOf(block);
  if (index == kNoIndex) return {Free(block), nullptr};  // which refuses it
  const Error refusal = PoolAccess::ViewOf(*bank->pool)
                            .RefuseIfFree(static_cast<lockfree::Index>(index), block);
  if (refusal != Error::kOk) return {refusal, nullptr};
  const std::size_t had = bank->block_size;
  if (size <= had) return {Error::kOk, block};
  const Allocation got = TryAllocate(size);
  if (got.error != Error::kOk) return got;
  __builtin_memcpy(got.block, block, had);
  const Error error = Free(block);
  if (error == Error::kOk || error == Error::kOverrun) return got;
  FreeDirectly(got.block);  // nobody has had it
  return {error, nullptr};
}

Error MultiPool::AllocateBulk(std::size_t size, std::span<void*> blocks) {
  if (!blocks.empty() && blocks.data() == nullptr) return Error::kNullMemory;
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const Allocation got = TryAllocate(size);
    blocks[i] = got.block;
    if (got.error == Error::kOk) continue;
    for (void* const block : blocks.first(i)) FreeDirectly(block);
    for (void*& block : blocks) block = nullptr;
    return got.error;
  }
  return Error::kOk;
}

Error MultiPool::FreeBulk(std::span<void* const> blocks) {
  if (!blocks.empty() && blocks.data() == nullptr) return Error::kNullMemory;
  Error first = Error::kOk;
  for (void* const block : blocks) {
    const Error error = Free(block);
    if (first == Error::kOk) first = error;
  }
  return first;
}

std::size_t MultiPool::SizeOf(const void* address) const {
  const SizeBank* const bank = Directory().BankOf(address);
  return bank != nullptr && bank->pool->IndexOf(address) != kNoIndex ? bank->block_size
                                                                     : 0;
}

}  // namespace corepool
