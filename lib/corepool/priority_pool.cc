#include "corepool/priority_pool.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <new>
#include <span>

#include "corepool/base/align.h"
#include "corepool/engine/creation.h"
#include "corepool/engine/geometry.h"
#include "corepool/engine/loans.h"
#include "corepool/engine/pool_access.h"
#include "corepool/engine/stats_sum.h"
#include "corepool/engine/wait_table.h"
#include "corepool/error.h"
#include "corepool/fixed_pool.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/misuse.h"
#include "corepool/options.h"
#include "corepool/port/cores.h"
#include "corepool/port/port.h"
#include "corepool/priority_class.h"
#include "corepool/stats.h"
#include "corepool/wait.h"

namespace corepool {
namespace {

using lockfree::Word;

}  // namespace

Error PriorityPool::Init(std::span<const PriorityClass> classes,
                         const PriorityPoolOptions& options,
                         std::span<std::byte> memory) {
  if (count_ != 0) return Error::kAlreadyInitialized;
  const Plan most = PlanForAny(classes, options);
  if (most.error != Error::kOk) return most.error;
  const Error refused = engine::CheckMemory(memory, most.bytes, most.alignment);
  if (refused != Error::kOk) return refused;
  if constexpr (port::Cores::kRestartable) {
    // The one thing that a FixedPool finds out only later.
    if (options.caching == Caching::kRseq && !port::Cores::Enable()) {
      return Error::kUnsupported;
    }
  }
  for (const PriorityClass& cls : classes) {
    const PoolOptions pool = OptionsOf(cls, options);
    const Error error = engine::CheckHooks(pool, engine::ChooseCaching(pool).caching);
    if (error != Error::kOk) return error;
  }
  const std::size_t cores = engine::CoresFor(options.cores);
  engine::WaitTable* const waiters = TableOf(options.waiters);
  if (waiters != nullptr && most.bytes > std::numeric_limits<Word>::max() >> 2) {
    return Error::kTooLarge;  // for handles
  }
  const Error taken = engine::WaitTable::Attach(waiters, this, kWaitOperations);
  if (taken != Error::kOk) return taken;
  waiters_ = waiters;
  LayOut(classes, options, PlanFor(classes, options, cores), memory.data(), cores);
  return Error::kOk;
}

void PriorityPool::LayOut(std::span<const PriorityClass> classes,
                          const PriorityPoolOptions& options, const Plan& plan,
                          std::byte* memory, std::size_t cores) {
  auto* pools = reinterpret_cast<FixedPool*>(memory + plan.pools);
  auto* notes = reinterpret_cast<Note*>(memory + plan.notes);
  std::byte* bookkeeping = memory + plan.bookkeeping;
  std::byte* blocks = memory + plan.blocks;
  classes_ = reinterpret_cast<Class*>(memory);
  blocks_ = blocks;
  for (std::size_t i = 0; i < classes.size(); ++i) {
    const PriorityClass& wanted = classes[i];
    const PoolOptions pool_options = OptionsOf(wanted, options);
    const engine::Geometry geometry = engine::PlanGeometry(pool_options);
    Class& cls = *::new (classes_ + i) Class;
    cls.name = wanted.name == nullptr ? "" : wanted.name;
    cls.number = i;
    cls.block_size = wanted.block_size;
    cls.per_core = wanted.per_core;
    cls.attempts = wanted.attempts;
    cls.core_bytes = geometry.block_bytes;
    cls.cores = wanted.per_core ? cores : 1;
    cls.pools = pools;
    starts_[i] = static_cast<std::size_t>(blocks - blocks_);
    for (std::size_t core = 0; core < cls.cores; ++core) {
      FixedPool* const pool = ::new (pools++) FixedPool;
      // Cannot fail: everything has been looked at.
      (void)pool->Init(pool_options, {blocks, geometry.block_bytes},
                       {bookkeeping, geometry.bookkeeping_bytes});
      engine::PoolAccess::SetIdentity(*pool, this);
      engine::PoolAccess::SetWaiters(*pool, waiters_);
      blocks += geometry.block_bytes;
      bookkeeping += base::CheckedSize{geometry.bookkeeping_bytes}
                         .AlignedUp(kBookkeepingAlignment)
                         .value();
    }
    if (MostLentBy(wanted) == 0) continue;
    cls.terms = engine::LoanTerms(static_cast<lockfree::Index>(MostLentBy(wanted)));
    cls.notes = notes;
    for (std::size_t k = 0; k < wanted.block_count; ++k) ::new (notes++) Note(0);
  }
  for (std::size_t i = 0; i < classes.size(); ++i) {
    Class& cls = classes_[i];
    cls.largest = cls.block_size;
    for (std::size_t k = 0; k < classes.size(); ++k) {
      const bool asked = (classes[i].borrows & BitOf(k)) != 0 ||
                         ((classes[i].borrows & kBorrowLower) != 0 && k > i);
      if (k == i || !asked || MostLentBy(classes[k]) == 0) continue;
      cls.lenders |= BitOf(k);
      if (classes[k].block_size > cls.largest) cls.largest = classes[k].block_size;
    }
  }
  block_bytes_ = static_cast<std::size_t>(blocks - blocks_);
  measure_time_ = options.measure_time;
  name_ = options.name == nullptr ? "" : options.name;
  misuse_handler_ = options.misuse_handler;
  misuse_context_ = options.misuse_context;
  foreign_.Reset();
  count_ = classes.size();
}

// Before anything is changed.
Error PriorityPool::CheckLeaks(Leaks leaks) const {
  if (count_ == 0) return Error::kNotInitialized;
  return engine::PoolAccess::CheckLeaks<FixedPool>(leaks, [this](const auto& check) {
    for (std::size_t i = 0; i < count_; ++i) {
      for (const FixedPool& pool : PoolsOf(classes_[i])) check(pool);
    }
  });
}

Error PriorityPool::Clear(Leaks leaks) {
  const Error error = CheckLeaks(leaks);
  if (error != Error::kOk) return error;
  for (std::size_t i = 0; i < count_; ++i) {
    Class& cls = classes_[i];
    for (FixedPool& pool : PoolsOf(cls)) {
      const Error refused = pool.Clear(leaks);
      if (refused != Error::kOk) return refused;
      const std::size_t blocks = cls.notes == nullptr ? 0 : pool.Stats().capacity;
      for (std::size_t k = 0; k < blocks; ++k) {
        cls.notes[k].store(0, lockfree::kRelaxed);
      }
    }
    cls.loans.Reset();
    cls.lent_peak.Set(0);
    cls.refused.Reset();
    cls.borrowed.store(0, lockfree::kRelaxed);
    cls.contended.Reset();
    cls.worst.Set(0);
  }
  foreign_.Reset();
  ServeWaiters();
  return Error::kOk;
}

Error PriorityPool::SetOwner(const void* block, OwnerTag owner) {
  const std::size_t number = ClassOf(block);
  if (number == kNoClass) return RefuseForeign(block);
  return PoolOf(classes_[number], block).SetOwner(block, owner);
}

OwnerTag PriorityPool::OwnerOf(const void* block) const {
  const std::size_t number = ClassOf(block);
  return number == kNoClass ? 0 : PoolOf(classes_[number], block).OwnerOf(block);
}

Error PriorityPool::Deinit(Leaks leaks) {
  if (waiters_ != nullptr && waiters_->CountWaiting() != 0) return Error::kBlocksInUse;
  const Error error = CheckLeaks(leaks);
  if (error != Error::kOk) return error;
  for (std::size_t i = 0; i < count_; ++i) {
    for (FixedPool& pool : PoolsOf(classes_[i])) (void)pool.Deinit(leaks);
  }
  engine::WaitTable::Detach(waiters_, this);
  waiters_ = nullptr;
  count_ = 0;
  classes_ = nullptr;
  blocks_ = nullptr;
  block_bytes_ = 0;
  return Error::kOk;
}

Error PriorityPool::RefuseForeign(const void* block) {
  if (count_ == 0) return Error::kNotInitialized;
  foreign_.Add(1);
  ReportMisuse({.kind = Error::kForeignPointer,
                .pool = this,
                .pool_name = name_,
                .block = block,
                .index = kNoIndex,
                .core = port::Port::CoreIndex(),
                .context = misuse_context_},
               misuse_handler_);
  return Error::kForeignPointer;
}

std::size_t PriorityPool::ClassOf(const void* address) const {
  // Below the blocks: wraps around to more than any offset.
  const std::uintptr_t offset = reinterpret_cast<std::uintptr_t>(address) -
                                reinterpret_cast<std::uintptr_t>(blocks_);
  if (offset >= block_bytes_) return kNoClass;
  std::size_t cls = count_ - 1;
  while (starts_[cls] > offset) --cls;
  return cls;
}

ClassStats PriorityPool::StatsOf(std::size_t cls) const {
  ClassStats stats{};
  if (cls >= count_) return stats;
  const Class& own = classes_[cls];
  stats.pool = own.pools->Stats();
  for (const FixedPool& pool : PoolsOf(own).subspan(1)) {
    engine::AddTo(stats.pool, pool.Stats());
  }
  stats.borrowed = static_cast<std::size_t>(own.borrowed.load(lockfree::kRelaxed));
  stats.lent = static_cast<std::size_t>(own.terms.CountOf(own.loans.Look()));
  const auto peak = static_cast<std::size_t>(own.lent_peak.Get());
  stats.lent_peak = peak > stats.lent ? peak : stats.lent;
  stats.refused_by_reserve = own.refused.Get();
  stats.contended = own.contended.Get();
  stats.worst_cycles = own.worst.Get();
  return stats;
}

const char* PriorityPool::NameOf(std::size_t cls) const {
  return cls < count_ ? classes_[cls].name : "";
}

bool PriorityPool::StatsAt(std::size_t row, PoolRow& info) const {
  if (row >= count_) return false;
  info.stats = StatsOf(row).pool;
  info.SetLabel(NameOf(row));
  return true;
}

std::uint64_t PriorityPool::Misuses() const {
  std::uint64_t misuses = foreign_.Get();
  for (std::size_t i = 0; i < count_; ++i) misuses += StatsOf(i).pool.misuses;
  return misuses;
}

Error PriorityPool::ResetPeak(std::size_t cls) {
  if (count_ == 0) return Error::kNotInitialized;
  if (cls >= count_) return Error::kInvalidClass;
  Class& own = classes_[cls];
  for (FixedPool& pool : PoolsOf(own)) pool.ResetPeak();
  own.lent_peak.Set(own.terms.CountOf(own.loans.Look()));
  return Error::kOk;
}

Error PriorityPool::ResetWorst(std::size_t cls) {
  if (count_ == 0) return Error::kNotInitialized;
  if (cls >= count_) return Error::kInvalidClass;
  classes_[cls].worst.Set(0);
  return Error::kOk;
}

void PriorityPool::FlushCaches() {
  for (std::size_t i = 0; i < count_; ++i) {
    for (FixedPool& pool : PoolsOf(classes_[i])) pool.FlushCaches();
  }
}

AuditReport PriorityPool::Audit(AuditMode mode) const {
  AuditReport sum{Error::kOk, kNoIndex, 0, 0, false};
  for (std::size_t i = 0; i < count_; ++i) {
    const Class& cls = classes_[i];
    for (const FixedPool& pool : PoolsOf(cls)) {
      const AuditReport report = pool.Audit(mode);
      if (report.error != Error::kOk) return report;
      sum.free += report.free;
      sum.used += report.used;
      sum.inconclusive = sum.inconclusive || report.inconclusive;
    }
    if (mode != AuditMode::kAtRest || cls.notes == nullptr) continue;
    Word noted = 0;
    const std::size_t blocks = cls.pools->Stats().capacity;
    for (std::size_t k = 0; k < blocks; ++k) {
      noted += cls.notes[k].load(lockfree::kRelaxed) != 0 ? 1u : 0u;
    }
    if (noted != cls.terms.CountOf(cls.loans.Look())) {
      sum.error = Error::kCorrupted;
      return sum;
    }
  }
  return sum;
}

}  // namespace corepool
