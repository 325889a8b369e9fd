// PriorityPool: how blocks are found, lent and taken back.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "corepool/config.h"
#include "corepool/engine/block_pool.h"
#include "corepool/engine/block_state.h"
#include "corepool/engine/pool_access.h"
#include "corepool/engine/wait_table.h"
#include "corepool/error.h"
#include "corepool/fixed_pool.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/misuse.h"
#include "corepool/port/cores.h"
#include "corepool/port/port.h"
#include "corepool/port/return_address.h"
#include "corepool/port/trace.h"
#include "corepool/priority_pool.h"
#include "corepool/wait_port.h"

namespace corepool {

using engine::BlockPool;
using engine::PoolAccess;
using lockfree::Word;

// One call's look at all classes that it may take a block of.
//
// The proof of exhaustion: a class has nothing for the call if its pool is empty, which
// the pool has proved itself and its evidence remembers, or if it lends no more, which
// its loans' word says. Both are words that change with every change of what they stand
// for. If each class was asked once and then all their words are still the same, then
// none had anything at the instant between. (Edges E1, E2, E7 and E16; decision 7 for
// why on CPUs that reorder, too.)
class PriorityPool::Search {
 public:
  // Class `cls` itself is asked only if its blocks are large enough, and if it is
  // per_core, for those of core `core`. One that does not serve counts no refusals.
  Search(const PriorityPool& pool, Class& cls, std::size_t size, bool bounded,
         std::size_t core, BlockPool::Serving serving)
      : classes_(pool.classes_),
        cls_(cls),
        waiters_(pool.waiters_),
        attempts_(cls.attempts),
        bounded_(bounded),
        serving_(serving) {
    const Class* const classes = classes_;
    for (std::uint32_t rest = cls.lenders; rest != 0; rest &= rest - 1) {
      const auto lender = static_cast<std::size_t>(std::countr_zero(rest));
      if (classes[lender].block_size >= size) lenders_ |= BitOf(lender);
    }
    if (cls.block_size >= size) {
      own_ = &cls.pools[core];
    }
  }
  ~Search() {
    if (serving_ == BlockPool::Serving::kNo) return;
    if (returned_ && waiters_ != nullptr && waiters_->IsAwaited()) {
      waiters_->Serve(engine::WaitTable::kAll);
    }
    for (std::uint32_t rest = refused_; rest != 0; rest &= rest - 1) {
      classes_[std::countr_zero(rest)].refused.Add(1);
    }
  }
  Search(const Search&) = delete;
  Search& operator=(const Search&) = delete;

  // One round.
  Found Take() {
    if (own_ != nullptr && !StillHasNone(cls_)) {
      if (void* const block = Pop(cls_, *own_)) return {&cls_, own_, block};
    }
    // The least urgent first.
    for (std::uint32_t rest = lenders_; rest != 0;) {
      const auto number = static_cast<std::size_t>(std::bit_width(rest)) - 1;
      rest ^= BitOf(number);
      Class& lender = classes_[number];
      if (StillHasNone(lender) || !Lend(lender)) continue;
      if (void* const block = Pop(lender, *lender.pools)) {
        return {&lender, lender.pools, block};
      }
      ReturnUnused(lender);
    }
    return {};
  }

  // Whether a request may have been refused a loan that came to nothing here, although
  // there was a block for it.
  bool returned() const { return returned_; }

  // After a round without a block: whether it is proved that there was none.
  bool Proved() const {
    if (unknown_) return false;
    if constexpr (COREPOOL_SABOTAGE_COLLECT != 0) return true;
    if (own_ != nullptr && !IsAsBefore(cls_)) return false;
    for (std::uint32_t rest = lenders_; rest != 0; rest &= rest - 1) {
      if (!IsAsBefore(classes_[std::countr_zero(rest)])) return false;
    }
    return true;
  }

 private:
  FixedPool& PoolOf(const Class& cls) const {
    return &cls == &cls_ ? *own_ : *cls.pools;
  }

  bool IsAsBefore(const Class& cls) const {
    const Word now =
        IsEmpty(cls) ? PoolAccess::ViewOf(PoolOf(cls)).Evidence() : cls.loans.Look();
    return now == words_[cls.number];
  }
  // Spares a second round a loan for nothing, which would change what others look at.
  bool StillHasNone(const Class& cls) const { return IsEmpty(cls) && IsAsBefore(cls); }
  bool IsEmpty(const Class& cls) const { return (empty_ & BitOf(cls.number)) != 0; }

  // A waiter that asked for the same loan meanwhile was refused it. If the lender has
  // had no block since, that does not matter, for whoever frees one sees the loan
  // ended.
  void ReturnUnused(Class& lender) {
    lender.loans.Return(lender.terms);
    if (waiters_ == nullptr) return;
    if (serving_ == BlockPool::Serving::kYes) {
      returned_ = true;  // one look at those who wait is enough, and does not come here
      return;
    }
    waiters_->Fence();
    if (!IsAsBefore(lender)) returned_ = true;
  }

  bool Lend(Class& lender) {
    Word seen = lender.loans.Look();
    for (;;) {
      if (lender.terms.IsFull(seen)) {
        words_[lender.number] = seen;
        empty_ &= ~BitOf(lender.number);
        refused_ |= BitOf(lender.number);
        return false;
      }
      if (bounded_ && attempts_ == 0) {
        unknown_ = true;
        return false;
      }
      if (bounded_) --attempts_;
      const Word count = lender.terms.CountOf(seen) + 1;
      if (!lender.loans.Lend(lender.terms, seen)) continue;
      if (bounded_) {
        lender.lent_peak.RaiseWithin(count, cls_.attempts);
      } else {
        lender.lent_peak.Raise(count);
      }
      return true;
    }
  }

  void* Pop(const Class& cls, const FixedPool& pool) {
    const BlockPool view = PoolAccess::ViewOf(pool, serving_);
    void* block = nullptr;
    std::size_t one = 1;
    Word& proof = words_[cls.number];
    switch (view.PopWithin(bounded_ ? attempts_ : one, &block, proof)) {
      case BlockPool::Found::kBlock: return block;
      case BlockPool::Found::kNone: break;
      case BlockPool::Found::kUnknown:
        if (bounded_) {
          unknown_ = true;
          return nullptr;
        }
        // Which begins anew; but mostly one attempt at what is at hand is enough.
        if (view.PopOrProve(&block, 1, proof) != 0) return block;
        break;
    }
    empty_ |= BitOf(cls.number);
    return nullptr;
  }

  Class* const classes_;
  Class& cls_;
  engine::WaitTable* const waiters_;
  FixedPool* own_ = nullptr;  // the class's, if its blocks are large enough
  std::uint32_t lenders_ = 0;
  std::uint32_t refused_ = 0;  // because all was lent, in any round
  std::uint32_t empty_ = 0;    // classes of which the pool was, the last time
  std::size_t attempts_;
  const bool bounded_;
  const BlockPool::Serving serving_;
  bool unknown_ = false;
  bool returned_ = false;
  Word words_[kMaxPriorityClasses];  // why a class had nothing, the last time
};

PriorityPool::Allocation PriorityPool::TryAllocate(std::size_t cls) {
  return Serve(cls, cls < count_ ? classes_[cls].block_size : 1, false);
}
PriorityPool::Allocation PriorityPool::TryAllocate(std::size_t cls, std::size_t size) {
  return Serve(cls, size, false);
}
PriorityPool::Allocation PriorityPool::TryAllocateFromInterrupt(std::size_t cls) {
  return Serve(cls, cls < count_ ? classes_[cls].block_size : 1, true);
}
PriorityPool::Allocation PriorityPool::TryAllocateFromInterrupt(std::size_t cls,
                                                                std::size_t size) {
  return Serve(cls, size, true);
}

PriorityPool::Allocation PriorityPool::Serve(std::size_t cls, std::size_t size,
                                             bool bounded) {
  if (count_ == 0) return {Error::kNotInitialized, nullptr};
  if (cls >= count_) return {Error::kInvalidClass, nullptr};
  if (size == 0) return {Error::kInvalidSize, nullptr};
  Class& own = classes_[cls];
  if (size > own.largest) return {Error::kTooLarge, nullptr};
  if (!measure_time_) return Look(own, size, bounded);
  const std::uint64_t begin = port::Port::CycleCount();
  const Allocation got = Look(own, size, bounded);
  const std::uint64_t end = port::Port::CycleCount();
  // Cores' counters may differ.
  const std::uint64_t cycles = end > begin ? end - begin : 0;
  constexpr Word kMost = std::numeric_limits<Word>::max();
  const Word worst = cycles < kMost ? static_cast<Word>(cycles) : kMost;
  if (bounded || own.per_core) {
    own.worst.RaiseWithin(worst, own.attempts);
  } else {
    own.worst.Raise(worst);
  }
  return got;
}

PriorityPool::Allocation PriorityPool::Look(Class& cls, std::size_t size,
                                            bool bounded) {
  bounded = bounded || cls.per_core;
  if (!bounded && cls.lenders == 0) return cls.pools->TryAllocate();
  // A call that moves to another core meanwhile still takes its first core's.
  const std::size_t core = cls.per_core ? port::Cores::Index() % cls.cores : 0;
  Search search(*this, cls, size, bounded, core, BlockPool::Serving::kYes);
  Found found = search.Take();
  while (found.cls == nullptr) {
    const bool proved = search.Proved();
    if (proved || bounded) {
      (void)PoolAccess::ViewOf(*cls.pools).Exhausted();
      if (proved) return {Error::kExhausted, nullptr};
      cls.contended.Add(1);
      return {Error::kContended, nullptr};
    }
    found = search.Take();
  }
  bool returned = false;
  const Allocation got = Accept(cls, found, BlockPool::Serving::kYes, returned);
  if (returned) ServeWaiters();
  if (got.error == Error::kOk) port::Trace::Allocated(this, found.cls->name, got.block);
  return got;
}

PriorityPool::Allocation PriorityPool::Accept(Class& cls, const Found& found,
                                              BlockPool::Serving serving,
                                              bool& returned) {
  const BlockPool view = PoolAccess::ViewOf(*found.pool, serving);
  const BlockPool::Got got = view.Prepare(found.block);
  if (got.error == Error::kOk) {
    view.SetOwner(static_cast<lockfree::Index>(found.pool->IndexOf(got.block)),
                  port::ReturnAddress());
  }
  if (found.cls == &cls) return {got.error, got.block};
  Class& lender = *found.cls;
  if (got.error != Error::kOk) {
    lender.loans.Return(lender.terms);
    returned = true;
    return {got.error, nullptr};
  }
  cls.borrowed.fetch_add(1, lockfree::kRelaxed);
  // The block is ours, so relaxed will do: its note changes hands with it.
  const auto note = static_cast<engine::StateUnit>(cls.number + 1);
  const std::size_t index = found.pool->IndexOf(got.block);
  const engine::StateUnit left = lender.notes[index].exchange(note, lockfree::kRelaxed);
  // Of a loan that no free has ended: the block was freed behind our back (misuse).
  if (left != 0) {
    Settle(lender, left);
    returned = true;
  }
  return {Error::kOk, got.block};
}

constinit const engine::WaitOperations PriorityPool::kWaitOperations{
    &TakeForWaiter, &PutBackForWaiter, false};

namespace {

// A waiter's class, and the core whose blocks it waits for.
constexpr int kClassBits = 8;
static_assert(kMaxPriorityClasses <= std::size_t{1} << kClassBits);
constexpr Word KindOf(std::size_t cls, std::size_t core) {
  return static_cast<Word>(cls | core << kClassBits);
}

}  // namespace

bool PriorityPool::CanEverServe(const Class& cls, std::size_t size) const {
  if (cls.block_size >= size && PoolAccess::CountOf(*cls.pools) != 0) return true;
  for (std::uint32_t rest = cls.lenders; rest != 0; rest &= rest - 1) {
    if (classes_[std::countr_zero(rest)].block_size >= size) return true;
  }
  return false;
}

PriorityPool::Allocation PriorityPool::AllocateUntil(std::size_t cls, Ticks deadline,
                                                     std::uint8_t priority) {
  return AllocateUntil(cls, cls < count_ ? classes_[cls].block_size : 1, deadline,
                       priority);
}

PriorityPool::Allocation PriorityPool::AllocateUntil(std::size_t cls, std::size_t size,
                                                     Ticks deadline,
                                                     std::uint8_t priority) {
  if (count_ == 0) return {Error::kNotInitialized, nullptr};
  if (deadline != kNoWait && waiters_ == nullptr) return {Error::kUnsupported, nullptr};
  const std::size_t core = port::Cores::Index();
  const Allocation got = TryAllocate(cls, size);
  if ((got.error != Error::kExhausted && got.error != Error::kContended) ||
      deadline == kNoWait || !CanEverServe(classes_[cls], size)) {
    return got;
  }
  const Class& own = classes_[cls];
  engine::WaitHandle handle = 0;
  const Error error =
      waiters_->Wait({.size = static_cast<Word>(size),
                      .kind = KindOf(cls, own.per_core ? core % own.cores : 0)},
                     deadline, priority, handle);
  if (error != Error::kOk) return {error, nullptr};
  std::byte* const block = blocks_ + handle;
  const FixedPool& pool = PoolOf(classes_[ClassOf(block)], block);
  const BlockPool view = PoolAccess::ViewOf(pool);
  (void)view.SetOwner(static_cast<lockfree::Index>(pool.IndexOf(block)),
                      port::ReturnAddress());
  port::Trace::Allocated(this, classes_[ClassOf(block)].name, block);
  return {Error::kOk, block};
}

bool PriorityPool::TakeForWaiter(const void* pool, const engine::WaitRequest& request,
                                 engine::WaitHandle& handle, bool& again) {
  auto& self = *static_cast<PriorityPool*>(const_cast<void*>(pool));
  constexpr Word kMask = (Word{1} << kClassBits) - 1;
  Class& cls = self.classes_[request.kind & kMask];
  const auto core = static_cast<std::size_t>(request.kind >> kClassBits);
  const auto size = static_cast<std::size_t>(request.size);
  for (;;) {
    Search search(self, cls, size, false, core, BlockPool::Serving::kNo);
    Found found = search.Take();
    while (found.cls == nullptr && !search.Proved()) found = search.Take();
    if (search.returned()) again = true;
    if (found.cls == nullptr) return false;
    const Allocation got = self.Accept(cls, found, BlockPool::Serving::kNo, again);
    if (got.error == Error::kOk) {
      handle = static_cast<engine::WaitHandle>(static_cast<std::byte*>(got.block) -
                                               self.blocks_);
      return true;
    }
    // Refused, reported, and put back or withheld.
    again = true;
  }
}

void PriorityPool::PutBackForWaiter(const void* pool, engine::WaitHandle handle) {
  auto& self = *static_cast<PriorityPool*>(const_cast<void*>(pool));
  std::byte* const block = self.blocks_ + handle;
  Class& cls = self.classes_[self.ClassOf(block)];
  const FixedPool& home = self.PoolOf(cls, block);
  // As in TakeBackLoan: the note goes first, the loan ends last.
  const engine::StateUnit note =
      cls.notes == nullptr
          ? engine::StateUnit{0}
          : cls.notes[home.IndexOf(block)].exchange(0, lockfree::kRelaxed);
  PoolAccess::ViewOf(home, BlockPool::Serving::kNo).TakeBack(block);
  if (note != 0) self.Settle(cls, note);
}

FixedPool& PriorityPool::PoolOf(const Class& cls, const void* address) const {
  if (cls.cores == 1) return *cls.pools;
  const auto offset =
      static_cast<std::size_t>(static_cast<const std::byte*>(address) - blocks_);
  return cls.pools[(offset - starts_[cls.number]) / cls.core_bytes];
}

Error PriorityPool::Free(void* block, bool ask) {
  if (block == nullptr) return Error::kOk;
  const std::size_t number = ClassOf(block);
  if (number == kNoClass) return RefuseForeign(block);
  Class& cls = classes_[number];
  FixedPool& pool = PoolOf(cls, block);
  if (cls.notes != nullptr) {
    const std::size_t index = pool.IndexOf(block);
    if (index != kNoIndex && cls.notes[index].load(lockfree::kRelaxed) != 0) {
      Error error = Error::kOk;
      const BlockPool view = PoolAccess::ViewOf(pool);
      if (ask &&
          view.IsSettledByHook(static_cast<lockfree::Index>(index), block, error)) {
        return error;
      }
      return TakeBackLoan(cls, pool, index, block);
    }
  }
  return ask ? pool.Free(block) : pool.FreeDirectly(block);
}

// The note is taken by one context only, so the loan ends once, and only by a free that
// is believed. It ends after the push, lest the lender be short of a block.
Error PriorityPool::TakeBackLoan(Class& lender, const FixedPool& pool,
                                 std::size_t index, void* block) {
  const BlockPool view = PoolAccess::ViewOf(pool);
  const Error error = view.Retire(static_cast<lockfree::Index>(index), block);
  if (error == Error::kDoubleFree) return error;
  port::Trace::Freed(this, lender.name, block);
  const engine::StateUnit note = lender.notes[index].exchange(0, lockfree::kRelaxed);
  view.Push(&block, 1);
  if (note != 0) {
    Settle(lender, note);
    ServeWaiters();
  }
  return error;
}

void PriorityPool::Settle(Class& lender, engine::StateUnit note) {
  classes_[note - 1].borrowed.fetch_add(Word{0} - Word{1}, lockfree::kRelaxed);
  lender.loans.Return(lender.terms);
}

}  // namespace corepool
