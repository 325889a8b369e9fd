#include "corepool/c/compat/micrium/records.h"

#include <cstddef>
#include <cstdint>
#include <new>
#include <span>

#include "corepool/base/align.h"
#include "corepool/base/text.h"
#include "corepool/c/compat/micrium/include/lib_mem.h"
#include "corepool/config.h"
#include "corepool/dynamic_pool.h"
#include "corepool/error.h"
#include "corepool/fixed_pool.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/options.h"
#include "corepool/port/port.h"
#include "corepool/port/yield.h"

namespace corepool::micrium {
namespace {

constinit lockfree::Atomic<lockfree::Word> busy{0};
constinit SegmentRecord* records = nullptr;  // of all segments there ever were
constinit SegmentRecord* newest = nullptr;
constinit PoolRecord* pools = nullptr;
constinit MEM_ALLOC_INFO infos[COREPOOL_MICRIUM_MOST_NAMES]{};
constinit lockfree::Atomic<lockfree::Word> infos_used{0};
// nullptr until there is one.
constinit lockfree::Atomic<SegmentRecord*> heap{nullptr};

// What is taken is never given back: records are used again instead.
alignas(PoolRecord) constinit std::byte arena[COREPOOL_MICRIUM_BOOKKEEPING_BYTES]{};
constinit std::size_t arena_used = 0;
alignas(port::Port::kInterferenceBytes) constinit std::byte
    heap_memory[COREPOOL_MICRIUM_HEAP_BYTES]{};

std::byte* TakeFromArena(base::CheckedSize bytes) {
  const base::CheckedSize end =
      (base::CheckedSize(arena_used) + bytes).AlignedUp(alignof(PoolRecord));
  if (end.overflowed() || end.value() > sizeof(arena)) return nullptr;
  std::byte* const memory = arena + arena_used;
  arena_used = end.value();
  return memory;
}

// One that is nobody's.
SegmentRecord* TakeSegmentRecord() {
  for (SegmentRecord* record = records; record != nullptr; record = record->next) {
    if (record->owner == nullptr) return record;
  }
  std::byte* const memory = TakeFromArena(sizeof(SegmentRecord));
  if (memory == nullptr) return nullptr;
  auto* const record = ::new (static_cast<void*>(memory)) SegmentRecord;
  record->next = records;
  records = record;
  return record;
}

void EndSegment(SegmentRecord& record) {
  for (PoolRecord* pool = pools; pool != nullptr; pool = pool->next) {
    if (pool->segment == &record) EndPool(*pool);
  }
  if (record.segment.is_initialized()) (void)record.segment.Deinit();
  SegmentRecord** link = &newest;
  while (*link != nullptr && *link != &record) link = &(*link)->older;
  if (*link != nullptr) *link = record.older;
  record.owner = nullptr;
  record.older = nullptr;
}

bool AreApart(const SegmentRecord& record, std::uintptr_t base, std::size_t size) {
  return record.last < base || base + (size - 1) < record.base;
}

}  // namespace

Creating::Creating() {
  // Pairs with: E83 release in the destructor.
  while (busy.exchange(1, lockfree::kAcquire) != 0) port::Yield();
}

// E83. Pairs with: acquire in the constructor.
Creating::~Creating() { busy.store(0, lockfree::kRelease); }

SegmentRecord* Segments() { return newest; }

Error CreateSegment(const char* name, MEM_SEG* seg, std::uintptr_t base,
                    std::size_t size, std::size_t padding, bool checks,
                    SegmentRecord** created) {
  if (size == 0 || size > std::size_t{PTRDIFF_MAX} || base + (size - 1) < base) {
    return Error::kTooLarge;
  }
  if (!base::IsPowerOfTwo(padding)) return Error::kInvalidAlignment;
  if (base == 0) return Error::kNullMemory;
  for (SegmentRecord* old = newest; old != nullptr; old = old->older) {
    if (AreApart(*old, base, size)) continue;
    const bool is_heap = old == heap.load(lockfree::kRelaxed);
    if (!is_heap && (!checks || old->forgotten)) continue;
    return old->base == base && old->last == base + (size - 1)
               ? Error::kAlreadyRegistered
               : Error::kOverlappingMemory;
  }
  for (SegmentRecord* old = newest; old != nullptr;) {
    SegmentRecord* const older = old->older;
    if ((seg != nullptr && old->owner == seg) || !AreApart(*old, base, size)) {
      EndSegment(*old);
    }
    old = older;
  }
  SegmentRecord* const record = TakeSegmentRecord();
  if (record == nullptr) return Error::kTooMany;
  const Error error =
      record->segment.Init(name, {reinterpret_cast<std::byte*>(base), size}, padding);
  if (error != Error::kOk) return error;
  MEM_SEG* const owner = seg == nullptr ? &record->own : seg;
  *owner = {.AddrBase = base,
            .AddrEnd = base + (size - 1),
            .AddrNext = base,
            .NextPtr = newest == nullptr ? nullptr : newest->owner,
            .PaddingAlign = padding,
            .NamePtr = name,
            .AllocInfoHeadPtr = nullptr,
            .CorepoolPtr = record};
  record->owner = owner;
  record->base = base;
  record->last = base + (size - 1);
  record->forgotten = false;
  record->older = newest;
  newest = record;
  if (created != nullptr) *created = record;
  return Error::kOk;
}

void ClearSegment(SegmentRecord& record) {
  for (PoolRecord* pool = pools; pool != nullptr; pool = pool->next) {
    if (pool->segment == &record) EndPool(*pool);
  }
  (void)record.segment.Clear();
  // Names are used again; those of 0 bytes are not shown.
  for (MEM_ALLOC_INFO* info = Infos(record.owner).load(lockfree::kRelaxed);
       info != nullptr; info = info->NextPtr) {
    Shared(info->Size).store(0, lockfree::kRelaxed);
  }
  Shared(record.owner->AddrNext).store(record.owner->AddrBase, lockfree::kRelaxed);
}

void EndPool(PoolRecord& record) {
  record.owner = nullptr;
  record.segment = nullptr;
  record.info = nullptr;
  record.noted = 0;
  if (record.growing.is_initialized()) (void)record.growing.Deinit(Leaks::kIgnore);
  if (record.fixed.is_initialized()) (void)record.fixed.Deinit(Leaks::kIgnore);
}

void CountGrowth(const SegmentRecord& record) {
  for (PoolRecord* pool = pools; pool != nullptr; pool = pool->next) {
    if (pool->segment != &record || pool->info == nullptr) continue;
    const auto stats = pool->growing.Stats();
    Shared(pool->info->Size)
        .fetch_add((stats.capacity - pool->noted) * stats.block_size,
                   lockfree::kRelaxed);
    pool->noted = stats.capacity;
  }
}

PoolRecord* TakePoolRecord(const void* owner, std::size_t bytes) {
  PoolRecord* found = nullptr;
  for (PoolRecord* record = pools; record != nullptr; record = record->next) {
    if (record->owner == owner) EndPool(*record);
    if (record->owner == nullptr && record->bookkeeping.size() >= bytes &&
        (found == nullptr || record->bookkeeping.size() < found->bookkeeping.size())) {
      found = record;
    }
  }
  if (found != nullptr) return found;
  std::byte* const memory =
      TakeFromArena(base::CheckedSize(sizeof(PoolRecord)) + bytes);
  if (memory == nullptr) return nullptr;
  found = ::new (static_cast<void*>(memory)) PoolRecord;
  found->bookkeeping = {memory + sizeof(PoolRecord), bytes};
  found->next = pools;
  pools = found;
  return found;
}

SegmentRecord* HeapWhileCreating() {
  SegmentRecord* record = heap.load(lockfree::kRelaxed);
  if (record != nullptr) return record;
  const std::size_t size = corepool_micrium_configuration.heap_size;
  const std::uintptr_t base = corepool_micrium_configuration.heap_base;
  const std::size_t most =
      base != 0 || size < sizeof(heap_memory) ? size : sizeof(heap_memory);
  if (most == 0) return nullptr;
  const Error error = CreateSegment(
      "Heap", nullptr, base != 0 ? base : reinterpret_cast<std::uintptr_t>(heap_memory),
      most, corepool_micrium_configuration.heap_padding, false, &record);
  if (error != Error::kOk) return nullptr;
  // E84. Pairs with: acquire in SegmentOrHeap.
  heap.store(record, lockfree::kRelease);
  return record;
}

SegmentRecord* SegmentOrHeap(MEM_SEG* seg) {
  if (seg != nullptr) return RecordOf(seg);
  // Pairs with: E84 release in HeapWhileCreating.
  SegmentRecord* const record = heap.load(lockfree::kAcquire);
  if (record != nullptr) return record;
  const Creating creating;
  return HeapWhileCreating();
}

MEM_ALLOC_INFO* NoteAllocation(MEM_SEG* seg, const char* name, std::size_t bytes) {
  lockfree::Atomic<MEM_ALLOC_INFO*>& head = Infos(seg);
  MEM_ALLOC_INFO* added = nullptr;
  // Pairs with: E85 release below.
  MEM_ALLOC_INFO* first = head.load(lockfree::kAcquire);
  for (;;) {
    for (MEM_ALLOC_INFO* info = first; info != nullptr; info = info->NextPtr) {
      if (info->NamePtr == name || (info->NamePtr != nullptr && name != nullptr &&
                                    base::SameText(info->NamePtr, name))) {
        Shared(info->Size).fetch_add(bytes, lockfree::kRelaxed);
        return info;
      }
    }
    if (added == nullptr) {
      lockfree::Word used = infos_used.load(lockfree::kRelaxed);
      do {
        if (used == COREPOOL_MICRIUM_MOST_NAMES) return nullptr;
      } while (!infos_used.compare_exchange_weak(used, used + 1, lockfree::kRelaxed,
                                                 lockfree::kRelaxed));
      added = &infos[used];
      *added = {.NamePtr = name, .Size = bytes, .NextPtr = nullptr};
    }
    added->NextPtr = first;
    // E85. Pairs with: acquire above and in Mem_OutputUsage.
    if (head.compare_exchange_strong(first, added, lockfree::kAcqRel,
                                     lockfree::kAcquire)) {
      return added;
    }
  }
}

}  // namespace corepool::micrium
