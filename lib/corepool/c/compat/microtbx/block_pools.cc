#include "corepool/c/compat/microtbx/block_pools.h"

#include <cstddef>
#include <cstdint>
#include <new>

#include "corepool/base/align.h"
#include "corepool/c/compat/microtbx/heap_index.h"
#include "corepool/c/compat/microtbx/size_list.h"
#include "corepool/c/compat/microtbx/uses.h"
#include "corepool/error.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/lockfree/backoff.h"

namespace corepool::microtbx {

void* BlockPools::Pop(Id pool, Word& seen) {
  lockfree::Atomic<Word>& head = heads_[pool].word;
  lockfree::Backoff backoff;
  // Pairs with: E1 release in Push, E2 release below.
  seen = Code(head.load(lockfree::kAcquire));
  for (;;) {
    const Index top = static_cast<Index>(kTagged.IndexOf(seen));
    if (top == HeapIndex::kNone) return nullptr;
    Record* const record = RecordAt(top);
    // Outdated if another call has popped it meanwhile; the tag knows.
    const Link next = record->link.load(lockfree::kRelaxed) & kIndexMask;
    const Word wanted = kTagged.With(seen, static_cast<lockfree::Index>(next));
    Word stored = Code(seen);
    // E2: who changes the record afterwards comes after all who have read it and won.
    // Release pairs with: acquire here. Acquire pairs with: E1 release in Push.
    if (head.compare_exchange_weak(stored, Code(wanted), lockfree::kAcqRel,
                                   lockfree::kAcquire)) {
      record->link.store(LinkOf(pool, kAllocated), lockfree::kRelaxed);
      return reinterpret_cast<void*>(record->data.load(lockfree::kRelaxed));
    }
    seen = Code(stored);
    backoff.Wait();
  }
}

// The links from `first` to `last` are set.
void BlockPools::Push(Id pool, Index first, Record* last) {
  lockfree::Atomic<Word>& head = heads_[pool].word;
  lockfree::Backoff backoff;
  // Pairs with: E2 release in Pop.
  Word stored = head.load(lockfree::kAcquire);
  for (;;) {
    const Word seen = Code(stored);
    last->link.store(LinkOf(pool, kTagged.IndexOf(seen)), lockfree::kRelaxed);
    const Word wanted = kTagged.With(seen, static_cast<lockfree::Index>(first));
    // E1. Pairs with: acquire in Pop, Push.
    if (head.compare_exchange_weak(stored, Code(wanted), lockfree::kRelease,
                                   lockfree::kAcquire)) {
      return;
    }
    backoff.Wait();
  }
}

BlockPools::Got BlockPools::Allocate(std::size_t size, bool strict) {
  if (size == 0) return {Error::kInvalidSize, nullptr};
  const Id best = sizes_.AtLeast(size);
  if (best == SizeList::kNone) return {Error::kTooLarge, nullptr};
  Word seen;
  void* const block = Pop(best, seen);
  if (block != nullptr) return {Error::kOk, block};
  return strict ? Got{Error::kExhausted, nullptr} : Search(best, size);
}

// Each pool gives a block or proves that it was exhausted at some instant. Heads only
// grow, so if their sum is the same when all have been asked, they all were at once.
BlockPools::Got BlockPools::Search(Id first, std::size_t size) {
  for (;;) {
    Word proofs = 0;
    for (Id id = first; id != SizeList::kNone; id = sizes_.Next(id)) {
      Word seen;
      void* const block = Pop(id, seen);
      if (block != nullptr) return {Error::kOk, block};
      proofs += seen;
    }
    // A smaller pool may have come that is large enough.
    const Id now_first = sizes_.AtLeast(size);
    Word now = 0;
    for (Id id = now_first; id != SizeList::kNone; id = sizes_.Next(id)) {
      // Pairs with: E1 release in Push, E2 release in Pop.
      now += Code(heads_[id].word.load(lockfree::kAcquire));
    }
    if (now == proofs) return {Error::kExhausted, nullptr};
    first = now_first;
  }
}

BlockPools::Got BlockPools::AllocateExactly(std::size_t size) {
  if (size == 0) return {Error::kInvalidSize, nullptr};
  Word seen;
  Id pool = sizes_.Exactly(size);
  void* block = pool == SizeList::kNone ? nullptr : Pop(pool, seen);
  if (block != nullptr) return {Error::kOk, block};
  Error error = Error::kOk;
  Record* const record = Make(1, size, pool, error);
  if (record != nullptr) {
    return {Error::kOk, reinterpret_cast<void*>(record->data.load(lockfree::kRelaxed))};
  }
  // The heap will never have more; but a block may have been freed meanwhile.
  pool = sizes_.Exactly(size);
  block = pool == SizeList::kNone ? nullptr : Pop(pool, seen);
  return {block == nullptr ? error : Error::kOk, block};
}

Error BlockPools::Create(std::size_t count, std::size_t size) {
  if (count == 0 || size == 0) return Error::kInvalidSize;
  Id pool = SizeList::kNone;
  Error error = Error::kOk;
  Record* const first = Make(count, size, pool, error);
  if (first == nullptr) return error;
  Push(pool, index_.IndexOf(first), first + (count - 1));
  return Error::kOk;
}

// A piece of the heap, aligned as pointers. Where the heap is not, one pointer's size
// more is taken; the first time only as it turns out.
std::byte* BlockPools::TakeFromHeap(std::size_t bytes) {
  constexpr std::size_t kPad = sizeof(void*);
  const auto take = [](std::size_t size) {
    return static_cast<std::byte*>(TbxHeapAllocate(size));
  };
  if (bytes > std::size_t{PTRDIFF_MAX} - kPad) return nullptr;
  const bool misaligned = misaligned_.load(lockfree::kRelaxed) != 0;
  std::byte* piece = take(misaligned ? bytes + kPad : bytes);
  if (piece == nullptr || base::IsAligned(piece, kPad)) return piece;
  if (!misaligned) {
    misaligned_.store(1, lockfree::kRelaxed);
    if (take(kPad) != piece + bytes) return nullptr;
  }
  return piece + (kPad - reinterpret_cast<std::uintptr_t>(piece) % kPad);
}

Record* BlockPools::Make(std::size_t count, std::size_t size, Id& pool, Error& error) {
  const base::CheckedSize stride =
      base::CheckedSize(size).AlignedUp(kUnit) + sizeof(Header);
  const base::CheckedSize bytes = base::CheckedSize(count) * (stride + sizeof(Record));
  error = Error::kTooLarge;
  if (bytes.overflowed()) return nullptr;
  // Before anything is taken; that others take the last slot meanwhile is left to luck.
  error = Error::kTooMany;
  pool = sizes_.Exactly(size);
  if (pool == SizeList::kNone && !sizes_.HasRoom()) return nullptr;
  std::byte* const piece = TakeFromHeap(bytes.value());
  error = Error::kSegmentExhausted;
  if (piece == nullptr) return nullptr;

  std::byte* const blocks = piece + count * sizeof(Record);
  const auto begin = reinterpret_cast<std::uintptr_t>(piece);
  const auto first_block = reinterpret_cast<std::uintptr_t>(blocks) + sizeof(Header);
  error = Error::kTooMany;
  if (!index_.Add(begin, first_block, begin + bytes.value())) return nullptr;
  if (pool == SizeList::kNone) pool = sizes_.Add(size);
  if (pool == SizeList::kNone) return nullptr;
  auto* const records = reinterpret_cast<Record*>(piece);
  for (std::size_t i = 0; i < count; ++i) {
    std::byte* const header = blocks + i * stride.value();
    Record* const record = ::new (static_cast<void*>(records + i)) Record{};
    ::new (static_cast<void*>(header)) Header(index_.IndexOf(record));
    record->data.store(reinterpret_cast<std::uintptr_t>(header + sizeof(Header)),
                       lockfree::kRelaxed);
    record->link.store(
        LinkOf(pool, i + 1 < count ? index_.IndexOf(record + 1) : kAllocated),
        lockfree::kRelaxed);
  }
  return records;
}

Error BlockPools::Free(void* block) {
  if (block == nullptr) return Error::kNullMemory;
  if (!index_.MayBeBlock(block)) return Error::kForeignPointer;
  const std::uintptr_t index =
      (static_cast<const Header*>(block) - 1)->load(lockfree::kRelaxed);
  if (!index_.IsPlace(index)) return Error::kForeignPointer;
  Record* const record = RecordAt(static_cast<Index>(index));
  if (record->data.load(lockfree::kRelaxed) !=
      reinterpret_cast<std::uintptr_t>(block)) {
    return Error::kForeignPointer;
  }
  // Of all that free it at once one gets on.
  Link link = record->link.load(lockfree::kRelaxed);
  const auto pool = static_cast<Id>(link >> HeapIndex::kBits);
  if ((link & kIndexMask) != kAllocated || pool >= SizeList::kMost ||
      !record->link.compare_exchange_strong(link, LinkOf(pool, kReturning),
                                            lockfree::kRelaxed, lockfree::kRelaxed)) {
    return Error::kDoubleFree;
  }
  Push(pool, static_cast<Index>(index), record);
  return Error::kOk;
}

}  // namespace corepool::microtbx
