// What corepool keeps of segments and pools whose descriptors are the program's.

#ifndef COREPOOL_C_COMPAT_MICRIUM_RECORDS_H_
#define COREPOOL_C_COMPAT_MICRIUM_RECORDS_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "corepool/c/compat/micrium/include/lib_mem.h"
#include "corepool/config.h"
#include "corepool/dynamic_pool.h"
#include "corepool/error.h"
#include "corepool/fixed_pool.h"
#include "corepool/lockfree/atomic.h"
#include "corepool/port/masked.h"
#include "corepool/segment.h"

namespace corepool::micrium {

// While it lives, its thread alone creates, clears and lists; with an operating system
// no signal handler runs in it, so that those may create too. Allocating and freeing
// never wait for it.
class Creating {
 public:
  Creating();
  ~Creating();
  Creating(const Creating&) = delete;
  Creating& operator=(const Creating&) = delete;

 private:
  port::Masked masked_;
};

struct PoolRecord;

// One segment. Used again for another when it has ended.
struct SegmentRecord {
  Segment segment;
  MEM_SEG* owner = nullptr;  // nullptr: it is nobody's
  // Again here: the descriptor may be gone, and its memory used otherwise.
  std::uintptr_t base = 0;
  std::uintptr_t last = 0;
  bool forgotten = false;          // from before the last Mem_Init
  SegmentRecord* older = nullptr;  // of those that are somebody's
  SegmentRecord* next = nullptr;   // all records
  MEM_SEG own{};                   // of a segment without a descriptor of the program's
};

// One pool. Its bookkeeping lies behind it, and is used again with it.
struct PoolRecord {
  // Of a MEM_DYN_POOL or a MEM_POOL.
  DynamicPool growing;
  FixedPool fixed;
  const void* owner = nullptr;  // nullptr: it is nobody's
  SegmentRecord* segment = nullptr;
  MEM_ALLOC_INFO* info = nullptr;  // of its name; nullptr: none was left
  std::size_t noted = 0;           // blocks that are in that
  PoolRecord* next = nullptr;      // all records
  std::span<std::byte> bookkeeping;
};

// Only while Creating, from here on.

// Newest first.
SegmentRecord* Segments();
// Makes a segment of a region; errors as Segment::Init and, for want of a record,
// kTooMany. `seg` may be nullptr. A segment of `seg`'s that there was comes to an end,
// and so do those in the way, unless `checks`.
Error CreateSegment(const char* name, MEM_SEG* seg, std::uintptr_t base,
                    std::size_t size, std::size_t padding, bool checks,
                    SegmentRecord** created);
// Starts a segment anew; its pools end.
void ClearSegment(SegmentRecord& record);

// A record with so many bytes of bookkeeping, for `owner`, whose old one ends first;
// nullptr: there is no room for it. Nothing is initialised in it.
PoolRecord* TakePoolRecord(const void* owner, std::size_t bytes);
void EndPool(PoolRecord& record);
// Adds what pools have grown by to what is known of their names.
void CountGrowth(const SegmentRecord& record);

// From here on any context; lock-free.

// The record that belongs to a descriptor, if it does: nullptr if it was never created,
// or has ended.
inline SegmentRecord* RecordOf(const MEM_SEG* seg) {
  auto* const record = static_cast<SegmentRecord*>(seg->CorepoolPtr);
  return record != nullptr && record->owner == seg ? record : nullptr;
}
inline PoolRecord* RecordOf(const void* owner, void* stored) {
  auto* const record = static_cast<PoolRecord*>(stored);
  return record != nullptr && record->owner == owner ? record : nullptr;
}

// The record of `seg`, or of the heap, which is made if need be, for nullptr. nullptr:
// LIB_MEM_ERR_NULL_PTR.
SegmentRecord* SegmentOrHeap(MEM_SEG* seg);
// With Creating held.
SegmentRecord* HeapWhileCreating();

// Makes AddrNext say how far the segment has been used.
inline void ShowNext(SegmentRecord& record);

// Adds to what is known of a name; nullptr if there is no room for another one.
MEM_ALLOC_INFO* NoteAllocation(MEM_SEG* seg, const char* name, std::size_t bytes);

// Fields of the program's descriptors that several contexts change.
inline lockfree::Atomic<std::uintptr_t>& Shared(CPU_ADDR& field) {
  static_assert(sizeof(lockfree::Atomic<std::uintptr_t>) == sizeof(CPU_ADDR));
  return reinterpret_cast<lockfree::Atomic<std::uintptr_t>&>(field);
}

inline std::size_t SizeOf(const MEM_ALLOC_INFO& info) {
  return Shared(const_cast<MEM_ALLOC_INFO&>(info).Size).load(lockfree::kRelaxed);
}
inline lockfree::Atomic<MEM_ALLOC_INFO*>& Infos(MEM_SEG* seg) {
  return reinterpret_cast<lockfree::Atomic<MEM_ALLOC_INFO*>&>(seg->AllocInfoHeadPtr);
}

inline void ShowNext(SegmentRecord& record) {
  MEM_SEG* const seg = record.owner;
  const std::uintptr_t next = seg->AddrBase + record.segment.used();
  lockfree::Atomic<std::uintptr_t>& shown = Shared(seg->AddrNext);
  std::uintptr_t seen = shown.load(lockfree::kRelaxed);
  while (seen < next && !shown.compare_exchange_weak(seen, next, lockfree::kRelaxed,
                                                     lockfree::kRelaxed)) {
  }
}

// Says how a call came out; nothing, if there is nowhere to.
inline void Say(LIB_ERR* error, LIB_ERR code) {
  if (error != nullptr) *error = code;
}

}  // namespace corepool::micrium

#endif  // COREPOOL_C_COMPAT_MICRIUM_RECORDS_H_
